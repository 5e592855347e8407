"""Rows of syncs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal

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
# The syncs that a search finds, with `state`, their status code now, and `place`, their company's.
FOUND: Final = (
    "FROM (SELECT s.*, r.key AS place, CASE WHEN s.ends <= :now THEN s.code"
    " WHEN :now - s.ran > :long THEN 1010 ELSE 1000 END AS state"
    " FROM json_each(:companies) r JOIN syncs s ON s.company = r.value)"
    " WHERE (:text = '' OR instr(id, :text) OR company IN (SELECT value FROM json_each(:named))"
    " OR instr(lower(CAST(summary AS TEXT)), :text) AND EXISTS"
    " (SELECT 1 FROM json_each(CAST(summary AS TEXT), '$.dataConnections') c"
    " WHERE instr(lower(json_extract(c.value, '$.platformName')), :text)))"
    " AND (:first IS NULL OR ran >= :first) AND (:last IS NULL OR ran < :last)"
    " AND (:code IS NULL OR state = :code)"
)
ORDERS: Final = {"started": "ran", "company": "place", "status": "state"}
LONG: Final = timedelta(minutes=10)  # "1010 in progress for over ten minutes"


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


class SyncSearch(Struct, frozen=True, kw_only=True):
    """Which syncs of some companies to find, and in which order.

    Args:
        companies: their numbers, in the order of their names.
        named: those of them that the text names.
        text: a part of the id of a sync or of the name of a platform, in small letters; empty for
            all.
        first: when the earliest may have begun, UTC; None for any time.
        last: when the latest must have begun before, UTC; None for any time.
        code: the status code as it is now; None for all.
        order: a column of the page: `started`, `company` or `status`.
        is_descending: whether the largest comes first.
        now: the sandbox's time, UTC: a sync that has not ended by now is in progress.
    """

    companies: Sequence[int]
    named: Sequence[int] = ()
    text: str = ""
    first: datetime | None = None
    last: datetime | None = None
    code: int | None = None
    order: str = "started"
    is_descending: bool = True
    now: datetime


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

    def search(self, asked: SyncSearch, offset: int, limit: int) -> list[tuple[int, SyncRow]]:
        """A page of the syncs that a search finds, each with the number of its company.

        Args:
            asked: what to find.
            offset: how many to leave out.
            limit: how many to read.
        """
        direction = "DESC" if asked.is_descending else "ASC"
        found = self._db.execute(
            f"SELECT company, {COLUMNS} {FOUND}"
            f" ORDER BY {ORDERS[asked.order]} {direction}, number {direction}"
            " LIMIT :limit OFFSET :offset",
            {**values_of(asked), "limit": limit, "offset": offset},
        )
        return [(company, read(row)) for company, *row in found]

    def count_found(self, asked: SyncSearch) -> int:
        """How many syncs a search finds."""
        query = f"SELECT count(*) {FOUND}"
        return int(self._db.execute(query, values_of(asked)).fetchone()[0])

    def tally(self, asked: SyncSearch) -> dict[int, int]:
        """How many syncs that a search finds have each status code now."""
        query = f"SELECT state, count(*) {FOUND} GROUP BY state"
        return dict(self._db.execute(query, values_of(asked)).fetchall())

    def last_number(self, company: int) -> int:
        """The number of the sync that ran last, 0 before the first; only syncs change the books."""
        (found,) = self._db.execute(
            "SELECT max(number) FROM syncs WHERE company = ?", (company,)
        ).fetchone()
        return found or 0

    def counts(self, company: int) -> tuple[int, int]:
        """How many syncs succeeded, and how many have failed since the last of them."""
        succeeded, failed = self._db.execute(
            f"SELECT count(*) FILTER (WHERE {SUCCEEDED}), count(*) FILTER (WHERE number > ("  # noqa: S608  (constant)
            f"SELECT coalesce(max(number), 0) FROM syncs WHERE company = :company AND {SUCCEEDED}))"
            " FROM syncs WHERE company = :company",
            {"company": company},
        ).fetchone()
        return succeeded, failed

    def within(
        self, company: int, first: datetime, last: datetime, limit: int
    ) -> tuple[list[SyncRow], int]:
        """The last syncs that began in a span, the earliest first, and how many there are in all.

        Args:
            company: its number.
            first: where the span begins, UTC.
            last: where it ends, UTC; a sync that begins then is left out.
            limit: how many of them to read.
        """
        values = (company, to_microseconds(first), to_microseconds(last))
        condition = "company = ? AND ran >= ? AND ran < ?"
        (count,) = self._db.execute(
            f"SELECT count(*) FROM syncs WHERE {condition}",  # noqa: S608  (constant)
            values,
        ).fetchone()
        found = self._db.execute(
            f"SELECT {COLUMNS} FROM syncs WHERE {condition} ORDER BY number DESC LIMIT ?",  # noqa: S608  (constants)
            (*values, limit),
        )
        return [read(row) for row in found][::-1], count

    def unreconciled(self, company: int) -> list[Unreconciled]:
        """What is left to be reconciled manually: each sync that succeeds tries all of it again."""
        found = self._db.execute(
            f"SELECT unreconciled FROM syncs WHERE company = ? AND {SUCCEEDED}"  # noqa: S608  (constant)
            " ORDER BY number DESC LIMIT 1",
            (company,),
        ).fetchone()
        return decode_unreconciled(found[0]) if found else []

    def ran(self, number: int) -> datetime:
        """When the sync of that number began, UTC."""
        (found,) = self._db.execute("SELECT ran FROM syncs WHERE number = ?", (number,)).fetchone()
        return from_microseconds(found)

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


def values_of(asked: SyncSearch) -> dict[str, object]:
    """The parameters of a search."""
    return {
        "companies": encode(list(asked.companies)).decode(),
        "now": to_microseconds(asked.now),
        "long": LONG // timedelta(microseconds=1),
        "text": asked.text,
        "named": encode(list(asked.named)).decode(),
        "first": None if asked.first is None else to_microseconds(asked.first),
        "last": None if asked.last is None else to_microseconds(asked.last),
        "code": asked.code,
    }


def read(row: Sequence[Any]) -> SyncRow:
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
