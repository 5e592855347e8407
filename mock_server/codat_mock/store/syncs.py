"""Rows of syncs, and the documents that they wrote."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import Final, Literal

import msgspec
from msgspec import Struct

from codat_mock.books.documents import Document
from codat_mock.clock import from_microseconds, parse_moment, to_microseconds
from codat_mock.records.pushes import decoder
from codat_mock.records.syncs import SyncSummary

SyncKind = Literal["scheduled", "latest", "historic"]

encode = msgspec.json.Encoder(decimal_format="number").encode
decode_summary = decoder(SyncSummary)
decode_document = decoder(Document)

SUCCESSES: Final = "(2000, 2040)"


class SyncRow(Struct, frozen=True):
    """A sync: what it covered and how it ended; `number` is 0 until it is stored."""

    id: str
    kind: SyncKind
    start: datetime
    finish: datetime
    summary: SyncSummary
    number: int = 0

    @property
    def ran(self) -> datetime:
        """When it ran, UTC."""
        return parse_moment(self.summary.sync_utc)


class Syncs:
    """The syncs of companies, by the company's number."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(self, company: int, row: SyncRow) -> int:
        """Store a sync; gives its number."""
        added = self._db.execute(
            "INSERT INTO syncs (company, id, kind, start, finish, code, summary)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                company,
                row.id,
                row.kind,
                to_microseconds(row.start),
                to_microseconds(row.finish),
                row.summary.sync_status_code,
                encode(row.summary),
            ),
        )
        return added.lastrowid or 0

    def all(self, company: int) -> list[SyncRow]:
        """A company's syncs, the earliest first."""
        found = self._db.execute(
            "SELECT number, id, kind, start, finish, summary FROM syncs"
            " WHERE company = ? ORDER BY number",
            (company,),
        )
        return [read(row) for row in found]

    def latest(self, company: int) -> SyncRow | None:
        """The sync that ran last."""
        return self._last(company, "")

    def last_successful(self, company: int) -> SyncRow | None:
        """The successful sync that ran last; a historic one leaves the daily period as it is."""
        return self._last(company, f"AND code IN {SUCCESSES} AND kind <> 'historic'")

    def failures_in_a_row(self, company: int) -> int:
        """How many scheduled syncs have failed since one last succeeded."""
        last = self.last_successful(company)
        (count,) = self._db.execute(
            "SELECT count(*) FROM syncs WHERE company = ? AND kind = 'scheduled' AND number > ?",
            (company, last.number if last else 0),
        ).fetchone()
        return int(count)

    def add_documents(self, company: int, documents: Iterable[Document]) -> None:
        """Store what a sync wrote into the books."""
        self._db.executemany(
            "INSERT INTO documents (company, document) VALUES (?, ?)",
            ((company, encode(document)) for document in documents),
        )

    def documents(self, company: int) -> list[Document]:
        """All documents in a company's books, in the order they were written."""
        found = self._db.execute(
            "SELECT document FROM documents WHERE company = ? ORDER BY number", (company,)
        )
        return [decode_document(document) for (document,) in found]

    def _last(self, company: int, condition: str) -> SyncRow | None:
        found = self._db.execute(
            "SELECT number, id, kind, start, finish, summary FROM syncs"  # noqa: S608  (constant conditions)
            f" WHERE company = ? {condition} ORDER BY number DESC LIMIT 1",
            (company,),
        ).fetchone()
        return read(found) if found else None


def read(row: tuple[int, str, SyncKind, int, int, bytes]) -> SyncRow:
    """A row as the database gives it."""
    number, id_, kind, start, finish, summary = row
    return SyncRow(
        id_,
        kind,
        from_microseconds(start),
        from_microseconds(finish),
        decode_summary(summary),
        number,
    )
