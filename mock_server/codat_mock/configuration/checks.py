"""Whether a configuration will do for a sync: every reason for status code 4000.

Source: contract section 5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from codat_mock.configuration.account_purposes import Section
from codat_mock.configuration.charts_of_accounts import CHARTS
from codat_mock.configuration.option_checks import is_among, not_selected, wrong_choice
from codat_mock.configuration.schedule_checks import SCHEDULE_CHECKS
from codat_mock.models.companies import Connection, SourceKind
from codat_mock.models.configuration import AccountSelection, Configuration, GroupingLevel

PAYOUT_ACCOUNTS: Final = {chart.payout.id for chart in CHARTS.values()}

Check = Callable[[Configuration], Iterator[str]]


def problems(configuration: Configuration, connections: Sequence[Connection]) -> list[str]:
    """Every reason why a sync of this company fails with code 4000, in the order of the contract.

    Args:
        configuration: with its options, as `with_options` gives it.
        connections: the company's.

    Returns:
        One sentence each: what is wrong, then what to do; empty where a sync can run.
    """
    reasons = [*unlinked(connections)]
    if not is_linked(connections, "Accounting"):
        return reasons  # whose options could be selected? The rest would only hide the cause
    return [*reasons, *selection_problems(configuration)]


def is_linked(connections: Sequence[Connection], kind: SourceKind) -> bool:
    """Whether one of the connections of that kind is authorised."""
    return any(each.source_type == kind and each.status == "Linked" for each in connections)


def selection_problems(configuration: Configuration) -> list[str]:
    """The same, as far as the configuration alone tells."""
    return [problem for check in CHECKS for problem in check(configuration)]


def unlinked(connections: Sequence[Connection]) -> Iterator[str]:
    """A company needs a linked commerce and a linked accounting connection."""
    kinds: tuple[SourceKind, ...] = ("Commerce", "Accounting")
    for kind in kinds:
        if is_linked(connections, kind):
            continue
        states = ", ".join(
            sorted({each.status for each in connections if each.source_type == kind})
        )
        found = f"the company's is {states}" if states else "the company has none"
        yield (
            f"No {kind.lower()} connection is linked ({found}): "
            "authorise one, so that one commerce and one accounting connection are linked."
        )


def fees_without_payments(configuration: Configuration) -> Iterator[str]:
    """Fees are paid from the accounts that payments are written to."""
    mapping = configuration.configuration
    if mapping.fees.sync_fees and not mapping.payments.sync_payments:
        yield (
            "Fees are synced but payments are not: "
            "set payments.syncPayments to true, or fees.syncFees to false."
        )


def payments_without_sales(configuration: Configuration) -> Iterator[str]:
    """Payments are written against sales invoices."""
    mapping = configuration.configuration
    if mapping.payments.sync_payments and not mapping.sales.sync_sales:
        yield (
            "Payments are synced but sales are not: "
            "set sales.syncSales to true, or payments.syncPayments to false."
        )


def sales_customer(configuration: Configuration) -> Iterator[str]:
    """Invoices are written to one of the accounting platform's customers."""
    sales = configuration.configuration.sales
    if sales.sync_sales:
        customer = sales.sales_customer
        yield from not_selected(
            "sales customer",
            "sales.salesCustomer.selectedCustomerId",
            customer.selected_customer_id,
            customer.customer_options,
        )


def unknown_accounts(configuration: Configuration) -> Iterator[str]:
    """A selected account is one of those that were offered for its purpose."""
    for place, account in active_accounts(configuration):
        selected = account.selected_account_id
        offered = {option.id for option in account.account_options or ()}
        if selected and selected not in offered:
            yield (
                f"The account '{selected}' is not among the options of {place}: "
                "select the id of one of its accountOptions."
            )


def grouping_period(configuration: Configuration) -> Iterator[str]:
    """Sales are gathered by one of the periods offered."""
    sales = configuration.configuration.sales
    period = sales.grouping.grouping_period
    selected = period.selected_grouping_period
    if sales.sync_sales and not is_among(selected, period.grouping_period_options):
        yield wrong_choice(
            "grouping period",
            "sales.grouping.groupingPeriod.selectedGroupingPeriod",
            selected,
            period.grouping_period_options,
        )


