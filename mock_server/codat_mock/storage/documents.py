"""Rows of documents in the books, and what the next sync needs of them."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Final

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import asdict

from codat_mock.accounting.documents import (
    BookedRecord,
    Document,
    Kind,
    RecordId,
    last_numbers,
)
from codat_mock.accounting.reconciliation import (
    ORDERS,
    PAYMENTS,
    BookedOrder,
    BookedPayment,
    Earlier,
)
from codat_mock.models.datasets import DataType
from codat_mock.models.decoding import decoder
from codat_mock.storage.chunked import chunked

ROWS_AT_ONCE: Final = 200
# These are in no text, whose quotes have a backslash before them.
BEFORE_RECORDS: Final = b'"records":['
BETWEEN_RECORDS: Final = b'},{"dataType":"'
encode = msgspec.json.Encoder(decimal_format="number").encode
decode_document = decoder(Document)
decode_order = decoder(BookedOrder)
decode_payment = decoder(BookedPayment)


class StoredRecords(Struct):
    """The records of a document as they are stored."""

    records: Raw


class StoredDocument(Document, kw_only=True):
    """A document whose records are the JSON that is stored: there may be very many."""

    records: Raw  # type: ignore[assignment]


class FirstRecords(Struct):
    """The first records of a document."""

    records: list[BookedRecord]


class RecordName(Struct, gc=False, rename="camel"):
    """A record in a document by its name, and the sync that booked it."""

    data_type: DataType
    key: str
    sync_id: str = ""


decode_records = decoder(StoredRecords)
decode_stored = decoder(StoredDocument)
decode_first = decoder(FirstRecords)
decode_names = msgspec.json.Decoder(list[RecordName]).decode


def in_part(stored: bytes, count: int) -> tuple[Document, list[RecordName]]:
    """A document with its first records, and the names of all: amounts take most of the time.

    Args:
        stored: the whole document, JSON.
        count: how many records it keeps at most.
    """
    document = decode_stored(stored)
    start = end = stored.find(BEFORE_RECORDS)  # -1 where somebody else has written it
    for _ in range(count):
        if end >= 0:
            end = stored.find(BETWEEN_RECORDS, end + 1)
    first = decode_first(stored if end < 0 else b"{%b}]}" % stored[start:end]).records[:count]
    return Document(**{**asdict(document), "records": first}), decode_names(document.records)


class BooksRows(Struct, frozen=True):
    """What a sync wrote, as rows without their company.

    Args:
        documents: their numbers, dates and JSON, in the order in which they were written.
        numbers: the highest number of each kind of document.
        booked: what each order owes now, and the payments: their types, keys, JSON, and whether a
            refund is still to be repaid, or what was credited may have a refund to come.
    """

    documents: Sequence[tuple[str, str, bytes]]
    numbers: Sequence[tuple[Kind, int]]
    booked: Sequence[tuple[DataType, str, bytes, bool]]


def rows_of(
    documents: Sequence[Document],
    orders: Mapping[str, BookedOrder],
    payments: Mapping[str, BookedPayment],
) -> BooksRows:
    """What a sync wrote, as rows: making them needs no database.

    Args:
        documents: in the order in which they were written.
        orders: what each order owes now, by its key.
        payments: the payments that were booked, by their keys.
    """
    booked = [(ORDERS, key, encode(order), order.is_open) for key, order in orders.items()]
    booked += [(PAYMENTS, key, encode(payment), False) for key, payment in payments.items()]
    return BooksRows(
        documents=[(each.number, each.date, encode(each)) for each in documents],
        numbers=[*last_numbers(documents).items()],
        booked=sorted(booked),
    )


class Documents:
    """The books of companies, by the company's number."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._changes: Counter[tuple[int, str]] = Counter()  # by company and number

    def add(
        self,
        company: int,
        written: BooksRows,
    ) -> None:
        """Store what a sync wrote.

        Args:
            company: its number.
            written: as `rows_of` makes it; a document whose number is stored already replaces
                that.
        """
        self._changes.update((company, number) for number, _, _ in written.documents)
        self._db.executemany(
            f"INSERT INTO documents (company, name, date, document) VALUES ({company:d}, ?, ?, ?)"  # noqa: S608  (a number)
            " ON CONFLICT (company, name) DO UPDATE SET document = excluded.document",
            written.documents,
        )
        self._db.executemany(
            f"INSERT INTO numbers (company, kind, last) VALUES ({company:d}, ?, ?)"  # noqa: S608  (a number)
            " ON CONFLICT (company, kind) DO UPDATE SET last = max(last, excluded.last)",
            written.numbers,
        )
        rest = iter(written.booked)
        while some := [*islice(rest, ROWS_AT_ONCE)]:  # two thirds of the time of each alone
            marks = ", ".join([f"({company:d}, ?, ?, ?, ?)"] * len(some))
            self._db.execute(
                "INSERT OR REPLACE INTO booked (company, data_type, key, record, is_due_back)"  # noqa: S608  (a number)
                f" VALUES {marks}",
                [*chain.from_iterable(some)],
            )

    def all(self, company: int) -> list[bytes]:
        """All documents in a company's books as JSON, in the order in which they were written."""
        found = self._db.execute(
            "SELECT document FROM documents WHERE company = ? ORDER BY number", (company,)
        )
        return [document for (document,) in found]

    def states(self, company: int) -> list[tuple[str, int]]:
        """The numbers of a company's documents in the order of `all`.

        Beside each stands a number that is another one after each change of the document.
        """
        found = self._db.execute(
            "SELECT name FROM documents WHERE company = ? ORDER BY number", (company,)
        )
        return [(name, self._changes[company, name]) for (name,) in found]

    def find(self, company: int, number: str) -> bytes:
        """One document as JSON.

        Args:
            company: its number.
            number: the document's, such as `INV-0001`.
        """
        (found,) = self._db.execute(
            "SELECT document FROM documents WHERE company = ? AND name = ?", (company, number)
        ).fetchone()
        return bytes(found)

    def with_record(self, company: int, data_type: DataType, key: str) -> list[str]:
        """The numbers of the documents that contain a record, in the order of their writing.

        Args:
            company: its number.
            data_type: the record's.
            key: the record's.
        """
        named = b'"dataType":%b,"key":%b,' % (encode(data_type), encode(key))
        found = self._db.execute(
            "SELECT name FROM documents WHERE company = ? AND instr(document, ?) ORDER BY number",
            (company, named),
        )
        return [name for (name,) in found]

    def naming(self, company: int, text: str) -> list[bytes]:
        """The documents, as JSON, with a record whose key starts with a text.

        Args:
            company: its number.
            text: any.
        """
        found = self._db.execute(
            "SELECT document FROM documents WHERE company = ? AND instr(document, ?)"
            " ORDER BY number",
            (company, b'"key":%b' % encode(text)[:-1]),
        )
        return [document for (document,) in found]

    def last_numbers(self, company: int) -> dict[Kind, int]:
        """The highest number of each kind of document."""
        found = self._db.execute("SELECT kind, last FROM numbers WHERE company = ?", (company,))
        return dict(found.fetchall())

    def earlier(
        self, company: int, records: Iterable[RecordId], days: Iterable[str] = ()
    ) -> Earlier:
        """What earlier syncs booked of some records, and on some days.

        Args:
            company: its number.
            records: orders and payments. The orders of the payments found are answered, too, and
                those whose refund is not repaid, and what was credited without one.
            days: whose documents are read, ISO 8601.
        """
        named: dict[DataType, list[str]] = defaultdict(list)
        for data_type, key in records:
            named[data_type].append(key)
        stored = self._booked(company, PAYMENTS, named[PAYMENTS])
        payments = {key: decode_payment(found) for key, found in stored}
        of_payments = (payment.order for payment in payments.values())
        keys = dict.fromkeys(chain(named[ORDERS], of_payments, self._due_back(company)))
        stored = self._booked(company, ORDERS, keys)
        orders = {key: decode_order(found) for key, found in stored}
        return Earlier(orders, payments, self.of_days(company, days))

    def of_days(self, company: int, days: Iterable[str]) -> list[Document]:
        """The documents of some days, ISO 8601."""
        return [document for day in days for document in self._of_day(company, day)]

    def _due_back(self, company: int) -> list[str]:
        found = self._db.execute(
            # SQLite would read all of the company instead, since its key begins with the company.
            "SELECT key FROM booked INDEXED BY booked_due_back"
            " WHERE company = ? AND is_due_back = 1",
            (company,),
        )
        return [key for (key,) in found]

    def _of_day(self, company: int, day: str) -> list[Document]:
        found = self._db.execute(
            "SELECT document FROM documents WHERE company = ? AND date = ? ORDER BY number",
            (company, day),
        )
        return [decode_document(document) for (document,) in found]

    def _booked(
        self, company: int, data_type: str, keys: Iterable[str]
    ) -> Iterator[tuple[str, bytes]]:
        for marks, some in chunked(keys):
            yield from self._db.execute(
                "SELECT key, record FROM booked"  # noqa: S608  (only question marks)
                f" WHERE company = ? AND data_type = ? AND key IN ({marks})",
                (company, data_type, *some),
            )
