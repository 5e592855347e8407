"""Syncs: run when they are due or asked for, and written into the books."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from codat_mock import schedule
from codat_mock.books.outcomes import OUTCOMES
from codat_mock.books.selection import Version, select
from codat_mock.clock import format_moment
from codat_mock.records.configuration import Configuration
from codat_mock.records.errors import Conflict, Malformed, Problem
from codat_mock.records.syncs import DateRange, SyncSummary
from codat_mock.rules.subjects import Request
from codat_mock.sandbox import alerting, attempts, companies, summaries, sync_judging, verdicts
from codat_mock.sandbox.attempts import Period
from codat_mock.sandbox.outcomes import planned_sync
from codat_mock.sandbox.turn import Turn
from codat_mock.store import CompanyRow, SyncRow

QUIET_AT_ONCE: Final = 20  # about as long as one sync that writes


def run_due(turn: Turn) -> bool:
    """Run the syncs that are due, in order, each at its own moment, until one pushes data.

    Returns:
        Whether more may be due: the caller may let others go between, and must come again.
    """
    known: dict[int, tuple[CompanyRow, Configuration]] = {}
    for _ in range(QUIET_AT_ONCE):
        number = turn.shelf.companies.first_due(turn.now - turn.settings.sync_delay)
        if number is None:
            return False
        if number not in known:
            row = turn.shelf.companies.by_number(number)
            known[number] = row, companies.configured(row)
        if run_scheduled(turn, *known[number]).data_pushed:
            break
    return True


def run_scheduled(turn: Turn, row: CompanyRow, settings: Configuration) -> SyncSummary:
    """Run the sync that is due, and plan the next.

    "31 failed days in a row switch the sync off", and a merchant who deletes the connection does
    so at once. Source: contract section 6.
    """
    due = row.due or turn.now
    covered = turn.shelf.syncs.covered_until(row.number)
    period = Period("scheduled", *schedule.period(settings.schedule, covered, due))
    ran = run(turn.at(due + turn.settings.sync_delay), row, settings, period).summary
    is_success = OUTCOMES[ran.sync_status_code].is_success
    row.failures = 0 if is_success else row.failures + 1
    row.due = schedule.next_due(settings.schedule, due)
    if ran.sync_status_code == 4040 or row.failures >= schedule.MAX_FAILURES:
        row.due = None
        if row.configuration:
            row.configuration.enabled = False
        turn.shelf.companies.save(row)
    else:
        turn.shelf.companies.plan(row)
    return ran


def run_latest(
    turn: Turn, company_id: str, sync_to: datetime | None, request: Request | None = None
) -> SyncSummary:
    """Run a sync now, from where the last successful one ended to `sync_to`, else to now.

    Raises:
        Unknown: there is no such company.
        Conflict: the company has no configuration with a start date that has come.
        Malformed: `sync_to` is before the start of the period, or still to come.
    """
    row = turn.company(company_id)
    settings = companies.configured(row)
    start = turn.shelf.syncs.covered_until(row.number) or settings.schedule.start_date
    if start is None:
        raise Conflict(
            "The company has no configuration with a start date yet; store one with"
            f" POST /config/companies/{company_id}/sync/commerce first."
        )
    finish = sync_to or turn.now
    check_past(turn, finish, "$.syncTo")
    if finish < start and sync_to is None:
        raise Conflict(f"The company is synced from {format_moment(start)} on, still to come.")
    if finish < start:
        told = f"The period ends before it starts, at {format_moment(start)}."
        raise Malformed(told, [Problem("$.syncTo", told)])
    return summaries.told(
        run(turn, row, settings, Period("latest", start, finish), request), turn.now
    )


def run_historic(
    turn: Turn,
    company_id: str,
    start: datetime,
    finish: datetime,
    request: Request | None = None,
) -> SyncSummary:
    """Run a sync of a given range, which duplication protection stops where it overlaps another.

    Raises:
        Unknown: there is no such company.
        Malformed: the range ends before it starts, or is still to come.
    """
    row = turn.company(company_id)
    if finish <= start:
        told = "The range ends before it starts."
        raise Malformed(told, [Problem("$.dateRange.finish", told)])
    check_past(turn, finish, "$.dateRange.finish")
    period = Period("historic", start, finish)
    return summaries.told(run(turn, row, companies.configured(row), period, request), turn.now)


def check_past(turn: Turn, finish: datetime, path: str) -> None:
    """Make sure that a period is over: what is created in a time synced already would be missed.

    Raises:
        Malformed: it ends after now.
    """
    if finish > turn.now:
        told = f"The period would end after now, which is {format_moment(turn.now)}."
        raise Malformed(told, [Problem(path, told)])


def run(
    turn: Turn,
    row: CompanyRow,
    settings: Configuration,
    period: Period,
    request: Request | None = None,
) -> SyncRow:
    """Run one sync, whatever comes of it.

    It looks, and writes, at the moment it begins; a planned duration only puts off what is told.
    """
    sync_id = turn.new_id()
    previous = turn.shelf.syncs.latest(row.number)
    planned = planned_sync(turn, row)
    result = attempts.attempt(turn, row, settings, period, sync_id, planned)
    ended = OUTCOMES[result.code]
    start, finish = period.start, period.finish
    summary = SyncSummary(
        company_id=row.company.id,
        commerce_sync_id=sync_id,
        sync_id=sync_id,
        sync_status_code=ended.code,
        sync_status=ended.status,
        error_message=ended.message,
        sync_exception_message=". ".join(filter(None, (ended.exception, result.reason))) or None,
        sync_utc=format_moment(turn.now),
        data_pushed=bool(result.documents),
        sync_date_range_utc=DateRange(start=format_moment(start), finish=format_moment(finish)),
        data_connections=row.company.data_connections,
    )
    ends = turn.now + timedelta(seconds=planned.duration_seconds if planned else 0)
    if ended.is_success and turn.shelf.syncs.last_looked(row.number) is None:
        alerting.tell_first_sync(turn.at(ends), row)
    sync = SyncRow(sync_id, period.kind, start, finish, turn.now, ends, summary)
    number = turn.shelf.syncs.add(row.number, sync, result.unreconciled)
    turn.shelf.documents.add(row.number, result.documents)
    turn.shelf.versions.mark_synced(row.number, number, result.synced)
    judged = sync_judging.judged(turn, row, sync, result, previous, request)
    verdicts.take(turn, judged)
    return sync


def missed(turn: Turn, row: CompanyRow) -> list[Version]:
    """The records that came too late for the period they were created in, and stay out for good."""
    edge = turn.shelf.syncs.covered_until(row.number)
    if edge is None:
        return []
    return select(turn.shelf.versions.waiting(row.number, edge), edge, edge, turn.now).missed
