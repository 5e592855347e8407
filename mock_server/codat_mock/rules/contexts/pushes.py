"""A push as the rules judge it, with what the service knew when it came."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from msgspec import Struct

from codat_mock.clock import is_within
from codat_mock.models.commerce import Record
from codat_mock.models.datasets import DataType
from codat_mock.models.decoding import parts
from codat_mock.models.errors import Problem
from codat_mock.models.pushes import PushedRecord, exact_record, native_record
from codat_mock.rules.contexts.common import Context, Evidence, Request
from codat_mock.rules.delete_marks import is_fat_delete, may_be_delete, small
from codat_mock.rules.differences import PropertyDifference, differences_between, losses_between


class KnownVersion(Struct, frozen=True, dict=True):
    """The latest accepted version of a record.

    Args:
        raw: the bytes it came as.
        is_delete: whether it said that the record is deleted.
        accepted_by: the request that brought it.
        is_answered: whether the integration got the answer to that request.
        is_synced: whether a successful sync has picked this record.
    """

    data_type: DataType
    raw: bytes
    is_delete: bool
    accepted_by: Request
    is_answered: bool
    is_synced: bool

    @cached_property
    def record(self) -> Record:
        """Its properties, decoded when they are asked for."""
        return exact_record(self.data_type, self.raw)

    @cached_property
    def native(self) -> Any:
        """Its properties as `PushedRecord.native` has them."""
        return native_record(self.data_type, self.raw)


class RecordContext(Struct, frozen=True, dict=True):
    """A pushed record beside the version the service knew.

    Args:
        known: of the same key; of a delete, the first that it means.
        meant: all the known versions that a delete means: of a transaction, those of every type.
    """

    pushed: PushedRecord
    known: KnownVersion | None
    meant: Sequence[KnownVersion] = ()

    @property
    def key(self) -> str:
        """What identifies the record."""
        return self.pushed.key

    @property
    def is_repeat(self) -> bool:
        """Whether it equals the known version, after parsing.

        Numbers are equal by value, dates by instant; unknown properties are dropped.
        """
        known = self.known
        if known is None or known.is_delete:
            return False
        if self.pushed.raw == known.raw:
            return True
        if self.pushed.is_delete or differ(self.pushed.native, known.native):
            return False
        return self.pushed.record == known.record

    @property
    def is_update(self) -> bool:
        """Whether it changes a known record that is not deleted."""
        known = self.known
        if known is None or known.is_delete or self.is_repeat:
            return False
        return not self.pushed.is_delete

    @property
    def changes(self) -> list[PropertyDifference]:
        """The properties in which it differs from the known version."""
        return differences_between(self.known.record, self.pushed.record) if self.known else []

    @property
    def losses(self) -> list[PropertyDifference]:
        """The properties that the known version has and it does not carry."""
        return losses_between(self.known.record, self.pushed.record) if self.known else []

    @property
    def created(self) -> datetime | None:
        """When it was created at the merchant's; None where it does not say."""
        return moment_or_none(self.pushed.native.created_date)

    @cached_property
    def is_fat_delete(self) -> bool:
        """Whether it seems to mean a delete, yet carries more than its id."""
        pushed = self.pushed
        return may_be_delete(pushed.native, pushed.raw) and is_fat_delete(pushed.raw)


class NextSync(Struct, frozen=True):
    """The sync that is due next: when it runs, and before when what it takes was created; UTC."""

    due: datetime
    finish: datetime


