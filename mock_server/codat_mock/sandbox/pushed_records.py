"""The records of a push beside what is known of them, and the versions that they become."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, Final

from msgspec import to_builtins
from msgspec.json import Encoder

from codat_mock.clock import to_microseconds
from codat_mock.models.commerce import Record
from codat_mock.models.datasets import DataType
from codat_mock.models.pushes import (
    PushedRecord,
    RawRecords,
    deleted_keys,
    native_record,
    pushed_record,
)
from codat_mock.rules.contexts import KnownVersion, RecordContext
from codat_mock.sandbox.known_records import known, known_rows
from codat_mock.sandbox.session import Session
from codat_mock.storage import CompanyRow
from codat_mock.storage.datasets import NewVersion

encode: Final = Encoder(order="deterministic").encode


def judged_records(
    session: Session, row: CompanyRow, data_type: DataType, records: Sequence[PushedRecord]
) -> list[RecordContext]:
    """The pushed records, each beside the version that is known of it.

    Args:
        session: the session.
        row: the company's row.
        data_type: the records'.
        records: the records, in order.
    """
    deletes = [record for record in records if record.is_delete]
    failed = failed_keys(session, row, data_type, deletes)
    if not session.tables.datasets.has_versions(row.number, data_type):
        with session.computing(len(records)):
            return [RecordContext(each, None, has_failed=each.key in failed) for each in records]
    with session.computing(len(records)):
        meant = meant_keys(data_type, deletes)
        keys = {record.key for record in records}.union(*meant.values())
        shared = next((each.raws for each in records), None)
    pushed = shared if isinstance(shared, RawRecords) else None
    versions = known(session, row, data_type, keys, pushed=pushed)
    deleted = {key for key, version in versions.items() if version.is_delete}
    gone = {each.key for each in records if not each.is_delete} & deleted if deleted else ()
    undeleted = known(session, row, data_type, gone, condition="NOT is_delete")
    is_new = len(versions) < len(keys) and any(
        each.key not in versions and not each.is_delete for each in records
    )
    retried = unanswered_contents(session, row, data_type) if is_new else {}
    with session.computing(len(records)):
        return [
            RecordContext(
                record,
                version := versions.get(record.key),
                [versions[key] for key in meant[record.position] if key in versions]
                if record.is_delete and record.position in meant
                else (),
                before_delete=undeleted.get(record.key),
                retries=retried.get(content_without_ids(record.record), "")
                if retried and not record.is_delete and record.key not in versions
                else "",
                has_failed=record.key in failed,
                is_same=version is not None and is_same(record, version),
            )
            for record in records
        ]


def is_same(record: PushedRecord, version: KnownVersion) -> bool:
    """Whether the bytes of a record are those of a known version."""
    if record.raws is version.raws and record.position == version.position:
        return True
    return record.raws[record.position] == version.raws[version.position]


def meant_keys(data_type: DataType, records: Iterable[PushedRecord]) -> dict[int, list[str]]:
    """The keys that each of some deletes is about, by its position."""
    return {
        record.position: deleted_keys(data_type, str(record.native.id))
        for record in records
        if record.key
    }


def failed_keys(
    session: Session, row: CompanyRow, data_type: DataType, records: Sequence[PushedRecord]
) -> set[str]:
    """The keys of deletes whose targets an earlier push held, that failed.

    Args:
        session: the session.
        row: the company's row.
        data_type: the records'.
        records: the deletes.
    """
    deletes = {str(each.native.id): each.key for each in records if each.key}
    if not deletes:
        return set()
    found = set()
    for dataset in session.tables.datasets.failed(row.number, data_type):
        raws = session.tables.datasets.raw_records(dataset.number)
        with session.computing(len(raws)):
            held = {str(native_record(data_type, raw).id) for raw in raws}
        found |= held & deletes.keys()
    return {deletes[id_] for id_ in found}


def unanswered_contents(session: Session, row: CompanyRow, data_type: DataType) -> dict[bytes, str]:
    """The keys of records whose push got no answer, by their contents without ids (rule S18).

    Empty if the merchant's records are declared: the books are compared with those.

    Args:
        session: the session.
        row: the company's row.
        data_type: the records'.
    """
    contents: dict[bytes, str] = {}
    unanswered = session.tables.datasets.unanswered(row.number, data_type)
    if not unanswered or session.tables.declared.has_any(row.number):
        return contents
    for dataset in unanswered:
        raws = session.tables.datasets.raw_records(dataset.number)
        with session.computing(len(raws)):
            held = [pushed_record(data_type, position, raw) for position, raw in enumerate(raws)]
        still = known(session, row, data_type, [each.key for each in held])
        with session.computing(len(held)):
            for each in held:
                version = still.get(each.key)
                if version and not version.is_answered and not version.is_delete:
                    contents[content_without_ids(each.record)] = each.key
    return contents


def content_without_ids(record: Record) -> bytes:
    """A record as JSON without the ids in it."""
    return encode(without_ids(to_builtins(record)))


def without_ids(value: Any) -> Any:
    """A value without the ids in it, and without the order's number, which is often its id."""
    if isinstance(value, dict):
        return {k: without_ids(v) for k, v in value.items() if k not in ("id", "orderNumber")}
    return [without_ids(each) for each in value] if isinstance(value, list) else value


