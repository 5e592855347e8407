"""The embedded store: SQLite, in memory or in one file. All SQL lives in this package."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from codat_mock.clock import Clock
from codat_mock.storage.alerts import AlertRow, Event, StoredAlerts
from codat_mock.storage.companies import Companies, CompanyRow
from codat_mock.storage.datasets import DatasetRow, Datasets, KnownRow
from codat_mock.storage.documents import Documents
from codat_mock.storage.faults import FaultRow, PlannedFaults
from codat_mock.storage.findings import Findings
from codat_mock.storage.ground_truth import Declared
from codat_mock.storage.link_sessions import LinkSession, LinkSessions
from codat_mock.storage.planned_outcomes import Outcomes
from codat_mock.storage.preferences import Preferences
from codat_mock.storage.request_log import DEFAULT_LIMIT, RequestLogTable, SizeMeter
from codat_mock.storage.sandboxes import Sandboxes, SandboxRow
from codat_mock.storage.schema import UnusableFile, connect
from codat_mock.storage.syncs import SyncRow, Syncs
from codat_mock.storage.versions import Versions

__all__ = [
    "AlertRow",
    "CompanyRow",
    "DatasetRow",
    "Event",
    "FaultRow",
    "KnownRow",
    "LinkSession",
    "SandboxRow",
    "SandboxTables",
    "Store",
    "SyncRow",
    "UnusableFile",
]


class Store:
    """The database of one server.

    Args:
        path: the file, or None to keep everything in memory.
        journal_limit: how many bytes the request journals may take.

    Raises:
        UnusableFile: the file cannot be used.
    """

    def __init__(self, path: Path | None = None, journal_limit: int = DEFAULT_LIMIT) -> None:
        self._db = connect(path)
        self._lock = Lock()
        self._turnstile = Lock()
        self._meter = SizeMeter(self._db, journal_limit)
        self.sandboxes = Sandboxes(self._db, self._meter)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep others out, and write all that is done inside or nothing of it.

        Who waits goes next: a thread that comes back at once finds the turnstile taken.
        """
        with self._turnstile:
            self._lock.acquire()
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                self._meter.forget()
                raise
            self._db.execute("COMMIT")
        finally:
            self._lock.release()

    def tables(self, name: str, clock: Clock) -> SandboxTables:
        """What belongs to one sandbox, made with that clock on first use."""
        return SandboxTables(self._db, self.sandboxes.get_or_add(name, clock), self._meter)

    def close(self) -> None:
        """Close the database; a transaction under way is ended first."""
        with self._lock:
            self._db.close()


class SandboxTables:
    """One sandbox's part of the store, to be used inside a transaction."""

    def __init__(self, db: sqlite3.Connection, row: SandboxRow, meter: SizeMeter) -> None:
        self.row = row
        self.companies = Companies(db, row.number)
        self.codes = LinkSessions(db, row.number)
        self.preferences = Preferences(db, row.number)
        self.datasets = Datasets(db)
        self.versions = Versions(db)
        self.syncs = Syncs(db)
        self.documents = Documents(db)
        self.declared = Declared(db)
        self.outcomes = Outcomes(db, row.number)
        self.alerts = StoredAlerts(db, row.number)
        self.faults = PlannedFaults(db, row.number)
        self.findings = Findings(db, row.number)
        self.journal = RequestLogTable(db, row.number, meter)
