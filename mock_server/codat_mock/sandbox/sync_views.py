"""The syncs as answers show them, those that still run included."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from codat_mock.accounting.sync_codes import SYNC_CODES
from codat_mock.clock import format_moment
from codat_mock.configuration.checks import schedule_problems
from codat_mock.models.errors import NotFound
from codat_mock.models.syncs import SyncSummary
from codat_mock.sandbox import companies
from codat_mock.sandbox.session import Session
from codat_mock.storage import CompanyRow, SyncRow
from codat_mock.storage.syncs import LONG

MOMENT: Final = timedelta(microseconds=1)


def to_summary(sync: SyncRow, now: datetime) -> SyncSummary:
    """A sync as it is now: in progress until it ends."""
    if now >= sync.ends:
        return sync.summary
    running = SYNC_CODES[1010 if now - sync.ran > LONG else 1000]
    return replace(
        sync.summary,
        sync_status_code=running.code,
        sync_status=running.status,
        error_message=running.message,
        sync_exception_message=running.message,
        data_pushed=False,
    )


def changes(sync: SyncRow) -> list[datetime]:
    """When the answer about a sync changes: once it has run long, and once it ends."""
    return [min(sync.ran + LONG + MOMENT, sync.ends), sync.ends]


def all_syncs(session: Session, company_id: str) -> list[SyncSummary]:
    """A company's syncs, the latest first.

    Raises:
        NotFound: there is no such company.
    """
    row = session.company(company_id)
    return [
        to_summary(sync, session.now) for sync in reversed(session.tables.syncs.all(row.number))
    ]


def latest(session: Session, company_id: str) -> SyncSummary:
    """The company's latest sync.

    Raises:
        NotFound: there is no such company, or it has not been synced yet.
    """
    row = session.company(company_id)
    found = session.tables.syncs.latest(row.number)
    if found is None:
        raise NotFound(f"Company '{company_id}' has not been synced yet{ahead(row)}.")
    return to_summary(found, session.now)


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
    problems = " ".join(map(str, schedule_problems(companies.configured(row))))
    return f", and none is planned. {problems}".rstrip(".")


def last_successful(session: Session, company_id: str) -> SyncSummary:
    """The company's latest sync that succeeded.

    Raises:
        NotFound: there is no such company, or none of its syncs has succeeded yet.
    """
    row = session.company(company_id)
    found = session.tables.syncs.last_successful(row.number, session.now)
    if found is None:
        raise NotFound(f"No sync of company '{company_id}' has succeeded yet.")
    return found.summary


def sync(session: Session, company_id: str, sync_id: str) -> SyncSummary:
    """One sync.

    Args:
        session: the session.
        company_id: the company's id.
        sync_id: the sync's id.

    Raises:
        NotFound: there is no such company or sync.
    """
    row = session.company(company_id)
    found = session.tables.syncs.find(row.number, sync_id)
    if found is None:
        raise NotFound(f"Sync '{sync_id}' does not exist in company '{company_id}'.")
    return to_summary(found, session.now)
