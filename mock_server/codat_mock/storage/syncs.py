"""Rows of syncs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import Final, Literal

import msgspec
from msgspec import Struct

from codat_mock.accounting.reconciliation import Unreconciled
from codat_mock.clock import from_microseconds, to_microseconds
from codat_mock.models.decoding import decoder
from codat_mock.models.syncs import SyncSummary

SyncKind = Literal["scheduled", "latest", "historic"]

encode = msgspec.json.Encoder(decimal_format="number").encode
decode_summary = decoder(SyncSummary)
decode_unreconciled = decoder(list[Unreconciled])

COLUMNS: Final = "number, id, kind, start, finish, ran, ends, summary"
SUCCEEDED: Final = "code IN (2000, 2040)"


class SyncRow(Struct, frozen=True):
    """A sync: what it covered and how it ended; `number` is 0 until it is stored.

    Args:
        ran: when it began, and looked at what had arrived, UTC.
        ends: when it ends for answers, UTC; until then it runs.
        summary: the answer once it has ended.
    """

    id: str
    kind: SyncKind
    start: datetime
    finish: datetime
    ran: datetime
    ends: datetime
    summary: SyncSummary
    number: int = 0


class Syncs:
    """The syncs of companies, by the company's number."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(self, company: int, row: SyncRow, unreconciled: Iterable[Unreconciled] = ()) -> int:
        """Store a sync, with what it left to be reconciled manually; gives its number.

        Args:
            company: its number.
            row: the sync; its own number is not used.
            unreconciled: what it could not book.
        """
        moments = (row.start, row.finish, row.ran, row.ends)
        added = self._db.execute(
            "INSERT INTO syncs (company, id, kind, start, finish, ran, ends, code, summary,"
            " unreconciled) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                company,
                row.id,
                row.kind,
                *map(to_microseconds, moments),
                row.summary.sync_status_code,
                encode(row.summary),
                encode(list(unreconciled)),
            ),
        )
        return added.lastrowid or 0

    def all(self, company: int) -> list[SyncRow]:
        """A company's syncs, the earliest first."""
        found = self._db.execute(
            f"SELECT {COLUMNS} FROM syncs WHERE company = ? ORDER BY number",  # noqa: S608  (constant columns)
            (company,),
        )
        return [read(row) for row in found]

    def find(self, company: int, sync_id: str) -> SyncRow | None:
        """The sync of that id."""
        return self._first("company = ? AND id = ?", (company, sync_id))

    def latest(self, company: int) -> SyncRow | None:
        """The sync that ran last."""
        return self._first("company = ? ORDER BY number DESC LIMIT 1", (company,))

    def last_successful(self, company: int, now: datetime) -> SyncRow | None:
        """The successful sync that ran last, of those that have ended by `now`."""
        return self._first(
            f"company = ? AND {SUCCEEDED} AND ends <= ? ORDER BY number DESC LIMIT 1",
            (company, to_microseconds(now)),
        )

    def successful(self, company: int) -> list[SyncRow]:
        """A company's successful syncs, the earliest first."""
        found = self._db.execute(
            f"SELECT {COLUMNS} FROM syncs WHERE company = ? AND {SUCCEEDED} ORDER BY number",  # noqa: S608  (constants)
            (company,),
        )
        return [read(row) for row in found]

    def running(self, company: int, now: datetime) -> list[SyncRow]:
        """The syncs that have not ended by `now`."""
        found = self._db.execute(
            f"SELECT {COLUMNS} FROM syncs WHERE company = ? AND ends > ?",  # noqa: S608  (constant columns)
            (company, to_microseconds(now)),
        )
        return [read(row) for row in found]

    def overlapped(self, company: int, start: datetime, finish: datetime) -> SyncRow | None:
        """The first successful sync whose period has a moment in common with a range.

        Source: contract section 6 (duplication protection, code 5080).

        Args:
            company: its number.
            start: of the range, UTC.
            finish: of the range, UTC; a period that begins at this moment does not overlap it.
        """
        return self._first(
            f"company = ? AND {SUCCEEDED} AND start < ? AND finish > ? ORDER BY number LIMIT 1",
            (company, to_microseconds(finish), to_microseconds(start)),
        )

    def covered_until(self, company: int) -> datetime | None:
        """Where the next daily period begins; a historic sync leaves it as it is."""
        return self._moment(
            f"SELECT max(finish) FROM syncs WHERE company = ? AND {SUCCEEDED}"  # noqa: S608  (constant)
            " AND kind <> 'historic'",
            company,
        )

    def last_looked(self, company: int) -> datetime | None:
        """When the last successful sync of any kind looked at what had arrived."""
        return self._moment(
            f"SELECT max(ran) FROM syncs WHERE company = ? AND {SUCCEEDED}",  # noqa: S608  (constant)
            company,
        )

    def covered(self, company: int) -> list[tuple[datetime, datetime]]:
        """The spans of time that successful syncs covered, joined where they touch."""
        found = self._db.execute(
            f"SELECT start, finish FROM syncs WHERE company = ? AND {SUCCEEDED} ORDER BY start",  # noqa: S608  (constant)
            (company,),
        )
        spans: list[tuple[int, int]] = []
        for start, finish in found:
            if spans and start <= spans[-1][1]:
                spans[-1] = (spans[-1][0], max(finish, spans[-1][1]))
            else:
                spans.append((start, finish))
        return [(from_microseconds(start), from_microseconds(finish)) for start, finish in spans]

    def unreconciled(self, company: int) -> list[Unreconciled]:
        """What is left to be reconciled manually: each sync that succeeds tries all of it again."""
        found = self._db.execute(
            f"SELECT unreconciled FROM syncs WHERE company = ? AND {SUCCEEDED}"  # noqa: S608  (constant)
            " ORDER BY number DESC LIMIT 1",
            (company,),
        ).fetchone()
        return decode_unreconciled(found[0]) if found else []

    def left_by(self, number: int) -> list[Unreconciled]:
        """What one sync left to be reconciled manually."""
        (found,) = self._db.execute(
            "SELECT unreconciled FROM syncs WHERE number = ?", (number,)
        ).fetchone()
        left: list[Unreconciled] = decode_unreconciled(found)
        return left

    def _moment(self, query: str, company: int) -> datetime | None:
        (found,) = self._db.execute(query, (company,)).fetchone()
        return None if found is None else from_microseconds(found)

    def _first(self, condition: str, values: tuple[object, ...]) -> SyncRow | None:
        found = self._db.execute(
            f"SELECT {COLUMNS} FROM syncs WHERE {condition}",  # noqa: S608  (constant conditions)
            values,
        ).fetchone()
        return read(found) if found else None


def read(row: tuple[int, str, SyncKind, int, int, int, int, bytes]) -> SyncRow:
    """A row as the database gives it."""
    number, id_, kind, start, finish, ran, ends, summary = row
    return SyncRow(
        id_,
        kind,
        from_microseconds(start),
        from_microseconds(finish),
        from_microseconds(ran),
        from_microseconds(ends),
        decode_summary(summary),
        number,
    )
