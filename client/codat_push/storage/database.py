"""The SQLite file of a ledger or outbox, and transactions on it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from os import PathLike, fspath
from pathlib import Path
from threading import RLock
from typing import Any, Final

from codat_push.clock import MACHINE
from codat_push.errors import LedgerError
from codat_push.storage.tables import prepare, read_version

LOCK_SECONDS: Final = 30.0
BRIEF_SECONDS: Final = 0.0002  # between attempts at a lock; SQLite's own pauses grow to 100 ms
BEGIN: Final = "BEGIN IMMEDIATE"  # the write lock at once: no upgrade can fail later
PAGE: Final = 500  # the most records that one transaction changes: others wait no longer
CACHE_KIBIBYTES: Final = 16_000
WAL_BYTES: Final = 16_000_000  # that the write-ahead log keeps on the disk
WAL_PAGES: Final = (
    2_000  # until it is copied into the file: more than a chunk, whose pages are used again
)


class Rows(list[Any]):
    """The rows of a statement."""

    def first(self) -> Any:
        """The first row, None if there is none."""
        return self[0] if self else None


class Database:
    """A connection that threads share, one transaction at a time.

    Several processes may use one file. A transaction that has ended is on the disk, even if the
    process or the machine dies.

    Args:
        path: the file, made where there is none, or `:memory:`.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self._lock = RLock()
        self._depth = 0
        self._file = file = fspath(path)
        try:
            if file != ":memory:" and not Path(file).exists():  # it will hold a merchant's sales
                with suppress(OSError):  # SQLite says better what is wrong
                    Path(file).touch(mode=0o600)
            self._connection = sqlite3.connect(
                file, timeout=LOCK_SECONDS, isolation_level=None, check_same_thread=False
            )
        except (sqlite3.Error, ValueError) as error:  # ValueError: a path with a null character
            raise LedgerError(f"{file} cannot be used as a ledger: {error}") from error
        try:
            self._prepare()
        except (sqlite3.Error, LedgerError) as error:
            self._connection.close()
            reason = error.__cause__ or error  # of `run`, which names the file, too
            raise LedgerError(f"{file} cannot be used as a ledger: {reason}") from error

    def _prepare(self) -> None:
        with self.temporary():  # as it is at one moment, while another process makes it
            read_version(self._connection)  # before the first write, which WAL is
        self.run("PRAGMA journal_mode = WAL")
        self.run("PRAGMA synchronous = FULL")
        self.run(f"PRAGMA cache_size = -{CACHE_KIBIBYTES}")
        self.run(f"PRAGMA journal_size_limit = {WAL_BYTES}")
        self.run(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
        self.run("PRAGMA secure_delete = FAST")  # some builds write zeros over all they delete
        with self.transaction():
            prepare(self._connection)
        self.run("PRAGMA busy_timeout = 0")  # from here on, `_patiently` waits

    @contextmanager
    def transaction(self, begin: str = BEGIN) -> Iterator[None]:
        """Commit everything inside, or nothing; nested ones belong to the outermost.

        It changes at most `PAGE` records, or others wait for the file too long.
        """
        with self._lock:
            if not self._depth:
                self.run(begin)
            self._depth += 1
            try:
                yield
                if self._depth == 1:
                    self.run("COMMIT")
            except BaseException:
                if self._depth == 1 and self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")  # SQLite may have done so on a full disk
                raise
            finally:
                self._depth -= 1

    def temporary(self) -> AbstractContextManager[None]:
        """A transaction that reads the file, and changes temporary tables only."""
        return self.transaction("BEGIN")

    def in_pages(self, change: Callable[[], int], *, is_repeatable: bool = False) -> None:
        """Call a function in transactions of its own, with a gap for others between them.

        Args:
            change: changes at most `PAGE` records and returns how many; fewer means the end.
            is_repeatable: whether it is done again if the machine dies, so that it need not be on
                the disk before the next other transaction is.
        """
        while True:
            unsynchronised = self._unsynchronised() if is_repeatable else nullcontext()
            with self._lock, unsynchronised, self.transaction():
                count = change()
            if count < PAGE:
                return
            self.pause()

    @contextmanager
    def _unsynchronised(self) -> Iterator[None]:
        if self._depth:  # SQLite does not allow it inside a transaction
            yield
            return
        self.run("PRAGMA synchronous = NORMAL")
        try:
            yield
        finally:
            self._connection.execute("PRAGMA synchronous = FULL")

    def pause(self) -> None:
        """Let other threads and processes have the file, unless a transaction is open."""
        if not self._depth:
            MACHINE.sleep(BRIEF_SECONDS)

    @contextmanager
    def dry_run(self) -> Iterator[None]:
        """Roll back everything done inside."""
        with self._lock:
            if self._depth:
                raise LedgerError("a dry run cannot begin inside a transaction")
            self.run(BEGIN)
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                self.run("ROLLBACK")

    def run(self, statement: str, *values: Any) -> Rows:
        """Run one statement, and return all its rows.

        No statement stays open: what another thread then begins would read the file as it was, and
        fail at once if another process has written since ("database is locked").

        Raises:
            LedgerError: the file cannot be used, such as on a full disk, or another process has
                kept it locked for 30 seconds.
        """
        return self._patiently(self._connection.execute, statement, values)

    def run_many(self, statement: str, rows: Iterable[Any]) -> None:
        """Run one statement for each row of values, inside a transaction.

        Raises:
            LedgerError: as `run`.
        """
        self._patiently(self._connection.executemany, statement, rows)

    def _patiently(self, execute: Callable[..., Any], statement: str, values: Any) -> Rows:
        """Execute a statement; outside a transaction, wait while another process has the lock."""
        until: float | None = None
        with self._lock:
            while True:
                try:
                    return Rows(execute(statement, values))
                except sqlite3.Error as error:
                    code = getattr(error, "sqlite_errorcode", 0) or 0
                    until = until or MACHINE.monotonic() + LOCK_SECONDS
                    is_busy = code & 0xFF == sqlite3.SQLITE_BUSY  # extended codes included
                    if not is_busy or self._depth or MACHINE.monotonic() > until:
                        hint = "; is the disk full?" if code & 0xFF == sqlite3.SQLITE_IOERR else ""
                        message = f"{self._file} cannot be used now: {error}{hint}"
                        raise LedgerError(message) from error
                MACHINE.sleep(BRIEF_SECONDS)

    def close(self) -> None:
        """Close the file; what was not committed is rolled back."""
        with self._lock:
            self._connection.close()
