"""Subjects that compare with the merchant's records, if a test has declared them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from codat_mock.models.datasets import DataType
from codat_mock.rules.contexts.common import Context, Request
from codat_mock.rules.differences import PropertyDifference


class DeclaredRecord(Struct, frozen=True):
    """A declared record, and its `createdDate`, UTC."""

    data_type: DataType
    key: str
    created: datetime


class PeriodContext(Context, frozen=True, kw_only=True):
    """The period of a sync, and the declared records created in it.

    Args:
        at: when the sync ran.
        is_first: whether no sync had succeeded before.
        declared: the declared records of the period.
        absent: those of them that had not been pushed when it ran.
    """

    at: str
    is_first: bool
    declared: Sequence[DeclaredRecord]
    absent: Sequence[DeclaredRecord]

    @property
    def size(self) -> int:
        """The number of records in it, on which the time of its rules depends."""
        return len(self.declared)

    @property
    def place(self) -> str:
        """The sync."""
        return f" (sync of {self.at})"


class PushGap(Struct, frozen=True):
    """A time without a push.

    Args:
        before: the push that ended it; None if it has not ended.
        first: the first declared record created in it.
        waited: from that record's creation until the next push, or until now.
    """

    before: Request | None
    first: DeclaredRecord
    waited: timedelta


class PushGapsContext(Context, frozen=True, kw_only=True):
    """The times between a company's pushes in which declared records were created."""

    gaps: Sequence[PushGap]


class BookedRecord(Struct, frozen=True):
    """A declared record in the books.

    Args:
        note: its documents, and what differs.
        pushes: the pushes that held it; empty if there were none.
        changes: the properties in which the declared version differs from the booked one.
    """

    data_type: DataType
    key: str
    note: str = ""
    pushes: Sequence[Request] = ()
    changes: Sequence[PropertyDifference] = ()


class BooksContext(Context, frozen=True, kw_only=True):
    """A company's books compared with its declared records.

    Args:
        due: the number of declared records that should be in the books by now.
        surplus: booked records that are not declared.
    """

    due: int
    doubled: Sequence[BookedRecord] = ()
    missing: Sequence[BookedRecord] = ()
    stale: Sequence[BookedRecord] = ()
    surplus: Sequence[BookedRecord] = ()

    @property
    def size(self) -> int:
        """The number of records in it, on which the time of its rules depends."""
        return self.due + len(self.surplus)
