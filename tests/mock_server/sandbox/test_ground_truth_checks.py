"""Rules that are judged by declared records."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from codat_mock.accounting.comparison import Compared, OwnRecord
from codat_mock.accounting.selection import Version
from codat_mock.clock import format_moment, parse_moment
from codat_mock.rules.contexts import DeclaredRecord, Request
from codat_mock.sandbox.ground_truth_checks import (
    gaps_between,
    is_absent,
    note_on,
    own_records,
    paid_for_earlier,
    prompt_records,
)
from codat_mock.sandbox.open_records import open_versions

ORDERS = "commerce-orders"


def push_gaps(driver, *, is_deleted):
    """Push on one day, and have the merchant sell, but push nothing, on the next days."""
    now = parse_moment(driver.call("GET", "/_mock/clock")["now"])
    own = [
        {"id": name, "createdDate": format_moment(now + timedelta(hours=hours))}
        for name, hours in (("o", 0), ("p", 6), ("q", 200))
    ]
    driver.push(ORDERS, own[:1])
    path = f"/_mock/companies/{driver.company_id}"
    driver.call("PUT", f"{path}/merchant-records", {"orders": own})
    if is_deleted:
        driver.call("POST", f"{path}/delete-connection")
    driver.call("POST", "/_mock/clock/advance", {"days": 5})
    return [each["count"] for each in driver.findings()["findings"] if each["code"] == "S10"]


@pytest.mark.parametrize(("is_deleted", "expected"), [(False, [1]), (True, [])])
def test_nobody_waits_for_pushes_once_the_connection_is_deleted(driver, is_deleted, expected):
    assert push_gaps(driver, is_deleted=is_deleted) == expected


NOON = datetime(2022, 3, 21, 12, tzinfo=UTC)
STEP = timedelta(microseconds=1)
ROW = Request(1, "", "POST", "/data")


def at(minutes: float, steps: int = 0) -> datetime:
    return NOON + timedelta(minutes=minutes) + steps * STEP


def sold(minutes: float, steps: int = 0, key: str = "o") -> DeclaredRecord:
    return DeclaredRecord(ORDERS, key, at(minutes, steps))


@pytest.mark.parametrize(
    ("created", "arrival", "absent"),
    [
        (at(-60), None, True),
        (at(-60), at(0), False),
        (at(-60), at(0, 1), True),
        # pushed at once, and created within the last quarter of an hour before the sync
        (at(-15), at(0), False),
        (at(-14), at(1), False),
        (at(-14), at(1, 1), True),
        (at(-15), at(0, 1), True),
        (at(-15, 1), at(0, 1), False),
        (at(-15, -1), at(-0.5), False),
        (at(-15, -1), at(0, 1), True),
    ],
)
def test_a_record_is_absent_if_it_could_have_been_pushed(created, arrival, absent):
    assert is_absent(DeclaredRecord(ORDERS, "o", created), arrival, NOON) is absent


@pytest.mark.parametrize(
    ("records", "first", "waited"),
    [
        ([sold(0)], None, None),
        ([sold(0, 1)], sold(0, 1), timedelta(minutes=60) - STEP),
        ([sold(60, -1)], sold(60, -1), STEP),
        ([sold(60)], None, None),
        ([sold(0), sold(10), sold(20)], sold(10), timedelta(minutes=50)),
        ([], None, None),
    ],
)
def test_a_gap_is_between_two_pushes_from_its_first_record(records, first, waited):
    pushes = [(at(0), ROW), (at(60), Request(2, "", "POST", "/data"))]
    found = gaps_between(pushes, records)
    assert [(each.first, each.waited) for each in found] == ([(first, waited)] if first else [])
    assert [each.before.number for each in found] == ([2] if first else [])
    assert gaps_between(pushes[:1], records) == []


@pytest.mark.parametrize(
    ("created", "arrival", "is_prompt"),
    [
        (at(-15), at(0), True), (at(-15), at(0, 1), False), (at(-15, -1), at(-15), False),
        (at(0), at(1), False), (at(0, -1), at(0), True), (at(-10), None, False),
        (at(1), at(2), False), (at(45), at(46), True), (at(45, -1), at(46), False),
    ],
)  # fmt: skip
def test_a_record_that_was_pushed_at_once_before_a_sync_may_miss_it(created, arrival, is_prompt):
    arrivals = {ORDERS: {"o": arrival} if arrival else {}}
    found = prompt_records([DeclaredRecord(ORDERS, "o", created)], [at(0), at(60)], arrivals)
    assert found == ({(ORDERS, "o")} if is_prompt else set())


def test_records_are_taken_in_the_order_of_their_creation():
    def own(key, created):
        return OwnRecord(
            data_type=ORDERS, key=key, created=created, modified=None, amount=Decimal(0),
            currency="", state="", is_nil=False,
        )  # fmt: skip

    found = own_records([own("b", at(2)), own("undated", None), own("a", at(1))])
    assert [each.key for each in found] == ["a", "b"]


@pytest.mark.parametrize(
    ("declared", "booked", "documents", "note"),
    [
        (5, 5, ["INV-1"], "in INV-1"), (5, 6, ["INV-1"], "in INV-1, 6 booked, 5 declared"),
        (None, 6, ["INV-1", "CN-1"], "in INV-1 and CN-1, 6 booked"), (5, None, [], ""),
    ],
)  # fmt: skip
def test_a_note_says_where_a_record_is_and_what_differs(declared, booked, documents, note):
    compared = Compared(
        data_type=ORDERS, key="o", currency="GBP", times=1, documents=documents,
        declared=None if declared is None else Decimal(declared),
        booked=None if booked is None else Decimal(booked),
    )  # fmt: skip
    assert note_on(compared) == note


def version(key: str, dataset: int, **flags: bool) -> Version:
    given = {"is_delete": False, "synced": False, **flags}
    return Version(0, ORDERS, key, dataset, at(0), at(1), **given)


def test_a_record_is_open_until_it_is_in_the_books_or_deleted():
    versions = [
        version("open", 1), version("changed", 1), version("changed", 2),
        version("booked", 1, synced=True), version("booked", 2),
        version("deleted", 1), version("deleted", 2, is_delete=True),
        version("again", 1, is_delete=True), version("again", 2),
    ]  # fmt: skip
    found = [(each.key, each.dataset) for each in open_versions(versions)]
    assert found == [("open", 1), ("changed", 2), ("again", 2)]


MORNING = datetime(2022, 3, 21, 8, tzinfo=UTC)  # the start date, and the time at first
DUE = datetime(2022, 3, 22, 3, tzinfo=UTC)


def to(driver, moment):
    driver.call("POST", "/_mock/clock/set", {"to": format_moment(moment)})


def found(driver, code):
    """How many records a rule names, 0 if it is kept."""
    return sum(each["count"] for each in driver.findings()["findings"] if each["code"] == code)


def order(created, key="o"):
    return {"id": key, "createdDate": format_moment(created), "totalAmount": 5, "currency": "GBP"}


def test_a_historic_sync_is_no_period_of_its_own(driver):
    driver.declare(orders=[order(at(0))])
    to(driver, at(60))
    span = {"start": format_moment(at(-60)), "finish": format_moment(at(60))}
    path = f"/meta/companies/{driver.company_id}/sync/commerce/historic"
    driver.call("POST", path, {"dateRange": span})
    assert (found(driver, "S01"), found(driver, "S02")) == (0, 0)
    to(driver, DUE)
    assert (found(driver, "S01"), found(driver, "S02")) == (1, 0)


def test_a_sync_of_no_time_is_not_the_first(driver):
    driver.declare(orders=[order(at(0))])
    path = f"/companies/{driver.company_id}/sync/commerce/latest"
    driver.call("POST", path, {"syncTo": format_moment(MORNING)})
    to(driver, DUE)
    assert (found(driver, "S01"), found(driver, "S02")) == (1, 0)


@pytest.mark.parametrize(("after", "waits"), [(0 * STEP, 0), (STEP, 1)])
def test_what_is_sold_at_the_moment_of_the_last_push_waits_for_no_other(driver, after, waits):
    driver.declare(orders=[order(MORNING + after)])
    driver.push(ORDERS, [order(MORNING + after)])
    to(driver, MORNING + timedelta(days=2))
    assert found(driver, "S10") == waits


@pytest.mark.parametrize(("passed", "waits"), [(0 * STEP, False), (STEP, True)])
def test_what_is_sold_at_this_moment_waits_for_no_push_yet(driver, passed, waits):
    driver.push(ORDERS, [])
    driver.declare(orders=[order(at(0))])
    to(driver, at(0) + passed)
    assert ("S10" in driver.findings()["exercised"]) == waits


@pytest.mark.parametrize(("before", "missing"), [(0 * STEP, 3), (STEP, 0)])
def test_money_for_an_order_of_before_the_start_date_may_be_missing(driver, before, missing):
    common = {"currency": "GBP", "createdDate": format_moment(at(0))}
    source = {"id": "o", "type": "Order"}
    driver.declare(
        orders=[order(MORNING - before)],
        payments=[{"id": "P", "amount": 5, "status": "Paid", "type": "Card", **common}],
        transactions=[{"id": "P", "totalAmount": 5, "type": "Payment",
                       "transactionSourceRef": source, **common}],
    )  # fmt: skip
    to(driver, DUE)
    named = [each["records"] for each in driver.findings()["findings"] if each["code"] == "B02"]
    expected = ["orders o", "payments P"] if missing else []
    assert sorted(name for records in named for name in records) == expected


@pytest.mark.parametrize(("before", "is_unknown"), [(0 * STEP, True), (STEP, False)])
def test_a_declared_order_of_before_the_start_date_is_known(driver, before, is_unknown):
    common = {"currency": "GBP", "createdDate": format_moment(at(0))}
    payment = {"id": "P", "amount": 5, "status": "Paid", "type": "Card", **common}
    source = {"id": "o", "type": "Order"}
    moved = {"id": "P", "totalAmount": 5, "type": "Payment", "transactionSourceRef": source}
    driver.declare(orders=[order(MORNING - before)])
    driver.push(ORDERS, [])
    driver.push("commerce-payments", [payment])
    driver.push("commerce-transactions", [moved | common])
    to(driver, DUE)
    assert found(driver, "R02") == is_unknown


@pytest.mark.parametrize(("moved", "is_early"), [(-STEP, True), (0 * STEP, False)])
def test_a_record_is_before_the_start_date_by_its_latest_version(driver, moved, is_early):
    driver.push(ORDERS, [order(MORNING - timedelta(hours=1))])
    driver.advance(seconds=30)
    driver.push(ORDERS, [order(MORNING + moved) | {"totalAmount": 6}])
    driver.advance(seconds=30)
    assert found(driver, "S12") == is_early


def test_only_what_was_paid_for_orders_of_before_the_start_date_may_be_missing(registry, driver):
    common = {"currency": "GBP", "createdDate": format_moment(at(0)), "totalAmount": 5}
    common |= {"type": "Payment"}
    driver.declare(
        orders=[order(MORNING - STEP, "early"), order(MORNING, "late"), {"id": "x"}],
        transactions=[
            {"id": name, **common, "transactionSourceRef": source}
            for name, source in (
                ("T1", {"id": "early", "type": "Order"}), ("T2", {"id": "late", "type": "Order"}),
                ("T3", {"id": "early", "type": "Payment"}), ("T4", None),
            )
        ],
    )  # fmt: skip
    with registry.sandbox(registry.names()[0]).session() as session:
        [row] = session.tables.companies.all()
        declared = session.tables.declared.all(row.number)
        found = paid_for_earlier(session, row, declared)
        assert found == {("commerce-transactions", "T1/Payment"), ("commerce-payments", "T1")}
        row.configuration = None
        assert paid_for_earlier(session, row, declared) == set()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"totalAmount": 6}, "differs in totalAmount"),
        ({"totalAmount": 6, "currency": "EUR", "totalDiscount": 1},
         "differs in currency, totalAmount, totalDiscount"),
        ({"totalAmount": 6, "currency": "EUR", "totalDiscount": 1, "totalGratuity": 1},
         "differs in currency, totalAmount, totalDiscount and 1 more"),
    ],
)  # fmt: skip
def test_three_outdated_properties_are_named_and_the_others_counted(driver, changed, words):
    driver.push(ORDERS, [order(at(0))])
    for kind in ("commerce-payments", "commerce-transactions"):
        driver.push(kind, [])
    driver.declare(orders=[order(at(0)) | changed])
    to(driver, DUE)
    [finding] = [each for each in driver.findings()["findings"] if each["code"] == "B03"]
    assert words in finding["message"], finding["message"]
