import hashlib
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reconciling_sales import after, assert_sales_add_up

from codat_mock.models.commerce import Order, Payment, Transaction
from codat_mock.models.values import read_value
from codat_scenarios.merchants import (
    KINDS,
    TRANSACTIONS,
    Habits,
    Merchant,
    encode,
    encode_lines,
    merchant,
)
from codat_scenarios.merchants.business_calendar import hours_of
from codat_scenarios.merchants.kinds import PROFILES
from codat_scenarios.merchants.money import digits_of

MONDAY = date(2022, 3, 21)
MERCHANTS = st.builds(
    lambda kind, seed: opened(kind, seed), st.sampled_from(KINDS), st.integers(0, 3)
)
DATES = st.dates(date(2021, 1, 1), date(2024, 12, 31))
# The first day of a locale loads faker's data, which no deadline should count.
unhurried = settings(deadline=None, max_examples=25)

opened = lru_cache(lambda kind, seed: merchant(kind, seed=seed))


def digits(merchant):
    return digits_of(merchant.currency)


def moment(text):
    assert text.endswith("Z")
    return datetime.fromisoformat(text)


@unhurried
@given(MERCHANTS, DATES)
def test_every_day_of_every_merchant_adds_up(merchant, on):
    day = merchant.day(on)
    assert_sales_add_up(day.orders, day.payments, day.transactions, digits(merchant))


@unhurried
@given(MERCHANTS, DATES)
def test_every_day_still_adds_up_after_its_changes(merchant, on):
    assert_sales_add_up(*after(merchant.day(on)), digits(merchant))


@unhurried
@given(MERCHANTS, DATES)
def test_every_record_is_what_the_server_reads(merchant, on):
    day = merchant.day(on)
    for kind, records in zip((Order, Payment, Transaction), day.records.values(), strict=True):
        decoder = msgspec.json.Decoder(list[kind], dec_hook=read_value, float_hook=Decimal)
        assert len(decoder.decode(encode(records))) == len(records)


@unhurried
@given(MERCHANTS, DATES)
def test_amounts_have_exactly_the_digits_of_the_currency(merchant, on):
    for payment in merchant.day(on).payments:
        assert -payment["amount"].as_tuple().exponent == digits(merchant)


@unhurried
@given(MERCHANTS, DATES)
def test_every_moment_lies_in_the_local_day_and_in_the_opening_hours(merchant, on):
    day = merchant.day(on)
    open_hours = hours_of(merchant.profile, on)
    for order in day.orders:
        created = moment(order["createdDate"]).astimezone(merchant.time_zone)
        assert (created.date(), created.hour in open_hours) == (on, True)
        assert order["createdDate"] <= order["closedDate"] == order["sourceModifiedDate"]
    for record in [*day.orders, *day.payments, *day.transactions]:
        assert moment(record["sourceModifiedDate"]).astimezone(merchant.time_zone).date() == on
    assert [o["createdDate"] for o in day.orders] == sorted(o["createdDate"] for o in day.orders)


@unhurried
@given(MERCHANTS, DATES)
def test_an_edit_is_a_whole_object_that_keeps_its_creation_and_moves_its_source_date(merchant, on):
    day = merchant.day(on)
    known = {
        key(data_type, record): record
        for data_type, records in day.records.items()
        for record in records
    }
    for change in day.changes:
        record, before = change.record, known.get(key(change.data_type, change.record))
        if before is None or set(record) == {"id"}:
            continue
        assert set(before) <= set(record)
        assert record != before
        assert record["createdDate"] == before["createdDate"]
        assert moment(before["sourceModifiedDate"]) < moment(record["sourceModifiedDate"])
        assert moment(record["sourceModifiedDate"]) == change.moment


def key(data_type, record):
    return data_type, record["id"], record.get("type") if data_type == TRANSACTIONS else None


@unhurried
@given(MERCHANTS, DATES)
def test_changes_come_in_order_before_the_day_ends(merchant, on):
    moments = [change.moment for change in merchant.day(on).changes]
    assert moments == sorted(moments)
    assert {moment.astimezone(merchant.time_zone).date() for moment in moments} <= {on}


@unhurried
@given(MERCHANTS, DATES)
def test_a_delete_names_a_record_of_the_day_and_nothing_else(merchant, on):
    day = merchant.day(on)
    for change in day.changes:
        if "createdDate" not in change.record:
            assert set(change.record) == {"id"}
            assert change.record["id"] in {r["id"] for r in day.records[change.data_type]}


@unhurried
@given(MERCHANTS, DATES, st.integers(0, 3))
def test_a_day_is_the_same_whichever_days_are_generated_around_it(merchant, on, before):
    *_, last = merchant.days(before + 1, start=on - timedelta(days=before))
    again = Merchant(merchant.profile, merchant.seed).day(on)
    assert encode_lines(last.orders) == encode_lines(again.orders)
    assert last == again


