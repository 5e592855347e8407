"""The Sync Flow's form: the configuration read from what a merchant chose."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Final

from msgspec import UnsetType
from msgspec.structs import replace

from codat_mock.configuration.account_purposes import CATEGORY, Section
from codat_mock.configuration.options import INVOICE_LEVELS
from codat_mock.models import configuration as settings
from codat_mock.models.configuration import AccountSelection, Configuration
from codat_mock.models.values import find_zone

Answers = Mapping[str, str]
NO_HOUR: Final = -1  # not an unset one, which is the default


def read_mapping(answers: Answers, shown: Configuration) -> Configuration:
    """The configuration that was shown, with everything selected as a form answers.

    Args:
        answers: by the names of the form's fields; a box that is not ticked is absent.
        shown: with its options.
    """
    mapping = shown.configuration
    payments, fees = mapping.payments, mapping.fees
    return replace(
        shown,
        enabled=answers.get("syncs") != "off",  # asked for in the settings, not at set-up
        schedule=read_schedule(answers, shown.schedule),
        configuration=replace(
            mapping,
            sales=read_sales(answers, mapping.sales),
            payments=replace(
                payments,
                sync_payments="syncPayments" in answers,
                accounts=read_accounts(answers, "payments", payments.accounts),
            ),
            fees=replace(
                fees,
                sync_fees="syncFees" in answers,
                accounts=read_accounts(answers, "fees", fees.accounts),
                fees_supplier=replace(
                    fees.fees_supplier, selected_supplier_id=answers.get("feesSupplier") or None
                ),
            ),
            map_settings=read_output_format(answers, mapping.map_settings),
        ),
    )


def read_output_format(
    answers: Answers, shown: settings.MapSettings | UnsetType
) -> settings.MapSettings | UnsetType:
    """Invoices or journal entries; what was shown where the form does not ask.

    Source: contract part 2, section B ("at first set-up in the flow, for good").
    """
    chosen = answers.get("outputFormat")
    if chosen is None or (not shown and chosen == "Invoice"):
        return shown
    return settings.MapSettings(output_format=chosen)


def read_sales(answers: Answers, sales: settings.Sales) -> settings.Sales:
    """The sales section, which is always synced here."""
    levels = sales.grouping.grouping_levels
    split_by = [level for level in INVOICE_LEVELS if f"by{level}" in answers]
    return replace(
        sales,
        sync_sales=True,
        accounts=read_accounts(answers, "sales", sales.accounts),
        invoice_status=replace(
            sales.invoice_status, selected_invoice_status=answers.get("invoiceStatus")
        ),
        sales_customer=replace(
            sales.sales_customer, selected_customer_id=answers.get("salesCustomer") or None
        ),
        tax_rates={
            key: replace(rate, selected_tax_rate_id=answers.get(f"taxRates.{key}") or None)
            for key, rate in sales.tax_rates.items()
        },
        grouping=settings.Grouping(
            grouping_period=replace(
                sales.grouping.grouping_period,
                selected_grouping_period=answers.get("groupingPeriod"),
            ),
            grouping_levels=replace(
                levels,
                invoice_level=replace(levels.invoice_level, selected_group_by_options=split_by),
            ),
        ),
    )


def read_accounts(
    answers: Answers, section: Section, accounts: dict[str, AccountSelection]
) -> dict[str, AccountSelection]:
    """The accounts of a section; those of deleted categories, which it does not ask for, stay.

    Args:
        answers: the fields of the form, by name.
        section: of the form.
        accounts: the selections of before, by their names.
    """
    return {
        name: account
        if name.startswith(CATEGORY) and f"{section}.{name}" not in answers
        else replace(account, selected_account_id=answers.get(f"{section}.{name}") or None)
        for name, account in accounts.items()
    }


def read_schedule(answers: Answers, schedule: settings.Schedule) -> settings.Schedule:
    """When syncs run; what cannot be read is not set, and an hour that is none does not exist."""
    hour = answers.get("hour", "")
    return replace(
        schedule,
        selected_frequency=answers.get("frequency"),
        start_date=read_day(answers.get("startDate", ""), answers.get("timeZone")),
        sync_hour_utc=int(hour) if re.fullmatch("[0-9]{1,2}", hour) else NO_HOUR,
        time_zone=answers.get("timeZone"),
    )


def read_day(text: str, zone: str | None) -> datetime | None:
    """The moment, UTC, at which a day begins in a time zone; None where it is none."""
    try:
        day = date.fromisoformat(text)
        return datetime.combine(day, time(), find_zone(zone) or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def first_day(schedule: settings.Schedule, now: datetime) -> str:
    """The start date as the form shows it: the day in the merchant's time zone, else today."""
    zone = find_zone(schedule.time_zone) or UTC
    return (schedule.start_date or now).astimezone(zone).date().isoformat()
