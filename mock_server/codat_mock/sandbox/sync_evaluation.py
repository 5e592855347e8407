"""A sync as the rules judge it: what it took, what came late, what has ended since the last."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final

from codat_mock.accounting.sync_codes import SYNC_CODES
from codat_mock.clock import FIRST, format_moment
from codat_mock.models.commerce import Payment, Transaction
from codat_mock.models.datasets import DataType
from codat_mock.models.pushes import PushedRecord, deleted_keys, pushed_record
from codat_mock.rules.contexts import (
    EndedDataset,
    KnownVersion,
    PlacedRecord,
    RecordId,
    Request,
    SyncContext,
    SyncedRecord,
)
from codat_mock.rules.contexts.syncs import PAYMENTS, source_of, transactions_of
from codat_mock.sandbox import companies, pushes
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
    named = others(session, row, records)
    return SyncContext(
        company_id=row.company.id,
        request=request,
        sync_id=sync.id,
        at=format_moment(sync.ran),
        records=records,
        others={name: each.record for name, each in named.items() if not each.is_delete},
        deleted={name for name, each in named.items() if each.is_delete},
        missing_types=result.missing_types,
        late=[*late(session, row, sync)] if SYNC_CODES[result.code].is_success else [],
        ended=[ended_dataset(session, row, dataset) for dataset in ended],
        failure=failure_of(result),
        blamed=result.blamed,
    )


def failure_of(result: SyncResult) -> str:
    """Why a sync failed, if its records or the mapping made it fail; else empty.

    Data types that were never pushed are left to rule R01.
    """
    is_own = result.code in (4000, 5120) and not result.is_planned and not result.missing_types
    return f"{result.code}, {result.reason.removesuffix('.')}" if is_own else ""


class Requests(dict[int, Request]):
    """The pushes that datasets came from, by the datasets' numbers."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __missing__(self, number: int) -> Request:
        """Look it up, once."""
        self[number] = request = self._session.tables.datasets.by_number(number).request
        return request


def others(
    session: Session, row: CompanyRow, records: Sequence[SyncedRecord]
) -> Mapping[RecordId, KnownVersion]:
    """The known records that a sync did not take, and that those it took belong to."""
    taken = {(each.data_type, each.key) for each in records}
    related: dict[DataType, set[str]] = defaultdict(set)
    for data_type, key in named_by(records):
        if (data_type, key) not in taken:
            related[data_type].add(key)
    return {
        (data_type, key): version
        for data_type, keys in related.items()
        for key, version in known(session, row, data_type, keys).items()
    }


def named_by(records: Iterable[SyncedRecord]) -> Iterator[RecordId]:
    """The records that others belong to: sources, payments of transactions, and the reverse."""
    for each in records:
        if isinstance(each.record, Transaction):
            yield PAYMENTS, str(each.record.id)
            source = source_of(each.record)
            if source:
                yield source
                if source[0] == PAYMENTS:
                    yield from transactions_of(source[1])
        elif isinstance(each.record, Payment):
            yield from transactions_of(each.key)


def known(
    session: Session, row: CompanyRow, data_type: DataType, keys: Iterable[str]
) -> dict[str, KnownVersion]:
    """The latest versions of those keys."""
    found = session.tables.datasets.known(row.number, data_type, keys)
    return pushes.known_versions(session, data_type, [*found.values()])


def late(session: Session, row: CompanyRow, sync: SyncRow) -> Iterator[PlacedRecord]:
    """What was pushed shortly before a sync, and whose dataset was not Complete when it ran.

    A dataset that takes longer than a push has to keep clear of the sync is not the integration's,
    and a record created shortly before the sync could not be pushed earlier.
    """
    for dataset in session.tables.datasets.unfinished(row.number, session.now):
        if dataset.requested <= session.now - CLEAR:
            continue
        for key, created in session.tables.datasets.brought(row.number, dataset.number):
            is_prompt = created is not None and created >= session.now - CLEAR
            if created and sync.start <= created < sync.finish and not is_prompt:
                yield PlacedRecord(dataset.data_type, key, dataset.request)


def ended_dataset(session: Session, row: CompanyRow, dataset: DatasetRow) -> EndedDataset:
    """A dataset that ended since the sync before."""
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
        unresolved=[*unmended(session, row, dataset)] if is_failed else [],
    )


def can_be_mended(row: CompanyRow, dataset: DatasetRow) -> bool:
    """Whether a push would be of use: without a linked connection it only breaks S17."""
    is_linked = companies.linked(row, "Commerce") is not None
    return is_linked or dataset.plan.outcome != "AuthError"


def unmended(session: Session, row: CompanyRow, failed: DatasetRow) -> Iterator[str]:
    """The keys of what a failed dataset held, and no later push did.

    What the merchant is declared not to have any more need not be mended.
    """
    pushed = {each.key: each for each in held(session, failed) if each.key}
    for again in session.tables.datasets.failed_later(failed, row.number):
        for each in held(session, again):
            pushed.pop(each.key, None)
    for later in session.tables.datasets.all(row.number):
        if later.data_type == failed.data_type and later.number > failed.number:
            for each in held(session, later):
                if each.is_delete:  # what was never booked is gone with it
                    for key in keys_of(failed.data_type, each):
                        pushed.pop(key, None)
    keys = {key for each in pushed.values() for key in keys_of(failed.data_type, each)}
    rows = session.tables.datasets.known(row.number, failed.data_type, keys)
    latest = pushes.known_versions(session, failed.data_type, [*rows.values()])
    own = declared(session, row, failed.data_type, pushed)
    for key, each in pushed.items():
        if each.is_delete:
            meant = [latest[name] for name in keys_of(failed.data_type, each) if name in latest]
            is_mended = all(version.is_delete for version in meant)
        else:
            is_newer = key in rows and rows[key].dataset > failed.number
            is_mended = is_newer or (key in latest and latest[key].record == each.record)
            is_mended = is_mended or (own is not None and key not in own)
        if not is_mended:
            yield key


def held(session: Session, dataset: DatasetRow) -> Iterator[PushedRecord]:
    """The records in the push of a dataset."""
    for position, raw in enumerate(session.tables.datasets.raw_records(dataset.number)):
        yield pushed_record(dataset.data_type, position, raw)


def keys_of(data_type: DataType, pushed: PushedRecord) -> list[str]:
    """The keys that a pushed record is about."""
    return deleted_keys(data_type, str(pushed.native.id)) if pushed.is_delete else [pushed.key]


def declared(
    session: Session, row: CompanyRow, data_type: DataType, keys: Iterable[str]
) -> set[str] | None:
    """Those of the keys that the merchant has records of; None where none are declared."""
    if not session.tables.declared.counts(row.number):
        return None
    return session.tables.declared.known(row.number, data_type, keys)