def test_seeds_make_different_merchants():
    assert opened("cafe", 1).day(MONDAY).orders != opened("cafe", 2).day(MONDAY).orders
    assert opened("web-shop", 1).shop.customers != opened("web-shop", 2).shop.customers


# Without the names that faker draws: they may change with its releases.
GOLDEN = {
    "bike-shop": "b748d122c40afd2c",
    "cafe": "30f90110b0776fed",
    "hotel-bar": "9027a432491733b0",
    "market-stall": "7cb00c617c0e9d66",
    "web-shop": "6db70366d5765ddf",
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_bytes_on_every_machine_and_python(kind):
    assert digest(merchant(kind, seed=7).day(date(2022, 3, 26))) == GOLDEN[kind]


def digest(day):
    changed = [
        (change.moment.isoformat(), change.data_type, change.record) for change in day.changes
    ]
    records = deepcopy([day.orders, day.payments, day.transactions, changed])
    for order in [*records[0], *(change[2] for change in records[3])]:
        for name in ("locationRef", "customerRef"):
            order.get(name, {}).pop("name", None)
    return hashlib.sha256(encode(records)).hexdigest()[:16]


@pytest.mark.parametrize("seed", range(5))
def test_a_cafe_sells_more_than_300_times_on_an_average_day(seed):
    days = opened("cafe", seed).days(7, start=date(2022, 1, 3))
    assert sum(len(day.orders) for day in days) / 7 > 300


@pytest.mark.parametrize(("kind", "closed_on"), [("bike-shop", MONDAY), ("market-stall", MONDAY)])
def test_a_day_on_which_it_is_closed_is_empty(kind, closed_on):
    day = opened(kind, 0).day(closed_on)
    assert (day.orders, day.payments, day.transactions, day.changes) == ([], [], [], [])


def test_a_skipped_hour_has_no_sales_and_a_repeated_one_has_double():
    bar = PROFILES["hotel-bar"]
    night = replace(bar, opening=({1: 1, 2: 1, 3: 1},) * 7, volume=3_000)
    zone = ZoneInfo(night.time_zone)

    def hours(on):
        orders = Merchant(night, 7).day(on).orders
        local = [moment(order["createdDate"]).astimezone(zone).hour for order in orders]
        return [local.count(hour) / len(local) for hour in (1, 2, 3)]

    spring, autumn = hours(date(2022, 3, 13)), hours(date(2022, 11, 6))
    assert spring == pytest.approx([1 / 2, 0, 1 / 2], abs=0.06)
    assert autumn == pytest.approx([1 / 2, 1 / 4, 1 / 4], abs=0.06)


def test_every_kind_of_change_happens_within_a_month():
    habits = Habits(
        tip=300, discount=300, charge=500, split=300, failure=300, refund=300, known=500,
        late_tip=200, late_refund=200, correction=200, void=200,
    )  # fmt: skip
    shop = Merchant(replace(PROFILES["web-shop"], habits=habits, tips=(10,)), 7)
    day = shop.day(MONDAY)
    assert_sales_add_up(day.orders, day.payments, day.transactions, 2)
    assert_sales_add_up(*after(day), 2)
    assert {t["type"] for t in day.transactions} == {
        "Payment", "PaymentFee", "Refund", "PaymentFeeRefund"
    }  # fmt: skip
    assert {payment["status"] for payment in day.payments} == {"Paid", "Failed"}
    assert any(order["totalGratuity"] for order in day.orders)
    assert any(order["totalDiscount"] for order in day.orders)
    assert any(order["serviceCharges"] for order in day.orders)
    assert {change.data_type for change in day.changes} == set(day.records)


def test_the_changes_of_several_days_are_one_dated_stream():
    cafe = opened("cafe", 7)
    changes = list(cafe.changes(3, start=MONDAY))
    moments = [change.moment for change in changes]
    assert moments == sorted(moments)
    assert {moment.astimezone(UTC).date() for moment in moments} == {
        MONDAY + timedelta(days=days) for days in range(3)
    }


def test_no_two_records_of_a_day_share_an_object():
    day = opened("cafe", 7).day(MONDAY)
    untouched = opened("cafe", 7).day(MONDAY)
    for order in day.orders:
        order["locationRef"]["name"] = "changed"
        for line in order["orderLineItems"]:
            line["productRef"]["name"] = "changed"
        for payment in order["payments"]:
            payment["amount"] = Decimal(0)
    assert day.payments == untouched.payments
    assert opened("cafe", 7).day(MONDAY) == untouched


def test_an_unknown_kind_is_refused_with_the_nearest_ones():
    with pytest.raises(LookupError, match=r"'caffe'; there is cafe$"):
        merchant("caffe", seed=7)


def test_habits_without_anything_to_draw_from_are_refused():
    with pytest.raises(ValueError, match="need tips"):
        replace(PROFILES["bike-shop"], habits=Habits(tip=10))
