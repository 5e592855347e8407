"""Syncs: run when they are due or asked for, and written into the books."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from codat_mock.accounting.selection import Version, select
from codat_mock.accounting.sync_codes import SYNC_CODES
from codat_mock.clock import format_moment
from codat_mock.domain import sync_schedule
from codat_mock.models.configuration import Configuration
from codat_mock.models.errors import Conflict, Malformed, Problem, SyncUnavailable
from codat_mock.models.syncs import DateRange, SyncSummary
from codat_mock.rules.contexts import Request
from codat_mock.sandbox import (
    companies,
    evaluation,
    sync_evaluation,
    sync_execution,
    sync_views,
    sync_writing,
)
from codat_mock.sandbox.planned_outcomes import planned_sync
from codat_mock.sandbox.session import Session
from codat_mock.sandbox.sync_execution import SyncPeriod
from codat_mock.storage import CompanyRow, SyncRow
from codat_mock.storage.versions import as_versions

QUIET_AT_ONCE: Final = 20  # about as long as one sync that writes


def run_due(session: Session) -> bool:
    """Run the syncs that are due, in order, each at its own moment, until one pushes data.

    Returns:
        Whether more may be due: the caller may let others go between, and must come again.
    """
    known: dict[int, tuple[CompanyRow, Configuration]] = {}
    for _ in range(QUIET_AT_ONCE):
        number = session.tables.companies.first_due(session.now - session.settings.sync_delay)
        if number is None:
            return False
        if number not in known:
            row = session.tables.companies.by_number(number)
            known[number] = row, companies.configured(row)
        if run_scheduled(session, *known[number]).data_pushed:
            break
    return True


def run_scheduled(session: Session, row: CompanyRow, settings: Configuration) -> SyncSummary:
    """Run the sync that is due, and plan the next.

    "31 failed days in a row switch the sync off", and a merchant who deletes the connection does
    so at once. Source: contract section 6.

    Args:
        session: the session.
        row: the company's row.
        settings: the company's configuration.
    """
    due = row.due or session.now
    covered = session.tables.syncs.covered_until(row.number)
    period = SyncPeriod("scheduled", *sync_schedule.period(settings.schedule, covered, due))
    ran = run(session.at(due + session.settings.sync_delay), row, settings, period).summary
    is_success = SYNC_CODES[ran.sync_status_code].is_success
    row.failures = 0 if is_success else row.failures + 1
    row.due = sync_schedule.next_due(settings.schedule, due)
    if ran.sync_status_code == 4040 or row.failures >= sync_schedule.MAX_FAILURES:
        row.due = None
        if row.configuration:
            row.configuration.enabled = False
        session.tables.companies.save(row)
    else:
        session.tables.companies.plan(row)
    sync_writing.finish(session)
    return ran


def run_latest(
    session: Session, company_id: str, sync_to: datetime | None, request: Request | None = None
) -> SyncSummary:
    """Run a sync now, from where the last successful one ended to `sync_to`, else to now.

    Args:
        session: the session.
        company_id: the company's id.
        sync_to: where the period ends, UTC; None for now.
        request: what asked for it; None for a person.

    Raises:
        NotFound: there is no such company.
        Conflict: the company has no configuration with a start date.
        SyncUnavailable: the start date is still to come.
        Malformed: `sync_to` is before the start of the period, or still to come.
    """
    row = session.company(company_id)
    settings = companies.configured(row)
    start = session.tables.syncs.covered_until(row.number) or settings.schedule.start_date
    if start is None:
        raise Conflict(
            "The company has no configuration with a start date yet; store one with"
            f" POST /config/companies/{company_id}/sync/commerce first."
        )
    check_started(session, settings)
    finish = sync_to or session.now
    check_past(session, finish, "$.syncTo")
    if finish < start:
        message = f"The period ends before it starts, at {format_moment(start)}."
        raise Malformed(message, [Problem("$.syncTo", message)])
    ran = run(session, row, settings, SyncPeriod("latest", start, finish), request)
    sync_writing.finish(session)
    return sync_views.to_summary(ran, session.now)


def run_historic(
    session: Session,
    company_id: str,
    start: datetime,
    finish: datetime,
    request: Request | None = None,
) -> SyncSummary:
    """Run a sync of a given range, which duplication protection stops where it overlaps another.

    Args:
        session: the session.
        company_id: the company's id.
        start: of the range, UTC.
        finish: of the range, UTC.
        request: what asked for it; None for a person.

    Raises:
        NotFound: there is no such company.
        Malformed: the range ends before it starts, or is still to come.
        SyncUnavailable: the company's start date is still to come.
    """
    row = session.company(company_id)
    settings = companies.configured(row)
    check_started(session, settings)
    if finish <= start:
        message = "The range ends before it starts."
        raise Malformed(message, [Problem("$.dateRange.finish", message)])
    check_past(session, finish, "$.dateRange.finish")
    period = SyncPeriod("historic", start, finish)
    ran = run(session, row, settings, period, request)
    sync_writing.finish(session)
    return sync_views.to_summary(ran, session.now)


def check_started(session: Session, settings: Configuration) -> None:
    """Make sure that the start date has come: until then no sync can be queued.

    Args:
        session: the session.
        settings: the company's configuration.

    Source: contract part 2, section A7.

    Raises:
        SyncUnavailable: it has not.
    """
    start = settings.schedule.start_date
    if start and session.now < start:
        raise SyncUnavailable(
            f"The start date of the company is {format_moment(start)}, which is still to come."
        )


def check_past(session: Session, finish: datetime, path: str) -> None:
    """Make sure that a period is over: what is created in a time synced already would be missed.

    Args:
        session: the session.
        finish: of the period, UTC.
        path: the JSON path that an error names.

    Raises:
        Malformed: it ends after now.
    """
    if finish > session.now:
        message = f"The period would end after now, which is {format_moment(session.now)}."
        raise Malformed(message, [Problem(path, message)])


def run(
    session: Session,
    row: CompanyRow,
    settings: Configuration,
    period: SyncPeriod,
    request: Request | None = None,
) -> SyncRow:
    """Run one sync, whatever comes of it; the caller calls `sync_writing.finish`.

    It reads and writes at the moment it begins; a planned duration only delays its end in answers.

    Args:
        session: the session.
        row: the company's row.
        settings: the company's configuration.
        period: what the sync covers, UTC.
        request: what asked for it; None where the schedule did.
    """
    sync_id = session.new_id()
    previous = session.tables.syncs.latest(row.number)
    planned = planned_sync(session, row)
    result = sync_execution.attempt(session, row, settings, period, sync_id, planned)
    ended = SYNC_CODES[result.code]
    start, finish = period.start, period.finish
    message = result.reason or ended.message
    summary = SyncSummary(
        company_id=row.company.id,
        commerce_sync_id=sync_id,
        sync_id=sync_id,
        sync_status_code=ended.code,
        sync_status=ended.status,
        error_message=message,
        sync_exception_message=message,
        sync_utc=format_moment(session.now),
        data_pushed=bool(result.documents),
        sync_date_range_utc=DateRange(start=format_moment(start), finish=format_moment(finish)),
        data_connections=row.company.data_connections,
    )
    ends = session.now + timedelta(seconds=planned.duration_seconds if planned else 0)
    sync = SyncRow(sync_id, period.kind, start, finish, session.now, ends, summary)
    context = sync_evaluation.judged(session, row, sync, result, previous, request)
    judgement = evaluation.judged(session, context)
    with session.computing(len(context.records)):
        portions = sync_writing.portions_of(result)
    sync_writing.prepare(session, row.number, portions)
    # From here on all that is written is one commit.
    number = session.tables.syncs.add(row.number, sync, result.unreconciled)
    sync_writing.write(session, row.number, number, portions)
    evaluation.keep(session, context, judgement)
    return sync


def missed(session: Session, row: CompanyRow) -> list[Version]:
    """The records that came too late for the period they were created in, and stay out for good."""
    edge = session.tables.syncs.covered_until(row.number)
    if edge is None:
        return []
    rows = session.tables.versions.waiting(row.number, edge, session.give_way)
    with session.computing(len(rows)):
        return select(as_versions(rows), edge, edge, session.now).missed
