"""How far a sandbox's clock may move, and what happens next, at the edges of each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from codat_mock.clock import FIRST, LAST, format_moment
from codat_mock.domain.dataset_lifecycle import make_plan
from codat_mock.models.alerts import AlertPayload
from codat_mock.models.errors import Conflict
from codat_mock.models.syncs import DateRange, SyncSummary
from codat_mock.rules.contexts import Request
from codat_mock.sandbox import SandboxRegistry, Settings, clock_control, companies
from codat_mock.sandbox.session import Session
from codat_mock.storage import AlertRow, CompanyRow, DatasetRow, SyncRow

START = datetime(2022, 3, 21, 8, tzinfo=UTC)
STEP = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MOST_SYNCS = 5000  # of one move
MOVES_KEPT = 100


@pytest.fixture
def session() -> Iterator[Session]:
    """A session of a new sandbox, whose scheduled syncs run an hour late."""
    settings = Settings(start_at=START, speed=0, sync_delay_seconds=3600)
    registry = SandboxRegistry(settings)
    with registry.sandbox("k").session() as opened:
        yield opened
    registry.close()


def company(session: Session, due: datetime | None = None) -> CompanyRow:
    """A company whose next sync is due then."""
    row = session.company(companies.create(session, "Café").id)
    row.due = due
    session.tables.companies.plan(row)
    return row


def dataset(session: Session, row: CompanyRow, seconds: float, *, is_stuck: bool = False) -> None:
    """A dataset pushed now that takes so many seconds in each of its five steps."""
    plan = make_plan(durations=[seconds] * 5, stuck_in="Mapping" if is_stuck else None)
    ends = LAST if is_stuck else session.now + timedelta(seconds=5 * seconds)
    session.tables.datasets.add(
        row.number,
        DatasetRow(f"d{seconds}", "c", data_type="commerce-orders", requested=session.now,
                   ends=ends, plan=plan, request=Request(1, "", "POST", "/")),
        b'{"orders":[]}',
    )  # fmt: skip


def sync(session: Session, row: CompanyRow, ends: datetime) -> None:
    """A sync that began now."""
    now = format_moment(session.now)
    summary = SyncSummary(
        company_id="c", commerce_sync_id="s", sync_id="s", sync_status_code=2000, sync_status="",
        sync_utc=now, data_pushed=False, sync_date_range_utc=DateRange(start=now, finish=now),
    )  # fmt: skip
    number = session.tables.syncs.last_number(row.number)
    session.tables.syncs.add(
        row.number,
        SyncRow(f"{number}", "latest", session.now, session.now, session.now, ends, summary),
    )


def alert(session: Session, due: datetime) -> None:
    payload = AlertPayload(
        alert_id="a", company_id="c", data={}, message="", rule_id="r",
        rule_type="Dataset data changed",
    )  # fmt: skip
    session.tables.alerts.add(AlertRow("r", session.now, due, payload, due))


@pytest.mark.parametrize("moment", [FIRST, LAST])
def test_the_clock_runs_from_the_first_to_the_last_moment_of_the_calendar(session, moment):
    clock_control.move_to(session, moment)
    assert session.tables.row.clock.now() == moment
    beyond = moment - STEP if moment == FIRST else moment + STEP
    with pytest.raises(Conflict, match="The clock runs from"):
        clock_control.move_to(session, beyond)


def test_with_a_company_the_clock_stays_or_moves_on(session):
    clock_control.move_to(session, START - DAY)
    company(session)
    clock_control.move_to(session, START)
    with pytest.raises(Conflict, match="cannot go back"):
        clock_control.move_to(session, START - STEP)
    assert session.tables.row.clock.now() == START


def test_the_calendar_ends_before_a_duration_that_is_too_long(session):
    with pytest.raises(Conflict, match="ends with the year 9999"):
        clock_control.move_by(session, timedelta.max)
    with pytest.raises(Conflict, match="The clock runs from"):
        clock_control.move_by(session, LAST - START + STEP)
    clock_control.move_by(session, LAST - START)
    assert session.tables.row.clock.now() == LAST


def test_the_moves_since_there_is_a_company_are_kept(session):
    clock_control.move_to(session, START + HOUR)
    company(session)
    clock_control.move_to(session, START)  # nothing moves
    clock_control.note_move(session, START - STEP)
    assert clock_control.moves(session) == []
    clock_control.move_to(session, START + STEP)
    [move] = clock_control.moves(session)
    assert (move.start, move.end) == (START, START + STEP)
    for seconds in range(MOVES_KEPT):
        clock_control.note_move(session, START + timedelta(seconds=seconds + 1))
    assert len(clock_control.moves(session)) == MOVES_KEPT
    assert clock_control.moves(session)[0].end == START + timedelta(seconds=1)
    assert clock_control.moves(session)[-1].end == START + timedelta(seconds=MOVES_KEPT)


@pytest.mark.parametrize("parts", [1, 2])
def test_a_move_runs_no_more_syncs_than_one_request_may(session, parts):
    due = START + DAY
    for _ in range(parts):
        company(session, due)
    company(session)
    longest = due + MOST_SYNCS * DAY / parts
    clock_control.check_syncs(session, longest)
    with pytest.raises(Conflict, match=f"over {MOST_SYNCS} syncs"):
        clock_control.check_syncs(session, longest + STEP)


def test_a_sync_that_is_still_to_come_takes_nothing_from_those_that_a_move_runs(session):
    company(session, START + DAY)
    company(session, START + 9000 * DAY)
    longest = START + DAY + MOST_SYNCS * DAY
    clock_control.check_syncs(session, longest)
    with pytest.raises(Conflict):
        clock_control.check_syncs(session, longest + STEP)


def test_nothing_happens_next_where_nothing_is_planned(session):
    assert clock_control.read(session).next_event is None
    row = company(session)
    sync(session, row, session.now)
    dataset(session, row, 0)
    alert(session, session.now)
    assert clock_control.next_event(session) is None
    assert clock_control.read(session).next_event is None
    with pytest.raises(Conflict, match="There is no next event"):
        clock_control.move_to_next_event(session)


def test_what_happens_next_is_the_first_of_all_that_will(session):
    row = company(session, START + 9 * HOUR)
    assert clock_control.next_event(session) == START + 10 * HOUR  # an hour late
    company(session, START + 8 * HOUR)
    assert clock_control.next_event(session) == START + 9 * HOUR
    sync(session, row, START + 8 * HOUR)
    assert clock_control.next_event(session) == START + timedelta(minutes=10) + STEP
    dataset(session, row, 300)
    assert clock_control.next_event(session) == START + timedelta(minutes=5)
    alert(session, START + timedelta(minutes=4))
    assert clock_control.next_event(session) == START + timedelta(minutes=4)
    assert clock_control.read(session).next_event == "2022-03-21T08:04:00Z"
    clock_control.move_to_next_event(session)
    assert session.tables.row.clock.now() == START + timedelta(minutes=4)


@pytest.mark.parametrize(("ends", "moment"), [(STEP, STEP), (timedelta(minutes=5),) * 2])
def test_a_short_sync_changes_once_at_its_end(session, ends, moment):
    sync(session, company(session), START + ends)
    assert clock_control.next_event(session) == START + moment


def test_a_long_sync_changes_after_ten_minutes_and_at_its_end(session):
    sync(session, company(session), START + HOUR)
    late = START + timedelta(minutes=10) + STEP
    assert clock_control.next_event(session.at(late - STEP)) == late
    assert clock_control.next_event(session.at(late)) == START + HOUR
    assert clock_control.next_event(session.at(late + STEP)) == START + HOUR
    assert clock_control.next_event(session.at(START + HOUR)) is None


def test_a_dataset_that_the_calendar_does_not_let_end_is_not_waited_for(session):
    late = session.at(LAST - timedelta(seconds=5))
    row = company(session)
    dataset(late, row, 1)
    assert clock_control.datasets_end(late) == late.now  # it ends at the calendar's last moment
    dataset(late, row, 2)
    assert clock_control.datasets_end(late) == late.now
    dataset(late, row, 0.5)
    assert clock_control.datasets_end(late) == late.now + timedelta(seconds=2.5)


def test_a_sync_that_the_calendar_does_not_reach_is_none(session):
    company(session, LAST + STEP)
    assert clock_control.next_event(session) is None
    assert clock_control.next_syncs(session) == START
    company(session, LAST)
    assert clock_control.next_event(session) == LAST + HOUR
    assert clock_control.next_syncs(session) == LAST + HOUR


def test_a_day_closes_after_the_last_dataset_that_ends_the_last_sync_and_its_end(session):
    assert clock_control.datasets_end(session) == START
    assert clock_control.next_syncs(session) == START
    assert clock_control.syncs_end(session) == START
    rows = [company(session, START + 8 * HOUR), company(session, START + 9 * HOUR)]
    company(session)
    for row, seconds in zip(rows, (20, 10), strict=True):
        dataset(session, row, seconds)
        sync(session, row, START + seconds * HOUR)
    dataset(session, rows[0], 1, is_stuck=True)
    assert clock_control.datasets_end(session) == START + timedelta(seconds=100)
    assert clock_control.next_syncs(session) == START + 10 * HOUR
    assert clock_control.syncs_end(session) == START + 20 * HOUR
    assert clock_control.syncs_end(session.at(START + 20 * HOUR)) == START + 20 * HOUR


def test_a_clock_that_is_given_a_speed_tells_it(session):
    assert clock_control.read(session).mode == "frozen"
    clock_control.set_speed(session, 1)
    assert clock_control.read(session).mode == "real"
    clock_control.set_speed(session, 60)
    assert clock_control.read(session).mode == "x60"
