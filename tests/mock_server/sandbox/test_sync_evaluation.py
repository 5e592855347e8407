"""A push, an update, a delete and a dataset's end at the very moment of a sync, and beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from codat_mock.accounting.selection import Version
from codat_mock.clock import format_moment
from codat_mock.domain.dataset_lifecycle import make_plan
from codat_mock.models.syncs import DateRange, SyncSummary
from codat_mock.rules.contexts import Request
from codat_mock.sandbox import SandboxRegistry, companies, sync_evaluation
from codat_mock.sandbox.session import Session
from codat_mock.sandbox.sync_execution import SyncResult
from codat_mock.storage import CompanyRow, DatasetRow, SyncRow
from codat_mock.storage.datasets import NewVersion
from codat_scenarios.sandbox_driver import SandboxDriver

ORDERS = "commerce-orders"
DUE = datetime(2022, 3, 22, 3, tzinfo=UTC)  # of the sync after the company is made
MOMENT = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)
TAKES = timedelta(seconds=7.7788)  # a dataset, until it is Complete
BEFORE = datetime(2022, 3, 21, 12, tzinfo=UTC)


def order(created: datetime = BEFORE, **properties: Any) -> dict[str, Any]:
    return {"id": "A", "createdDate": format_moment(created), "totalAmount": 5, **properties}


def at(driver: SandboxDriver, moment: datetime) -> None:
    driver.call("POST", "/_mock/clock/set", {"to": format_moment(moment)})


def push_others(driver: SandboxDriver) -> None:
    """Push the other types, so that none is missing."""
    driver.push("commerce-payments", [])
    driver.push("commerce-transactions", [])


def codes(driver: SandboxDriver) -> set[str]:
    return {each["code"] for each in driver.findings()["findings"]}


def totals(driver: SandboxDriver) -> list[float]:
    return [each["total"] for each in driver.books()["documents"]]


@pytest.fixture
def ready(driver: SandboxDriver) -> SandboxDriver:
    push_others(driver)
    return driver


def booked_at(ready: SandboxDriver, pushed: datetime, change: Callable[[], None]) -> None:
    """Change something at a moment, and let the sync run."""
    at(ready, pushed)
    change()
    at(ready, DUE)


@pytest.mark.parametrize(
    ("late", "is_booked"), [(-MOMENT, True), (0 * MOMENT, True), (MOMENT, False)]
)
def test_a_dataset_that_completes_at_the_moment_of_the_sync_is_in_it(ready, late, is_booked):
    booked_at(ready, DUE - TAKES + late, lambda: ready.push(ORDERS, [order()]))
    assert totals(ready) == ([5] if is_booked else [])
    assert ("S08" in codes(ready)) == (not is_booked)


@pytest.mark.parametrize(("late", "total"), [(0 * MOMENT, 7), (MOMENT, 5)])
def test_an_update_that_completes_at_the_moment_of_the_sync_is_in_it(ready, late, total):
    ready.push(ORDERS, [order()])
    booked_at(ready, DUE - TAKES + late, lambda: ready.push(ORDERS, [order(totalAmount=7)]))
    assert totals(ready) == [total]


@pytest.mark.parametrize(("late", "found"), [(0 * MOMENT, False), (MOMENT, True)])
def test_a_delete_that_completes_at_the_moment_of_the_sync_is_in_it(ready, late, found):
    ready.push(ORDERS, [order()])
    booked_at(ready, DUE - TAKES + late, lambda: ready.push(ORDERS, [{"id": "A"}]))
    assert totals(ready) == ([5] if found else [])
    assert ("D03" in codes(ready)) == found


def test_what_is_pushed_at_the_moment_of_the_sync_comes_after_it(ready):
    ready.push(ORDERS, [order()])
    at(ready, DUE)
    ready.push(ORDERS, [order(totalAmount=7)])
    assert "U02" in codes(ready)
    assert totals(ready) == [5]


@pytest.mark.parametrize(
    ("pushed", "created", "is_late"),
    [
        (DUE - 15 * MINUTE, BEFORE, False),
        (DUE - 15 * MINUTE + MOMENT, BEFORE, True),
        (DUE - MINUTE, DUE - 15 * MINUTE, False),
        (DUE - MINUTE, DUE - 15 * MINUTE - MOMENT, True),
        (DUE - MINUTE, datetime(2022, 3, 21, 8, tzinfo=UTC), True),
        (DUE - MINUTE, datetime(2022, 3, 21, 8, tzinfo=UTC) - MOMENT, False),
        (DUE - MINUTE, DUE, False),
    ],
)
def test_a_slow_dataset_is_late_if_it_was_pushed_shortly_before_the_sync(
    ready, pushed, created, is_late
):
    ready.plan_outcome("dataset", profile="slow", dataType=ORDERS)
    booked_at(ready, pushed, lambda: ready.push(ORDERS, [order(created)]))
    assert ("S08" in codes(ready)) == is_late


@pytest.mark.parametrize(
    ("pushed", "created", "is_late"),
    [
        (DUE - 15 * MINUTE, BEFORE, False),
        (DUE - 15 * MINUTE + MOMENT, BEFORE, True),
        (DUE - MINUTE, DUE - 15 * MINUTE, False),
        (DUE - MINUTE, DUE - 15 * MINUTE - MOMENT, True),
    ],
)
def test_a_slow_delete_is_late_if_it_was_pushed_shortly_before_the_sync(
    ready, pushed, created, is_late
):
    at(ready, DUE - 16 * MINUTE)
    ready.push(ORDERS, [order(created)])
    ready.plan_outcome("dataset", profile="slow", dataType=ORDERS)
    booked_at(ready, pushed, lambda: ready.push(ORDERS, [{"id": "A"}]))
    assert totals(ready) == [5]
    assert ("D03" in codes(ready)) == is_late


@pytest.mark.parametrize(("late", "code"), [(0 * MOMENT, 200), (MOMENT, 400)])
def test_a_sync_may_cover_all_until_now_and_no_more(ready, http, late, code):
    at(ready, DUE - MINUTE)
    body = {"syncTo": format_moment(DUE - MINUTE + late)}
    path = f"/companies/{ready.company_id}/sync/commerce/latest"
    assert http.post(path, json=body).status_code == code


@pytest.mark.parametrize(("early", "code"), [(0 * MOMENT, 200), (MOMENT, 400)])
def test_a_sync_may_be_of_nothing_and_not_end_before_it_starts(ready, http, early, code):
    at(ready, DUE)
    body = {"syncTo": format_moment(DUE - early)}
    path = f"/companies/{ready.company_id}/sync/commerce/latest"
    assert http.post(path, json=body).status_code == code


def test_a_range_of_nothing_is_none(ready, http):
    at(ready, BEFORE + MOMENT)
    body = {"start": format_moment(BEFORE), "finish": format_moment(BEFORE)}
    path = f"/meta/companies/{ready.company_id}/sync/commerce/historic"
    assert http.post(path, json={"dateRange": body}).status_code == 400
    body["finish"] = format_moment(BEFORE + MOMENT)
    assert http.post(path, json={"dateRange": body}).status_code == 200


@pytest.mark.parametrize("end", ["ConfigurationError", "MappingError", "DataProcessingError"])
def test_a_failure_that_was_planned_is_not_the_integration_s(ready, end):
    ready.push(ORDERS, [order()])
    ready.plan_outcome("sync", end)
    at(ready, DUE)
    assert ready.last_sync()["syncStatusCode"] in (4000, 4200, 5120)
    assert "B05" not in codes(ready)


def test_a_type_that_was_never_pushed_is_left_to_the_rule_about_it(driver):
    driver.push(ORDERS, [order()])
    at(driver, DUE)
    assert driver.last_sync()["syncStatusCode"] == 5120
    assert {"R01", "B05"} & codes(driver) == {"R01"}


def test_nobody_waits_for_a_dataset_whose_id_was_lost_with_the_answer(ready):
    ready.stop_polling()
    ready.plan_fault("lose", "push-orders", by="bad-gateway")
    assert ready.try_push(ORDERS, [order()]).status_code == 502
    at(ready, DUE)
    unread = [each for each in ready.findings()["findings"] if each["code"] == "S13"]
    assert totals(ready) == [5]
    assert not [name for each in unread for name in each["records"] if name.startswith("orders")]
    ready.push(ORDERS, [order(DUE, id="B")])
    at(ready, DUE + timedelta(days=1))
    unread = [each for each in ready.findings()["findings"] if each["code"] == "S13"]
    assert unread[-1]["dataType"] == ORDERS


@pytest.mark.parametrize(("is_linked", "is_found"), [(True, True), (False, False)])
def test_a_dataset_without_a_connection_cannot_be_mended(ready, is_linked, is_found):
    ready.set_connection("Commerce", "Unlinked")
    ready.push(ORDERS, [order()])
    if is_linked:
        ready.set_connection("Commerce", "Linked")
    at(ready, DUE)
    assert ("S14" in codes(ready)) == is_found


RAN = datetime(2022, 3, 22, 3, tzinfo=UTC)
STEP = timedelta(microseconds=1)
REQUEST = Request(5, "", "POST", "/")


@pytest.fixture
def session(registry: SandboxRegistry) -> Iterator[Session]:
    """A session at the moment of a sync."""
    with registry.sandbox("k").session() as opened:
        yield opened.at(RAN)


@pytest.fixture
def row(session: Session) -> CompanyRow:
    return session.company(companies.create(session, "Café").id)


def push(
    session: Session,
    row: CompanyRow,
    requested: datetime,
    versions: Sequence[NewVersion],
    ends: datetime = RAN + STEP,
    **more: Any,
) -> DatasetRow:
    dataset = DatasetRow(
        f"d{session.tables.datasets.count(row.number)}", "c", data_type=ORDERS,
        requested=requested, ends=ends, plan=make_plan(more.pop("outcome", "Complete")),
        request=REQUEST, **more,
    )  # fmt: skip
    body = b'{"orders":[{"id":"A","totalAmount":1}]}'
    number = session.tables.datasets.add(row.number, dataset, body)
    session.tables.datasets.add_versions(row.number, ORDERS, number, versions)
    return session.tables.datasets.by_number(number)


def microseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // STEP


def sync() -> SyncRow:
    """A sync of the day before it."""
    at = format_moment(RAN)
    summary = SyncSummary(
        company_id="c", commerce_sync_id="s", sync_id="s", sync_status_code=2000, sync_status="",
        sync_utc=at, data_pushed=False, sync_date_range_utc=DateRange(start=at, finish=at),
    )  # fmt: skip
    return SyncRow("s", "scheduled", RAN - timedelta(days=1), RAN, RAN, RAN, summary)


@pytest.mark.parametrize(
    ("requested", "created", "ends", "is_late"),
    [
        (-15 * MINUTE + STEP, -30 * MINUTE, STEP, True),
        (-15 * MINUTE, -30 * MINUTE, STEP, False),  # pushed in time
        (-MINUTE, -15 * MINUTE, STEP, False),  # it could not be pushed earlier
        (-MINUTE, -15 * MINUTE - STEP, STEP, True),
        (-MINUTE, -30 * MINUTE, 0 * STEP, False),  # it had ended
        (-MINUTE, -timedelta(days=1), STEP, True),
        (-MINUTE, -timedelta(days=1) - STEP, STEP, False),  # before the period
        (-MINUTE, None, STEP, False),
    ],
)
def test_a_push_is_late_whose_dataset_had_not_ended_when_the_sync_ran(
    session, row, requested, created, ends, is_late
):
    at = None if created is None else microseconds(RAN + created)
    push(session, row, RAN + requested, [NewVersion("A", 0, at, False)], RAN + ends)
    found = [*sync_evaluation.late(session, row, sync())]
    assert [each.key for each in found] == (["A"] if is_late else [])
    assert [each.pushed_by for each in found] == ([REQUEST] if is_late else [])


@pytest.mark.parametrize(
    ("requested", "created", "code", "is_late"),
    [
        (-15 * MINUTE + STEP, -30 * MINUTE, 2000, True),
        (-15 * MINUTE, -30 * MINUTE, 2000, False),
        (-MINUTE, -15 * MINUTE, 2000, False),
        (-MINUTE, -15 * MINUTE - STEP, 2000, True),
        (-MINUTE, None, 2000, True),
        (-MINUTE, -30 * MINUTE, 5130, False),
    ],
)
def test_a_delete_is_late_that_had_not_ended_when_the_sync_took_its_record(
    session, row, requested, created, code, is_late
):
    push(session, row, RAN + requested, [NewVersion("A", 0, None, True)])
    at = None if created is None else RAN + created
    taken = Version(0, ORDERS, "A", 1, at, RAN, is_delete=False, synced=False)
    other = Version(0, ORDERS, "B", 1, at, RAN, is_delete=False, synced=False)
    for versions, expected in (([taken], is_late), ([other], False), ([], False)):
        result = SyncResult(code, taken=[(version, None) for version in versions])
        found = [*sync_evaluation.late_deletes(session, row, result)]
        assert [each.key for each in found] == (["A"] if expected else [])


@pytest.mark.parametrize(
    ("result", "why"),
    [
        (SyncResult(4000, "No customer."), "4000, No customer"),
        (SyncResult(4200, "No tax."), "4200, No tax"),
        (SyncResult(5120, "Wrong."), "5120, Wrong"),
        (SyncResult(5120, "Wrong.", missing_types=["commerce-payments"]), ""),
        (SyncResult(4000, "No customer.", is_planned=True), ""),
        (SyncResult(4040, "Lost."), ""),
        (SyncResult(2000), ""),
    ],
)
def test_a_failure_is_the_records_or_the_mappings(result, why):
    assert sync_evaluation.failure_of(result) == why


@pytest.mark.parametrize(
    ("outcome", "status", "is_mended"),
    [("MapError", "Linked", True), ("MapError", "Unlinked", True), ("AuthError", "Linked", True),
     ("AuthError", "Unlinked", False)],
)  # fmt: skip
def test_a_push_mends_a_dataset_unless_its_connection_is_lost(
    session, row, outcome, status, is_mended
):
    dataset = push(session, row, RAN, [], outcome=outcome)
    row.company.data_connections[0].status = status
    assert sync_evaluation.can_be_mended(row, dataset) == is_mended
    ended = sync_evaluation.ended_dataset(session, row, dataset)
    assert ended.unresolved == (["A"] if is_mended else [])


@pytest.mark.parametrize(
    ("given", "flags"),
    [
        ({}, (False, False, False)),
        ({"is_polled": True}, (True, False, False)),
        ({"is_read": True}, (False, True, False)),
        ({"is_alerted": True}, (False, False, True)),
    ],
)
def test_what_was_seen_of_a_dataset_that_ended_is_judged(session, row, given, flags):
    dataset = push(session, row, RAN, [])
    for name, value in given.items():
        setattr(dataset, name, value)
    ended = sync_evaluation.ended_dataset(session, row, dataset)
    assert (ended.is_polled, ended.is_read, ended.is_alerted) == flags
    assert (ended.id, ended.outcome, ended.pushed_by) == ("d0", "Complete", REQUEST)
    assert ended.unresolved == []
    dataset.is_answered = False  # nobody knows its id
    assert sync_evaluation.ended_dataset(session, row, dataset).is_alerted


@pytest.mark.parametrize("is_first", [True, False])
def test_the_datasets_that_ended_since_the_last_sync_are_judged_five_minutes_later(
    session, row, is_first
):
    before = sync()
    ends = [
        before.ran - timedelta(days=1) - 5 * MINUTE,
        before.ran - timedelta(days=1) - 5 * MINUTE + STEP,
        RAN - 5 * MINUTE,
        RAN - 5 * MINUTE + STEP,
    ]
    for end in ends:
        push(session, row, end - MINUTE, [], end)
    at = RAN - timedelta(days=1)
    previous = SyncRow("p", "latest", at, at, at, at, before.summary)
    judged = sync_evaluation.judged(
        session, row, before, SyncResult(2040), None if is_first else previous, None
    )
    assert [each.id for each in judged.ended] == (["d0"] if is_first else []) + ["d1", "d2"]
