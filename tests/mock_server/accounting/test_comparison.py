from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from sample_sales import Paid, Part, Sale, booked, configured, days_of_sales, earlier, everything

from codat_mock.accounting.booking import Booking
from codat_mock.accounting.comparison import Comparison, OwnRecord, compare, own_record
from codat_mock.accounting.documents import Document, last_numbers
from codat_mock.accounting.selection import Picked

SALE = Sale(
    "O", date(2022, 2, 14), 12, "UTC",
    parts=(Part(20, 1200), Part(20, -600)),
    tip=100,
    payments=(Paid("Card", 1300, fee=20), Paid("Card", -600)),
)  # fmt: skip
KEYS = ["O", "O-0", "O-1", "O-0/PaymentFee"]


def changed(pick: Picked, **properties: Any) -> Picked:
    return Picked(pick.data_type, pick.key, replace(pick.record, **properties))


def keys(comparison: Comparison) -> dict[str, list[str]]:
    names = ("booked_once", "doubled", "missing", "stale", "surplus")
    listed = {name: [one.key for one in getattr(comparison, name)] for name in names}
    return {name: found for name, found in listed.items() if found}


def compared(declared: list[Picked], documents: tuple[Document, ...]) -> Comparison:
    return compare(own_records(declared), documents, configured())


def own_records(declared: list[Picked]) -> list[OwnRecord]:
    return [own_record(pick.data_type, pick.key, pick.record) for pick in declared]


def again(picked: list[Picked], first: Booking) -> tuple[Document, ...]:
    """The books after a second sync."""
    second = booked(
        picked, sync_id="sync-2", numbers_used=last_numbers(first.documents),
        earlier=earlier(first),
    )  # fmt: skip
    return (*first.documents, *second.documents)


def test_what_was_booked_as_declared_is_booked_once():
    comparison = compared(SALE.picked, booked(SALE.picked).documents)
    assert keys(comparison) == {"booked_once": KEYS}
    order = comparison.booked_once[0]
    assert (order.declared, order.booked, order.currency) == (Decimal(7), Decimal(7), "GBP")
    assert (order.times, order.documents) == (1, ["INV-0001", "CN-0001"])


def test_what_was_never_pushed_is_missing():
    comparison = compared(SALE.picked, ())
    assert keys(comparison) == {"missing": KEYS}
    order = comparison.missing[0]
    assert (order.declared, order.booked, order.times) == (Decimal(7), None, 0)
    assert (order.currency, order.documents) == ("GBP", [])


def test_a_late_update_is_doubled_and_current():
    first = booked(SALE.picked)
    update = changed(SALE.picked[0], total_gratuity=Decimal(2))
    comparison = compared([update, *SALE.picked[1:]], again([update], first))
    assert keys(comparison) == {"doubled": ["O"], "booked_once": KEYS[1:]}
    (order,) = comparison.doubled
    assert (order.booked, order.times) == (Decimal(8), 2)
    assert order.documents == ["INV-0001", "CN-0001", "INV-0002", "CN-0002"]


def test_a_change_that_was_not_pushed_leaves_the_books_stale():
    update = changed(SALE.picked[0], total_gratuity=Decimal(2))
    comparison = compared([update, *SALE.picked[1:]], booked(SALE.picked).documents)
    assert keys(comparison) == {"stale": ["O"], "booked_once": KEYS[1:]}
    (order,) = comparison.stale
    assert (order.declared, order.booked) == (Decimal(8), Decimal(7))


def test_a_change_of_no_amount_is_seen_by_its_date():
    dated = [
        changed(pick, source_modified_date=datetime(2022, 2, 14, tzinfo=UTC))
        for pick in SALE.picked
    ]
    books = booked(dated).documents
    assert keys(compared(dated, books)) == {"booked_once": KEYS}
    later = changed(dated[0], source_modified_date=datetime(2022, 2, 15, tzinfo=UTC))
    assert keys(compared([later, *dated[1:]], books))["stale"] == ["O"]


def test_a_change_of_currency_leaves_the_books_stale():
    update = changed(SALE.picked[0], currency="EUR")
    assert keys(compared([update], booked(SALE.picked).documents))["stale"] == ["O"]


def test_a_payment_that_is_no_longer_paid_leaves_the_books_stale():
    cancelled = changed(SALE.picked[1], status="Cancelled")
    assert keys(compared([cancelled], booked(SALE.picked).documents))["stale"] == ["O-0"]


def test_a_double_update_that_was_pushed_once_is_doubled_and_stale():
    first = booked(SALE.picked)
    update = changed(SALE.picked[0], total_gratuity=Decimal(2))
    newest = changed(SALE.picked[0], total_gratuity=Decimal(3))
    comparison = compared([newest], again([update], first))
    assert keys(comparison)["doubled"] == keys(comparison)["stale"] == ["O"]


def test_what_the_merchant_deleted_after_the_sync_is_surplus():
    comparison = compared(SALE.picked[1:], booked(SALE.picked).documents)
    assert keys(comparison) == {"surplus": ["O"], "booked_once": KEYS[1:]}
    (order,) = comparison.surplus
    assert (order.declared, order.booked, order.currency) == (None, Decimal(7), "GBP")


def test_what_does_not_belong_in_the_books_is_not_missed_there():
    pending = changed(SALE.picked[1], status="Pending")
    linking = [pick for pick in SALE.picked if pick.key in ("O-0/Payment", "O-1/Refund")]
    assert len(linking) == 2
    assert keys(compared([pending, *linking], ())) == {}


def test_what_is_not_synced_is_not_missed():
    configuration = configured()
    mapping = configuration.configuration
    off = replace(
        mapping,
        sales=replace(mapping.sales, sync_sales=False),
        payments=replace(mapping.payments, sync_payments=False),
        fees=replace(mapping.fees, sync_fees=False),
    )
    comparison = compare(own_records(SALE.picked), (), replace(configuration, configuration=off))
    assert keys(comparison) == {}


@given(days_of_sales(), st.data())
def test_lost_doubled_and_deleted_sales_are_found_exactly(sales, data):
    configuration = configured(zone=sales[0].zone)
    fate = {
        sale.id: data.draw(st.sampled_from(["kept", "lost", "doubled", "deleted"]))
        for sale in sales
    }
    pushed = everything(sale for sale in sales if fate[sale.id] != "lost")
    repeated = everything(sale for sale in sales if fate[sale.id] == "doubled")
    first = booked(pushed, configuration)
    books = again_with(repeated, first, configuration)
    declared = everything(sale for sale in sales if fate[sale.id] != "deleted")
    comparison = compare(own_records(declared), books, configuration)
    for name, kind in [
        ("booked_once", "kept"), ("missing", "lost"), ("doubled", "doubled"),
        ("surplus", "deleted"),
    ]:  # fmt: skip
        orders = {
            one.key for one in getattr(comparison, name) if one.data_type == "commerce-orders"
        }
        assert orders == {key for key, found in fate.items() if found == kind}
    assert comparison.stale == []


def again_with(picked, first, configuration) -> tuple[Document, ...]:
    second = booked(
        picked, configuration, sync_id="sync-2", numbers_used=last_numbers(first.documents),
        earlier=earlier(first),
    )  # fmt: skip
    return (*first.documents, *second.documents)
