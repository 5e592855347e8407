"""Whether a configuration is complete and valid: every reason for sync status code 4000.

Source: contract section 5, and part 2, section C, whose messages are used word for word. Where
neither has a message (start date, hour, time zone, payments without sales) it is ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from codat_mock.configuration.account_purposes import Section
from codat_mock.models.companies import Connection, SourceKind
from codat_mock.models.configuration import (
    AccountSelection,
    Configuration,
    GroupingLevel,
    Option,
)
from codat_mock.models.values import find_zone

HOURS: Final = range(24)
# The vendor's messages of the same code about books that have changed, or that lack an account:
# those of the mock never do, so that only a plan leads to them. Source: contract part 2, section C.
PLANNED_MESSAGES: Final = (
    "No Sales Account Present.",
    "Accounts are not found.",
    "Account Id is not in an Active state.",
    "Customer is not in an Active state.",
    "Customer {customerId} does not exist.",
    "Supplier does not exist.",
    "Supplier is not in an Active state.",
    "Tax Rate {taxRateId} does not exist.",
    "The following Tax Rates are invalid: {Tax rate}.",
)


class ConfigurationProblem(NamedTuple):
    """One thing that is wrong with a configuration.

    Args:
        message: the vendor's, where it has one: it does not always name the offender.
        advice: ours: the property that is wrong, and what to set it to.
    """

    message: str
    advice: str

    def __str__(self) -> str:
        """The message and the advice, as people read it."""
        return f"{self.message} {self.advice}"


Check = Callable[[Configuration], Iterator[ConfigurationProblem]]


def problems(
    configuration: Configuration, connections: Sequence[Connection]
) -> list[ConfigurationProblem]:
    """Every reason why a sync of this company fails with code 4000; empty where a sync can run.

    Args:
        configuration: with its options, as `with_options` returns it.
        connections: the company's.
    """
    found = [*unlinked(connections)]
    if not is_linked(connections, "Accounting"):
        return found  # without a platform there are no options; the rest would hide the cause
    return [*found, *selection_problems(configuration)]


def selection_problems(configuration: Configuration) -> list[ConfigurationProblem]:
    """The same, of the configuration alone."""
    return [problem for check in CHECKS for problem in check(configuration)]


def schedule_problems(configuration: Configuration) -> list[ConfigurationProblem]:
    """Why no sync can be scheduled; empty where one can."""
    return [problem for check in SCHEDULE_CHECKS for problem in check(configuration)]


def is_linked(connections: Sequence[Connection], kind: SourceKind) -> bool:
    """Whether one of the connections of that kind is linked."""
    return any(each.source_type == kind and each.status == "Linked" for each in connections)


def unlinked(connections: Sequence[Connection]) -> Iterator[ConfigurationProblem]:
    """A company needs a linked commerce and a linked accounting connection."""
    kinds: tuple[SourceKind, ...] = ("Commerce", "Accounting")
    missing = [
        f"No {kind.lower()} connection is linked ({status_of(connections, kind)})."
        for kind in kinds
        if not is_linked(connections, kind)
    ]
    if missing:
        advice = f"{' '.join(missing)} Link one commerce and one accounting connection."
        yield ConfigurationProblem("Company needs to have two valid data connections.", advice)


def status_of(connections: Sequence[Connection], kind: SourceKind) -> str:
    """What a company has instead of a linked connection of that kind."""
    statuses = sorted({each.status for each in connections if each.source_type == kind})
    return f"the company's is {', '.join(statuses)}" if statuses else "the company has none"


def fees_without_payments(configuration: Configuration) -> Iterator[ConfigurationProblem]:
    """Fees are paid from the accounts that payments go to."""
    mapping = configuration.configuration
    if mapping.fees.sync_fees and not mapping.payments.sync_payments:
        yield ConfigurationProblem(
            "To sync fees: Payments section needs to exist Payments account id needs to be set",
            "Set payments.syncPayments to true, or fees.syncFees to false.",
        )


def payments_without_sales(configuration: Configuration) -> Iterator[ConfigurationProblem]:
    """Payments settle sales invoices."""
    mapping = configuration.configuration
    if mapping.payments.sync_payments and not mapping.sales.sync_sales:
        yield ConfigurationProblem(
            "Payments are synced but sales are not.",
            "Set sales.syncSales to true, or payments.syncPayments to false.",
        )


def prepaid_accounts(configuration: Configuration) -> Iterator[ConfigurationProblem]:
    """Gift cards sold and gift cards redeemed have accounts of their own."""
    mapping = configuration.configuration
    sold = selected(mapping.sales.accounts, "prepaid")
    redeemed = selected(mapping.payments.accounts, "prePaid")
    if mapping.payments.sync_payments and sold and sold == redeemed:
        yield ConfigurationProblem(
            "Accounts config invalid. Prepaid account in Sales should not match"
            " {CommerceAccountType. PrepaidPayment} in Payments.",
            f"Both are '{sold}': select another account for sales.accounts.prepaid"
            " or for payments.accounts.prePaid.",
        )


def card_into_payouts(configuration: Configuration) -> Iterator[ConfigurationProblem]:
    """Card payments wait in an account of their own until the provider pays them out."""
    payments = configuration.configuration.payments
    card, payout = selected(payments.accounts, "card"), selected(payments.accounts, "payout")
    if payments.sync_payments and card and card == payout:
        yield ConfigurationProblem(
            "Payments config invalid. {Card Acount} should not match {Payout Account}.",
            f"Both are '{card}': select a clearing account for payments.accounts.card.",
        )


def sales_customer(configuration: Configuration) -> Iterator[ConfigurationProblem]:
    """Invoices are written to one of the accounting platform's customers."""
    sales = configuration.configuration.sales
    if sales.sync_sales:
        customer = sales.sales_customer
        yield from not_selected(
            customer.selected_customer_id,
            customer.customer_options,
            "sales.salesCustomer.selectedCustomerId",
            nothing="No sales customer has been configured.",
            unknown="Selected customer not present in customer options.",
        )


