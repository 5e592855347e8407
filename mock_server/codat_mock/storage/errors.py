"""What the machine does to the database, and what to do about it."""

from __future__ import annotations

import re
import sqlite3
from typing import Final

from codat_mock.storage.schema import TABLE_NAMES

MISSING: Final = re.compile(r"no such table: (?:main\.)?(\w+)")

PASSING: Final = {
    sqlite3.SQLITE_FULL: "disk full",
    sqlite3.SQLITE_BUSY: "the database is locked by another program",
    sqlite3.SQLITE_LOCKED: "the database is locked by another program",
    sqlite3.SQLITE_IOERR: "the disk cannot be read or written",
    sqlite3.SQLITE_READONLY: "the database cannot be written",
    sqlite3.SQLITE_CANTOPEN: "the database cannot be opened; too many files may be open",
    sqlite3.SQLITE_NOMEM: "out of memory",
}
LASTING: Final = {
    sqlite3.SQLITE_CORRUPT: "the database is damaged; restore it from a copy, or delete it",
    sqlite3.SQLITE_NOTADB: "the database is damaged; restore it from a copy, or delete it",
}


class StorageError(Exception):
    """The machine keeps the database from working; nothing of the transaction was written.

    Args:
        message: what is wrong, in one line.
        is_passing: whether the same request may succeed later.
    """

    def __init__(self, message: str, *, is_passing: bool) -> None:
        super().__init__(message)
        self.message = message
        self.is_passing = is_passing


def storage_error(error: BaseException | None) -> StorageError | None:
    """The cause of an error that is the machine's; None where it is a fault of the mock."""
    if isinstance(error, StorageError):
        return error
    if not isinstance(error, sqlite3.Error):
        return None
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # without the details of extended codes
    if code in PASSING:
        return StorageError(f"{PASSING[code]}: {error}", is_passing=True)
    if code in LASTING:
        return StorageError(f"{LASTING[code]}: {error}", is_passing=False)
    missing = MISSING.fullmatch(str(error))
    if missing and missing[1] in TABLE_NAMES:
        damage = LASTING[sqlite3.SQLITE_CORRUPT]
        return StorageError(f"{damage}: the table '{missing[1]}' is missing", is_passing=False)
    return None
