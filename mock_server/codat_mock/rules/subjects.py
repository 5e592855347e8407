"""What the rules judge: a push, with what the service knew when it came."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property

from msgspec import Struct

from codat_mock.records.commerce import Record
from codat_mock.records.datasets import DataType
from codat_mock.records.errors import Problem
from codat_mock.records.pushes import RECORDS, PushedRecord, parts
from codat_mock.rules.changes import Change, changes_between
from codat_mock.rules.deletions import is_fat_delete, may_be_delete, small


class Request(Struct, frozen=True, omit_defaults=True):
    """A request of the integration, as findings refer to it.

    Args:
        number: its place among the sandbox's requests, from 1.
        at: the sandbox's time when it came.
        caller: where the integration says that it sent it, such as `sync.py:42`.
    """

    number: int
    at: str
    method: str
    path: str
    caller: str = ""


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
        record: Record = RECORDS[self.data_type](self.raw)
        return record


class JudgedRecord(Struct, frozen=True):
    """A pushed record beside the version the service knew."""

    pushed: PushedRecord
    known: KnownVersion | None

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
        return not self.pushed.is_delete and self.pushed.record == known.record

    @property
    def is_update(self) -> bool:
        """Whether it changes a known record that is not deleted."""
        known = self.known
        if known is None or known.is_delete or self.is_repeat:
            return False
        return not self.pushed.is_delete

    @property
    def changes(self) -> list[Change]:
        """The properties in which it differs from the known version."""
        return changes_between(self.known.record, self.pushed.record) if self.known else []

    @property
    def is_fat_delete(self) -> bool:
        """Whether it seems to mean a delete, yet carries more than its id."""
        pushed = self.pushed
        return may_be_delete(pushed.record, pushed.raw) and is_fat_delete(pushed.raw)


class JudgedPush(Struct, frozen=True, dict=True):
    """One push to one company and data type.

    Args:
        records: what it holds, in its order; empty where the body could not be read.
        problems: what is wrong with its records, or with its body.
        unreadable: where it was refused, the objects in it, as they came.
        follows: an earlier push of the same company and data type, None for the first.
        overlaps: pushes of the same company and data type that were under way when it came.
    """

    company_id: str
    data_type: DataType
    at: datetime
    request: Request
    records: Sequence[JudgedRecord] = ()
    problems: Sequence[Problem] = ()
    unreadable: Sequence[bytes] = ()
    follows: Request | None = None
    overlaps: Sequence[Request] = ()

    @cached_property
    def repeats(self) -> list[JudgedRecord]:
        """Records that equal the version accepted last."""
        return [record for record in self.records if record.is_repeat]

    @cached_property
    def updates(self) -> list[JudgedRecord]:
        """Records that change a known one."""
        return [record for record in self.records if record.is_update]

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
        return any(record.pushed.is_delete for record in self.records) or bool(self.fat_deletes)