def unknown_accounts(configuration: Configuration) -> Iterator[ConfigurationProblem]:
    """A selected account is one of those that are offered for its purpose."""
    for place, account in active_accounts(configuration):
        chosen = account.selected_account_id
        offered = {option.id for option in account.account_options or ()}
        if chosen and chosen not in offered:
            yield ConfigurationProblem(
                "Selected Account is not a valid option.",
                f"'{chosen}' is not one of the accountOptions of {place}: select one of them.",
            )


def grouping_period(configuration: Configuration) -> Iterator[ConfigurationProblem]:
    """Sales are grouped by one of the periods offered."""
    sales = configuration.configuration.sales
    period = sales.grouping.grouping_period
    if sales.sync_sales:
        yield from wrong_choice(
            period.selected_grouping_period,
            period.grouping_period_options,
            "sales.grouping.groupingPeriod.selectedGroupingPeriod",
            nothing="No grouping period selected.",
            unknown="Grouping period selected not from options.",
        )


def grouping_levels(configuration: Configuration) -> Iterator[ConfigurationProblem]:
    """Invoices and lines are split only by what is offered."""
    sales = configuration.configuration.sales
    if not sales.sync_sales:
        return
    levels = sales.grouping.grouping_levels
    yield from unknown_levels("invoiceLevel", "invoice level", levels.invoice_level)
    yield from unknown_levels("invoiceLineLevel", "invoice line level", levels.invoice_line_level)


def unknown_levels(name: str, title: str, level: GroupingLevel) -> Iterator[ConfigurationProblem]:
    """A problem for each selected option of a level that is not offered.

    Source: contract part 2, section C (messages).

    Args:
        name: of the level, as the JSON property has it.
        title: of the level, as the message has it.
        level: what is offered and selected; nothing selected is no problem.
    """
    message = f"Invalid {title} grouping selected."
    for chosen in level.selected_group_by_options or ():
        place = f"sales.grouping.groupingLevels.{name}.selectedGroupByOptions"
        yield from wrong_choice(
            chosen, level.group_by_options, place, nothing=message, unknown=message
        )


def payments_on_drafts(configuration: Configuration) -> Iterator[ConfigurationProblem]:
    """An accounting platform accepts no payment against a draft."""
    mapping = configuration.configuration
    status = mapping.sales.invoice_status.selected_invoice_status
    if mapping.payments.sync_payments and status and status.casefold() == "draft":
        yield ConfigurationProblem(
            "Payments cannot be enabled if invoice status is set to 'draft'.",
            "Select the invoice status 'submitted', or set payments.syncPayments to false.",
        )


def required_accounts(configuration: Configuration) -> Iterator[ConfigurationProblem]:
    """Every required account of a section that is synced is selected."""
    for place, account in active_accounts(configuration):
        if account.required and not account.selected_account_id:
            yield ConfigurationProblem(
                "Config contains required accounts without selections.",
                f"{place} needs one: set its selectedAccountId to one of its accountOptions.",
            )


def invoice_status(configuration: Configuration) -> Iterator[ConfigurationProblem]:
    """Invoices are written in one of the statuses offered."""
    sales = configuration.configuration.sales
    if sales.sync_sales:
        yield from wrong_choice(
            sales.invoice_status.selected_invoice_status,
            sales.invoice_status.invoice_status_options,
            "sales.invoiceStatus.selectedInvoiceStatus",
            nothing="No selected invoice status.",
            unknown="Invalid invoice status selected (must be submitted or draft).",
        )


