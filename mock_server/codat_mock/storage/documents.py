"""Rows of documents in the books, and what the next sync needs of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from codat_mock.accounting.documents import Document, Kind, RecordId, last_numbers
from codat_mock.accounting.reconciliation import (
    ORDERS,
    PAYMENTS,
    BookedOrder,
    BookedPayment,
    Earlier,
)
from codat_mock.models.decoding import decoder

encode = msgspec.json.Encoder(decimal_format="number").encode
decode_document = decoder(Document)
decode_order = decoder(BookedOrder)
decode_payment = decoder(BookedPayment)


class Documents:
    """The books of companies, by the company's number."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(
        self,
        company: int,
        documents: Sequence[Document],
        orders: Mapping[str, BookedOrder],
        payments: Mapping[str, BookedPayment],
    ) -> None:
        """Store what a sync wrote.

        Args:
            company: its number.
            documents: in the order in which they were written.
            orders: what each order owes now, by its key.
            payments: the payments that were booked, by their keys.
        """
        self._db.executemany(
            "INSERT INTO documents (company, document) VALUES (?, ?)",
            ((company, encode(document)) for document in documents),
        )
        self._db.executemany(
            "INSERT OR REPLACE INTO numbers (company, kind, last) VALUES (?, ?, ?)",
            ((company, kind, last) for kind, last in last_numbers(documents).items()),
        )
        booked = [(ORDERS, key, encode(order)) for key, order in orders.items()]
        booked += [(PAYMENTS, key, encode(payment)) for key, payment in payments.items()]
        self._db.executemany(
            "INSERT OR REPLACE INTO booked (company, data_type, key, record) VALUES (?, ?, ?, ?)",
            ((company, *each) for each in booked),
        )

    def all(self, company: int) -> list[Document]:
        """All documents in a company's books, in the order in which they were written."""
        found = self._db.execute(
            "SELECT document FROM documents WHERE company = ? ORDER BY number", (company,)
        )
        return [decode_document(document) for (document,) in found]

    def last_numbers(self, company: int) -> dict[Kind, int]:
        """The highest number of each kind of document."""
        found = self._db.execute("SELECT kind, last FROM numbers WHERE company = ?", (company,))
        return dict(found.fetchall())

    def earlier(self, company: int, records: Iterable[RecordId]) -> Earlier:
        """The orders and payments of earlier syncs that some records belong to.

        The orders of the payments found are among them.
        """
        payments: dict[str, BookedPayment] = {}
        keys: dict[str, None] = {}
        for data_type, key in records:
            if data_type == ORDERS:
                keys[key] = None
            elif data_type == PAYMENTS and (found := self._booked(company, PAYMENTS, key)):
                payments[key] = decode_payment(found)
                keys[payments[key].order] = None
        stored = ((key, self._booked(company, ORDERS, key)) for key in keys)
        return Earlier({key: decode_order(found) for key, found in stored if found}, payments)

    def _booked(self, company: int, data_type: str, key: str) -> bytes | None:
        row = self._db.execute(
            "SELECT record FROM booked WHERE company = ? AND data_type = ? AND key = ?",
            (company, data_type, key),
        ).fetchone()
        return row[0] if row else None
