"""The mapping configuration as it travels: the options, and what the merchant selected.

Source: contract section 5.
"""

from __future__ import annotations

from typing import Any

from msgspec import field

from codat_mock.models.commerce import Wire
from codat_mock.models.values import Moment


class Setting(Wire, kw_only=True, omit_defaults=False):
    """A part of the configuration; what is absent in a request reads as not selected."""


class AccountOption(Setting):
    """An account of the accounting platform that may be selected."""

    id: str
    name: str | None = None
    nominal_code: str | None = None
    classification: str | None = None


class Option(Setting):
    """A customer, supplier or tax rate of the accounting platform that may be selected."""

    id: str
    name: str | None = None


class AccountSelection(Setting):
    """One purpose (such as `card`) and the account selected for it."""

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
    """The customer in whose name the daily invoice is written."""

    selected_customer_id: str | None = None
    customer_options: list[Option] | None = field(default_factory=list)


class TaxRate(Setting):
    """The accounting platform's tax rate for one percentage of the merchant's."""

    selected_tax_rate_id: str | None = None
    tax_rate_options: list[Option] | None = field(default_factory=list)


class GroupingPeriod(Setting):
    """How long a time one invoice covers."""

    selected_grouping_period: str | None = None
    grouping_period_options: list[str] | None = field(default_factory=list)


class GroupingLevel(Setting):
    """By what, beside the period and the currency, documents or lines are split."""

    selected_group_by_options: list[str] | None = field(default_factory=list)
    group_by_options: list[str] | None = field(default_factory=list)


class GroupingLevels(Setting):
    """The grouping of invoices and of their lines."""

    invoice_level: GroupingLevel = field(default_factory=GroupingLevel)
    invoice_line_level: GroupingLevel = field(default_factory=GroupingLevel)


class Grouping(Setting):
    """How sales are gathered into invoices."""

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
    """How payments are written against invoices."""

    sync_payments: bool = False
    accounts: dict[str, AccountSelection] = field(default_factory=dict)


class FeesSupplier(Setting):
    """The supplier in whose name the fee bills are written."""

    selected_supplier_id: str | None = None
    supplier_options: list[Option] | None = field(default_factory=list)


class Fees(Setting):
    """How payment fees become bills."""

    sync_fees: bool = False
    fees_supplier: FeesSupplier = field(default_factory=FeesSupplier)
    accounts: dict[str, AccountSelection] = field(default_factory=dict)


class Mapping(Setting):
    """What is written, and to which accounts."""

    sales: Sales = field(default_factory=Sales)
    payments: Payments = field(default_factory=Payments)
    fees: Fees = field(default_factory=Fees)
    # The reference names these two without saying what they do: kept and returned as sent.
    new_payments: Any = None
    new_tax_rates: Any = None


class Schedule(Setting):
    """When syncs run: daily at an hour of the merchant's own time zone."""

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
