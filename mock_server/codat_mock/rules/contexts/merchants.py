"""What is judged by the merchant's own records, where a test has declared them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from codat_mock.models.datasets import DataType
from codat_mock.rules.contexts.common import Context, Request


class DeclaredRecord(Struct, frozen=True):
    """A declared record, and when it was created, UTC."""

    data_type: DataType
    key: str
    created: datetime


class PeriodContext(Context, frozen=True, kw_only=True):
    """The period of a sync, and the declared records that were created in it.

    Args:
        at: when the sync ran.
        is_first: whether no sync has succeeded before.
        declared: the declared records of the period.
        absent: those of them that had not been pushed when it ran.
    """

    at: str
    is_first: bool
    declared: Sequence[DeclaredRecord]
    absent: Sequence[DeclaredRecord]

    @property
    def place(self) -> str:
        """Which sync it is."""
        return f" (sync of {self.at})"


class PushGap(Struct, frozen=True):
    """A time without a push.

    Args:
        before: the push that ended it; None where it goes on.
        first: the first declared record created in it.
        waited: from that record's creation until the next push, or until now.
    """

    before: Request | None
    first: DeclaredRecord
    waited: timedelta


class PushGapsContext(Context, frozen=True, kw_only=True):
    """The times between a company's pushes in which declared records lie."""

    gaps: Sequence[PushGap]


class BookedRecord(Struct, frozen=True):
    """A declared record in the books.

    Args:
        note: the documents it stands in and the amounts that differ, as far as they matter.
        pushes: those that brought it; empty where it never came.
    """

    data_type: DataType
    key: str
    note: str = ""
    pushes: Sequence[Request] = ()


class BooksContext(Context, frozen=True, kw_only=True):
    """A company's books beside its declared records.

    Args:
        due: how many declared records belong in the books by now.
    """

    due: int
    doubled: Sequence[BookedRecord] = ()
    missing: Sequence[BookedRecord] = ()
    stale: Sequence[BookedRecord] = ()
