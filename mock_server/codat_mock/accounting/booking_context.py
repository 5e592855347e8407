"""What one sync needs to book: the merchant's selections, calendar, currency and products."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from msgspec import UNSET, UnsetType

from codat_mock.accounting.catalogue import NO_PRODUCTS, Catalogue
from codat_mock.accounting.money import HUNDRED, minor_unit
from codat_mock.accounting.order_parts import GRATUITY, OVERPAYMENT, PREPAID, ROUNDING, SALES, Part
from codat_mock.configuration.account_purposes import (
    CATEGORY,
    PURPOSE_OF_PAYMENT,
    Section,
    tax_purpose,
)
from codat_mock.configuration.charts_of_accounts import (
    XERO,
    Account,
    Chart,
    PlatformRate,
    find_chart,
)
from codat_mock.configuration.rates import rate_key, read_rate_key
from codat_mock.models.commerce import PaymentType, Record
from codat_mock.models.configuration import AccountSelection, Configuration, Mapping, Option
from codat_mock.models.values import find_zone


@dataclass(frozen=True, slots=True)
class BookingContext:
    """A configuration, as booking uses it.

    Args:
        zone: the merchant's: it decides to which day a sale belongs.
        usual_currency: of records without a currency.
        finish: the end of the sync's period, and the date of records without one.
        mapped_percentages: the tax percentages that a rate is selected for.
        catalogue: which products are gift cards or have a category.
    """

    mapping: Mapping
    chart: Chart
    zone: tzinfo
    usual_currency: str
    sync_id: str
    finish: datetime
    mapped_percentages: tuple[Decimal, ...] = ()
    catalogue: Catalogue = NO_PRODUCTS

    @property
    def is_journal(self) -> bool:
        """Whether syncs write a daily journal entry, not invoices.

        Source: contract part 2, section B (`mapSettings.outputFormat`).
        """
        settings = self.mapping.map_settings
        return settings is not UNSET and settings.output_format == "JournalEntry"

    @property
    def is_draft(self) -> bool:
        """Whether invoices are written as drafts; a journal entry has no such status."""
        if self.is_journal:
            return False
        status = self.mapping.sales.invoice_status.selected_invoice_status
        return (status or "").casefold() == "draft"

    @property
    def takes_payments(self) -> bool:
        """Whether payments are written; drafts accept none."""
        mapping = self.mapping
        return mapping.payments.sync_payments and mapping.sales.sync_sales and not self.is_draft

    @property
    def invoice_levels(self) -> frozenset[str]:
        """What splits a day's sales into invoices, in lower case: `location`, `country`."""
        level = self.mapping.sales.grouping.grouping_levels.invoice_level
        return frozenset(option.casefold() for option in level.selected_group_by_options or ())

    def account(self, section: Section, name: str) -> str | None:
        """The account selected for a purpose."""
        accounts = getattr(self.mapping, section).accounts
        selection: AccountSelection = accounts.get(name, AccountSelection())
        return selection.selected_account_id

    def payment_account(self, payment_type: PaymentType) -> str | None:
        """The account that payments of a type go to."""
        return self.account("payments", PURPOSE_OF_PAYMENT[payment_type])

    @property
    def suspense(self) -> str:
        """The account for what has no other."""
        return self.chart.suspense.id

    def part_account(self, part: Part, *, is_refund: bool) -> str:
        """The account of a part of the sales; suspense where none is selected.

        Refunds of goods go to the refund account, and those of gift cards and tips to their own.
        """
        control = {ROUNDING: self.chart.rounding, OVERPAYMENT: self.chart.overpayments}
        if part.purpose in control:
            return control[part.purpose].id
        if part.purpose in (GRATUITY, PREPAID):
            return self.account("sales", part.purpose) or self.suspense
        own = self.account("sales", "refund") if is_refund else None
        if part.purpose == SALES:
            return own or self.account("sales", SALES) or self.suspense
        if part.purpose.startswith(CATEGORY):
            selected = own or self.account("sales", part.purpose)
            return selected or self.account("sales", SALES) or self.suspense
        return self.suspense

    def fee_account(self, purpose: str) -> str:
        """The account of fees, or of fee refunds; suspense where none is selected."""
        return self.account("fees", purpose) or self.suspense

    def category_name(self, purpose: str) -> str:
        """The name of a product category; empty for any other purpose."""
        return self.catalogue.names.get(purpose.removeprefix(CATEGORY), "")

    def account_details(self, account_id: str | None) -> Account | None:
        """An account of the chart, for its code and name."""
        return self.chart.by_id.get(account_id or "")

    def tax_accounts(
        self, part: Part, tax: Decimal, currency: str
    ) -> Iterator[tuple[str, Decimal]]:
        """The accounts of a tax's components, each with its share: what a journal entry needs.

        Source: contract part 2, section B (tax components, journals only).

        Args:
            part: its percentage selects the tax rate.
            tax: to be shared; below zero for a refund of tax.
            currency: ISO 4217 code; shares are rounded to its smallest unit.

        Yields:
            The id of an account, and its share. The shares add up to `tax` exactly.
        """
        key = None if part.percentage is None else rate_key(part.percentage)
        rate = None if part.percentage is None else self.find_rate(part.percentage)
        components = [
            (self.account("sales", tax_purpose(key or "", place)) or account, percentage)
            for place, (account, percentage) in enumerate(rate.components if rate else (), start=1)
        ]
        if not components and key is not None:
            account = self.account("sales", tax_purpose(key)) or self.chart.tax.id
            components = [(account, HUNDRED)]
        left = tax
        for account, percentage in components[:-1]:
            share = tax * percentage / rate.percentage if rate and rate.percentage else tax
            share = share.quantize(minor_unit(currency), rounding=ROUND_HALF_UP)
            left -= share
            yield account, share
        yield components[-1][0] if components else self.chart.tax.id, left

    def find_rate(self, percentage: Decimal) -> PlatformRate | None:
        """The platform's tax rate for a percentage, with its components."""
        return self.chart.find_rate(self.tax_rate(percentage))

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
        return day_of(created, self.zone, self.finish)

    def currency(self, given: str | UnsetType | None) -> str:
        """A record's currency."""
        return named_currency(given) or self.usual_currency


