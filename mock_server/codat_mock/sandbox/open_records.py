"""The records that are in no books at this moment, as the rules judge them.

They are looked at when somebody asks what was found: an order may come after its deposit, and a
historic sync may pick what no daily one does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from codat_mock.accounting.reconciliation import ORDERS, PAYMENTS
from codat_mock.accounting.selection import Version
from codat_mock.models.commerce import Record
from codat_mock.models.datasets import DataType
from codat_mock.rules.contexts import OpenRecordsContext, PlacedRecord, RecordId, SyncedRecord
from codat_mock.sandbox import ground_truth
from codat_mock.sandbox.known_records import Requests, named_by, others
from codat_mock.sandbox.session import Session
from codat_mock.sandbox.sync_execution import booked_earlier, records_of
from codat_mock.storage import CompanyRow
from codat_mock.storage.versions import as_versions


def subjects(session: Session) -> Iterator[OpenRecordsContext]:
    """The open records of every company that anything was pushed to."""
    for row in session.tables.companies.all():
        if session.tables.versions.has_any(row.number):
            yield open_records(session, row)


def open_records(session: Session, row: CompanyRow) -> OpenRecordsContext:
    """One company's records that are in no books."""
    requests = Requests(session)
    rows = session.tables.versions.deferred(row.number, session.give_way)
    deferred = open_versions(as_versions(rows))
    picks = records_of(session, deferred)
    records = [
        SyncedRecord(version.data_type, version.key, pick.record, requests[version.dataset])
        for version, pick in zip(deferred, picks, strict=True)
    ]
    named = others(session, row, records)
    known = {name: each.record for name, each in named.items() if not each.is_delete}
    deleted = named.keys() - known.keys()
    start = row.configuration.schedule.start_date if row.configuration else None
    early = []
    if start is not None:
        known |= declared_before(session, row, records, start)
        rows = session.tables.versions.waiting(row.number, start, session.give_way)
        with session.computing(len(rows)):
            waiting = open_versions(as_versions(rows))
        early = [
            PlacedRecord(each.data_type, each.key, requests[each.dataset])
            for each in waiting
            if each.created is not None and each.created < start
        ]
    return OpenRecordsContext(
        company_id=row.company.id,
        records=records,
        others=known,
        deleted=deleted,
        unbooked=unbooked(session, row, known),
        unreconciled={
            (each.data_type, each.key): each.reason
            for each in session.tables.syncs.unreconciled(row.number)
        },
        start_date=start,
        early=early,
        is_all_early=bool(early) and len(early) == session.tables.versions.count(row.number),
    )


def declared_before(
    session: Session, row: CompanyRow, records: Sequence[SyncedRecord], start: datetime
) -> dict[RecordId, Record]:
    """The declared orders and payments from before the start date that records belong to.

    They are not to be pushed, but money may be paid for them after it.

    Args:
        session: the session.
        row: the company.
        records: what may belong to them.
        start: the start date, UTC.
    """
    names = {*named_by(records)}
    if not names or not session.tables.declared.has_any(row.number):
        return {}
    found: dict[RecordId, Record] = {}
    for data_type in sorted({each for each, _ in names}):
        keys = sorted(key for each, key in names if each == data_type)
        for key, record in ground_truth.records_named(session, row, data_type, keys):
            created = record.created_date
            if isinstance(created, datetime) and created < start:
                found[data_type, key] = record
    return found


def open_versions(versions: Iterable[Version]) -> list[Version]:
    """The latest version of each record that is neither deleted nor in the books."""
    latest: dict[tuple[DataType, str], Version] = {}
    booked = set()
    for version in versions:
        latest[version.data_type, version.key] = version
        if version.synced:
            booked.add((version.data_type, version.key))
    return [each for name, each in latest.items() if name not in booked and not each.is_delete]


def unbooked(
    session: Session, row: CompanyRow, known: Mapping[RecordId, Record]
) -> frozenset[RecordId]:
    """Those of the known orders and payments that are not in the books either.

    Args:
        session: the session.
        row: the company's row.
        known: orders and payments, by their ids.
    """
    names = {name for name in known if name[0] in (ORDERS, PAYMENTS)}
    earlier = booked_earlier(session, row, names)
    return frozenset(
        (data_type, key)
        for data_type, key in names
        if key not in (earlier.orders if data_type == ORDERS else earlier.payments)
    )