def tax_rates(configuration: Configuration) -> Iterator[ConfigurationProblem]:
    """Every percentage of the merchant's has a tax rate of the platform's."""
    sales = configuration.configuration.sales
    if sales.sync_sales:
        for percentage, rate in sales.tax_rates.items():
            yield from not_selected(
                rate.selected_tax_rate_id,
                rate.tax_rate_options,
                f"sales.taxRates['{percentage}'].selectedTaxRateId",
                nothing="Tax rate is missing selected tax rate id.",
                unknown=f"Selected tax rate id for {percentage}% tax-rate has no options.",
            )


def fees_supplier(configuration: Configuration) -> Iterator[ConfigurationProblem]:
    """Fee bills come from one of the accounting platform's suppliers."""
    fees = configuration.configuration.fees
    if fees.sync_fees:
        supplier = fees.fees_supplier
        yield from not_selected(
            supplier.selected_supplier_id,
            supplier.supplier_options,
            "fees.feesSupplier.selectedSupplierId",
            nothing="No fees supplier has been configured.",
            unknown="Selected supplier not present in supplier options.",
        )


def frequency(configuration: Configuration) -> Iterator[ConfigurationProblem]:
    """A schedule has one of the frequencies offered."""
    schedule = configuration.schedule
    yield from wrong_choice(
        schedule.selected_frequency,
        schedule.frequency_options,
        "schedule.selectedFrequency",
        nothing="No schedule selected frequency.",
        unknown="Selected schedule frequency not present in options.",
    )


def start_date(configuration: Configuration) -> Iterator[ConfigurationProblem]:
    """A schedule has a day to start from."""
    if configuration.schedule.start_date is None:
        yield ConfigurationProblem(
            "No start date is set.",
            "Set schedule.startDate to the day from which sales are to be synced.",
        )


def sync_hour(configuration: Configuration) -> Iterator[ConfigurationProblem]:
    """A schedule has an hour of the day."""
    hour = configuration.schedule.hour
    if hour not in HOURS:
        yield ConfigurationProblem(
            f"The sync hour {hour} does not exist.",
            "Set schedule.syncHourUtc to a whole number from 0 to 23.",
        )


def time_zone(configuration: Configuration) -> Iterator[ConfigurationProblem]:
    """A schedule names a time zone of the IANA database."""
    name = configuration.schedule.zone
    if find_zone(name) is None:
        yield ConfigurationProblem(
            f"The time zone '{name}' is not known.",
            "Set schedule.timeZone to an IANA name such as 'Europe/London'.",
        )


def wrong_choice(
    chosen: str | None, options: Sequence[str] | None, place: str, *, nothing: str, unknown: str
) -> Iterator[ConfigurationProblem]:
    """A problem where none of some words is chosen, in any case.

    Args:
        chosen: what the configuration has.
        options: the words offered.
        place: the property, as advice names it.
        nothing: the message where nothing is chosen.
        unknown: the message where something else is.
    """
    offered = {option.casefold() for option in options or ()}
    if chosen is None or chosen.casefold() not in offered:
        words = " or ".join(f"'{option}'" for option in options or ())
        found = f"'{chosen}' is not an option. " if chosen else ""
        yield ConfigurationProblem(
            unknown if chosen else nothing, f"{found}Set {place} to {words or 'an option'}."
        )


def not_selected(
    chosen: str | None, options: Sequence[Option] | None, place: str, *, nothing: str, unknown: str
) -> Iterator[ConfigurationProblem]:
    """A problem where none of the platform's customers, suppliers or tax rates is selected.

    Args:
        chosen: the id that the configuration has.
        options: what the platform offers.
        place: the property, as advice names it.
        nothing: the message where nothing is selected.
        unknown: the message where something else is.
    """
    if not chosen:
        yield ConfigurationProblem(nothing, f"Set {place} to the id of one of its options.")
    elif chosen not in {option.id for option in options or ()}:
        yield ConfigurationProblem(
            unknown,
            f"'{chosen}' is not one of the platform's: set {place} to the id of one of its"
            " options.",
        )


def selected(accounts: dict[str, AccountSelection], name: str) -> str | None:
    """The account selected for a purpose."""
    return accounts.get(name, AccountSelection()).selected_account_id


def active_accounts(configuration: Configuration) -> Iterator[tuple[str, AccountSelection]]:
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


SCHEDULE_CHECKS: Final[tuple[Check, ...]] = (frequency, start_date, sync_hour, time_zone)
CHECKS: Final[tuple[Check, ...]] = (
    fees_without_payments,
    payments_without_sales,
    prepaid_accounts,
    card_into_payouts,
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
)
