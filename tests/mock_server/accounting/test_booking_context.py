"""What booking reads of a configuration: days, currencies, accounts and tax rates."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import judged
import pytest
from msgspec import UNSET
from msgspec.structs import replace
from sample_records import without
from sample_sales import by_location, configured

from codat_mock.accounting.booking_context import (
    BookingContext,
    booking_context,
    day_of,
    name_of,
    named_currency,
)
from codat_mock.accounting.catalogue import NO_PRODUCTS, Catalogue
from codat_mock.accounting.day_of_business import location_of, place_of
from codat_mock.accounting.order_parts import (
    GRATUITY,
    OVERPAYMENT,
    PREPAID,
    ROUNDING,
    SALES,
    UNALLOCATED,
    Part,
)
from codat_mock.configuration.account_purposes import CATEGORY
from codat_mock.models.configuration import AccountSelection, MapSettings, Option

FINISH = datetime(2022, 3, 22, tzinfo=UTC)
LONDON, TOKYO = ZoneInfo("Europe/London"), ZoneInfo("Asia/Tokyo")


def context(configuration=None, records=(), catalogue=NO_PRODUCTS) -> BookingContext:
    chosen = configuration or configured()
    return booking_context(chosen, "gbol", "s", FINISH, records, catalogue)


@pytest.mark.parametrize(
    ("created", "zone", "day"),
    [
        (datetime(2022, 3, 21, 14, 59, tzinfo=UTC), TOKYO, "2022-03-21"),
        (datetime(2022, 3, 21, 15, tzinfo=UTC), TOKYO, "2022-03-22"),
        (UNSET, LONDON, "2022-03-22"),
        (None, LONDON, "2022-03-22"),
        (datetime.max.replace(tzinfo=UTC), TOKYO, "9999-12-31"),
        (datetime.min.replace(tzinfo=UTC), ZoneInfo("America/New_York"), "0001-01-01"),
    ],
)
def test_a_day_is_the_merchant_s(created, zone, day):
    assert day_of(created, zone, FINISH) == day


@pytest.mark.parametrize(
    ("currencies", "usual"),
    [
        ([], "GBP"), (["EUR"], "EUR"), (["EUR", "eur "], "EUR"), (["EUR", None], "EUR"),
        (["EUR", ""], "EUR"), (["EUR", "USD"], "GBP"), (["EUR", "USD", None], "GBP"),
        ([None, None], "GBP"),
    ],
)  # fmt: skip
def test_records_without_a_currency_have_that_of_the_others_if_they_agree(currencies, usual):
    records = [judged.order(currency=each) for each in currencies]
    found = context(records=records)
    assert found.currency(UNSET) == found.currency(None) == found.currency(" ") == usual
    assert found.currency(" jpy") == "JPY"
    assert named_currency(UNSET) == ""


def test_a_name_is_that_of_the_option_or_the_id():
    options = [Option(id="1", name="One"), Option(id="2", name="")]
    names = [name_of(each, options) for each in ("1", "2", "3", None)]
    assert names == ["One", "2", "3", ""]
    assert name_of("1", None) == "1"


def selecting(section: str, **accounts: str | None):
    """A context in which these accounts are selected."""
    configuration = configured()
    part = getattr(configuration.configuration, section)
    named = {
        name.replace("_", "-"): AccountSelection(selected_account_id=account)
        for name, account in accounts.items()
    }
    catalogue = Catalogue(names={"c": "Hats"})
    changed = without(section, accounts={**part.accounts, **named})
    return context(changed, catalogue=catalogue)


HATS = f"{CATEGORY}c"


@pytest.mark.parametrize(
    ("purpose", "is_refund", "selected", "account"),
    [
        (SALES, False, {"sales": "S", "refund": "R"}, "S"),
        (SALES, True, {"sales": "S", "refund": "R"}, "R"),
        (SALES, True, {"sales": "S", "refund": None}, "S"),
        (SALES, False, {"sales": None, "refund": "R"}, "suspense"),
        (SALES, True, {"sales": None, "refund": None}, "suspense"),
        (GRATUITY, False, {"gratuity": "G"}, "G"),
        (GRATUITY, True, {"gratuity": "G", "refund": "R"}, "G"),
        (GRATUITY, False, {"gratuity": None, "sales": "S"}, "suspense"),
        (PREPAID, True, {"prepaid": "P", "refund": "R"}, "P"),
        (PREPAID, False, {"prepaid": None}, "suspense"),
        (HATS, False, {HATS.replace("-", "_"): "H", "sales": "S"}, "H"),
        (HATS, False, {"sales": "S"}, "S"),
        (HATS, True, {HATS.replace("-", "_"): "H", "refund": "R"}, "R"),
        (HATS, True, {HATS.replace("-", "_"): "H", "refund": None}, "H"),
        (HATS, False, {"sales": None}, "suspense"),
        (UNALLOCATED, False, {"sales": "S"}, "suspense"),
        (UNALLOCATED, True, {"refund": "R"}, "suspense"),
    ],
)
def test_each_part_of_sales_has_its_account(purpose, is_refund, selected, account):
    found = selecting("sales", **selected)
    expected = found.suspense if account == "suspense" else account
    assert found.part_account(Part(purpose), is_refund=is_refund) == expected


def test_rounding_and_overpayments_have_the_accounts_of_the_chart():
    found = context()
    assert found.part_account(Part(ROUNDING), is_refund=True) == found.chart.rounding.id
    assert found.part_account(Part(OVERPAYMENT), is_refund=False) == found.chart.overpayments.id
    assert selecting("fees", paymentFee=None).fee_account("paymentFee") == found.suspense
    assert selecting("fees", paymentFee="F").fee_account("paymentFee") == "F"
    assert found.account_details(None) is None
    assert found.account_details(found.suspense) == found.chart.suspense


def test_the_name_of_a_category_is_that_of_the_catalogue():
    found = selecting("sales")
    assert (found.category_name(HATS), found.category_name(SALES)) == ("Hats", "")


@pytest.mark.parametrize(
    ("status", "output", "sales", "payments", "is_draft", "takes_payments"),
    [
        ("Draft", None, True, True, True, False),
        ("dRAFT", None, True, True, True, False),
        ("Submitted", None, True, True, False, True),
        (None, None, True, True, False, True),
        ("Draft", "JournalEntry", True, True, False, True),
        ("Submitted", None, False, True, False, False),
        ("Submitted", None, True, False, False, False),
    ],
)
def test_drafts_take_no_payments(status, output, sales, payments, is_draft, takes_payments):
    configuration = configured()
    mapping = configuration.configuration
    invoice_status = replace(mapping.sales.invoice_status, selected_invoice_status=status)
    mapping = replace(
        mapping,
        sales=replace(mapping.sales, invoice_status=invoice_status, sync_sales=sales),
        payments=replace(mapping.payments, sync_payments=payments),
        map_settings=MapSettings(output_format=output) if output else UNSET,
    )
    found = context(replace(configuration, configuration=mapping))
    assert found.is_journal is (output == "JournalEntry")
    assert found.is_draft is is_draft
    assert found.takes_payments is takes_payments


@pytest.mark.parametrize(
    ("percentage", "tax", "currency", "shares"),
    [
        ("20", "10", "GBP", ["10"]),
        (None, "10", "GBP", ["10"]),
        ("0", "0", "GBP", ["0"]),
    ],
)
def test_the_shares_of_a_tax_add_up(percentage, tax, currency, shares):
    part = Part(SALES, None if percentage is None else Decimal(percentage))
    found = [share for _, share in context().tax_accounts(part, Decimal(tax), currency)]
    assert found == [Decimal(each) for each in shares]


def test_only_rates_that_are_selected_are_mapped():
    mapped = context().mapped_percentages
    assert Decimal(20) in mapped
    rates = configured().configuration.sales.tax_rates
    unselected = {key: replace(rate, selected_tax_rate_id=None) for key, rate in rates.items()}
    found = context(without("sales", tax_rates=unselected))
    assert found.mapped_percentages == ()
    assert found.tax_rate(Decimal(20)) is None
    assert context().tax_rate(Decimal("99.5")) is None


@pytest.mark.parametrize(
    ("levels", "place"),
    [
        ((), ("", "")),
        (("Location",), ("1", "Shop")),
        (("Country",), ("GB/", "GB")),
        (("Location", "COUNTRY"), ("GB/1", "GB, Shop")),
    ],
)
def test_invoices_are_split_by_what_is_chosen(levels, place):
    chosen = context(by_location(configured(), *levels) if levels else None).invoice_levels
    order = judged.order(country=" gb ", locationRef={"id": "1", "name": "Shop"})
    assert place_of(order, chosen) == place


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        (None, ("", "")),
        ({"id": "1", "name": "Shop"}, ("1", "Shop")),
        ({"id": "1"}, ("1", "1")),
        ({"name": "Shop"}, ("Shop", "Shop")),
        ({"id": "", "name": None}, ("", "")),
    ],
)
def test_a_location_has_a_name_and_an_id_of_whatever_it_says(reference, found):
    assert location_of(judged.order(locationRef=reference)) == found
    assert location_of(judged.order()) == ("", "")
    assert place_of(judged.order(), {"location", "country"}) == ("", "")
