"""One worker to a file, even if it is killed: a lock that the system takes back by itself."""

from __future__ import annotations

import sqlite3

from codat_push.errors import LedgerError


class WorkerLock:
    """The right to push from an outbox, held by an open transaction on a file beside it.

    The file stays there, empty; who holds the lock is in no file. Keeps rule S05 across processes.

    Args:
        path: the outbox's file.
    """

    def __init__(self, path: str) -> None:
        self._path = f"{path}-worker"
        self._connection: sqlite3.Connection | None = None

    def take(self) -> None:
        """Take the lock, unless this object has it.

        Raises:
            LedgerError: another worker has it.
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

    def give_back(self) -> None:
        """Give the lock back, if this object has it."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
