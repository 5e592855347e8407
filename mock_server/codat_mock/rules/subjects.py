"""What the rules judge: a push, with what the service knew when it came."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from msgspec import UNSET, Struct
from msgspec.structs import astuple

from codat_mock.records.commerce import Record
from codat_mock.records.datasets import DataType
from codat_mock.records.errors import Problem
from codat_mock.records.pushes import PushedRecord, anything, parts

EMPTY: tuple[Any, ...] = (None, UNSET, "", [], {})
LONGEST_MARK = 20  # bytes
MARKS = (b"eleted", b"ELETED")  # what every mark of a deletion has in its bytes


class Request(Struct, frozen=True):
    """A request of the integration, as findings refer to it.

    Args:
        number: its place among the sandbox's requests, from 1.
        at: the sandbox's time when it came.
    """

    number: int
    at: str
    method: str
    path: str


class KnownVersion(Struct, frozen=True):
    """The latest accepted version of a record.

    Args:
        record: its properties; None where it is a delete.
        raw: the bytes it came as.
        accepted_by: the request that brought it.
        is_answered: whether the integration got the answer to that request.
        is_synced: whether a successful sync has picked this record.
    """

    record: Record | None
    raw: bytes
    accepted_by: Request
    is_answered: bool
    is_synced: bool


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
        if known is None or known.record is None or self.pushed.is_delete:
            return False
        return self.pushed.raw == known.raw or self.pushed.record == known.record

    @property
    def is_update(self) -> bool:
        """Whether it changes a known record that is not deleted."""
        known = self.known
        if known is None or known.record is None or self.pushed.is_delete:
            return False
        return not self.is_repeat

    @property
    def is_fat_delete(self) -> bool:
        """Whether it seems to mean a delete, yet carries more than its id.

        Everything else is null or empty, or one of the usual marks of a deletion stands in it.
        """
        raw = self.pushed.raw
        looks_empty = all(value in EMPTY for value in astuple(self.pushed.record)[1:])
        if not looks_empty and not any(mark in raw for mark in MARKS):
            return False
        properties = {name: small(value) for name, value in parts(raw).items()}
        others = [value for name, value in properties.items() if name != "id"]
        return bool(others) and (all(value in EMPTY for value in others) or is_marked(properties))


def small(raw: bytes) -> Any:
    """A property's value where it is short; a long one, neither empty nor a mark, stays bytes."""
    return anything(raw) if len(raw) <= LONGEST_MARK else bytes(raw)


def is_marked(properties: dict[str, Any]) -> bool:
    """Whether a mark of deletion stands in an object (source: rule D01)."""
    by_name = {name.lower(): value for name, value in properties.items()}
    if by_name.get("isdeleted") is True or by_name.get("deleted") is True:
        return True
    return str(by_name.get("status", "")).lower() == "deleted"


class JudgedPush(Struct, frozen=True, dict=True):
    """One push to one company and data type.

    Args:
        records: what it holds, in its order; empty where the body could not be read.
        problems: what is wrong with its records, or with its body.
        follows: an earlier push of the same company and data type, None for the first.
        overlaps: pushes of the same company and data type that were under way when it came.
    """

    company_id: str
    data_type: DataType
    at: datetime
    request: Request
    records: Sequence[JudgedRecord] = ()
    problems: Sequence[Problem] = ()
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
    def fat_deletes(self) -> list[JudgedRecord]:
        """Records that seem to mean a delete and carry more than the id."""
        return [record for record in self.records if record.is_fat_delete]

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
