"""The terms under which one sync books: the merchant's selections, calendar and currency."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import Decimal

from msgspec import UnsetType

from codat_mock.configuration.account_purposes import PURPOSE_OF_PAYMENT, Section
from codat_mock.configuration.charts_of_accounts import XERO, Chart, find_chart
from codat_mock.configuration.rates import rate_key
from codat_mock.models.commerce import PaymentType, Record
from codat_mock.models.configuration import AccountSelection, Configuration, Mapping, Option
from codat_mock.models.values import find_zone


@dataclass(frozen=True, slots=True)
class BookingContext:
    """What booking asks of a configuration.

    Args:
        zone: the merchant's; a sale belongs to the day that its clocks show.
        usual_currency: of records that name none.
        finish: the end of the sync's period, the date of records that tell none.
    """

    mapping: Mapping
    chart: Chart
    zone: tzinfo
    usual_currency: str
    sync_id: str
    finish: datetime

    @property
    def is_draft(self) -> bool:
        """Whether invoices are written as drafts."""
        status = self.mapping.sales.invoice_status.selected_invoice_status
        return (status or "").casefold() == "draft"

    @property
    def takes_payments(self) -> bool:
        """Whether payments are written; drafts take none."""
        mapping = self.mapping
        return mapping.payments.sync_payments and mapping.sales.sync_sales and not self.is_draft

    @property
    def is_by_location(self) -> bool:
        """Whether each location gets an invoice of its own."""
        level = self.mapping.sales.grouping.grouping_levels.invoice_level
        chosen = level.selected_group_by_options or ()
        return any(option.casefold() == "location" for option in chosen)

    def account(self, section: Section, name: str) -> str | None:
        """The account selected for a purpose."""
        accounts = getattr(self.mapping, section).accounts
        selection: AccountSelection = accounts.get(name, AccountSelection())
        return selection.selected_account_id

    def payment_account(self, payment_type: PaymentType) -> str | None:
        """The account that payments of a type go to."""
        return self.account("payments", PURPOSE_OF_PAYMENT[payment_type])

    def sales_account(self, name: str) -> str:
        """The account for a part of the sales; suspense where none was selected."""
        return self.account("sales", name) or self.chart.suspense.id

    def tax_rate(self, percentage: Decimal) -> str | None:
        """The platform's tax rate for a percentage."""
        rate = self.mapping.sales.tax_rates.get(rate_key(percentage))
        return rate.selected_tax_rate_id if rate else None

    @property
    def customer(self) -> str:
        """In whose name invoices are written."""
        customer = self.mapping.sales.sales_customer
        return name_of(customer.selected_customer_id, customer.customer_options)

    @property
    def supplier(self) -> str:
        """In whose name fee bills are written."""
        supplier = self.mapping.fees.fees_supplier
        return name_of(supplier.selected_supplier_id, supplier.supplier_options)

    def day(self, created: datetime | UnsetType | None) -> str:
        """The merchant's day of a moment, ISO 8601."""
        moment = created if isinstance(created, datetime) else self.finish
        try:
            return moment.astimezone(self.zone).date().isoformat()
        except OverflowError:  # at the ends of the calendar
            return moment.date().isoformat()

    def currency(self, given: str | UnsetType | None) -> str:
        """A record's currency."""
        return named_currency(given) or self.usual_currency


def booking_context(
    configuration: Configuration,
    platform_key: str,
    sync_id: str,
    finish: datetime,
    records: Iterable[Record],
) -> BookingContext:
    """The terms that a configuration, with its options, sets for a sync of some records.

    Those that name no currency have that of the others, where these agree on one, else the
    merchant's own.
    """
    chart = find_chart(platform_key) or XERO
    named = {named_currency(record.currency) for record in records} - {""}
    return BookingContext(
        mapping=configuration.configuration,
        chart=chart,
        usual_currency=named.pop() if len(named) == 1 else chart.currency,
        zone=find_zone(configuration.schedule.time_zone) or UTC,
        sync_id=sync_id,
        finish=finish,
    )


def named_currency(given: str | UnsetType | None) -> str:
    """The currency that a record names, empty where it names none."""
    return given.strip().upper() if isinstance(given, str) else ""


def name_of(selected: str | None, options: Sequence[Option] | None) -> str:
    """The name of what was selected, or its id where it is not among the options."""
    names = (option.name for option in options or () if option.id == selected and option.name)
    return next(names, selected or "")