class PushContext(Context, frozen=True, dict=True, kw_only=True):
    """One push to one company and data type.

    Args:
        at: when it came, UTC.
        records: what it holds, in its order; empty where the body could not be read.
        problems: what is wrong with its records, or with its body.
        unreadable: where it was refused, the objects in it, as they came.
        follows: an earlier push of the same company and data type, None for the first.
        overlaps: pushes of the same company and data type that were under way when it came.
        unended: the push before it, where its dataset had not ended though its id was answered.
        is_linked: whether the commerce connection is linked.
        is_ready: whether accounting was linked and the mapping configured before.
        start_date: the configured start date, UTC.
        covered: the spans of time that successful syncs have covered, apart and in order, UTC.
        next_sync: the sync that is due next.
    """

    data_type: DataType
    at: datetime
    request: Request
    records: Sequence[RecordContext] = ()
    problems: Sequence[Problem] = ()
    unreadable: Sequence[bytes] = ()
    follows: Request | None = None
    overlaps: Sequence[Request] = ()
    unended: Request | None = None
    is_linked: bool = True
    is_ready: bool = True
    start_date: datetime | None = None
    covered: Sequence[tuple[datetime, datetime]] = ()
    next_sync: NextSync | None = None

    def requests_about(self, evidence: Sequence[Evidence]) -> Iterable[Request]:
        """The pushes it overlapped, and those that had brought the records before."""
        broken = {item.record for item in evidence}
        yield from self.overlaps
        yield from super().requests_about(evidence)
        for record in self.records:
            if record.key in broken:
                versions = [record.known] if record.known else record.meant
                yield from (version.accepted_by for version in versions)

    @cached_property
    def repeats(self) -> list[RecordContext]:
        """Records that equal the version accepted last."""
        return [record for record in self.records if record.is_repeat]

    @cached_property
    def updates(self) -> list[RecordContext]:
        """Records that change a known one."""
        return [record for record in self.records if record.is_update]

    @cached_property
    def revisions(self) -> list[RecordContext]:
        """Updates that are not meant to delete what they update."""
        return [record for record in self.updates if not record.is_fat_delete]

    @cached_property
    def deletes(self) -> list[RecordContext]:
        """Records that have their id and nothing else."""
        return [record for record in self.records if record.pushed.is_delete]

    @cached_property
    def fat_deletes(self) -> list[str]:
        """The keys of records that seem to mean a delete and carry more than the id."""
        unreadable = (raw for raw in self.unreadable if is_fat_delete(raw))
        return [
            *(record.key for record in self.records if record.is_fat_delete),
            *(str(small(parts(raw).get("id", b"null"))) for raw in unreadable),
        ]

    @cached_property
    def doubled_keys(self) -> list[str]:
        """Keys that stand in the push more than once."""
        counted = Counter(record.key for record in self.records if record.key)
        return [key for key, count in counted.items() if count > 1]

    @property
    def has_known(self) -> bool:
        """Whether any of its records is known already."""
        return any(record.known for record in self.records)

    @property
    def has_deletes(self) -> bool:
        """Whether it means to delete a record, rightly or not."""
        return bool(self.deletes) or bool(self.fat_deletes)

    @property
    def news(self) -> Iterator[RecordContext]:
        """Records that were not known, or not any more, and tell when they were created.

        One without an id is none: nothing can come of it, which is told by rule S15.
        """
        for record in self.records:
            is_known = record.known is not None and not record.known.is_delete
            is_new = bool(record.key) and not is_known and not record.pushed.is_delete
            if is_new and record.created is not None:
                yield record

    @property
    def has_timely(self) -> bool:
        """Whether any record in it can be in time, or late."""
        return any(True for _ in self.news)

    @property
    def late(self) -> Iterator[RecordContext]:
        """New records of a time that a sync has covered already."""
        if not self.covered:
            return
        for record in self.news:
            if is_within(self.covered, record.created):
                yield record

    def close(self, margin: timedelta) -> Iterator[RecordContext]:
        """New or changed records of the next sync's period, if that is due within the margin."""
        if self.next_sync is None or self.next_sync.due - self.at >= margin:
            return
        for record in self.records:
            created = record.created
            is_due = created is not None and created < self.next_sync.finish
            is_change = bool(record.key) and not record.is_repeat and not record.pushed.is_delete
            if is_due and is_change and not is_within(self.covered, created):
                yield record


def moment_or_none(value: object) -> datetime | None:
    """A property that is a moment; None where it is absent or null."""
    return value if isinstance(value, datetime) else None


def differ(native: Any, other: Any) -> bool:
    """Whether two natively decoded records differ for sure."""
    return native.__class__ is other.__class__ and bool(native != other)
