"""The SQLite file of a ledger or outbox, and transactions on it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from os import PathLike, fspath
from threading import RLock
from typing import Any, Final

from codat_push.errors import LedgerError
from codat_push.storage.tables import prepare, read_version

LOCK_SECONDS: Final = 30.0
BEGIN: Final = "BEGIN IMMEDIATE"  # the write lock at once: no upgrade can fail later


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
            self._connection = sqlite3.connect(
                file, timeout=LOCK_SECONDS, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise LedgerError(f"{file} cannot be used as a ledger: {error}") from error
        try:
            self._prepare()
        except (sqlite3.Error, LedgerError) as error:
            self._connection.close()
            raise LedgerError(f"{file} cannot be used as a ledger: {error}") from error

    def _prepare(self) -> None:
        with self._lock:
            read_version(self._connection)  # before the first write, which WAL is
            self.run("PRAGMA journal_mode = WAL")
            self.run("PRAGMA synchronous = FULL")
            with self.transaction():
                prepare(self._connection)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit everything inside, or nothing; nested ones belong to the outermost."""
        with self._lock:
            if not self._depth:
                self.run(BEGIN)
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if not self._depth and self._connection.in_transaction:
                    self.run("ROLLBACK")  # SQLite does so itself on a full disk
                raise
            self._depth -= 1
            if not self._depth:
                self.run("COMMIT")

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
        with self._lock:
            try:
                return Rows(self._connection.execute(statement, values))
            except sqlite3.Error as error:
                raise LedgerError(f"{self._file} cannot be used now: {error}") from error

    def each(self, statement: str, *values: Any) -> Iterator[Any]:
        """The rows of one statement, read as they are needed, inside a transaction.

        Raises:
            LedgerError: as `run`.
        """
        with self._lock, closing(self._connection.cursor()) as cursor:
            try:
                yield from cursor.execute(statement, values)
            except sqlite3.Error as error:
                raise LedgerError(f"{self._file} cannot be used now: {error}") from error

    def run_many(self, statement: str, rows: Any) -> None:
        """Run one statement for each row of values."""
        with self._lock:
            try:
                self._connection.executemany(statement, rows)
            except sqlite3.Error as error:
                raise LedgerError(f"{self._file} cannot be used now: {error}") from error

    def close(self) -> None:
        """Close the file; what was not committed is rolled back."""
        with self._lock:
            self._connection.close()
