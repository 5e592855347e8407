"""What is told of the syncs that ran, or still run."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from codat_mock.books.outcomes import OUTCOMES
from codat_mock.clock import format_moment
from codat_mock.configuration.schedule_checks import schedule_problems
from codat_mock.records.errors import Unknown
from codat_mock.records.syncs import SyncSummary
from codat_mock.sandbox import companies
from codat_mock.sandbox.turn import Turn
from codat_mock.store import CompanyRow, SyncRow

LONG: Final = timedelta(minutes=10)  # "1010 in progress for over ten minutes"
MOMENT: Final = timedelta(microseconds=1)


def told(sync: SyncRow, now: datetime) -> SyncSummary:
    """A sync as it stands now: in progress until it ends."""
    if now >= sync.ends:
        return sync.summary
    running = OUTCOMES[1010 if now - sync.ran > LONG else 1000]
    return replace(
        sync.summary,
        sync_status_code=running.code,
        sync_status=running.status,
        error_message=running.message,
        sync_exception_message=running.exception,
    )


def changes(sync: SyncRow) -> list[datetime]:
    """When what is told of a sync changes: once it has run long, and once it ends."""
    return [min(sync.ran + LONG + MOMENT, sync.ends), sync.ends]


def all_syncs(turn: Turn, company_id: str) -> list[SyncSummary]:
    """A company's syncs, the latest first.

    Raises:
        Unknown: there is no such company.
    """
    row = turn.company(company_id)
    return [told(sync, turn.now) for sync in reversed(turn.shelf.syncs.all(row.number))]


def latest(turn: Turn, company_id: str) -> SyncSummary:
    """The company's latest sync.

    Raises:
        Unknown: there is no such company, or it has not been synced yet.
    """
    row = turn.company(company_id)
    found = turn.shelf.syncs.latest(row.number)
    if found is None:
        raise Unknown(f"Company '{company_id}' has not been synced yet{ahead(row)}.")
    return told(found, turn.now)


def ahead(row: CompanyRow) -> str:
    """When a company is synced next, or why it is not, to end a sentence with."""
    if row.due:
        return f"; the next is due at {format_moment(row.due)}"
    if row.configuration is None:
        return (
            ", and none is planned: it has no configuration; store one with"
            f" POST /config/companies/{row.company.id}/sync/commerce"
        )
    if not row.configuration.enabled:
        return (
            ", and none is planned: syncs are switched off; store a configuration"
            ' with "enabled": true'
        )
    problems = " ".join(schedule_problems(companies.configured(row)))
    return f", and none is planned. {problems}".rstrip(".")


def last_successful(turn: Turn, company_id: str) -> SyncSummary:
    """The company's latest sync that succeeded.

    Raises:
        Unknown: there is no such company, or none of its syncs has succeeded yet.
    """
    row = turn.company(company_id)
    found = turn.shelf.syncs.last_successful(row.number, turn.now)
    if found is None:
        raise Unknown(f"No sync of company '{company_id}' has succeeded yet.")
    return found.summary


def sync(turn: Turn, company_id: str, sync_id: str) -> SyncSummary:
    """One sync.

    Raises:
        Unknown: there is no such company or sync.
    """
    row = turn.company(company_id)
    found = turn.shelf.syncs.find(row.number, sync_id)
    if found is None:
        raise Unknown(f"Sync '{sync_id}' does not exist in company '{company_id}'.")
    return told(found, turn.now)
