"""Suggested selections: the platform's usual accounts, first customer, matching tax rates."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from msgspec.structs import replace

from codat_mock.configuration.account_purposes import PURPOSE_OF_PAYMENT
from codat_mock.configuration.charts_of_accounts import PERCENTAGES
from codat_mock.configuration.rates import rate_key, read_rate_key
from codat_mock.models.commerce import PaymentType
from codat_mock.models.configuration import (
    AccountSelection,
    Configuration,
    Fees,
    Payments,
    Sales,
    Schedule,
    TaxRate,
)

FREQUENCY = "Daily"
SYNC_HOUR = 3  # after midnight's last sale, before the shop opens
TIME_ZONE = "Europe/London"


def suggest(configuration: Configuration, sync_hour: int = SYNC_HOUR) -> Configuration:
    """Fill in everything that is not selected, and enable syncing.

    Selections are kept. Payments and fees are synced unless accounts of theirs were selected
    and they were left off; payments are not synced against drafts. A tax percentage that the
    platform has no rate for stays unselected, and so does the start date.

    Args:
        configuration: with its options, as `with_options` gives it.
        sync_hour: where none is set, on the merchant's clock.
    """
    mapping = configuration.configuration
    sales = suggest_sales(mapping.sales)
    payments = suggest_payments(mapping.payments, sales)
    return replace(
        configuration,
        enabled=True,
        schedule=suggest_schedule(configuration.schedule, sync_hour),
        configuration=replace(
            mapping, sales=sales, payments=payments, fees=suggest_fees(mapping.fees, payments)
        ),
    )


def suggest_schedule(schedule: Schedule, sync_hour: int = SYNC_HOUR) -> Schedule:
    """Daily at that hour, London time."""
    hour = schedule.sync_hour_utc
    return replace(
        schedule,
        selected_frequency=schedule.selected_frequency or FREQUENCY,
        sync_hour_utc=sync_hour if hour is None else hour,
        time_zone=schedule.time_zone or TIME_ZONE,
    )


def suggest_sales(sales: Sales) -> Sales:
    """Submitted invoices, one a day, to the first customer."""
    customer = sales.sales_customer
    options = customer.customer_options
    status = sales.invoice_status
    period = sales.grouping.grouping_period
    return replace(
        sales,
        accounts=suggest_accounts(sales.accounts),
        invoice_status=replace(
            status, selected_invoice_status=status.selected_invoice_status or "submitted"
        ),
        sales_customer=replace(
            customer,
            selected_customer_id=customer.selected_customer_id
            or (options[0].id if options else None),
        ),
        tax_rates={key: suggest_rate(key, rate) for key, rate in sales.tax_rates.items()},
        grouping=replace(
            sales.grouping,
            grouping_period=replace(
                period, selected_grouping_period=period.selected_grouping_period or "Daily"
            ),
        ),
    )


def suggest_rate(key: str, rate: TaxRate) -> TaxRate:
    """The platform's first rate of that percentage."""
    percentage = read_rate_key(key)
    matching = (
        option.id
        for option in rate.tax_rate_options or ()
        if PERCENTAGES.get(option.id) == percentage
    )
    return replace(rate, selected_tax_rate_id=rate.selected_tax_rate_id or next(matching, None))


def map_rates(
    stored: dict[str, TaxRate], shown: dict[str, TaxRate], percentages: Iterable[Decimal]
) -> dict[str, TaxRate]:
    """Map tax percentages as a merchant does: to the platform's rate of it, else to its usual one.

    A percentage between 0 and 1 is no rate that a merchant knows, and stays as it is.

    Args:
        stored: what is mapped, by percentages as `rate_key` writes them; kept.
        shown: every rate with its options.
        percentages: what to map.
    """
    mapped = dict(stored)
    for key in map(rate_key, percentages):
        rate = suggest_rate(key, shown[key]) if key in shown else TaxRate()
        options = rate.tax_rate_options or ()
        usual = rate.selected_tax_rate_id or (options[0].id if options else None)
        if not 0 < (read_rate_key(key) or 0) < 1:
            mapped[key] = replace(rate, selected_tax_rate_id=usual)
    return mapped


def keep_payment_types(payments: Payments, types: Iterable[PaymentType]) -> Payments:
    """Leave only these payment types mapped, beside cards, which have to be, and payouts."""
    kept = {"card", "payout", *(PURPOSE_OF_PAYMENT[kind] for kind in types)}
    accounts = {
        name: account if name in kept else replace(account, selected_account_id=None)
        for name, account in payments.accounts.items()
    }
    return replace(payments, accounts=accounts)


def suggest_payments(payments: Payments, sales: Sales) -> Payments:
    """Payments against submitted invoices."""
    status = sales.invoice_status.selected_invoice_status
    takes_payments = sales.sync_sales and status is not None and status.casefold() != "draft"
    is_untouched = not has_selection(payments.accounts)
    return replace(
        payments,
        sync_payments=payments.sync_payments or (is_untouched and takes_payments),
        accounts=suggest_accounts(payments.accounts),
    )


def suggest_fees(fees: Fees, payments: Payments) -> Fees:
    """Fees, where payments are synced, from the first supplier."""
    supplier = fees.fees_supplier
    options = supplier.supplier_options
    is_untouched = not has_selection(fees.accounts)
    return replace(
        fees,
        sync_fees=fees.sync_fees or (is_untouched and payments.sync_payments),
        fees_supplier=replace(
            supplier,
            selected_supplier_id=supplier.selected_supplier_id
            or (options[0].id if options else None),
        ),
        accounts=suggest_accounts(fees.accounts),
    )


def suggest_accounts(accounts: dict[str, AccountSelection]) -> dict[str, AccountSelection]:
    """The first account offered for each purpose, which is the usual one."""
    return {name: suggest_account(account) for name, account in accounts.items()}


def suggest_account(account: AccountSelection) -> AccountSelection:
    """The first account offered, where none is selected."""
    options = account.account_options
    usual = options[0].id if options else None
    return replace(account, selected_account_id=account.selected_account_id or usual)


def has_selection(accounts: dict[str, AccountSelection]) -> bool:
    """Whether any account is selected."""
    return any(account.selected_account_id for account in accounts.values())