def booking_context(
    configuration: Configuration,
    platform_key: str,
    sync_id: str,
    finish: datetime,
    records: Iterable[Record],
    catalogue: Catalogue = NO_PRODUCTS,
) -> BookingContext:
    """The context in which a sync books some records.

    Records without a currency have that of the others, where these agree on one, else the
    merchant's own.

    Args:
        configuration: with its options.
        platform_key: the accounting platform's.
        sync_id: the sync's.
        finish: the end of its period, UTC.
        records: what it picked.
        catalogue: which products are gift cards or have a category.
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
        mapped_percentages=mapped_percentages(configuration.configuration),
        catalogue=catalogue,
    )


def day_of(created: datetime | UnsetType | None, zone: tzinfo, finish: datetime) -> str:
    """The merchant's day of a moment, ISO 8601.

    Args:
        created: a record's `createdDate`.
        zone: the merchant's.
        finish: what counts where a record has none, UTC.
    """
    moment = created if isinstance(created, datetime) else finish
    try:
        return moment.astimezone(zone).date().isoformat()
    except OverflowError:  # at the ends of the calendar
        return moment.date().isoformat()


def mapped_percentages(mapping: Mapping) -> tuple[Decimal, ...]:
    """The tax percentages that a rate is selected for."""
    found = (
        read_rate_key(key)
        for key, rate in mapping.sales.tax_rates.items()
        if rate.selected_tax_rate_id
    )
    return tuple(each for each in found if each is not None)


@lru_cache(maxsize=256)
def named_currency(given: str | UnsetType | None) -> str:
    """A record's own currency, empty where it has none."""
    return given.strip().upper() if isinstance(given, str) else ""


def name_of(selected: str | None, options: Sequence[Option] | None) -> str:
    """The name of what was selected, or its id where it is not among the options."""
    names = (option.name for option in options or () if option.id == selected and option.name)
    return next(names, selected or "")
