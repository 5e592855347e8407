"""The one SQLite file of a ledger or outbox: its tables, and transactions on it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike, fspath
from threading import RLock
from typing import Any, Final

from codat_push.errors import LedgerError

MARK: Final = 0x636F6461  # "coda": tells a file of ours from any other
VERSION: Final = 2
LOCK_SECONDS: Final = 30.0
WORD: Final = "BEGIN IMMEDIATE"

TABLES: Final = """
-- A company and data type; `history` says whether the service lists datasets: null is not asked.
CREATE TABLE stream (
  stream INTEGER PRIMARY KEY, company TEXT NOT NULL, data_type TEXT NOT NULL, history INTEGER,
  UNIQUE (company, data_type)
);
-- The version of each record that the service accepted last; moments in microseconds since 1970.
CREATE TABLE known (
  stream INTEGER NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, digest BLOB NOT NULL,
  created INTEGER, modified INTEGER, properties INTEGER NOT NULL, accepted INTEGER NOT NULL,
  PRIMARY KEY (stream, id, kind)
) WITHOUT ROWID;
-- The records whose delete the service has accepted: their keys are not used again.
CREATE TABLE deleted (
  stream INTEGER NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, PRIMARY KEY (stream, id, kind)
) WITHOUT ROWID;
-- What has to be sent, in order; without a body it is a delete; with a push it is on its way.
CREATE TABLE waiting (
  place INTEGER PRIMARY KEY, stream INTEGER NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL,
  body BLOB, digest BLOB, created INTEGER, modified INTEGER, properties INTEGER,
  recorded REAL NOT NULL, push INTEGER
);
CREATE INDEX waiting_by_key ON waiting (stream, id, kind);
CREATE INDEX waiting_by_push ON waiting (stream, push, place);
-- Pushes that are on their way, or whose dataset failed and whose records are to be sent again.
CREATE TABLE push (
  push INTEGER PRIMARY KEY AUTOINCREMENT, stream INTEGER NOT NULL, dataset TEXT,
  failed INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX one_push_at_a_time ON push (stream) WHERE NOT failed;
-- Datasets seen so far, to know a new one by.
CREATE TABLE dataset (
  stream INTEGER NOT NULL, id TEXT NOT NULL, PRIMARY KEY (stream, id)
) WITHOUT ROWID;
-- The companies that were found linked and mapped before their first push.
CREATE TABLE company (company TEXT PRIMARY KEY);
-- What has been synced: records created before `boundary` and accepted by `ran`; and, while a sync
-- runs, where its period ends.
CREATE TABLE sync (
  company TEXT PRIMARY KEY, boundary INTEGER NOT NULL, ran INTEGER NOT NULL, running_to INTEGER
);
-- What may not be sent, for people to see to.
CREATE TABLE refused (
  stream INTEGER NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, body BLOB, reason TEXT NOT NULL,
  detail TEXT NOT NULL, PRIMARY KEY (stream, id, kind)
);
-- When an outbox does the next thing for a stream; seconds since 1970, pauses in seconds.
CREATE TABLE agenda (
  stream INTEGER PRIMARY KEY, due REAL NOT NULL, since REAL NOT NULL, poll_pause REAL,
  retry_pause REAL, most_records INTEGER, error TEXT
);
CREATE TABLE quiet (
  one INTEGER PRIMARY KEY CHECK (one = 1), until REAL NOT NULL, since REAL NOT NULL
);
"""


class Database:
    """A connection that threads share, one transaction at a time.

    Several processes may use one file. What a transaction has done is on the disk once it ends,
    whatever becomes of the process or the machine.

    Args:
        path: the file, made where there is none, or `:memory:`.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self._lock = RLock()
        self._depth = 0
        file = fspath(path)
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
            self._check()  # before the first write, which WAL is: a foreign file stays as it is
            self.run("PRAGMA journal_mode = WAL")
            self.run("PRAGMA synchronous = FULL")
            with self.transaction():
                if not self._check():
                    for statement in TABLES.split(";\n"):
                        self.run(statement)
                    self.run(f"PRAGMA application_id = {MARK}")
                    self.run(f"PRAGMA user_version = {VERSION}")

    def _check(self) -> bool:
        """Whether the file has its tables; raises where it is not ours, or of another version."""
        (mark,) = self.run("PRAGMA application_id").fetchone()
        (version,) = self.run("PRAGMA user_version").fetchone()
        (tables,) = self.run("SELECT count(*) FROM sqlite_master").fetchone()
        if tables and (mark, version) != (MARK, VERSION):
            raise LedgerError("it is not a ledger of this version; give another file")
        return bool(tables)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing of what is done inside; inside another one, a part of that."""
        with self._lock:
            if not self._depth:
                self.run(WORD)
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if not self._depth:
                    self.run("ROLLBACK")
                raise
            self._depth -= 1
            if not self._depth:
                self.run("COMMIT")

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """Nothing of what is done inside stays."""
        with self._lock:
            if self._depth:
                raise LedgerError("a rehearsal cannot begin inside a transaction")
            self.run(WORD)
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                self.run("ROLLBACK")

    def run(self, statement: str, *values: Any) -> sqlite3.Cursor:
        """Run one statement."""
        with self._lock:
            return self._connection.execute(statement, values)

    def run_many(self, statement: str, rows: Any) -> None:
        """Run one statement for each row of values."""
        with self._lock:
            self._connection.executemany(statement, rows)

    def close(self) -> None:
        """Close the file; what was not committed is undone."""
        with self._lock:
            self._connection.close()
