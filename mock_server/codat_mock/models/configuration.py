"""The mapping configuration: the options and the merchant's selections.

Source: contract section 5.
"""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, UnsetType, field

from codat_mock.models.commerce import Wire
from codat_mock.models.values import Moment


class Setting(Wire, kw_only=True, omit_defaults=False):
    """A part of the configuration; an absent property counts as not selected."""


class AccountOption(Setting):
    """A selectable account of the accounting platform."""

    id: str
    name: str | None = None
    nominal_code: str | None = None
    classification: str | None = None


class Option(Setting):
    """A selectable customer, supplier or tax rate of the accounting platform."""

    id: str
    name: str | None = None


class AccountSelection(Setting):
    """The account selected for one purpose, such as `card`."""

    label_text: str | None = None
    description_text: str | None = None
    selected_account_id: str | None = None
    required: bool = False
    account_options: list[AccountOption] | None = field(default_factory=list)


class InvoiceStatus(Setting):
    """Whether invoices are written as drafts or submitted."""

    selected_invoice_status: str | None = None
    invoice_status_options: list[str] | None = field(default_factory=list)


class SalesCustomer(Setting):
    """The customer of the daily invoices."""

    selected_customer_id: str | None = None
    customer_options: list[Option] | None = field(default_factory=list)


class TaxRate(Setting):
    """The accounting platform's tax rate for one of the merchant's percentages."""

    selected_tax_rate_id: str | None = None
    tax_rate_options: list[Option] | None = field(default_factory=list)


class GroupingPeriod(Setting):
    """The period one invoice covers."""

    selected_grouping_period: str | None = None
    grouping_period_options: list[str] | None = field(default_factory=list)


class GroupingLevel(Setting):
    """What, besides period and currency, splits invoices or their lines."""

    selected_group_by_options: list[str] | None = field(default_factory=list)
    group_by_options: list[str] | None = field(default_factory=list)


class GroupingLevels(Setting):
    """The grouping of invoices and of their lines."""

    invoice_level: GroupingLevel = field(default_factory=GroupingLevel)
    invoice_line_level: GroupingLevel = field(default_factory=GroupingLevel)


class Grouping(Setting):
    """How sales are grouped into invoices."""

    grouping_period: GroupingPeriod = field(default_factory=GroupingPeriod)
    grouping_levels: GroupingLevels = field(default_factory=GroupingLevels)


class Sales(Setting):
    """How orders become invoices and credit notes."""

    sync_sales: bool = True
    accounts: dict[str, AccountSelection] = field(default_factory=dict)
    invoice_status: InvoiceStatus = field(default_factory=InvoiceStatus)
    sales_customer: SalesCustomer = field(default_factory=SalesCustomer)
    tax_rates: dict[str, TaxRate] = field(default_factory=dict)
    grouping: Grouping = field(default_factory=Grouping)


class Payments(Setting):
    """How payments are booked against invoices."""

    sync_payments: bool = False
    accounts: dict[str, AccountSelection] = field(default_factory=dict)


class FeesSupplier(Setting):
    """The supplier of the fee bills."""

    selected_supplier_id: str | None = None
    supplier_options: list[Option] | None = field(default_factory=list)


class Fees(Setting):
    """How payment fees become bills."""

    sync_fees: bool = False
    fees_supplier: FeesSupplier = field(default_factory=FeesSupplier)
    accounts: dict[str, AccountSelection] = field(default_factory=dict)


class MapSettings(Setting):
    """The form in which syncs write: daily invoices, or daily journal entries."""

    output_format: str | None = None


class Mapping(Setting):
    """What is booked, and to which accounts."""

    sales: Sales = field(default_factory=Sales)
    payments: Payments = field(default_factory=Payments)
    fees: Fees = field(default_factory=Fees)
    # The reference does not explain these two: stored and returned as sent.
    new_payments: Any = None
    new_tax_rates: Any = None
    # Of the later generation only: absent until the merchant chooses journal entries.
    map_settings: MapSettings | UnsetType = UNSET


class Schedule(Setting):
    """When syncs run: daily, at an hour in the merchant's time zone."""

    selected_frequency: str | None = None
    frequency_options: list[str] | None = field(default_factory=list)
    start_date: Moment | None = None
    sync_hour_utc: int | None = None
    time_zone: str | None = None


class Configuration(Setting):
    """A company's whole configuration of Sync for Commerce."""

    company_id: str = ""
    accounting_software_company_name: str | None = None
    enabled: bool = True
    configured: bool = False
    schedule: Schedule = field(default_factory=Schedule)
    configuration: Mapping = field(default_factory=Mapping)
