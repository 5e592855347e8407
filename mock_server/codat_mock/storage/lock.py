"""One server per database file, even if a server is killed: the system releases the lock."""

from __future__ import annotations

import sqlite3
from pathlib import Path


class FileLock:
    """The right to use a database file, held by an open transaction on a file beside it.

    The file beside it stays, empty. A server holds what it needs often in memory, which a second
    server on the same file would make stale.

    Args:
        path: the database file.

    Raises:
        BlockingIOError: another process holds the lock.
    """

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(
            f"{path}-lock", timeout=0, isolation_level=None, check_same_thread=False
        )
        try:
            self._connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            self._connection.close()
            raise BlockingIOError(str(path)) from error

    def release(self) -> None:
        """Let another server have the file."""
        self._connection.close()
