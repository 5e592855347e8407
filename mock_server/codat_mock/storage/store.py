"""The database of one server, and the tables of each sandbox in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from threading import Lock, get_ident
from typing import Final

from msgspec.structs import asdict

from codat_mock.storage.alerts import StoredAlerts
from codat_mock.storage.companies import Companies
from codat_mock.storage.datasets import Datasets
from codat_mock.storage.documents import Documents
from codat_mock.storage.errors import StorageError, storage_error
from codat_mock.storage.faults import PlannedFaults
from codat_mock.storage.findings import Findings
from codat_mock.storage.ground_truth import Declared
from codat_mock.storage.link_sessions import LinkSessions
from codat_mock.storage.lock import FileLock
from codat_mock.storage.planned_outcomes import Outcomes
from codat_mock.storage.preferences import Preferences
from codat_mock.storage.request_log import DEFAULT_LIMIT_BYTES, RequestLogTable, SizeMeter
from codat_mock.storage.sandboxes import Sandboxes, SandboxRow
from codat_mock.storage.schema import UnusableFile, connect
from codat_mock.storage.syncs import Syncs
from codat_mock.storage.versions import Versions

SAVEPOINT: Final = "checkpoint"
CONFIRMED_AT_ONCE: Final = 50  # answers that were sent; fewer are written when the server ends


class Store:
    """The database of one server.

    Args:
        path: the file; None keeps everything in memory.
        journal_limit: how many bytes the request logs of all sandboxes may take.

    Raises:
        UnusableFile: the file cannot be used.
    """

    def __init__(self, path: Path | None = None, journal_limit: int = DEFAULT_LIMIT_BYTES) -> None:
        self._path = path
        self._db = connect(path)
        self._file_lock = lock(path, self._db) if path else None
        self._file = (0, 0)
        if path:
            status = path.stat()
            self._file = (status.st_dev, status.st_ino)
        self._lock = Lock()
        self._turnstile = Lock()
        self._owner: int | None = None
        self._meter = SizeMeter(self._db, journal_limit)
        self.sandboxes = Sandboxes(self._db, self._meter)

    @contextmanager
    def transaction(self, on_rollback: Callable[[], None] | None = None) -> Iterator[None]:
        """Keep other threads out, and write all that is done inside, or nothing.

        Whoever waits goes next: a thread that comes back at once finds the turnstile taken.

        Args:
            on_rollback: called where nothing was written, while other threads are still kept out.

        Raises:
            RuntimeError: this thread is in a transaction already, and would wait for itself.
            StorageError: the machine keeps the database from working.
        """
        if self._owner == get_ident():
            raise RuntimeError("a transaction of this thread is open already")
        with self._turnstile:
            self._lock.acquire()
        self._owner = get_ident()
        held = self._meter.held
        try:
            self._check_file()
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                try:
                    if self._db.in_transaction:
                        self._db.execute("ROLLBACK")
                finally:
                    self._meter.held = held
                    if on_rollback:
                        on_rollback()
                raise
        except sqlite3.Error as error:
            cause = storage_error(error)
            if cause is None:
                raise
            raise cause from error
        finally:
            self._owner = None
            self._lock.release()

    def _check_file(self) -> None:
        """Make sure that the file is still the one that was opened.

        Raises:
            StorageError: it was deleted or replaced; what is written would be lost.
        """
        if self._path is None:
            return
        try:
            status = self._path.stat()
        except FileNotFoundError:
            is_there = False
        except OSError:  # nothing is known of it, and SQLite may say more
            return
        else:
            is_there = (status.st_dev, status.st_ino) == self._file
        if not is_there:
            raise StorageError(
                f"the database {self._path} was deleted or replaced while the server ran;"
                " restart the server",
                is_passing=False,
            )

    def tables(self, row: SandboxRow) -> SandboxTables:
        """What belongs to one sandbox."""
        return SandboxTables(self._db, row, self._meter)

    def close(self) -> None:
        """Close the database, after the transaction that is open."""
        with self._lock:
            self._db.close()
            if self._file_lock:
                self._file_lock.release()


def lock(path: Path, db: sqlite3.Connection) -> FileLock:
    """Keep other servers from an opened file.

    Raises:
        UnusableFile: another server uses it.
    """
    try:
        return FileLock(path)
    except BlockingIOError:
        db.close()
        raise UnusableFile(
            f"{path} is in use by another codat-mock server; stop it, or choose another file"
        ) from None


class SandboxTables:
    """One sandbox's part of the database, to be used inside a transaction.

    It lives as long as its sandbox, and holds what every request needs in memory. Nobody else
    writes to the database, so that only a rollback makes that stale.

    Attributes:
        row: the sandbox's own row; `save` writes it.
    """

    def __init__(self, db: sqlite3.Connection, row: SandboxRow, meter: SizeMeter) -> None:
        self._db = db
        self._meter = meter
        self.row = row
        self._saved = self._checkpoint = copy(row)
        self._held_at_checkpoint = meter.held
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
        self.request_log = RequestLogTable(db, row.number, meter)

    def begin(self) -> None:
        """Start a transaction's work: companies are read afresh, and then once."""
        self.companies.forget_rows()
        self.datasets.begin()

    def save(self) -> None:
        """Write the sandbox's own row where it has changed."""
        self.datasets.flush(CONFIRMED_AT_ONCE)
        if self.row != self._saved:
            Sandboxes(self._db, self._meter).save(self.row)
            self._saved = copy(self.row)

    def checkpoint(self) -> None:
        """Keep what was done until now when the rest is rolled back."""
        self._db.execute(f"SAVEPOINT {SAVEPOINT}")
        self._checkpoint, self._held_at_checkpoint = copy(self.row), self._meter.held

    def roll_back(self) -> None:
        """Undo what was done since the last checkpoint."""
        self._db.execute(f"ROLLBACK TO {SAVEPOINT}")
        self._meter.held = self._held_at_checkpoint
        self._restore(self._checkpoint)

    def roll_back_all(self, row: SandboxRow) -> None:
        """Follow a rollback of the whole transaction, before which the sandbox's row was `row`."""
        self._saved = copy(row)
        self._restore(row)

    def _restore(self, row: SandboxRow) -> None:
        for name, value in asdict(row).items():
            setattr(self.row, name, value)
        for table in (
            self.companies,
            self.preferences,
            self.datasets,
            self.alerts,
            self.faults,
            self.findings,
        ):
            table.forget()