def grouping_levels(configuration: Configuration) -> Iterator[str]:
    """Invoices and lines are split only by what is offered."""
    sales = configuration.configuration.sales
    if not sales.sync_sales:
        return
    levels = sales.grouping.grouping_levels
    yield from unknown_levels("invoiceLevel", levels.invoice_level)
    yield from unknown_levels("invoiceLineLevel", levels.invoice_line_level)


def unknown_levels(name: str, level: GroupingLevel) -> Iterator[str]:
    """Name each selected option of a level that is not offered."""
    for selected in level.selected_group_by_options or ():
        if not is_among(selected, level.group_by_options):
            yield wrong_choice(
                "grouping level",
                f"sales.grouping.groupingLevels.{name}.selectedGroupByOptions",
                selected,
                level.group_by_options,
            )


def payments_on_drafts(configuration: Configuration) -> Iterator[str]:
    """An accounting platform takes no payment against a draft."""
    mapping = configuration.configuration
    status = mapping.sales.invoice_status.selected_invoice_status
    if mapping.payments.sync_payments and status and status.casefold() == "draft":
        yield (
            "Payments are synced but invoices are written as 'draft', which take no payments: "
            "select the invoice status 'submitted', or set payments.syncPayments to false."
        )


def required_accounts(configuration: Configuration) -> Iterator[str]:
    """Every required purpose of a section that is synced has its account."""
    for place, account in active_accounts(configuration):
        if account.required and not account.selected_account_id:
            yield (
                f"No account is selected for {place}, which needs one: "
                "set its selectedAccountId to the id of one of its accountOptions."
            )


def invoice_status(configuration: Configuration) -> Iterator[str]:
    """Invoices are written in one of the statuses offered."""
    sales = configuration.configuration.sales
    status = sales.invoice_status
    selected = status.selected_invoice_status
    if sales.sync_sales and not is_among(selected, status.invoice_status_options):
        yield wrong_choice(
            "invoice status",
            "sales.invoiceStatus.selectedInvoiceStatus",
            selected,
            status.invoice_status_options,
        )


def tax_rates(configuration: Configuration) -> Iterator[str]:
    """Every percentage of the merchant's has a tax rate of the platform's."""
    sales = configuration.configuration.sales
    if sales.sync_sales:
        for percentage, rate in sales.tax_rates.items():
            yield from not_selected(
                f"tax rate for {percentage}%",
                f"sales.taxRates['{percentage}'].selectedTaxRateId",
                rate.selected_tax_rate_id,
                rate.tax_rate_options,
            )


def fees_supplier(configuration: Configuration) -> Iterator[str]:
    """Fee bills are written from one of the accounting platform's suppliers."""
    fees = configuration.configuration.fees
    if fees.sync_fees:
        supplier = fees.fees_supplier
        yield from not_selected(
            "fees supplier",
            "fees.feesSupplier.selectedSupplierId",
            supplier.selected_supplier_id,
            supplier.supplier_options,
        )


def card_into_payouts(configuration: Configuration) -> Iterator[str]:
    """Card takings wait in an account of their own until they are paid out.

    The contract names the payout account without a selection for it: it is the platform's bank
    account (our choice).
    """
    payments = configuration.configuration.payments
    card = payments.accounts.get("card", AccountSelection()).selected_account_id
    if payments.sync_payments and card in PAYOUT_ACCOUNTS:
        yield (
            f"The card account '{card}' is the bank account that payouts arrive in: "
            "select a clearing account for payments.accounts.card."
        )


def active_accounts(
    configuration: Configuration,
) -> Iterator[tuple[str, AccountSelection]]:
    """The accounts of the sections that are synced, each with its place in the configuration."""
    mapping = configuration.configuration
    sections: tuple[tuple[Section, bool, dict[str, AccountSelection]], ...] = (
        ("sales", mapping.sales.sync_sales, mapping.sales.accounts),
        ("payments", mapping.payments.sync_payments, mapping.payments.accounts),
        ("fees", mapping.fees.sync_fees, mapping.fees.accounts),
    )
    for section, is_synced, accounts in sections:
        if is_synced:
            for name, account in accounts.items():
                yield f"{section}.accounts.{name}", account


CHECKS: Final[tuple[Check, ...]] = (
    fees_without_payments,
    payments_without_sales,
    sales_customer,
    unknown_accounts,
    grouping_period,
    grouping_levels,
    payments_on_drafts,
    required_accounts,
    *SCHEDULE_CHECKS,
    invoice_status,
    tax_rates,
    fees_supplier,
    card_into_payouts,
)
