"""The mapping configuration: the options and the merchant's selections.

Source: contract section 5.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType, field

from codat_mock.models.commerce import Wire
from codat_mock.models.values import Moment


class Setting(Wire, kw_only=True, omit_defaults=False):
    """A part of the configuration; an absent property counts as not selected."""


class AccountOption(Setting):
    """A selectable account of the accounting platform."""

    id: str = ""
    name: str | None = None
    nominal_code: str | None = None
    classification: str | None = None


class Option(Setting):
    """A selectable customer, supplier or tax rate of the accounting platform."""

    id: str = ""
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


class TaxRateMapping(Setting):
    """The accounting platform's tax rate for some of the merchant's own tax rates."""

    selected_commerce_tax_rate_ids: list[str] | None = field(default_factory=list)
    selected_accounting_tax_rate_id: str | None = None


class NewTaxRates(Setting):
    """Tax rates mapped by the merchant's own tax components.

    They count where `taxRates` selects none (assumed).
    """

    accounting_tax_rate_options: list[Option] | None = field(default_factory=list)
    commerce_tax_rate_options: list[Option] | None = field(default_factory=list)
    tax_rate_mappings: list[TaxRateMapping] | None = field(default_factory=list)
    selected_default_zero_tax_rate_id: str | None = None
    default_zero_tax_rate_options: list[Option] | None = field(default_factory=list)


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
    new_tax_rates: NewTaxRates = field(default_factory=NewTaxRates)
    grouping: Grouping = field(default_factory=Grouping)


class Payments(Setting):
    """How payments are booked against invoices."""

    sync_payments: bool = False
    accounts: dict[str, AccountSelection] = field(default_factory=dict)


class NewPayments(Setting):
    """A second form of the payments section, which the reference does not explain.

    Stored, and without effect.
    """

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
    new_payments: NewPayments = field(default_factory=NewPayments)
    fees: Fees = field(default_factory=Fees)
    # Of the later generation only: absent until the merchant chooses journal entries.
    map_settings: MapSettings | UnsetType = UNSET


DEFAULT_SYNC_HOUR: Final = 0  # this and the next: contract part 2, section A7
DEFAULT_TIME_ZONE: Final = "Etc/UTC"


class Schedule(Setting):
    """When syncs run: daily, at an hour in the merchant's time zone."""

    selected_frequency: str | None = None
    frequency_options: list[str] | None = field(default_factory=list)
    start_date: Moment | None = None
    sync_hour_utc: int | None = None
    time_zone: str | None = None

    @property
    def hour(self) -> int:
        """The hour of the syncs, on the merchant's clock."""
        return DEFAULT_SYNC_HOUR if self.sync_hour_utc is None else self.sync_hour_utc

    @property
    def zone(self) -> str:
        """The IANA name of the merchant's time zone."""
        return self.time_zone or DEFAULT_TIME_ZONE


class Configuration(Setting):
    """A company's whole configuration of Sync for Commerce."""

    company_id: str = ""
    accounting_software_company_name: str | None = None
    enabled: bool = True
    configured: bool = False
    schedule: Schedule = field(default_factory=Schedule)
    configuration: Mapping = field(default_factory=Mapping)


def from_wire(sent: Any, stored: Configuration) -> Any:
    """A configuration as a client sent it, in the form that `Configuration` decodes.

    Null counts as absent; without both `schedule` and `configuration`, these stay as stored; a
    schedule has its defaults; and the later generation's `enable` and `syncHour` become `enabled`
    and `syncHourUtc`. Where a client sends both names of one property, the one that differs from
    what is stored counts, and the later name if both do.

    Args:
        sent: the body as plain JSON values, of any form.
        stored: the company's configuration until now.

    Source: contract part 2, sections A5, A7 and E (`enabled: true` resumes syncs); that null is
    accepted everywhere is assumed.
    """
    body = without_nulls(sent)
    if not isinstance(body, dict):
        return body
    move(body, "enable", "enabled", stored.enabled)
    if not body.keys() & {"schedule", "configuration"}:
        body["schedule"] = without_nulls(msgspec.to_builtins(stored.schedule))
        body["configuration"] = without_nulls(msgspec.to_builtins(stored.configuration))
    schedule = body.get("schedule")
    if isinstance(schedule, dict):
        move(schedule, "syncHour", "syncHourUtc", stored.schedule.sync_hour_utc)
        schedule.setdefault("syncHourUtc", DEFAULT_SYNC_HOUR)
        schedule.setdefault("timeZone", DEFAULT_TIME_ZONE)
    return body


def has_later_names(sent: Any) -> bool:
    """Whether a client sent a configuration with the property names of the later generation."""
    if not isinstance(sent, dict):
        return False
    schedule = sent.get("schedule")
    return "enable" in sent or (isinstance(schedule, dict) and "syncHour" in schedule)


def to_wire(configuration: Configuration, *, has_later_names: bool) -> dict[str, Any]:
    """A configuration as it is answered.

    A property without a value is absent where the vendor's document does not allow null.

    Args:
        configuration: with its options.
        has_later_names: whether to add the later generation's `enable` and `syncHour`.

    Source: contract part 2, sections A5, A7 and H.
    """
    shown: dict[str, Any] = msgspec.to_builtins(configuration)
    schedule = shown["schedule"]
    schedule["syncHourUtc"] = configuration.schedule.hour
    schedule["timeZone"] = configuration.schedule.zone
    if has_later_names:
        shown["enable"] = shown["enabled"]
        schedule["syncHour"] = schedule["syncHourUtc"]
    for part, name in (
        (shown, "accountingSoftwareCompanyName"),
        (schedule, "selectedFrequency"),
        (schedule, "startDate"),
    ):
        if part[name] is None:
            del part[name]
    return shown


def without_nulls(value: Any) -> Any:
    """A JSON value without the members that are null."""
    if isinstance(value, dict):
        return {name: without_nulls(part) for name, part in value.items() if part is not None}
    if isinstance(value, list):
        return [without_nulls(part) for part in value]
    return value


def move(members: dict[str, Any], later: str, beta: str, stored: Any) -> None:
    """Move the value of the later name to the beta's, unless only the beta's is new.

    Source: contract part 2, section H (`enable`, `syncHour`).

    Args:
        members: of a JSON object; changed in place.
        later: the later generation's name.
        beta: the beta's name.
        stored: the property's value until now.
    """
    if later not in members:
        return
    value = members.pop(later)
    if beta not in members or value != stored:
        members[beta] = value
