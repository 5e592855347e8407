"""When scheduled syncs run, how failures count, and which periods may be asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from codat_mock.accounting.sync_codes import SYNC_CODES
from codat_mock.models.configuration import Configuration, Schedule
from codat_mock.models.errors import Conflict, Malformed, SyncUnavailable
from codat_mock.models.planned_outcomes import PlannedOutcome
from codat_mock.sandbox import SandboxRegistry, Settings, companies, syncs
from codat_mock.sandbox.session import Session
from codat_mock.storage import CompanyRow

START = datetime(2022, 3, 21, tzinfo=UTC)
NOON = datetime(2022, 3, 21, 12, tzinfo=UTC)
DUE = datetime(2022, 3, 22, 3, tzinfo=UTC)
DAY = timedelta(days=1)
STEP = timedelta(microseconds=1)
HOUR = timedelta(hours=1)


def opened(**settings: Any) -> Iterator[Session]:
    registry = SandboxRegistry(Settings(start_at=NOON, speed=0, **settings))
    with registry.sandbox("k").session() as session:
        yield session
    registry.close()


@pytest.fixture
def session() -> Iterator[Session]:
    yield from opened()


def company(session: Session, start: datetime | None = START) -> CompanyRow:
    """A company that is synced each day at 03:00 and has nothing to sync."""
    row = session.company(companies.create(session, "Café").id)
    schedule = Schedule(
        start_date=start, selected_frequency="Daily", sync_hour_utc=3, time_zone="UTC"
    )
    companies.configure(session, row.company.id, Configuration(schedule=schedule))
    return row


def fail(session: Session, outcome: str, count: int) -> None:
    session.tables.outcomes.add(PlannedOutcome(target="sync", outcome=outcome, count=count))


@pytest.mark.parametrize(
    ("failures", "outcome", "left", "is_due"),
    [
        (0, "ServerError", 1, True),
        (29, "ServerError", 30, True),
        (30, "ServerError", 31, False),
        (30, "Complete", 31, False),  # it fails by itself: nothing is linked
        (0, "CompanyNotFound", 1, False),
        (0, "Deauthorized", 1, True),
    ],
)
def test_a_sync_is_switched_off_by_31_failures_or_a_deleted_connection(
    session, failures, outcome, left, is_due
):
    row = company(session)
    assert row.due == DUE
    row.failures = failures
    session.tables.companies.plan(row)
    fail(session, outcome, 1)
    ran = syncs.run_scheduled(session.at(DUE), row, companies.configured(row))
    assert not SYNC_CODES[ran.sync_status_code].is_success
    assert (row.failures, row.due) == (left, DUE + DAY if is_due else None)
    assert row.configuration is not None
    assert row.configuration.enabled == is_due
    read = type(session.tables.companies)(
        session.tables._db, session.tables.row.number, session.tables._sandboxes.discarded
    ).find(row.company.id)
    assert (read.due, read.failures, read.configuration.enabled) == (row.due, left, is_due)


def test_a_success_ends_the_count(session):
    row = company(session)
    row.failures = 30
    fail(session, "Complete", 1)
    result = syncs.sync_execution.SyncResult(2040)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(syncs.sync_execution, "attempt", lambda *_: result)
        ran = syncs.run_scheduled(session.at(DUE), row, companies.configured(row))
    assert (ran.sync_status_code, row.failures, row.due) == (2040, 0, DUE + DAY)
    assert ran.error_message == SYNC_CODES[2040].message


@pytest.mark.parametrize("delay", [0, 3600])
def test_syncs_run_at_their_moments_until_one_pushes_data(delay):
    for session in opened(sync_delay_seconds=delay):
        rows = [company(session), company(session)]
        wait = timedelta(seconds=delay)
        assert not syncs.run_due(session.at(DUE + wait - STEP))
        assert session.tables.syncs.all(rows[0].number) == []
        assert not syncs.run_due(session.at(DUE + wait))
        assert not syncs.run_due(session.at(DUE + wait))
        for row in rows:
            [sync] = session.tables.syncs.all(row.number)
            assert (sync.ran, sync.finish) == (DUE + wait, DUE)


@pytest.mark.parametrize(
    ("count", "days", "ran", "is_more"),
    [
        (19, 0, 19, False),
        (20, 0, 20, True),
        (1, 18, 19, False),
        (1, 19, 20, True),
        (1, 40, 20, True),
    ],
)
def test_twenty_syncs_that_push_nothing_run_before_others_may_go_between(
    session, count, days, ran, is_more
):
    rows = [company(session) for _ in range(count)]
    assert syncs.run_due(session.at(DUE + days * DAY)) == is_more
    assert sum(len(session.tables.syncs.all(each.number)) for each in rows) == ran


def test_a_sync_that_pushes_data_is_the_last_before_others_go(session, monkeypatch):
    rows = [company(session), company(session)]
    ran = []

    def run_scheduled(_: Session, row: CompanyRow, __: Configuration) -> Any:
        ran.append(row.number)
        row.due = None
        session.tables.companies.plan(row)
        return type("Ran", (), {"data_pushed": row is rows[0]})

    monkeypatch.setattr(syncs, "run_scheduled", run_scheduled)
    assert syncs.run_due(session.at(DUE))
    assert ran == [rows[0].number]
    assert not syncs.run_due(session.at(DUE))
    assert ran == [each.number for each in rows]


@pytest.mark.parametrize(
    ("passed", "sync_to", "error"),
    [
        (0 * STEP, None, None),
        (0 * STEP, NOON, None),
        (0 * STEP, NOON + STEP, "after now"),
        (0 * STEP, START, None),
        (0 * STEP, START - STEP, "ends before it starts"),
    ],
)
def test_a_sync_on_demand_covers_all_since_the_last_until_now_at_most(
    session, passed, sync_to, error
):
    row = company(session)
    if error:
        with pytest.raises(Malformed, match=error) as caught:
            syncs.run_latest(session.at(NOON + passed), row.company.id, sync_to)
        assert [each.path for each in caught.value.problems] == ["$.syncTo"]
        return
    syncs.run_latest(session.at(NOON + passed), row.company.id, sync_to)
    [sync] = session.tables.syncs.all(row.number)
    assert (sync.kind, sync.start, sync.finish) == ("latest", START, sync_to or NOON + passed)


def test_a_sync_on_demand_needs_a_start_date_that_has_come(session):
    bare = session.company(companies.create(session, "Café").id)
    with pytest.raises(Conflict, match="no configuration with a start date"):
        syncs.run_latest(session, bare.company.id, None)
    row = company(session, NOON + STEP)
    for verb in (
        lambda now: syncs.run_latest(now, row.company.id, None),
        lambda now: syncs.run_historic(now, row.company.id, START, START + HOUR),
    ):
        with pytest.raises(SyncUnavailable, match="still to come"):
            verb(session)
        verb(session.at(NOON + STEP))
    syncs.run_historic(session, bare.company.id, START, START + HOUR)


@pytest.mark.parametrize(
    ("start", "finish", "error"),
    [
        (START, START + STEP, None), (START, START, "ends before it starts"),
        (START + STEP, START, "ends before it starts"), (START, NOON, None),
        (START, NOON + STEP, "after now"),
    ],
)  # fmt: skip
def test_a_historic_sync_covers_a_range_that_is_over(session, start, finish, error):
    row = company(session)
    if error:
        with pytest.raises(Malformed, match=error) as caught:
            syncs.run_historic(session, row.company.id, start, finish)
        assert [each.path for each in caught.value.problems] == ["$.dateRange.finish"]
        return
    syncs.run_historic(session, row.company.id, start, finish)
    [sync] = session.tables.syncs.all(row.number)
    assert (sync.kind, sync.start, sync.finish) == ("historic", start, finish)


@pytest.mark.parametrize(("durations", "seconds"), [(None, 0), ((90.0,), 90)])
def test_a_planned_duration_delays_the_end_of_a_sync_and_not_what_it_sees(
    session, durations, seconds
):
    row = company(session)
    session.tables.outcomes.add(
        PlannedOutcome(target="sync", outcome="ServerError", message="why", durations=durations)
    )
    syncs.run_latest(session, row.company.id, None)
    [sync] = session.tables.syncs.all(row.number)
    assert (sync.ran, sync.ends) == (NOON, NOON + timedelta(seconds=seconds))
    assert sync.summary.error_message == sync.summary.sync_exception_message == "why"
    assert not sync.summary.data_pushed


def test_nothing_is_missed_before_the_first_sync(session):
    row = company(session)
    assert syncs.missed(session, row) == []
