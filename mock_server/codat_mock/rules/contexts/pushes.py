"""A push as a subject of the rules, with the records known at its arrival."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Context as Arithmetic
from decimal import Decimal, localcontext
from functools import cached_property
from typing import Any, Final

from msgspec import Struct

from codat_mock.clock import is_within
from codat_mock.kept import kept
from codat_mock.models.commerce import Record
from codat_mock.models.currencies import minor_unit
from codat_mock.models.datasets import DataType
from codat_mock.models.decoding import parts
from codat_mock.models.errors import Problem
from codat_mock.models.pushes import (
    NATIVE_RECORDS,
    PushedRecord,
    Raws,
    exact_record,
    native_record,
)
from codat_mock.rules.contexts.common import Context, Evidence, Request
from codat_mock.rules.delete_marks import is_fat_delete, may_be_delete, small
from codat_mock.rules.differences import (
    PropertyDifference,
    differences_between,
    losses_between,
    plain,
)
from codat_mock.rules.native_comparison import (
    Differing,
    differ_surely,
    differing,
    may_lose,
    says_more_than_stamps,
)

PROMPT: Final = timedelta(minutes=15)  # from the creation of a record until its push
NOISE: Final = Decimal("0.000001")  # of a binary float that was meant as a decimal
EXACT: Final = Arithmetic(prec=100)


class KnownVersion(Struct, frozen=True, dict=True):
    """The latest accepted version of a record.

    Args:
        raws: the JSON of the records that were pushed with it, by position.
        position: its own among them, from 0.
        is_delete: whether it deleted the record.
        accepted_by: the request that pushed it.
        is_answered: whether the integration received the answer to that request.
        is_synced: whether a successful sync has picked this record.
    """

    data_type: DataType
    raws: Raws
    position: int
    is_delete: bool
    accepted_by: Request
    is_answered: bool
    is_synced: bool

    @property
    def raw(self) -> bytes:
        """Its JSON as pushed."""
        return bytes(self.raws[self.position])

    @kept
    def record(self) -> Record:
        """Its properties, decoded at first use."""
        return exact_record(self.data_type, self.raw)

    @kept
    def native(self) -> Any:
        """Its properties as `PushedRecord.native` has them."""
        return native_record(self.data_type, self.raw)


class RecordContext(Struct, frozen=True, dict=True):
    """A pushed record, and the version accepted before.

    Args:
        known: the version with the same key; for a delete, the first of its targets.
        targets: the versions that a delete applies to: for transactions, of every type.
        before_delete: the version before the known one, if that deleted it.
        retries: the key of a record, pushed without an answer, that equals it but for the ids.
        has_failed: whether an earlier push of it failed.
        is_same: whether its bytes were found to be those of the known version.
    """

    pushed: PushedRecord
    known: KnownVersion | None
    targets: Sequence[KnownVersion] = ()
    before_delete: KnownVersion | None = None
    retries: str = ""
    has_failed: bool = False
    is_same: bool = False

    @property
    def key(self) -> str:
        """The key of the record."""
        return self.pushed.key

    @kept
    def differing(self) -> Differing | None:
        """The properties in which its outline differs from the known version's."""
        known, pushed = self.known, self.pushed
        if known is None:
            return None
        outline = NATIVE_RECORDS[pushed.data_type].outline
        old, new = outline(known.raws[known.position]), outline(pushed.raws[pushed.position])
        return differing(old, new)

    def known_moment(self, name: str) -> datetime | None:
        """A property of the known version that is a time; None if it is absent or null.

        Args:
            name: of the property, as `PushedRecord.native` has it.
        """
        known = self.known
        if known is None:
            return None
        if self.differing is None:
            return moment_or_none(getattr(known.native, name))
        for each, before, _ in self.differing:
            if each == name:
                return moment_or_none(before)
        return moment_or_none(getattr(self.pushed.native, name))

    @property
    def is_repeat(self) -> bool:
        """Whether it equals the known version, after parsing.

        Numbers are compared by value, dates by instant; unknown properties are ignored.
        """
        known = self.known
        if known is None or known.is_delete:
            return False
        return self.is_same or self._is_equal

    @kept
    def _is_equal(self) -> bool:
        """The same, of a known version that is no delete; compared property by property."""
        known = self.known
        if known is None or (self.differing and differ_surely(self.differing)):
            return False
        pushed = self.pushed
        return pushed.raw == known.raw or (not pushed.is_delete and pushed.record == known.record)

    @kept
    def is_only_restamped(self) -> bool:
        """Whether it changes nothing but stamps, the order of its lines, or float noise."""
        known = self.known
        if known is None or known.is_delete or self.is_repeat or self.pushed.is_delete:
            return False
        if says_more_than_stamps(self.differing or [], float(NOISE)):
            return False
        return bool(content_of(self.pushed.record) == content_of(known.record))

    @property
    def is_undone_delete(self) -> bool:
        """Whether it says what it said before it was deleted."""
        before = self.before_delete
        if before is None:
            return False
        return bool(content_of(self.pushed.record) == content_of(before.record))

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
        if self.known is None or (self.differing is not None and not may_lose(self.differing)):
            return []
        return losses_between(self.known.record, self.pushed.record)

    @property
    def created(self) -> datetime | None:
        """Its `createdDate`; None if absent."""
        return moment_or_none(self.pushed.native.created_date)

    @property
    def is_fat_delete(self) -> bool:
        """Whether it looks like a delete, but has more than its id."""
        pushed = self.pushed
        return may_be_delete(pushed) and is_fat_delete(pushed.raw, pushed.data_type)


