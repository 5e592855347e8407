"""Syncs: run when they are due or asked for, and written into the books."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from codat_mock import schedule
from codat_mock.books.booking import book, unmapped_rates
from codat_mock.books.documents import Document, booked_in, last_numbers
from codat_mock.books.outcomes import OUTCOMES
from codat_mock.books.selection import Picked, Selection, Version, select
from codat_mock.clock import format_moment
from codat_mock.configuration.rates import rate_key
from codat_mock.records.datasets import RECORD_TYPES
from codat_mock.records.errors import Conflict, Malformed, Problem
from codat_mock.records.pushes import RECORDS
from codat_mock.records.syncs import DateRange, SyncSummary
from codat_mock.sandbox import alerting, companies
from codat_mock.sandbox.outcomes import planned_sync
from codat_mock.sandbox.turn import Turn
from codat_mock.store import CompanyRow, SyncRow
from codat_mock.store.syncs import SyncKind


def run_due(turn: Turn) -> None:
    """Run every sync that was due until now, in order, each at its own moment."""
    due_next = turn.shelf.companies.first_due
    while (row := due_next()) and row.due and row.due <= turn.now:
        last = turn.shelf.syncs.last_successful(row.number)
        settings = companies.configured(row).schedule
        start, finish = schedule.period(settings, last.finish if last else None, row.due)
        run(turn.at(row.due), row, "scheduled", start, finish)
        row.due = None if row.is_deleted else schedule.next_due(settings, row.due)
        turn.shelf.companies.save(row)


def run_latest(turn: Turn, company_id: str, sync_to: datetime | None) -> SyncSummary:
    """Run a sync now, from the last successful one to `sync_to`, else to now.

    Raises:
        Unknown: there is no such company.
        Conflict: the company has no configuration with a start date yet.
        Malformed: `sync_to` is not after the start of the period.
    """
    row = turn.company(company_id)
    settings = companies.configured(row).schedule
    last = turn.shelf.syncs.last_successful(row.number)
    start = last.finish if last else settings.start_date
    if start is None:
        raise Conflict(
            "The company has no configuration with a start date yet; store one with"
            f" POST /config/companies/{company_id}/sync/commerce first."
        )
    finish = sync_to or turn.now
    if finish < start:
        told = f"The period ends before it starts, at {format_moment(start)}."
        raise Malformed(told, [Problem("$.syncTo", told)])
    return run(turn, row, "latest", start, finish)


def run_historic(turn: Turn, company_id: str, start: datetime, finish: datetime) -> SyncSummary:
    """Run a sync of a given range, which duplication protection stops where it overlaps another.

    Raises:
        Unknown: there is no such company.
        Malformed: the range ends before it starts.
    """
    row = turn.company(company_id)
    if finish <= start:
        told = "The range ends before it starts."
        raise Malformed(told, [Problem("$.dateRange.finish", told)])
    return run(turn, row, "historic", start, finish)


def run(
    turn: Turn, row: CompanyRow, kind: SyncKind, start: datetime, finish: datetime
) -> SyncSummary:
    """Run one sync of the period from `start` to before `finish`, whatever comes of it."""
    sync_id = turn.new_id()
    code, reason, documents, selection = attempt(turn, row, kind, sync_id, start, finish)
    ended = OUTCOMES[code]
    summary = SyncSummary(
        company_id=row.company.id,
        commerce_sync_id=sync_id,
        sync_id=sync_id,
        sync_status_code=code,
        sync_status=ended.status,
        error_message=ended.message,
        sync_exception_message=f"{ended.exception}. {reason}" if reason else ended.exception,
        sync_utc=format_moment(turn.now),
        data_pushed=bool(documents),
        sync_date_range_utc=DateRange(start=format_moment(start), finish=format_moment(finish)),
        data_connections=row.company.data_connections,
    )
    if ended.is_success and turn.shelf.syncs.last_successful(row.number) is None:
        alerting.tell_first_sync(turn, row)
    number = turn.shelf.syncs.add(row.number, SyncRow(sync_id, kind, start, finish, summary))
    turn.shelf.syncs.add_documents(row.number, documents)
    turn.shelf.datasets.mark_synced(row.number, number, selection.picked)
    return summary


def overlapped(turn: Turn, row: CompanyRow, start: datetime, finish: datetime) -> SyncRow | None:
    """The first successful sync whose period has a moment in common with a range."""
    return next(
        (
            sync
            for sync in turn.shelf.syncs.all(row.number)
            if OUTCOMES[sync.summary.sync_status_code].is_success
            and sync.start < finish
            and start < sync.finish
        ),
        None,
    )


NOTHING = Selection([], [])


def attempt(
    turn: Turn, row: CompanyRow, kind: SyncKind, sync_id: str, start: datetime, finish: datetime
) -> tuple[int, str, Sequence[Document], Selection]:
    """What comes of a sync: its status code, the reason, what it writes and what it picks.

    Source: contract section 6.
    """
    if row.is_deleted:
        return 4040, "The merchant has deleted the sync connection.", (), NOTHING
    planned = planned_sync(turn, row)
    if planned and planned.outcome != "Complete":
        return planned.code, planned.message, (), NOTHING
    if kind == "historic" and (earlier := overlapped(turn, row, start, finish)):
        return 5080, f"The range overlaps the one of sync {earlier.id}.", (), NOTHING
    if reasons := companies.configuration_problems(row):
        return 4000, "; ".join(reasons), (), NOTHING
    selection = select(turn.shelf.datasets.versions(row.number), start, finish, turn.now)
    if not selection.picked:
        return 2040, "", (), NOTHING
    if missing := sorted(RECORD_TYPES.keys() - turn.shelf.datasets.pushed_types(row.number)):
        return 5120, f"No {' and no '.join(missing)} have been pushed.", (), NOTHING
    settings = companies.configured(row)
    picked = [*records_of(turn, selection.picked)]
    if rates := unmapped_rates(picked, settings):
        shown = ", ".join(rate_key(rate) for rate in rates)
        return 4000, f"No tax rate is selected for {shown} percent.", (), NOTHING
    accounting = companies.linked(row, "Accounting")
    written = turn.shelf.syncs.documents(row.number)
    booking = book(
        picked,
        settings,
        platform_key=accounting.integration_key if accounting else "",
        sync_id=sync_id,
        finish=finish,
        numbers_used=last_numbers(written),
        earlier=booked_in(written),
    )
    return 2000 if booking.documents else 2040, "", booking.documents, selection


def records_of(turn: Turn, versions: Sequence[Version]) -> list[Picked]:
    """The records that versions point to, each push read once."""
    raws: dict[int, list[bytes]] = {}
    picked = []
    for version in versions:
        if version.dataset not in raws:
            raws[version.dataset] = turn.shelf.datasets.raw_records(version.dataset)
        record = RECORDS[version.data_type](raws[version.dataset][version.row])
        picked.append(Picked(version.data_type, version.key, record))
    return picked


def missed(turn: Turn, row: CompanyRow) -> list[Version]:
    """The records that came too late for the period they were created in, and stay out for good."""
    last = turn.shelf.syncs.last_successful(row.number)
    if last is None:
        return []
    edge = last.finish
    return select(turn.shelf.datasets.versions(row.number), edge, edge, turn.now).missed
