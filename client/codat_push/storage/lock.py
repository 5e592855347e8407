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
        connection = sqlite3.connect(
            self._path, timeout=0, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            connection.close()
            raise LedgerError(f"another worker pushes from this outbox ({self._path})") from error
        self._connection = connection

    def release(self) -> None:
        """Release the lock, if this object holds it."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