class NextSync(Struct, frozen=True):
    """The next sync: when it is due, and the end of its period; UTC."""

    due: datetime
    finish: datetime


class PushContext(Context, frozen=True, dict=True, kw_only=True):
    """One push to one company and data type.

    Args:
        at: when it arrived, UTC.
        records: its records in order; empty if the body could not be read.
        problems: what is wrong with its records or its body.
        unreadable: the objects in it as pushed, if it was refused.
        unread: what the service did not read of its body: unknown properties that look like known
            ones, and a missing list.
        follows: an earlier push of the same company and data type; None for the first.
        overlaps: pushes of the same company and data type in flight at its arrival.
        unended: the previous push, if that was answered and its dataset had not ended.
        is_linked: whether the commerce connection is linked.
        is_ready: whether accounting was linked and the mapping configured.
        start_date: the configured start date, UTC.
        covered: the disjoint periods that successful syncs have covered, in order, UTC.
        next_sync: the sync that is due next.
    """

    data_type: DataType
    at: datetime
    request: Request
    records: Sequence[RecordContext] = ()
    problems: Sequence[Problem] = ()
    unreadable: Sequence[bytes] = ()
    unread: Sequence[str] = ()
    follows: Request | None = None
    overlaps: Sequence[Request] = ()
    unended: Request | None = None
    is_linked: bool = True
    is_ready: bool = True
    start_date: datetime | None = None
    covered: Sequence[tuple[datetime, datetime]] = ()
    next_sync: NextSync | None = None

    @property
    def size(self) -> int:
        """The number of records in it, on which the time of its rules depends."""
        return len(self.records) + len(self.unreadable)

    def requests_about(self, evidence: Sequence[Evidence]) -> Iterable[Request]:
        """The pushes it overlapped, and the earlier pushes of its records."""
        broken = {item.record for item in evidence}
        yield from self.overlaps
        yield from super().requests_about(evidence)
        known = [each.known for each in self.known_records if each.pushed.key in broken]
        requests = {each.accepted_by.number: each.accepted_by for each in known if each}
        yield from requests.values()
        for record in self.deletes:
            if not record.known and record.pushed.key in broken:
                yield from (version.accepted_by for version in record.targets)

    @cached_property
    def known_records(self) -> list[RecordContext]:
        """Records of which a version is known."""
        return [record for record in self.records if record.known]

    @cached_property
    def updates(self) -> list[RecordContext]:
        """Records that change a known one."""
        return [record for record in self.known_records if record.is_update]

    @cached_property
    def revisions(self) -> list[RecordContext]:
        """Updates that change the content, and do not look like deletes."""
        return [
            record
            for record in self.updates
            if not record.is_fat_delete and not record.is_only_restamped
        ]

    @cached_property
    def deletes(self) -> list[RecordContext]:
        """Records that have an id and nothing else."""
        return [record for record in self.records if record.pushed.is_delete]

    @cached_property
    def fat_deletes(self) -> list[str]:
        """The keys of records that look like deletes, but have more than the id."""
        unreadable = (raw for raw in self.unreadable if is_fat_delete(raw, self.data_type))
        return [
            *(record.key for record in self.records if record.is_fat_delete),
            *(str(small(parts(raw).get("id", b"null"))) for raw in unreadable),
        ]

    @cached_property
    def duplicate_keys(self) -> list[str]:
        """Keys that are in the push more than once."""
        keys = [record.pushed.key for record in self.records]
        if len({*keys}) == len(keys):
            return []
        counted = Counter(filter(None, keys))
        # Transactions share an id, so that their deletes are equal.
        shared = {
            record.key: len(record.targets)
            for record in self.records
            if record.pushed.is_delete and self.data_type == "commerce-transactions"
        }
        return [key for key, count in counted.items() if count > max(1, shared.get(key, 1))]

    @property
    def has_deletes(self) -> bool:
        """Whether it holds a delete, sparse or not."""
        return bool(self.deletes) or bool(self.fat_deletes)

    @property
    def has_known_deletes(self) -> bool:
        """Whether it deletes a known record."""
        return any(record.targets for record in self.deletes)

    @property
    def new_records(self) -> Iterator[RecordContext]:
        """Records that were not known, or were deleted, and have a `createdDate`.

        A record without an id is left to rule S15.
        """
        for record in self.records:
            is_known = record.known is not None and not record.known.is_delete
            is_new = bool(record.key) and not is_known and not record.pushed.is_delete
            if is_new and record.created is not None:
                yield record

    @property
    def has_timely(self) -> bool:
        """Whether it holds a new record, early or late."""
        return any(True for _ in self.new_records)

    @property
    def late(self) -> Iterator[RecordContext]:
        """New records created in a period that a sync has covered, and not pushed at once."""
        if not self.covered:
            return
        for record in self.new_records:
            if is_within(self.covered, record.created) and not self.is_prompt(record):
                yield record

    def is_prompt(self, record: RecordContext) -> bool:
        """Whether a record was pushed as soon as it was created."""
        return record.created is not None and self.at - record.created <= PROMPT

    def close(self, margin: timedelta) -> Iterator[RecordContext]:
        """New or changed records of the next sync's period, if it is due within the margin.

        A record created within the margin could not be pushed earlier.
        """
        if self.next_sync is None or self.next_sync.due - self.at >= margin:
            return
        for record in self.records:
            created = record.created
            is_due = created is not None and created < self.next_sync.finish
            is_recent = created is not None and created >= self.next_sync.due - margin
            is_change = bool(record.key) and not record.is_repeat and not record.pushed.is_delete
            is_open = is_due and not is_recent and not is_within(self.covered, created)
            if is_open and is_change:
                yield record


def content_of(record: Record) -> Any:
    """What a record says beside its stamps, in an order of its own: equal for equal content."""
    currency = str(getattr(record, "currency", "") or "").strip().upper()
    content = canonical(plain(record), minor_unit(currency))
    for stamp in ("modifiedDate", "sourceModifiedDate"):
        content.pop(stamp, None)
    return content


def canonical(value: Any, unit: Decimal) -> Any:
    """A value with its amounts free of float noise and its lists in an order of their own."""
    if isinstance(value, dict):
        return {name: canonical(part, unit) for name, part in value.items()}
    if isinstance(value, list):
        return sorted((canonical(part, unit) for part in value), key=repr)
    if isinstance(value, Decimal):
        with localcontext(EXACT):
            near = value.quantize(unit)
            return near if abs(value - near) < NOISE else value.normalize()
    return value


def moment_or_none(value: object) -> datetime | None:
    """A property that is a moment; None if it is absent or null."""
    return value if isinstance(value, datetime) else None