def excused(judged: Sequence[RecordContext]) -> list[str]:
    """The keys of records that repeat what was accepted without its answer being received."""
    return [
        record.key
        for record in judged
        if record.known and not record.known.is_answered and record.is_repeat
    ]


def changes_in(
    session: Session, row: CompanyRow, data_type: DataType, judged: Sequence[RecordContext]
) -> list[NewVersion]:
    """The versions that a push brings: of a key that stands twice, the last one.

    Args:
        session: the session.
        row: the company's row.
        data_type: the records'.
        judged: each beside the version that is known of it.
    """
    with session.computing(len(judged)):
        deletes = [each.pushed for each in judged if each.pushed.is_delete]
        meant = meant_keys(data_type, deletes)
    keys = {key for each in meant.values() for key in each}
    rows = known_rows(session, row, data_type, keys)
    changes: dict[str, PushedRecord] = {}
    with session.computing(len(judged)):
        last = {record.key: record for record in judged}
        is_repeated = len(last) < len(judged)
        for record in sorted(last.values(), key=position) if is_repeated else judged:
            pushed = record.pushed
            if not is_effective(record):
                continue
            if not pushed.is_delete:
                changes[pushed.key] = pushed
                continue
            for key in meant.get(pushed.position, ()):
                changes.pop(key, None)
                if key in rows and not rows[key].is_delete:
                    changes[key] = pushed
        # In order of their keys, as the table has them: they are stored in half the time.
        return [
            NewVersion(key, pushed.position, created_date(pushed), pushed.is_delete)
            for key, pushed in sorted(changes.items(), key=itemgetter(0))
        ]


def position(record: RecordContext) -> int:
    """A record's index in its push, from 0."""
    return record.pushed.position


def is_effective(record: RecordContext) -> bool:
    """Whether a pushed record changes anything.

    A repeat is discarded, and so is an update whose source date has not moved on, or the delete of
    what is not known. Source: contract section 6, rules S03, U03, D02 and D04.
    """
    known = record.known
    if record.pushed.is_delete:
        return True
    if known is None or known.is_delete:
        return True
    if record.is_repeat:
        return False
    old = record.known_moment("source_modified_date")
    new = record.pushed.native.source_modified_date
    return not (old and isinstance(new, datetime)) or new > old


def created_date(pushed: PushedRecord) -> int | None:
    """When the record was created in the merchant's system, in microseconds; None if unknown."""
    created = pushed.native.created_date
    return to_microseconds(created) if isinstance(created, datetime) else None
