"""Which versions of records wait for a sync, and which were picked by one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from codat_mock.accounting.selection import Version
from codat_mock.clock import from_microseconds, to_microseconds
from codat_mock.models.datasets import DataType
from codat_mock.rules.contexts import Request
from codat_mock.storage.datasets import decode_request


class Versions:
    """The versions of companies' records as syncs see them, by the company's number."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def candidates(
        self, company: int, start: datetime, finish: datetime, since: datetime, now: datetime
    ) -> Iterable[Version]:
        """The versions of every record that a sync could pick; with none, nothing is read.

        Args:
            company: its number.
            start: of the period, UTC.
            finish: of the period, UTC.
            since: when the last successful sync looked. Each that looks takes all changes of what
                is in the books, so that only later ones can still wait.
            now: when the sync looks, UTC.
        """
        return self._of_keys(
            company,
            "SELECT data_type, key FROM versions"
            " WHERE company = ? AND synced IS NULL AND created >= ? AND created < ?"
            " UNION SELECT w.data_type, w.key FROM datasets e"
            " JOIN versions w ON w.dataset = e.number"
            " WHERE e.company = ? AND e.ends >= ? AND e.ends <= ? AND w.synced IS NULL"
            " UNION SELECT data_type, key FROM versions"
            " WHERE company = ? AND deferred = 1 AND synced IS NULL",
            (
                company,
                *map(to_microseconds, (start, finish)),
                company,
                *map(to_microseconds, (since, now)),
                company,
            ),
        )

    def waiting(self, company: int, edge: datetime) -> Iterable[Version]:
        """The versions of records not yet synced, created before `edge` or at no known time."""
        return self._of_keys(
            company,
            "SELECT DISTINCT data_type, key FROM versions"
            " WHERE company = ? AND synced IS NULL AND (created < ? OR created IS NULL)",
            (company, to_microseconds(edge)),
        )

    def deferred(self, company: int) -> Iterable[Version]:
        """The versions of records that a sync has picked and could not book."""
        return self._of_keys(
            company,
            "SELECT data_type, key FROM versions"
            " WHERE company = ? AND deferred = 1 AND synced IS NULL",
            (company,),
        )

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

    def _of_keys(self, company: int, keys: str, values: tuple[object, ...]) -> Iterable[Version]:
        """All versions of the keys that a query finds, each key's in the order of acceptance."""
        found = self._db.execute(
            f"WITH named (data_type, key) AS ({keys})"  # noqa: S608  (constant queries)
            " SELECT v.data_type, v.key, v.dataset, v.position, v.created, d.ends, v.is_delete,"
            " v.synced, v.deferred FROM named n CROSS JOIN versions v"
            " ON v.company = ? AND v.data_type = n.data_type AND v.key = n.key"
            " JOIN datasets d ON d.number = v.dataset ORDER BY v.data_type, v.key, v.dataset",
            (*values, company),
        )
        for data_type, key, dataset, position, created, ends, is_delete, synced, deferred in found:
            yield Version(
                position,
                data_type,
                key,
                dataset,
                None if created is None else from_microseconds(created),
                from_microseconds(ends),
                bool(is_delete),
                synced is not None,
                bool(deferred),
            )

    def mark_deferred(self, company: int, versions: Iterable[Version]) -> None:
        """Note that the next sync takes those versions again."""
        self._db.executemany(
            "UPDATE versions SET deferred = 1"
            " WHERE company = ? AND data_type = ? AND key = ? AND dataset = ?",
            ((company, v.data_type, v.key, v.dataset) for v in versions),
        )

    def mark_synced(self, company: int, sync: int, versions: Iterable[Version]) -> None:
        """Note which sync picked those versions.

        Args:
            company: its number.
            sync: the sync's number.
            versions: those that are in the books now, or are left out for good.
        """
        self._db.executemany(
            "UPDATE versions SET synced = ?"
            " WHERE company = ? AND data_type = ? AND key = ? AND dataset = ?",
            ((sync, company, v.data_type, v.key, v.dataset) for v in versions),
        )
