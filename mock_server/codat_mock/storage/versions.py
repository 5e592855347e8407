"""Which versions of records wait for a sync, and which were picked by one."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from heapq import merge
from itertools import chain, groupby, islice
from operator import itemgetter
from typing import Final

from codat_mock.accounting.selection import Version
from codat_mock.clock import from_microseconds, to_microseconds
from codat_mock.models.datasets import DataType
from codat_mock.rules.contexts import Request
from codat_mock.storage.chunked import chunked
from codat_mock.storage.datasets import decode_request

ROWS_AT_ONCE: Final = 2000
EARLIEST: Final = -(2**62)
BEFORE_ALL: Final = {"data_type": "", "key": "", "dataset": -1}
PLACE: Final = ("data_type", "key", "dataset")
GiveWay = Callable[[], None]
Names = list[tuple[DataType, str]]
Place = tuple[DataType, str, int]  # of a version: its record, and the number of its dataset
VersionRow = tuple[DataType, str, int, int, int | None, int, int, int | None, int]


def as_versions(rows: Iterable[VersionRow]) -> Iterator[Version]:
    """The versions in rows of the database; making them needs it no more."""
    completed: dict[int, datetime] = {}  # the records of a push have it in common
    for data_type, key, dataset, position, created, ends, is_delete, synced, deferred in rows:
        completes = completed.get(ends) or completed.setdefault(ends, from_microseconds(ends))
        yield Version(
            position,
            data_type,
            key,
            dataset,
            None if created is None else from_microseconds(created),
            completes,
            bool(is_delete),
            synced is not None,
            bool(deferred),
        )


def places(versions: Iterable[Version]) -> list[Place]:
    """Where versions are."""
    return [(each.data_type, each.key, each.dataset) for each in versions]


def by_push(places: Iterable[Place]) -> Iterable[tuple[tuple[DataType, int], list[str]]]:
    """The keys of the versions in some places, by their data type and dataset."""
    keys: dict[tuple[DataType, int], list[str]] = defaultdict(list)
    for data_type, key, dataset in places:
        keys[data_type, dataset].append(key)
    return keys.items()


def no_way() -> None:
    """Let nobody go between."""


def in_order(names: Iterable[tuple[DataType, str]]) -> Iterator[tuple[DataType, str]]:
    """Names in their order, sorted a few at a time: a sort of very many holds the interpreter."""
    rest = iter(names)
    portions = []
    while some := [*islice(rest, 10 * ROWS_AT_ONCE)]:
        portions.append(sorted(some))
    return merge(*portions) if len(portions) > 1 else chain(*portions)


class Versions:
    """The versions of companies' records as syncs see them, by the company's number."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def candidates(
        self,
        company: int,
        start: datetime,
        finish: datetime,
        since: datetime,
        now: datetime,
        give_way: GiveWay = no_way,
    ) -> list[VersionRow]:
        """The versions of every record that a sync could pick; with none, nothing is read.

        Args:
            company: its number.
            start: of the period, UTC.
            finish: of the period, UTC.
            since: when the last successful sync looked. Each that looks takes all changes of what
                is in the books, so that only later ones can still wait.
            now: when the sync looks, UTC.
            give_way: is called between portions.
        """
        ended = self._db.execute(
            "SELECT number FROM datasets WHERE company = ? AND ends >= ? AND ends <= ?",
            (company, *map(to_microseconds, (since, now))),
        ).fetchall()
        return self._of_keys(
            company,
            chain(
                self._created(company, *map(to_microseconds, (start, finish))),
                *(self._brought(company, number) for (number,) in ended),
                self._deferred(company),
            ),
            give_way,
        )

    def waiting(self, company: int, edge: datetime, give_way: GiveWay = no_way) -> list[VersionRow]:
        """The versions of records not yet synced, created before `edge` or at no known time.

        Args:
            company: its number.
            edge: UTC.
            give_way: is called between portions.
        """
        early = self._created(company, EARLIEST, to_microseconds(edge))
        undated = self._pages(
            "waiting_by_creation",
            "company = ? AND synced IS NULL AND created IS NULL",
            (company,),
            PLACE,
        )
        return self._of_keys(company, chain(early, undated), give_way)

    def deferred(self, company: int, give_way: GiveWay = no_way) -> list[VersionRow]:
        """The versions of records that a sync has picked and could not book.

        Args:
            company: its number.
            give_way: is called between portions.
        """
        return self._of_keys(company, self._deferred(company), give_way)

    def _created(self, company: int, start: int, finish: int) -> Iterator[Names]:
        """What waits and was created in a period, in microseconds since 1970.

        What was created at the same moment as the last of a portion has pages of its own, which
        begin where it ended: the index leads to it at once.
        """
        after = start - 1
        while True:
            found = self._db.execute(
                "SELECT created, data_type, key, dataset FROM versions"
                " INDEXED BY waiting_by_creation WHERE company = ? AND synced IS NULL"
                " AND created > ? AND created < ?"
                " ORDER BY created, data_type, key, dataset LIMIT ?",
                (company, after, finish, ROWS_AT_ONCE),
            ).fetchall()
            yield [(data_type, key) for _, data_type, key, _ in found]
            if len(found) < ROWS_AT_ONCE:
                return
            after, *place = found[-1]
            yield from self._pages(
                "waiting_by_creation",
                "company = ? AND synced IS NULL AND created = ?",
                (company, after),
                PLACE,
                tuple(place),
            )

    def _brought(self, company: int, dataset: int) -> Iterator[Names]:
        """What waits of a dataset."""
        return self._pages(
            "waiting_by_dataset",
            "dataset = ? AND company = ? AND synced IS NULL",
            (dataset, company),
            ("data_type", "key"),
        )

    def _deferred(self, company: int) -> Iterator[Names]:
        """What waits because a sync could not book it."""
        return self._pages(
            "deferred", "company = ? AND deferred = 1 AND synced IS NULL", (company,), PLACE
        )

    def _pages(
        self,
        index: str,
        condition: str,
        values: tuple[object, ...],
        order: tuple[str, ...],
        after: tuple[object, ...] | None = None,
    ) -> Iterator[Names]:
        """The data types and keys of versions, in portions.

        Args:
            index: has the versions in that order.
            condition: of the versions.
            values: for its question marks.
            order: columns, which tell every two versions apart.
            after: where they begin, of those columns; None for all.
        """
        columns, marks = ", ".join(order), ", ".join("?" * len(order))
        last = after or tuple(BEFORE_ALL[name] for name in order)
        while True:
            found = self._db.execute(
                f"SELECT data_type, key, {columns} FROM versions INDEXED BY {index}"  # noqa: S608  (constants)
                f" WHERE {condition} AND ({columns}) > ({marks}) ORDER BY {columns} LIMIT ?",
                (*values, *last, ROWS_AT_ONCE),
            ).fetchall()
            yield [(data_type, key) for data_type, key, *_ in found]
            if len(found) < ROWS_AT_ONCE:
                return
            last = found[-1][2:]

    def _of_keys(self, company: int, pages: Iterable[Names], give_way: GiveWay) -> list[VersionRow]:
        """All versions of the keys in some pages, each key's in the order of acceptance.

        Args:
            company: its number.
            pages: of data types and keys, which may come several times.
            give_way: is called between portions.
        """
        names: dict[tuple[DataType, str], None] = {}
        for page in pages:
            names |= dict.fromkeys(page)
            if len(page) == ROWS_AT_ONCE:
                give_way()
        rows: list[VersionRow] = []
        for data_type, keys in groupby(in_order(names), key=itemgetter(0)):
            for marks, some in chunked(key for _, key in keys):
                rows += self._db.execute(
                    "SELECT v.data_type, v.key, v.dataset, v.position, v.created, d.ends,"  # noqa: S608  (only question marks)
                    " v.is_delete, v.synced, v.deferred FROM versions v"
                    " CROSS JOIN datasets d ON d.number = v.dataset"
                    f" WHERE v.company = ? AND v.data_type = ? AND v.key IN ({marks})"
                    " ORDER BY v.key, v.dataset",
                    (company, data_type, *some),
                )
                give_way()
        return rows

    def has_any(self, company: int) -> bool:
        """Whether any record was accepted."""
        found = self._db.execute("SELECT 1 FROM versions WHERE company = ? LIMIT 1", (company,))
        return found.fetchone() is not None

    def count(self, company: int) -> int:
        """The number of records that were accepted, and are not deleted."""
        query = (
            "SELECT COUNT(*) FROM (SELECT is_delete, max(dataset) FROM versions"
            " WHERE company = ? GROUP BY data_type, key) WHERE NOT is_delete"
        )
        return int(self._db.execute(query, (company,)).fetchone()[0])

    def count_waiting(self, company: int) -> int:
        """The number of records that no sync has picked, and that are not deleted."""
        query = (
            "SELECT COUNT(*) FROM versions v"
            " WHERE company = ? AND synced IS NULL AND NOT is_delete"
            " AND NOT EXISTS (SELECT 1 FROM versions w WHERE w.company = v.company"
            " AND w.data_type = v.data_type AND w.key = v.key AND w.dataset > v.dataset)"
        )
        return int(self._db.execute(query, (company,)).fetchone()[0])

    def arrivals(self, company: int, data_type: DataType) -> dict[str, datetime]:
        """When each record of a type was pushed first, by key, of those that were accepted."""
        found = self._db.execute(
            "SELECT v.key, min(d.requested) FROM versions v JOIN datasets d ON d.number = v.dataset"
            " WHERE v.company = ? AND v.data_type = ? AND v.is_delete = 0 GROUP BY v.key",
            (company, data_type),
        )
        return {key: from_microseconds(requested) for key, requested in found}

    def pushes(self, company: int, data_type: DataType, key: str) -> list[Request]:
        """The pushes that brought versions of a record, in the order of acceptance.

        Args:
            company: its number.
            data_type: the record's.
            key: the record's.
        """
        found = self._db.execute(
            "SELECT d.request FROM versions v JOIN datasets d ON d.number = v.dataset"
            " WHERE v.company = ? AND v.data_type = ? AND v.key = ? ORDER BY v.dataset",
            (company, data_type, key),
        )
        return [decode_request(request) for (request,) in found]

    def keys(self, company: int, search: str, limit: int) -> list[tuple[DataType, str]]:
        """The data types and keys of records whose key holds a text, in order.

        Args:
            company: its number.
            search: any text; empty for all.
            limit: how many at most.
        """
        return self._db.execute(
            "SELECT DISTINCT data_type, key FROM versions"
            " WHERE company = ? AND instr(key, ?) > 0 ORDER BY data_type, key LIMIT ?",
            (company, search, limit),
        ).fetchall()

    def history(
        self, company: int, data_type: DataType, key: str
    ) -> list[tuple[int, int, bool, int | None]]:
        """The versions of a record, the first first.

        Args:
            company: its number.
            data_type: the record's.
            key: the record's.

        Returns:
            Of each the number of its dataset, its position there, whether it is a delete, and the
            number of the sync that took it.
        """
        found = self._db.execute(
            "SELECT dataset, position, is_delete, synced FROM versions"
            " WHERE company = ? AND data_type = ? AND key = ? ORDER BY dataset",
            (company, data_type, key),
        )
        return [(dataset, position, bool(gone), sync) for dataset, position, gone, sync in found]

    def mark_deferred(self, company: int, places: Iterable[Place]) -> None:
        """Note that the next sync takes those versions again."""
        self._db.executemany(
            f"UPDATE versions SET deferred = 1 WHERE company = {company:d}"  # noqa: S608  (a number)
            " AND data_type = ? AND key = ? AND dataset = ?",
            places,
        )

    def mark_synced(self, company: int, sync: int, places: Iterable[Place]) -> None:
        """Note which sync picked those versions.

        Args:
            company: its number.
            sync: the sync's number.
            places: those that are in the books now, or are left out for good.
        """
        for (data_type, dataset), keys in by_push(places):
            for marks, some in chunked(keys):  # half the time of a statement for each
                self._db.execute(
                    "UPDATE versions SET synced = ? WHERE company = ? AND data_type = ?"  # noqa: S608  (only question marks)
                    f" AND dataset = ? AND key IN ({marks})",
                    (sync, company, data_type, dataset, *some),
                )
