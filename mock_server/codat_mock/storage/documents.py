"""Rows of documents in the books, and what the next sync asks of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from codat_mock.accounting.documents import Document, Kind, RecordId, booked_in, last_numbers
from codat_mock.models.decoding import decoder

encode = msgspec.json.Encoder(decimal_format="number").encode
decode_document = decoder(Document)


class Documents:
    """The books of companies, by the company's number."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(self, company: int, documents: Sequence[Document]) -> None:
        """Store what a sync wrote into the books."""
        self._db.executemany(
            "INSERT INTO documents (company, document) VALUES (?, ?)",
            ((company, encode(document)) for document in documents),
        )
        self._db.executemany(
            "INSERT OR REPLACE INTO numbers (company, kind, last) VALUES (?, ?, ?)",
            ((company, kind, last) for kind, last in last_numbers(documents).items()),
        )
        # An order's place is its invoice; a credit note only where it has no other: `booked_in`.
        notes = [document for document in documents if document.kind == "CreditNote"]
        others = [document for document in documents if document.kind != "CreditNote"]
        self._put("REPLACE", company, booked_in(others))
        self._put("IGNORE", company, booked_in(notes))

    def all(self, company: int) -> list[Document]:
        """All documents in a company's books, in the order they were written."""
        found = self._db.execute(
            "SELECT document FROM documents WHERE company = ? ORDER BY number", (company,)
        )
        return [decode_document(document) for (document,) in found]

    def last_numbers(self, company: int) -> dict[Kind, int]:
        """The highest number of each kind of document."""
        found = self._db.execute("SELECT kind, last FROM numbers WHERE company = ?", (company,))
        return dict(found.fetchall())

    def places(self, company: int, records: Iterable[RecordId]) -> dict[RecordId, str]:
        """Where those of the records are that stand in the books, as `booked_in` tells it."""
        places = {}
        for data_type, key in records:
            found = self._db.execute(
                "SELECT number FROM places WHERE company = ? AND data_type = ? AND key = ?",
                (company, data_type, key),
            ).fetchone()
            if found:
                places[data_type, key] = found[0]
        return places

    def _put(self, otherwise: str, company: int, places: Mapping[RecordId, str]) -> None:
        self._db.executemany(
            f"INSERT OR {otherwise} INTO places (company, data_type, key, number)"  # noqa: S608  (a constant word)
            " VALUES (?, ?, ?, ?)",
            ((company, *record, number) for record, number in places.items()),
        )
