"""A sync as the rules judge it: what it took, what came late, what has ended since the last."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from codat_mock.accounting.sync_codes import SYNC_CODES
from codat_mock.clock import FIRST, format_moment
from codat_mock.rules.contexts import (
    EndedDataset,
    PlacedRecord,
    Request,
    SyncContext,
    SyncedRecord,
)
from codat_mock.sandbox import companies, failed_pushes
from codat_mock.sandbox.known_records import Requests, others
from codat_mock.sandbox.session import Session
from codat_mock.sandbox.sync_execution import SyncResult
from codat_mock.storage import CompanyRow, DatasetRow, SyncRow

GRACE: Final = timedelta(minutes=5)  # to look at a dataset that has ended, and to fix it
CLEAR: Final = timedelta(minutes=15)  # what comes so long before a sync has come in time


def judged(
    session: Session,
    row: CompanyRow,
    sync: SyncRow,
    result: SyncResult,
    previous: SyncRow | None,
    request: Request | None,
) -> SyncContext:
    """A sync that has just run.

    Args:
        session: at the moment it ran.
        row: the company.
        sync: as it is stored.
        result: what came of it.
        previous: the sync before, of whatever kind and end.
        request: what asked for it; None where it was due.
    """
    since = previous.ran - GRACE if previous else FIRST
    ended = session.tables.datasets.ended(row.number, since, session.now - GRACE)
    requests = Requests(session)
    records = [
        SyncedRecord(version.data_type, version.key, picked.record, requests[version.dataset])
        for version, picked in result.taken
    ]
    synced = {(version.data_type, version.key) for version in result.synced}
    named = others(session, row, records)
    return SyncContext(
        company_id=row.company.id,
        request=request,
        sync_id=sync.id,
        at=format_moment(sync.ran),
        records=records,
        others={name: each.record for name, each in named.items() if not each.is_delete},
        deleted={name for name, each in named.items() if each.is_delete},
        deferred={(each.data_type, each.key) for each in records} - synced,
        missing_types=result.missing_types,
        late=[*late(session, row, sync)] if SYNC_CODES[result.code].is_success else [],
        late_deletes=[*late_deletes(session, row, result)],
        ended=[ended_dataset(session, row, dataset) for dataset in ended],
        failed=[*failed_pushes.failed_requests(session, row, since, session.now - GRACE)],
        failure=failure_of(result),
        blamed=result.blamed,
    )


def failure_of(result: SyncResult) -> str:
    """Why a sync failed, if its records or the mapping made it fail; else empty.

    Data types that were never pushed are left to rule R01.
    """
    is_own = (
        result.code in (4000, 4200, 5120) and not result.is_planned and not result.missing_types
    )
    return f"{result.code}, {result.reason.removesuffix('.')}" if is_own else ""


def late(session: Session, row: CompanyRow, sync: SyncRow) -> Iterator[PlacedRecord]:
    """What was pushed shortly before a sync, and whose dataset was not Complete when it ran.

    A dataset that takes longer than a push has to keep clear of the sync is not the integration's,
    and a record created shortly before the sync could not be pushed earlier.

    Args:
        session: the session.
        row: the company's row.
        sync: the sync.
    """
    for dataset in session.tables.datasets.unfinished(row.number, session.now):
        if dataset.requested <= session.now - CLEAR:
            continue
        for key, created in session.tables.datasets.brought(row.number, dataset.number):
            is_prompt = created is not None and created >= session.now - CLEAR
            if created and sync.start <= created < sync.finish and not is_prompt:
                yield PlacedRecord(dataset.data_type, key, dataset.request)


def late_deletes(session: Session, row: CompanyRow, result: SyncResult) -> Iterator[PlacedRecord]:
    """The records that a sync took although their delete was pushed shortly before it.

    What was created shortly before it could not be deleted earlier.

    Args:
        session: the session.
        row: the company's row.
        result: what the sync took.
    """
    if not result.taken or not SYNC_CODES[result.code].is_success:
        return
    unfinished = session.tables.datasets.unfinished(row.number, session.now)
    recent = [each for each in unfinished if each.requested > session.now - CLEAR]
    if not recent:
        return
    taken = {(version.data_type, version.key): version for version, _ in result.taken}
    for dataset in recent:
        for key in session.tables.datasets.deleted(row.number, dataset.number):
            version = taken.get((dataset.data_type, key))
            is_prompt = version and version.created and version.created >= session.now - CLEAR
            if version and not is_prompt:
                yield PlacedRecord(dataset.data_type, key, dataset.request)


def ended_dataset(session: Session, row: CompanyRow, dataset: DatasetRow) -> EndedDataset:
    """A dataset that ended since the sync before.

    Args:
        session: the session.
        row: the company's row.
        dataset: as it is stored.
    """
    is_failed = dataset.plan.outcome != "Complete" and can_be_mended(row, dataset)
    return EndedDataset(
        id=dataset.id,
        data_type=dataset.data_type,
        outcome=dataset.plan.outcome,
        pushed_by=dataset.request,
        is_polled=dataset.is_polled,
        is_read=dataset.is_read,
        # Nobody waits for the end of a dataset whose id was lost with the answer.
        is_alerted=dataset.is_alerted or not dataset.is_answered,
        unresolved=[*failed_pushes.unmended_in_dataset(session, row, dataset)] if is_failed else [],
    )


def can_be_mended(row: CompanyRow, dataset: DatasetRow) -> bool:
    """Whether a push would be of use: without a linked connection it only breaks S17."""
    is_linked = companies.linked(row, "Commerce") is not None
    return is_linked or dataset.plan.outcome != "AuthError"
