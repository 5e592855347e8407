"""The embedded store: SQLite, in memory or in one file. All SQL lives in this package."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from codat_mock.clock import Clock
from codat_mock.store.alerts import AlertRow, Happening, StoredAlerts
from codat_mock.store.codes import Codes, Visit
from codat_mock.store.companies import Companies, CompanyRow
from codat_mock.store.datasets import DatasetRow, Datasets, KnownRow
from codat_mock.store.declared import Declared
from codat_mock.store.documents import Documents
from codat_mock.store.faults import FaultRow, PlannedFaults
from codat_mock.store.findings import Findings
from codat_mock.store.journal import DEFAULT_LIMIT, Journal, Meter
from codat_mock.store.outcomes import Outcomes
from codat_mock.store.preferences import Preferences
from codat_mock.store.sandboxes import Sandboxes, SandboxRow
from codat_mock.store.schema import UnusableFile, connect
from codat_mock.store.syncs import SyncRow, Syncs
from codat_mock.store.versions import Versions

__all__ = [
    "AlertRow",
    "CompanyRow",
    "DatasetRow",
    "FaultRow",
    "Happening",
    "KnownRow",
    "SandboxRow",
    "Shelf",
    "Store",
    "SyncRow",
    "UnusableFile",
    "Visit",
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
        self._meter = Meter(self._db, journal_limit)
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

    def shelf(self, name: str, clock: Clock) -> Shelf:
        """What belongs to one sandbox, made with that clock on first use."""
        return Shelf(self._db, self.sandboxes.get_or_add(name, clock), self._meter)

    def close(self) -> None:
        """Close the database; a transaction under way is ended first."""
        with self._lock:
            self._db.close()


class Shelf:
    """One sandbox's part of the store, to be used inside a transaction."""

    def __init__(self, db: sqlite3.Connection, row: SandboxRow, meter: Meter) -> None:
        self.row = row
        self.companies = Companies(db, row.number)
        self.codes = Codes(db, row.number)
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
        self.journal = Journal(db, row.number, meter)
