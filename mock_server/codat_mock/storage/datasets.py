"""Rows of datasets, and the versions of records that they brought.

A push is stored as one blob, its body; a version is a pointer into it.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain
from typing import Final, Literal, NamedTuple

import msgspec
from msgspec import Struct

from codat_mock.clock import from_microseconds, to_microseconds
from codat_mock.domain.dataset_lifecycle import Plan
from codat_mock.models.datasets import DataType
from codat_mock.models.pushes import split_push
from codat_mock.rules.contexts import Request
from codat_mock.storage.answers import Answers
from codat_mock.storage.chunked import chunked

encode = msgspec.json.encode
decode_plan = msgspec.json.Decoder(Plan).decode
decode_request = msgspec.json.Decoder(Request).decode

VERSIONS_AT_ONCE: Final = 200  # of four values: SQLite may be built to take 999 in a statement
Row = tuple[int, str, str, DataType, int, int, bytes, bytes, int, int, int, int]
COLUMNS: Final = (
    "number, id, connection, data_type, requested, ends, plan, request, is_answered, is_polled,"
    " is_read, is_alerted"
)


class DatasetRow(Struct):
    """A dataset without the body of its push.

    Args:
        is_polled: whether it was read by its id.
        is_read: whether its end was read, by its id or in the list.
        is_alerted: whether an alert of its end was delivered.
        number: 0 until it is stored.
    """

    id: str
    connection_id: str
    data_type: DataType
    requested: datetime
    ends: datetime
    plan: Plan
    request: Request
    is_answered: bool = True
    is_polled: bool = False
    is_read: bool = False
    is_alerted: bool = False
    number: int = 0


class NewVersion(NamedTuple):
    """A version that a dataset brings.

    Args:
        position: of its record in the push, from 0.
        created: its `createdDate`, microseconds since 1970; None where it has none.
        is_delete: whether it says that the record is deleted.
    """

    key: str
    position: int
    created: int | None
    is_delete: bool


class KnownRow(Struct, frozen=True, gc=False):
    """The latest version of a key.

    Args:
        dataset: the dataset that brought it.
        carrier: the dataset that carried it last: a repeat of a version whose answer was lost
            brings no new version, and yet it is that repeat's answer that counts from then on.
        is_synced: whether any version of the key has been synced.
    """

    key: str
    dataset: int
    position: int
    is_delete: bool
    carrier: int
    is_synced: bool


class Datasets:
    """The datasets of companies, by the company's number."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.answers = Answers(db)
        self._changes: Counter[int] = Counter()  # by company

    def add(self, company: int, row: DatasetRow, body: bytes) -> int:
        """Store a dataset with the body of its push; gives its number.

        Args:
            company: its number.
            row: the dataset; its own number is not used.
            body: the bytes of the push, as received.
        """
        self._changes[company] += 1
        added = self._db.execute(
            "INSERT INTO datasets (company, id, connection, data_type, requested, ends, plan,"
            " request, is_answered, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, zeroblob(?))",
            (
                company,
                row.id,
                row.connection_id,
                row.data_type,
                to_microseconds(row.requested),
                to_microseconds(row.ends),
                encode(row.plan),
                encode(row.request),
                row.is_answered,
                len(body),
            ),
        )
        number = added.lastrowid or 0
        with self._db.blobopen("datasets", "body", number) as blob:
            blob.write(body)  # copied once; as a value of the statement, three times
        if not row.is_answered:
            self.answers.expect(company, row.id)
        return number

    def delete(self, company: int, connection_id: str) -> None:
        """Delete what was pushed over a connection, with the versions that it brought."""
        self._changes[company] += 1
        of_connection = "SELECT number FROM datasets WHERE company = ? AND connection = ?"
        self._db.execute(
            f"DELETE FROM versions WHERE company = ? AND dataset IN ({of_connection})",  # noqa: S608  (constant)
            (company, company, connection_id),
        )
        self._db.execute(
            "DELETE FROM datasets WHERE company = ? AND connection = ?", (company, connection_id)
        )

    def delete_push(self, company: int, number: int) -> None:
        """Delete a dataset that no sync has seen, with the versions that it brought.

        Args:
            company: its number.
            number: the dataset's.
        """
        self._changes[company] += 1
        self._db.execute(
            "DELETE FROM versions WHERE company = ? AND dataset = ? AND synced IS NULL",
            (company, number),
        )
        self._db.execute("DELETE FROM datasets WHERE company = ? AND number = ?", (company, number))

    def find(self, company: int, dataset_id: str) -> DatasetRow | None:
        """The dataset of that id."""
        return self._first("company = ? AND id = ?", (company, dataset_id))

    def by_number(self, number: int) -> DatasetRow:
        """The dataset of that number, which a version points to."""
        found = self._first("number = ?", (number,))
        if found is None:
            raise LookupError(number)
        return found

    def latest(self, company: int, data_type: DataType) -> DatasetRow | None:
        """The dataset of that data type pushed last."""
        condition = "company = ? AND data_type = ? ORDER BY number DESC LIMIT 1"
        return self._first(condition, (company, data_type))

    def all(self, company: int) -> list[DatasetRow]:
        """A company's datasets, the latest first."""
        found = self._db.execute(
            f"SELECT {COLUMNS} FROM datasets WHERE company = ? ORDER BY number DESC",  # noqa: S608  (constant columns)
            (company,),
        )
        return [self._read(row) for row in found]

    def last(self, company: int, limit: int) -> list[DatasetRow]:
        """The datasets pushed last, the latest first.

        Args:
            company: its number.
            limit: how many of them to read.
        """
        found = self._db.execute(
            f"SELECT {COLUMNS} FROM datasets WHERE company = ? ORDER BY number DESC LIMIT ?",  # noqa: S608  (constant columns)
            (company, limit),
        )
        return [self._read(row) for row in found]

    def state(self, company: int) -> int:
        """A number that is another one after each push, and each deletion of one."""
        return self._changes[company]

    def count(self, company: int) -> int:
        """How many datasets a company has."""
        query = "SELECT count(*) FROM datasets WHERE company = ?"
        return int(self._db.execute(query, (company,)).fetchone()[0])

    def within(
        self, company: int, first: datetime, last: datetime, limit: int
    ) -> tuple[list[DatasetRow], int]:
        """The last datasets pushed in a span, the earliest first, and how many there are in all.

        Args:
            company: its number.
            first: where the span begins, UTC.
            last: where it ends, UTC; what was pushed then is left out.
            limit: how many of them to read.
        """
        values = (company, to_microseconds(first), to_microseconds(last))
        condition = "company = ? AND requested >= ? AND requested < ?"
        (count,) = self._db.execute(
            f"SELECT count(*) FROM datasets WHERE {condition}",  # noqa: S608  (constant)
            values,
        ).fetchone()
        found = self._db.execute(
            f"SELECT {COLUMNS} FROM datasets WHERE {condition} ORDER BY number DESC LIMIT ?",  # noqa: S608  (constants)
            (*values, limit),
        )
        return [self._read(row) for row in found][::-1], count

    def last_end(self, company: int, now: datetime) -> datetime | None:
        """When the last dataset that has ended by `now` did."""
        (last,) = self._db.execute(
            "SELECT max(ends) FROM datasets WHERE company = ? AND ends <= ?",
            (company, to_microseconds(now)),
        ).fetchone()
        return None if last is None else from_microseconds(last)

    def pushed_types(self, company: int) -> set[str]:
        """The data types that have been pushed at least once."""
        found = self._db.execute(
            "SELECT DISTINCT data_type FROM datasets WHERE company = ?", (company,)
        )
        return {data_type for (data_type,) in found}

    def pushes(self, company: int) -> list[tuple[datetime, Request]]:
        """When each push of a company came, in their order."""
        found = self._db.execute(
            "SELECT requested, request FROM datasets WHERE company = ? ORDER BY number", (company,)
        )
        return [(from_microseconds(at), decode_request(request)) for at, request in found]

    def unfinished(self, company: int, now: datetime) -> list[DatasetRow]:
        """The datasets that have not ended by `now`."""
        found = self._db.execute(
            f"SELECT {COLUMNS} FROM datasets WHERE company = ? AND ends > ?",  # noqa: S608  (constant columns)
            (company, to_microseconds(now)),
        )
        return [self._read(row) for row in found]

    def ended(self, company: int, after: datetime, until: datetime) -> list[DatasetRow]:
        """The datasets that ended after a moment, and until another, in the order of their ends.

        Args:
            company: its number.
            after: UTC; an end at this moment is left out.
            until: UTC; an end at this moment is included.
        """
        found = self._db.execute(
            f"SELECT {COLUMNS} FROM datasets WHERE company = ? AND ends > ? AND ends <= ?"  # noqa: S608  (constant columns)
            " ORDER BY ends, number",
            (company, to_microseconds(after), to_microseconds(until)),
        )
        return [self._read(row) for row in found]

    def failed_later(self, row: DatasetRow, company: int) -> list[DatasetRow]:
        """The datasets of the same type pushed after one that brought nothing either."""
        found = self._db.execute(
            f"SELECT {COLUMNS} FROM datasets WHERE company = ? AND data_type = ? AND number > ?",  # noqa: S608  (constant columns)
            (company, row.data_type, row.number),
        )
        later = map(self._read, found)
        return [each for each in later if each.plan.outcome != "Complete"]

    def failed(self, company: int, data_type: DataType) -> list[DatasetRow]:
        """The datasets of a company and data type that do not end in Complete."""
        return [
            each
            for each in self.all(company)
            if each.data_type == data_type and each.plan.outcome != "Complete"
        ]

    def unanswered(self, company: int, data_type: DataType) -> list[DatasetRow]:
        """The datasets of a company and data type whose push got no answer."""
        found = self._db.execute(
            f"SELECT {COLUMNS} FROM datasets"  # noqa: S608  (constant columns)
            " WHERE company = ? AND data_type = ? AND is_answered = 0 ORDER BY number",
            (company, data_type),
        )
        # Answers that were sent, and are still to be written so, count as received: the records of
        # those pushes need not be read again at each push.
        return [read(row) for row in found if not self.answers.is_expected(row[1])]

    def brought(self, company: int, number: int) -> list[tuple[str, datetime | None]]:
        """The keys of the versions that a dataset brought, with when each was created."""
        found = self._db.execute(
            "SELECT key, created FROM versions"
            " WHERE company = ? AND dataset = ? AND is_delete = 0 ORDER BY position",
            (company, number),
        )
        return [(key, None if at is None else from_microseconds(at)) for key, at in found]

    def deleted(self, company: int, number: int) -> list[str]:
        """The keys of the records that a dataset deleted."""
        found = self._db.execute(
            "SELECT key FROM versions"
            " WHERE company = ? AND dataset = ? AND is_delete = 1 ORDER BY key",
            (company, number),
        )
        return [key for (key,) in found]

    def mark_seen(self, number: int, *, is_polled: bool, is_read: bool) -> None:
        """Note that a dataset was read by its id, or its end read.

        What was noted before stays.

        Args:
            number: the dataset's.
            is_polled: whether it was read by its id.
            is_read: whether it had ended when it was read.
        """
        self._db.execute(
            "UPDATE datasets SET is_polled = is_polled | ?, is_read = is_read | ? WHERE number = ?",
            (is_polled, is_read, number),
        )

    def mark_alerted(self, company: int, dataset_id: str) -> None:
        """Note that an alert of a dataset's end was delivered."""
        self._db.execute(
            "UPDATE datasets SET is_alerted = 1 WHERE company = ? AND id = ?", (company, dataset_id)
        )

    def raw_records(self, number: int) -> list[bytes]:
        """The bytes of each record in a dataset's push."""
        (data_type,) = self._db.execute(
            "SELECT data_type FROM datasets WHERE number = ?", (number,)
        ).fetchone()
        return [bytes(raw) for raw in split_push(data_type, self.body(number))]

    def body(self, number: int) -> bytes:
        """The body of a dataset's push."""
        with self._db.blobopen("datasets", "body", number, readonly=True) as blob:
            return blob.read()  # a SELECT would copy it once more

    def known(
        self,
        company: int,
        data_type: DataType,
        keys: Iterable[str],
        *,
        condition: Literal["", "NOT is_delete", "synced IS NOT NULL"] = "",
    ) -> dict[str, KnownRow]:
        """The latest versions of those keys, by key; what is not known is left out.

        Args:
            company: its number.
            data_type: the records'.
            keys: any number of them; they are looked up in portions.
            condition: of the versions that count; empty for all.
        """
        known: dict[str, KnownRow] = {}
        which = f" AND {condition}" if condition else ""
        for marks, some in chunked(keys):
            found = self._db.execute(
                "SELECT key, max(dataset), position, is_delete, carrier, count(synced)"  # noqa: S608  (only question marks)
                " FROM versions"
                f" WHERE company = ? AND data_type = ? AND key IN ({marks}){which}"
                " GROUP BY key",  # else records that change often would cost each of their versions
                (company, data_type, *some),
            )
            for key, dataset, position, is_delete, carrier, synced in found:
                known[key] = KnownRow(key, dataset, position, is_delete == 1, carrier, synced > 0)
        return known

    def carry(self, company: int, data_type: DataType, keys: Iterable[str], dataset: int) -> None:
        """Note that a dataset carried the latest versions of those keys once more.

        Args:
            company: its number.
            data_type: the records'.
            keys: the records'; one that is not known is passed over.
            dataset: the number of the dataset that repeats them.
        """
        self._db.executemany(
            "UPDATE versions SET carrier = :dataset"
            " WHERE company = :company AND data_type = :data_type AND key = :key"
            " AND dataset = (SELECT max(dataset) FROM versions"
            " WHERE company = :company AND data_type = :data_type AND key = :key)",
            (
                {"dataset": dataset, "company": company, "data_type": data_type, "key": key}
                for key in keys
            ),
        )

    def has_versions(self, company: int, data_type: DataType) -> bool:
        """Whether any record of that data type is known."""
        found = self._db.execute(
            "SELECT 1 FROM versions WHERE company = ? AND data_type = ? LIMIT 1",
            (company, data_type),
        )
        return found.fetchone() is not None

    def add_versions(
        self, company: int, data_type: DataType, dataset: int, versions: Sequence[NewVersion]
    ) -> None:
        """Store the versions that a dataset brought.

        Args:
            company: its number.
            data_type: the records'.
            dataset: the dataset's number.
            versions: in the order of their keys.
        """
        # One statement for many takes half the time of one for each.
        for start in range(0, len(versions), VERSIONS_AT_ONCE):
            some = versions[start : start + VERSIONS_AT_ONCE]
            self._db.execute(
                "INSERT INTO versions"  # noqa: S608  (only question marks)
                " (company, data_type, dataset, carrier, key, position, created, is_delete)"
                " SELECT ?, ?, ?, ?, *"
                f" FROM (VALUES {', '.join(['(?, ?, ?, ?)'] * len(some))})",
                (company, data_type, dataset, dataset, *chain.from_iterable(some)),
            )

    def _read(self, row: Row) -> DatasetRow:
        """A row, whose answer counts as received while this server runs."""
        dataset = read(row)
        dataset.is_answered = dataset.is_answered or self.answers.is_expected(dataset.id)
        return dataset

    def _first(self, condition: str, values: tuple[object, ...]) -> DatasetRow | None:
        found = self._db.execute(
            f"SELECT {COLUMNS} FROM datasets WHERE {condition}",  # noqa: S608  (constant conditions)
            values,
        ).fetchone()
        return self._read(found) if found else None


def read(row: Row) -> DatasetRow:
    """A row as the database gives it."""
    number, id_, connection, data_type, requested, ends, plan, request = row[:8]
    is_answered, is_polled, is_read, is_alerted = map(bool, row[8:])
    return DatasetRow(
        id_,
        connection,
        data_type,
        from_microseconds(requested),
        from_microseconds(ends),
        decode_plan(plan),
        decode_request(request),
        is_answered,
        is_polled,
        is_read,
        is_alerted,
        number,
    )
