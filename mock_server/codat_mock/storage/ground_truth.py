"""Rows of what a merchant really has, as a test declares it."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal

from codat_mock.accounting.comparison import OwnRecord
from codat_mock.clock import from_microseconds, to_microseconds
from codat_mock.models.datasets import DataType
from codat_mock.storage.chunked import chunked


class Declared:
    """The merchants' own records, by the company's number."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._changes: Counter[int] = Counter()  # by company

    def state(self, company: int) -> int:
        """A number that is another one after each change of a company's records."""
        return self._changes[company]

    def has_any(self, company: int) -> bool:
        """Whether there is a record of a company."""
        found = self._db.execute("SELECT 1 FROM declared WHERE company = ? LIMIT 1", (company,))
        return found.fetchone() is not None

    def put(self, company: int, own: OwnRecord, record: bytes) -> None:
        """Store a record's latest version.

        Args:
            company: its number.
            own: what is compared of it.
            record: its JSON, as declared.
        """
        self._changes[company] += 1
        self._db.execute(
            "INSERT OR REPLACE INTO declared (company, data_type, key, record, created, modified,"
            " amount, currency, state, is_nil) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                company, own.data_type, own.key, record,
                to_microseconds(own.created) if own.created else None,
                to_microseconds(own.modified) if own.modified else None,
                str(own.amount), own.currency, own.state, own.is_nil,
            ),
        )  # fmt: skip

    def remove(self, company: int, data_type: DataType, keys: Iterable[str]) -> None:
        """Forget records, where they are known.

        Args:
            company: its number.
            data_type: the records'.
            keys: the records'.
        """
        self._changes[company] += 1
        self._db.executemany(
            "DELETE FROM declared WHERE company = ? AND data_type = ? AND key = ?",
            ((company, data_type, key) for key in keys),
        )

    def clear(self, company: int) -> None:
        """Forget all records of a company."""
        self._changes[company] += 1
        self._db.execute("DELETE FROM declared WHERE company = ?", (company,))

    def counts(self, company: int) -> dict[DataType, int]:
        """How many records of each type there are; a type without any is left out."""
        found = self._db.execute(
            "SELECT data_type, count(*) FROM declared WHERE company = ? GROUP BY data_type",
            (company,),
        )
        return dict(found.fetchall())

    def known(self, company: int, data_type: DataType, keys: Iterable[str]) -> set[str]:
        """Those of the keys that there is a record of.

        Args:
            company: its number.
            data_type: the records'.
            keys: any number of them; they are looked up in portions.
        """
        known: set[str] = set()
        for marks, some in chunked(keys):
            found = self._db.execute(
                "SELECT key FROM declared"  # noqa: S608  (only question marks)
                f" WHERE company = ? AND data_type = ? AND key IN ({marks})",
                (company, data_type, *some),
            )
            known.update(key for (key,) in found)
        return known

    def records(
        self, company: int, data_type: DataType, keys: Iterable[str]
    ) -> Iterator[tuple[str, bytes]]:
        """The keys and JSON of those of the keys that there is a record of.

        Args:
            company: its number.
            data_type: the records'.
            keys: any number of them; they are looked up in portions.
        """
        for marks, some in chunked(keys):
            yield from self._db.execute(
                "SELECT key, record FROM declared"  # noqa: S608  (only question marks)
                f" WHERE company = ? AND data_type = ? AND key IN ({marks})",
                (company, data_type, *some),
            ).fetchall()

    def all(self, company: int) -> list[OwnRecord]:
        """What is compared of all records of a company."""
        found = self._db.execute(
            "SELECT data_type, key, created, modified, amount, currency, state, is_nil"
            " FROM declared WHERE company = ? ORDER BY data_type, key",
            (company,),
        )
        return [
            OwnRecord(
                data_type=data_type,
                key=key,
                created=None if created is None else from_microseconds(created),
                modified=None if modified is None else from_microseconds(modified),
                amount=Decimal(amount),
                currency=currency,
                state=state,
                is_nil=bool(is_nil),
            )
            for data_type, key, created, modified, amount, currency, state, is_nil in found
        ]
