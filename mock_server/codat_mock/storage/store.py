"""The database of one server, and the tables of each sandbox in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Hashable, Iterator
from contextlib import closing, contextmanager, suppress
from copy import copy
from datetime import datetime
from pathlib import Path
from threading import Lock, get_ident
from typing import Any, Final

from msgspec.structs import asdict

from codat_mock.clock import machine_seconds
from codat_mock.storage import snapshots
from codat_mock.storage.alerts import StoredAlerts
from codat_mock.storage.companies import Companies
from codat_mock.storage.datasets import Datasets
from codat_mock.storage.deferred import Deferred
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
from codat_mock.storage.snapshots import Restoring
from codat_mock.storage.syncs import Syncs
from codat_mock.storage.versions import Versions

SAVEPOINT: Final = "checkpoint"
LONGEST_SECONDS: Final = 0.05  # of a transaction that deletes
CLOSE_SECONDS: Final = 5.0  # for the transaction that is open


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
        # Its log, too, holds what was committed last.
        self._files = {each: identity(each) for each in (path, log_of(path))} if path else {}
        self._lock = Lock()
        self._turnstile = Lock()
        self._owner: int | None = None
        self._is_closed = False
        self._left_over: set[str] = set()  # names of what was restored, to be put aside
        self._meter = SizeMeter(self._db, journal_limit)
        self._held: int | None = None  # by the logs when the open transaction began
        self.sandboxes = Sandboxes(self._db, self._meter)

    @contextmanager
    def transaction(self, on_rollback: Callable[[], None] | None = None) -> Iterator[None]:
        """Keep other threads out, and write all that is done inside, or nothing.

        SQLite's own transaction begins with the first write, so that what only reads has none.
        Whoever waits goes next: a thread that comes back at once finds the turnstile taken.

        Args:
            on_rollback: called where nothing was written, while other threads are still kept out.

        Raises:
            RuntimeError: this thread is in a transaction already, and would wait for itself.
            StorageError: the machine keeps the database from working.
        """
        if self._owner == get_ident():
            raise RuntimeError("a transaction of this thread is open already")
        self._enter()
        try:
            self._begin()
            try:
                yield
                self._db.commit()
            except BaseException:
                try:
                    if self._owner == get_ident():
                        self._db.rollback()
                finally:
                    self._meter.held = self._held
                    if on_rollback:
                        on_rollback()
                raise
        except sqlite3.Error as error:
            cause = storage_error(error)
            if cause is None:
                raise
            raise cause from error
        finally:
            self._leave()

    @contextmanager
    def interruption(self) -> Iterator[None]:
        """Write what the open transaction has done until now, and let other threads go between.

        Inside, the database must not be used; after it the transaction goes on.

        Raises:
            RuntimeError: this thread has no transaction open.
            StorageError: the store was closed meanwhile.
        """
        if self._owner != get_ident():
            raise RuntimeError("no transaction of this thread is open")
        self._db.commit()
        self._leave()
        try:
            yield
        finally:
            self._enter()
            self._begin()

    def _enter(self) -> None:
        with self._turnstile:
            self._lock.acquire()
        if self._is_closed:
            self._lock.release()
            raise StorageError("the server has been stopped", is_passing=True)
        self._owner = get_ident()

    def _leave(self) -> None:
        if self._owner == get_ident():  # else the store was closed within an interruption
            self._owner = None
            self._lock.release()

    def _begin(self) -> None:
        self._held = self._meter.held
        self._check_file()

    def _check_file(self) -> None:
        """Make sure that the file is still the one that was opened.

        Raises:
            StorageError: it was deleted or replaced; what is written would be lost.
        """
        for path, opened in self._files.items():
            try:
                is_there = identity(path) == opened
            except OSError:  # nothing is known of it, and SQLite may say more
                return
            if not is_there:
                raise StorageError(
                    f"the database {path} was deleted or replaced while the server ran;"
                    " restart the server",
                    is_passing=False,
                )

    def tables(self, row: SandboxRow) -> SandboxTables:
        """What belongs to one sandbox."""
        return SandboxTables(self._db, row, self._meter, self.sandboxes)

    def snapshot(
        self, row: SandboxRow, now: datetime, give_way: Callable[[], object]
    ) -> sqlite3.Connection:
        """A sandbox with everything in it, as a database in memory, to be serialized.

        Args:
            row: the sandbox's.
            now: its time, UTC.
            give_way: called between portions, within the transaction.
        """
        return snapshots.save(self._db, row.number, now, give_way)

    @contextmanager
    def restoring(self, content: bytes) -> Iterator[Restoring]:
        """Bring the rows of a snapshot into the database, others going between.

        What has no name at the end is deleted.

        Raises:
            UnusableFile: it is no snapshot, is damaged, or of another version.
        """
        with closing(Restoring(content)) as restored:
            portions = restored.copy(self._db)
            is_over = False
            try:
                while not is_over:
                    with self.transaction():
                        until = machine_seconds() + LONGEST_SECONDS
                        is_over = next(portions, self) is self
                        while not is_over and machine_seconds() < until:
                            is_over = next(portions, self) is self
                yield restored
            finally:
                self._left_over.add(restored.name)
                with suppress(StorageError):  # `delete_discarded` does it later
                    self._put_left_over()

    def name_restored(self, restored: Restoring, name: str) -> None:
        """Make what was restored the sandbox of a name that is free."""
        restored.finish(self._db, name)
        self._meter.held = None

    def delete_discarded(self) -> None:
        """Delete what is left of deleted sandboxes and companies, others going between."""
        self._put_left_over()
        while self.sandboxes.discarded.may_be_there:
            with self.transaction():
                until = machine_seconds() + LONGEST_SECONDS
                is_there = self.sandboxes.delete_portion()
                while is_there and machine_seconds() < until:
                    is_there = self.sandboxes.delete_portion()

    def _put_left_over(self) -> None:
        """Put aside what was restored and got no name."""
        names = set(self._left_over)
        if names:
            with self.transaction():
                for name in names:
                    self.sandboxes.delete(name)
            self._left_over -= names

    def close(self) -> None:
        """Close the database, after the transaction that is open.

        What goes on in several transactions fails at its next one. Where one takes too long, the
        database stays open: the process ends without waiting for it, which undoes it.
        """
        if not self._lock.acquire(timeout=CLOSE_SECONDS):
            return
        try:
            self._is_closed = True
            self._db.close()
            if self._file_lock:
                self._file_lock.release()
        finally:
            self._lock.release()


def log_of(path: Path) -> Path:
    """The file beside a database in which SQLite keeps what was committed last."""
    return path.with_name(f"{path.name}-wal")


def identity(path: Path) -> tuple[int, int] | None:
    """Which file is at a path; None where there is none.

    Raises:
        OSError: nothing is known of it.
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


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
        remembered: what was computed from the tables, by its name, each with the state of the
            tables that it was computed from.
    """

    def __init__(
        self, db: sqlite3.Connection, row: SandboxRow, meter: SizeMeter, sandboxes: Sandboxes
    ) -> None:
        self._db = db
        self._meter = meter
        self._sandboxes = sandboxes
        self.row = row
        self.remembered: dict[Hashable, tuple[Hashable, Any]] = {}
        self._saved = self._checkpoint = copy(row)
        self._has_savepoint = False  # where nothing was written before the last checkpoint
        self._held_at_checkpoint = meter.held
        self.companies = Companies(db, row.number, sandboxes.discarded)
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
        self._deferred: tuple[Deferred[Any, Any], ...] = (
            self.request_log.waiting,
            self.findings.waiting,
        )
        self._changes = db.total_changes  # when the transaction began

    @property
    def changes(self) -> int:
        """How many rows were written since the database was opened, of all sandboxes."""
        return self._db.total_changes

    def begin(self) -> None:
        """Start a transaction's work."""
        self.companies.begin()
        self.begin_again()
        self.datasets.answers.write_lost()

    def begin_again(self) -> None:
        """Go on in a new transaction with all that was held; the one before was committed."""
        self.datasets.answers.begin()
        for deferred in self._deferred:
            deferred.begin()
        self._changes = self._db.total_changes

    def save(self) -> None:
        """Write what the transaction has left to write.

        A read leaves its log entry, the number of the request, and perhaps one more read in a
        finding: they wait for others, as a server that is killed need not know of them.
        """
        self._saved.requests = self.row.requests
        is_read = self._db.total_changes == self._changes and self.row == self._saved
        is_full = self.datasets.answers.is_full or any(each.is_full for each in self._deferred)
        if is_full or not is_read:
            self.flush()

    def flush(self) -> None:
        """Write all that waits to be written."""
        self.datasets.answers.flush()
        self.request_log.flush()
        self.findings.flush()
        self._sandboxes.save(self.row)
        self._saved = copy(self.row)

    def checkpoint(self) -> None:
        """Keep what was done until now when the rest is rolled back."""
        self._has_savepoint = self._db.in_transaction
        if self._has_savepoint:
            self._db.execute(f"SAVEPOINT {SAVEPOINT}")
        self._checkpoint, self._held_at_checkpoint = copy(self.row), self._meter.held
        for deferred in self._deferred:
            deferred.checkpoint()

    def roll_back(self) -> None:
        """Undo what was done since the last checkpoint."""
        if self._has_savepoint:
            self._db.execute(f"ROLLBACK TO {SAVEPOINT}")
        else:
            self._db.rollback()
        self._meter.held = self._held_at_checkpoint
        for deferred in self._deferred:
            deferred.roll_back()
        self._restore(self._checkpoint)

    def roll_back_all(self, row: SandboxRow) -> None:
        """Follow a rollback of the whole transaction, before which the sandbox's row was `row`."""
        self._saved = copy(row)
        for deferred in self._deferred:
            deferred.roll_back_all()
        self._restore(row)

    def _restore(self, row: SandboxRow) -> None:
        self.remembered.clear()
        for name, value in asdict(row).items():
            setattr(self.row, name, value)
        for table in (
            self.companies,
            self.preferences,
            self.datasets.answers,
            self.alerts,
            self.faults,
            self.findings,
        ):
            table.forget()
