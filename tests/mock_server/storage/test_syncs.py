"""Which syncs, datasets and alerts a moment belongs to, at the microsecond before, at and after."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from codat_mock.accounting.sync_codes import SYNC_CODES
from codat_mock.clock import format_moment, to_microseconds
from codat_mock.domain.dataset_lifecycle import make_plan
from codat_mock.models.alerts import AlertPayload, AlertRule
from codat_mock.models.companies import Company
from codat_mock.models.faults import Refuse
from codat_mock.models.planned_outcomes import PlannedOutcome
from codat_mock.models.syncs import DateRange, SyncSummary
from codat_mock.rules.contexts import Request
from codat_mock.storage import datasets as stored_datasets
from codat_mock.storage.alerts import AlertRow, Event, StoredAlerts
from codat_mock.storage.companies import Companies
from codat_mock.storage.datasets import DatasetRow, Datasets, NewVersion
from codat_mock.storage.deferred import AT_ONCE, Deferred
from codat_mock.storage.discarded import Discarded
from codat_mock.storage.faults import PlannedFaults
from codat_mock.storage.planned_outcomes import Outcomes
from codat_mock.storage.syncs import SyncRow, Syncs, SyncSearch
from codat_mock.storage.versions import Versions

NOON = datetime(2022, 3, 21, 12, tzinfo=UTC)
STEP = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
ORDERS = "commerce-orders"


def at(hours: float, steps: int = 0) -> datetime:
    """A moment so many hours, and microseconds, after noon."""
    return NOON + hours * HOUR + steps * STEP


def sync(
    db: sqlite3.Connection, code: int, start: float, finish: float, company: int = 1, **more: Any
) -> int:
    """Store a sync of a period in hours after noon, which ran at its end."""
    syncs = Syncs(db)
    number = syncs.last_number(company) + 1
    summary = SyncSummary(
        company_id="c", commerce_sync_id="s", sync_id="s", sync_status_code=code,
        sync_status=SYNC_CODES[code].status, sync_utc=format_moment(NOON), data_pushed=False,
        sync_date_range_utc=DateRange(start=format_moment(NOON), finish=format_moment(NOON)),
    )  # fmt: skip
    kind, ran = more.get("kind", "scheduled"), more.get("ran", at(finish))
    ends = more.get("ends", ran)
    row = SyncRow(f"{number}", kind, at(start), at(finish), ran, ends, summary)
    return syncs.add(company, row)


@pytest.mark.parametrize(
    ("start", "finish", "overlaps"),
    [
        (at(-1), at(0), False), (at(-1), at(0, 1), True), (at(0), at(1), True),
        (at(1, -1), at(2), True), (at(1), at(2), False), (at(-1), at(2), True),
    ],
)  # fmt: skip
@pytest.mark.parametrize("code", [2000, 2040, 4000])
def test_a_range_overlaps_the_periods_of_syncs_that_succeeded(db, start, finish, overlaps, code):
    sync(db, code, 0, 1, kind="historic" if code == 2040 else "scheduled")
    found = Syncs(db).overlapped(1, start, finish)
    assert (found is not None) == (overlaps and code != 4000)
    assert Syncs(db).overlapped(2, start, finish) is None


def test_the_next_period_begins_where_the_last_that_succeeded_ended(db):
    syncs = Syncs(db)
    assert (syncs.covered_until(1), syncs.last_looked(1), syncs.latest(1)) == (None, None, None)
    sync(db, 2000, 0, 1)
    sync(db, 2040, -9, -8, kind="historic", ran=at(3))
    sync(db, 4000, 1, 2, ran=at(4))
    assert (syncs.covered_until(1), syncs.last_looked(1)) == (at(1), at(3))
    assert syncs.latest(1).number == syncs.last_number(1) == 3
    assert [each.number for each in syncs.successful(1)] == [1, 2]
    assert syncs.counts(1) == (2, 1)
    sync(db, 5000, 1, 2)
    assert syncs.counts(1) == (2, 2)
    sync(db, 2000, 1, 2)
    assert syncs.counts(1) == (3, 0)
    assert syncs.counts(2) == (0, 0)


@pytest.mark.parametrize(
    ("periods", "covered"),
    [
        ([(0, 1)], [(0, 1)]),
        ([(0, 1), (1, 2)], [(0, 2)]),
        ([(0, 1), (2, 3)], [(0, 1), (2, 3)]),
        ([(0, 3), (1, 2)], [(0, 3)]),
        ([(0, 1), (2, 5), (3, 4)], [(0, 1), (2, 5)]),
        ([(1, 2), (0, 1.5)], [(0, 2)]),
        ([], []),
    ],
)
def test_periods_that_touch_are_one_span(db, periods, covered):
    for start, finish in periods:
        sync(db, 2000, start, finish)
    sync(db, 4000, 9, 10)
    sync(db, 2000, 9, 10, company=2)
    assert Syncs(db).covered(1) == [(at(start), at(finish)) for start, finish in covered]


def test_a_sync_runs_until_its_end(db):
    sync(db, 2000, 0, 1, ends=at(2))
    syncs = Syncs(db)
    for now, is_running in ((at(2, -1), True), (at(2), False)):
        assert bool(syncs.running(1, now)) == is_running
        assert (syncs.last_successful(1, now) is None) == is_running
    assert syncs.running(2, at(0)) == []


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (at(1), 1000),
        (at(1) + timedelta(minutes=10), 1000),
        (at(1, 1) + timedelta(minutes=10), 1010),
        (at(3, -1), 1010),
        (at(3), 2000),
    ],
)
def test_a_search_sees_syncs_as_they_are_now(db, now, state):
    sync(db, 2000, 0, 1, ends=at(3))
    syncs = Syncs(db)
    asked = SyncSearch(companies=[1], now=now)
    assert syncs.tally(asked) == {state: 1}
    for first, last, is_found in (
        (at(1), at(1, 1), True), (at(1, 1), None, False), (None, at(1), False),
    ):  # fmt: skip
        spanned = SyncSearch(companies=[1], now=now, first=first, last=last, code=state)
        assert syncs.count_found(spanned) == is_found
        assert len(syncs.search(spanned, 0, 9)) == is_found
    assert syncs.count_found(SyncSearch(companies=[1], now=now, code=4000)) == 0
    assert syncs.count_found(SyncSearch(companies=[2], now=now)) == 0


def test_a_span_has_its_first_moment_and_not_its_last(db):
    for hour in (0, 1, 2):
        sync(db, 2000, hour, hour)
        dataset(db, ends=hour, requested=hour)
    for table in (Syncs(db), Datasets(db)):
        found, count = table.within(1, at(0), at(2), 9)
        assert ([each.number for each in found], count) == ([1, 2], 2)
        found, count = table.within(1, at(0), at(2, 1), 2)
        assert ([each.number for each in found], count) == ([2, 3], 3)


def dataset(db: sqlite3.Connection, ends: float, company: int = 1, **more: Any) -> int:
    """Store a dataset that ends so many hours after noon."""
    number = Datasets(db).count(company) + 1
    given = {"data_type": ORDERS, "plan": make_plan(more.pop("outcome", "Complete")), **more}
    given["requested"] = at(given.get("requested", 0))
    request = Request(number, "", "POST", "/data")
    row = DatasetRow(f"d{number}", "con", ends=at(ends), request=request, **given)
    return Datasets(db).add(company, row, b'{"orders":[{"id":"A"}]}')


def test_datasets_end_after_one_moment_and_until_another(db):
    for ends in (1, 2, 3):
        dataset(db, ends)
    datasets = Datasets(db)
    for after, until, numbers in (
        (at(1), at(3), [2, 3]), (at(1, -1), at(3, -1), [1, 2]), (at(3), at(9), []),
    ):  # fmt: skip
        assert [each.number for each in datasets.ended(1, after, until)] == numbers
    assert [each.number for each in datasets.unfinished(1, at(2))] == [3]
    assert [each.number for each in datasets.unfinished(1, at(2, -1))] == [2, 3]
    assert datasets.last_end(1, at(2)) == at(2)
    assert datasets.last_end(1, at(2, -1)) == at(1)
    assert datasets.last_end(1, at(1, -1)) is None
    assert datasets.ended(2, at(0), at(9)) == []


def test_what_was_seen_of_a_dataset_stays_seen(db):
    number, datasets = dataset(db, 1), Datasets(db)
    seen = []
    for is_polled, is_read in ((True, False), (False, False), (False, True), (False, False)):
        datasets.mark_seen(number, is_polled=is_polled, is_read=is_read)
        row = datasets.by_number(number)
        seen.append((row.is_polled, row.is_read))
    assert seen == [(True, False), (True, False), (True, True), (True, True)]
    datasets.mark_alerted(2, "d1")
    assert not datasets.by_number(number).is_alerted
    datasets.mark_alerted(1, "d1")
    assert datasets.by_number(number).is_alerted
    with pytest.raises(LookupError):
        datasets.by_number(99)


def test_datasets_that_failed_are_listed_by_type_and_order(db):
    for outcome, kind in (
        ("MapError", ORDERS), ("Complete", ORDERS), ("MapError", "commerce-payments"),
        ("PushError", ORDERS),
    ):  # fmt: skip
        dataset(db, 1, outcome="MapError" if outcome == "PushError" else outcome, data_type=kind)
    datasets = Datasets(db)
    first = datasets.by_number(1)
    assert [each.number for each in datasets.failed_later(first, 1)] == [4]
    assert [each.number for each in datasets.failed(1, ORDERS)] == [4, 1]
    assert datasets.latest(1, ORDERS).number == 4
    assert datasets.latest(1, "commerce-transactions") is None
    assert [each.number for each in datasets.all(1)] == [4, 3, 2, 1]
    assert [each.number for each in datasets.last(1, 2)] == [4, 3]
    assert datasets.pushed_types(1) == {ORDERS, "commerce-payments"}
    assert [request.number for _, request in datasets.pushes(1)] == [1, 2, 3, 4]


@pytest.mark.parametrize("at_once", [1, 2, 3, 4])
def test_versions_are_added_whole_in_however_many_statements(db, monkeypatch, at_once):
    monkeypatch.setattr(stored_datasets, "VERSIONS_AT_ONCE", at_once)
    datasets, number = Datasets(db), dataset(db, 1)
    datasets.add_versions(1, ORDERS, number, [])
    versions = [NewVersion(key, place, place, place == 1) for place, key in enumerate("ABC")]
    datasets.add_versions(1, ORDERS, number, versions)
    found = datasets.known(1, ORDERS, "ABC").values()
    assert [(each.key, each.position, each.is_delete) for each in found] == [
        ("A", 0, False), ("B", 1, True), ("C", 2, False),
    ]  # fmt: skip
    assert [to_microseconds(at) for _, at in datasets.brought(1, number)] == [0, 2]


def test_the_latest_version_of_a_record_is_known(db):
    datasets = Datasets(db)
    for version in (
        [NewVersion("A", 0, None, False), NewVersion("B", 1, to_microseconds(NOON), False)],
        [NewVersion("A", 0, None, True)],
    ):
        datasets.add_versions(1, ORDERS, dataset(db, 1), version)
    known = datasets.known(1, ORDERS, ["A", "B", "C"])
    assert [(each.key, each.dataset, each.is_delete) for each in known.values()] == [
        ("A", 2, True),
        ("B", 1, False),
    ]
    undeleted = datasets.known(1, ORDERS, ["A"], condition="NOT is_delete")
    assert undeleted["A"].dataset == 1
    datasets.carry(1, ORDERS, ["B", "C"], 2)
    assert datasets.known(1, ORDERS, ["B"])["B"].carrier == 2
    assert datasets.brought(1, 1) == [("A", None), ("B", NOON)]
    assert (datasets.deleted(1, 1), datasets.deleted(1, 2)) == ([], ["A"])
    assert datasets.has_versions(1, ORDERS)
    assert not datasets.has_versions(2, ORDERS)
    versions = Versions(db)
    assert (versions.count(1), versions.count_waiting(1), versions.has_any(2)) == (1, 1, False)
    assert versions.history(1, ORDERS, "A") == [(1, 0, False, None), (2, 0, True, None)]
    assert versions.keys(1, "", 9) == [(ORDERS, "A"), (ORDERS, "B")]
    assert versions.keys(1, "B", 9) == [(ORDERS, "B")]
    assert versions.keys(1, "", 1) == [(ORDERS, "A")]
    assert versions.arrivals(1, ORDERS) == {"A": NOON, "B": NOON}
    state = datasets.state(1)
    datasets.delete_push(1, 2)
    assert datasets.known(1, ORDERS, ["A"])["A"].dataset == 1
    datasets.delete(1, "con")
    assert (datasets.count(1), versions.has_any(1)) == (0, False)
    assert datasets.state(1) == state + 2


def event(name: str) -> Event:
    return Event("Dataset data changed", name, None, "", {})


def test_an_event_happens_at_its_moment_and_once(db):
    alerts = StoredAlerts(db, 1)
    assert alerts.happened(at(0)) == []
    for hour, name in ((2, "b"), (1, "a"), (1, "c")):
        alerts.expect(at(hour), event(name))
    assert alerts.happened(at(1, -1)) == []
    assert [(moment, each.company_id) for moment, each in alerts.happened(at(1))] == [
        (at(1), "a"),
        (at(1), "c"),
    ]
    assert alerts.happened(at(2, -1)) == []
    assert [each.company_id for _, each in alerts.happened(at(2))] == ["b"]
    assert alerts.happened(at(9)) == []
    assert StoredAlerts(db, 2).happened(at(9)) == []


def alert(rule: str = "r", due: datetime | None = NOON) -> AlertRow:
    payload = AlertPayload(
        alert_id="a", company_id="c", data={}, message="", rule_id=rule,
        rule_type="Dataset data changed",
    )  # fmt: skip
    return AlertRow(rule, NOON, due, payload, NOON)


def test_an_alert_is_due_at_its_moment_and_the_first_first(db):
    alerts = StoredAlerts(db, 1)
    assert alerts.due(at(9)) is None
    for hour in (2, 1, 1):
        alerts.add(alert(due=at(hour)))
    assert alerts.due(at(1, -1)) is None
    assert alerts.due(at(1)).number == 2
    assert alerts.next_due(at(0)) == alerts.next_due(at(1, -1)) == at(1)
    assert alerts.next_due(at(1)) == at(2)
    assert alerts.next_due(at(2)) is None
    for number in (2, 3):
        row = alerts.find(number)
        row.due = None
        alerts.save(row)
    assert alerts.due(at(2, -1)) is None
    assert alerts.due(at(2)).number == 1
    assert (alerts.of_rule("r"), alerts.of_rule("x"), alerts.find(99)) == (3, 0, None)


def test_a_rule_that_is_removed_has_nothing_more_tried(db):
    alerts = StoredAlerts(db, 1)
    rule = AlertRule(type="Dataset data changed", url="http://localhost")
    for name in ("r", "s"):
        alerts.add_rule(name, rule)
        alerts.add(alert(name))
    alerts.add(alert("r", None))
    alerts.remove_rule("r")
    assert [each.rule_id for each in alerts.rules()] == ["s"]
    assert [(each.state, each.due is None) for each in alerts.all()] == [
        ("failed", True),
        ("pending", False),
        ("pending", True),
    ]


def test_a_sync_is_due_at_its_moment_and_the_earlier_company_first(db):
    companies = Companies(db, 1, Discarded(db))
    assert companies.first_due(at(9)) is None
    rows = []
    for name in ("a", "b", "c"):
        created = format_moment(NOON)
        company = Company(id=name, name=name, platform="", redirect="", created=created)
        rows.append(companies.add(company))
    for row, hour in zip(rows, (2, 1, 1), strict=True):
        row.due = at(hour)
        companies.plan(row)
    assert companies.first_due(at(1, -1)) is None
    assert companies.first_due(at(1)) == rows[1].number
    rows[1].due = None
    companies.plan(rows[1])
    assert companies.first_due(at(9)) == rows[2].number


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        (("dataset", "a", ORDERS), [1, 2, 2]),
        (("dataset", "b", ORDERS), [2, 2, None]),
        (("dataset", "b", "commerce-payments"), [None]),
        (("sync", "b", None), [3, None]),
    ],
)
def test_a_planned_outcome_is_used_up_by_what_it_is_for(db, asked, numbers):
    outcomes = Outcomes(db, 1)
    for given in (
        {"target": "dataset", "company_id": "a", "message": "1"},
        {"target": "dataset", "data_type": ORDERS, "message": "2", "count": 2},
        {"target": "sync", "message": "3"},
    ):
        outcomes.add(PlannedOutcome(**given))
    found = [outcomes.take(*asked) for _ in numbers]
    assert [each and int(each.message) for each in found] == numbers
    assert Outcomes(db, 2).take(*asked) is None


def test_whether_a_fault_is_planned_is_known_without_a_look(db):
    faults = PlannedFaults(db, 1)
    assert faults.is_any
    assert faults.all() == []
    assert not faults.is_any
    faults.add(Refuse(status=503), NOON)
    assert faults.is_any
    [row] = faults.all()
    row.seen, row.hits = 3, 2
    faults.save(row)
    assert faults.all() == [row]
    assert (row.planned, faults.is_any) == (NOON, True)
    faults.clear()
    assert faults.all() == []
    faults.forget()
    assert faults.is_any


def test_rows_that_wait_follow_the_transactions():
    waiting: Deferred[int, str] = Deferred()
    waiting.rows[1] = "kept"
    waiting.begin()
    waiting.rows[2] = "before"
    waiting.checkpoint()
    waiting.rows[3] = "after"
    waiting.roll_back()
    assert [*waiting.rows] == [1, 2]
    waiting.roll_back_all()
    assert [*waiting.rows] == [1]
    waiting.rows |= dict.fromkeys(range(1, AT_ONCE), "")
    assert not waiting.is_full
    waiting.rows[0] = ""
    assert waiting.is_full


def test_a_sync_has_no_number_until_it_is_stored(db):
    number = sync(db, 2000, 0, 1)
    stored = Syncs(db).latest(1)
    assert stored is not None
    assert stored.number == number
    fields = {name: getattr(stored, name) for name in stored.__struct_fields__ if name != "number"}
    assert SyncRow(**fields).number == 0
