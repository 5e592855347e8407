"""One worker per file: a lock that the system releases when the process dies."""

from __future__ import annotations

import sqlite3

from codat_push.errors import LedgerError


class WorkerLock:
    """The right to push from a file, held as an open transaction on a lock file beside it.

    The lock file stays, empty. Keeps rule S05 across processes.

    Args:
        path: the outbox's or ledger's file.
    """

    def __init__(self, path: str) -> None:
        self._path = f"{path}-worker"
        self._connection: sqlite3.Connection | None = None

    def take(self) -> None:
        """Take the lock, unless this object holds it already.

        Raises:
            LedgerError: another worker holds it.
        """
        if self._connection is not None:
            return
        try:
            connection = sqlite3.connect(
                self._path, timeout=0, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise LedgerError(f"the lock file {self._path} cannot be used: {error}") from error
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            connection.close()
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                message = f"another worker pushes from this file (it holds {self._path})"
            else:
                message = f"the lock file {self._path} cannot be used: {error}"
            raise LedgerError(message) from error
        self._connection = connection

    def release(self) -> None:
        """Release the lock, if this object holds it."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
