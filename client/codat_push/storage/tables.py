"""The tables of a ledger's file, and the migrations that bring older files to them."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Sequence
from typing import Final

from codat_push.content import microseconds
from codat_push.encoding import read_json
from codat_push.errors import LedgerError

APPLICATION_ID: Final = 0x43505553  # "CPUS": tells a client's file from any other
SERVER_APPLICATION_ID: Final = 0x434D4F4B  # "CMOK": a mock server's database
SHARED_APPLICATION_ID: Final = 0x636F6461  # of both, up to schema 2: their tables tell them apart
VERSION: Final = 7
FIRST_TABLES: Final = {"stream", "known", "waiting", "push"}  # in every file with the shared id

TABLES: Final = """
-- A company and data type; `history`: whether the service lists datasets, null: not asked.
CREATE TABLE stream (
  stream INTEGER PRIMARY KEY, company TEXT NOT NULL, data_type TEXT NOT NULL, history INTEGER,
  UNIQUE (company, data_type)
);
-- The version of each record that the service accepted last; moments in microseconds since 1970.
-- `source`: the fingerprint of the record as it was given; null: unknown.
CREATE TABLE known (
  stream INTEGER NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, digest BLOB NOT NULL,
  created INTEGER, modified INTEGER, properties INTEGER NOT NULL, accepted INTEGER NOT NULL,
  revision INTEGER NOT NULL DEFAULT 0, source BLOB, PRIMARY KEY (stream, id, kind)
) WITHOUT ROWID;
-- The records whose delete the service has accepted: their keys are not used again.
CREATE TABLE deleted (
  stream INTEGER NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, PRIMARY KEY (stream, id, kind)
) WITHOUT ROWID;
-- What has to be sent, in order. A push: it is on its way. No body: a delete. An integer for a
-- body: it is in `joined`.
CREATE TABLE queue (
  place INTEGER PRIMARY KEY, stream INTEGER NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL,
  body BLOB, digest BLOB, created INTEGER, modified INTEGER, properties INTEGER,
  recorded REAL NOT NULL, push INTEGER, revision INTEGER NOT NULL DEFAULT 0, source BLOB
);
CREATE INDEX queue_by_key ON queue (stream, id, kind);
CREATE INDEX queue_by_push ON queue (stream, push, place);
-- The bodies of rows that were put into a push as they were given, up to the place of the last.
CREATE TABLE joined (
  push INTEGER NOT NULL, last INTEGER NOT NULL, bodies BLOB NOT NULL, PRIMARY KEY (push, last)
) WITHOUT ROWID;
-- Counts the changes of the file, so that a snapshot knows what is newer than itself.
CREATE TABLE revision (one INTEGER PRIMARY KEY CHECK (one = 1), value INTEGER NOT NULL);
-- Pushes that are on their way, or whose dataset failed and whose records are to be sent again.
-- `posted`: when the request was sent, seconds since 1970; null: it was not; 0: unknown.
-- `answered`: whether an answer came, so that the push cannot arrive later.
CREATE TABLE push (
  push INTEGER PRIMARY KEY AUTOINCREMENT, stream INTEGER NOT NULL, dataset TEXT,
  failed INTEGER NOT NULL DEFAULT 0, posted REAL, answered INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX one_push_at_a_time ON push (stream) WHERE NOT failed;
-- Datasets seen so far, to know a new one by; `requested` in microseconds since 1970.
CREATE TABLE dataset (
  stream INTEGER NOT NULL, id TEXT NOT NULL, requested INTEGER, PRIMARY KEY (stream, id)
) WITHOUT ROWID;
-- Pushes that were given up although they may still arrive, and since when.
CREATE TABLE abandoned (
  push INTEGER PRIMARY KEY, stream INTEGER NOT NULL, posted REAL NOT NULL
);
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
-- When an outbox takes the next step for a stream; seconds since 1970, pauses in seconds.
CREATE TABLE retry_schedule (
  stream INTEGER PRIMARY KEY, due REAL NOT NULL, since REAL NOT NULL, poll_pause REAL,
  retry_pause REAL, max_records INTEGER, error TEXT
);
-- Until when nothing is sent for a company, or, where it is empty, for anybody.
CREATE TABLE retry_after (company TEXT PRIMARY KEY, until REAL NOT NULL, since REAL NOT NULL);
"""
NAMES: Final = frozenset(re.findall(r"CREATE TABLE (\w+)", TABLES))


def prepare(connection: sqlite3.Connection) -> None:
    """Make the tables in a new file, or bring those of an older one forward with their contents.

    Runs inside the caller's transaction, so a process that dies here leaves the file as it was.

    Raises:
        LedgerError: the file is of another kind, or of a newer version.
    """
    version = read_version(connection)
    if version == VERSION:
        return
    if version is None:
        execute_all(connection, TABLES)
    else:
        for migrate in MIGRATIONS[version - 1 :]:
            migrate(connection)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def read_version(connection: sqlite3.Connection) -> int | None:
    """The version of a file's tables, None for a file without any.

    Raises:
        LedgerError: the file is of another kind, or of a newer version.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    found = connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
    tables = {name for (name,) in found}
    is_unused = application == version == 0 or application == APPLICATION_ID
    if not tables and is_unused:
        return None
    is_shared = application == SHARED_APPLICATION_ID
    if application == SERVER_APPLICATION_ID or (is_shared and not tables >= FIRST_TABLES):
        raise LedgerError("it is the database of a codat-mock server; choose another file")
    if application != APPLICATION_ID and not is_shared:
        raise LedgerError("it is a database of another program; choose another file")
    if version > VERSION:
        raise LedgerError(
            f"it has schema {version} of a newer codat-push, and this one knows {VERSION}; "
            "upgrade codat-push"
        )
    required = NAMES if version == VERSION else {"stream", "known", "push"}
    if version < 1 or not tables >= required:
        missing = ", ".join(sorted(required - tables)) or f"a schema, for it says {version}"
        raise LedgerError(f"it is damaged, as it lacks {missing}; restore it, or rebuild a new one")
    return int(version)


def execute_all(connection: sqlite3.Connection, statements: str) -> None:
    """Execute statements one by one (`executescript` would commit first)."""
    for statement in statements.split(";\n"):
        connection.execute(statement)


def keep_dates_and_deletes(connection: sqlite3.Connection) -> None:
    """Schema 1 to 2: `sourceModifiedDate`, deleted keys, companies set up, ends of syncs' periods.

    The first files of schema 1 lack `quiet.since`.
    """
    columns = [name for _, name, *_ in connection.execute("PRAGMA table_info(quiet)")]
    if "since" not in columns:
        connection.execute("ALTER TABLE quiet ADD COLUMN since REAL")
    execute_all(
        connection,
        """
ALTER TABLE known RENAME TO old_known;
CREATE TABLE known (
  stream INTEGER NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, digest BLOB NOT NULL,
  created INTEGER, modified INTEGER, properties INTEGER NOT NULL, accepted INTEGER NOT NULL,
  PRIMARY KEY (stream, id, kind)
) WITHOUT ROWID;
INSERT INTO known
  SELECT stream, id, kind, digest, created, NULL, properties, accepted FROM old_known;
DROP TABLE old_known;
ALTER TABLE waiting RENAME TO old_waiting;
CREATE TABLE waiting (
  place INTEGER PRIMARY KEY, stream INTEGER NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL,
  body BLOB, digest BLOB, created INTEGER, modified INTEGER, properties INTEGER,
  recorded REAL NOT NULL, push INTEGER
);
INSERT INTO waiting SELECT place, stream, id, kind, body, digest, created, NULL, properties,
  recorded, push FROM old_waiting;
DROP TABLE old_waiting;
CREATE INDEX waiting_by_key ON waiting (stream, id, kind);
CREATE INDEX waiting_by_push ON waiting (stream, push, place);
CREATE TABLE deleted (
  stream INTEGER NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, PRIMARY KEY (stream, id, kind)
) WITHOUT ROWID;
CREATE TABLE company (company TEXT PRIMARY KEY);
ALTER TABLE sync RENAME TO old_sync;
CREATE TABLE sync (
  company TEXT PRIMARY KEY, boundary INTEGER NOT NULL, ran INTEGER NOT NULL, running_to INTEGER
);
INSERT INTO sync SELECT company, boundary, ran, NULL FROM old_sync;
DROP TABLE old_sync;
ALTER TABLE quiet RENAME TO old_quiet;
CREATE TABLE quiet (
  one INTEGER PRIMARY KEY CHECK (one = 1), until REAL NOT NULL, since REAL NOT NULL
);
INSERT INTO quiet SELECT one, until, coalesce(since, until) FROM old_quiet;
DROP TABLE old_quiet""",
    )
    find = "SELECT place, body FROM waiting WHERE body IS NOT NULL"
    bodies = connection.execute(find).fetchall()
    for place, body in bodies:
        modified = microseconds(read_json(body).get("sourceModifiedDate"))
        connection.execute("UPDATE waiting SET modified = ? WHERE place = ?", (modified, place))


def keep_times_of_pushes(connection: sqlite3.Connection) -> None:
    """Schema 2 to 3: the tables' present names, and when a push was posted."""
    execute_all(
        connection,
        """
ALTER TABLE waiting RENAME TO queue;
DROP INDEX waiting_by_key;
DROP INDEX waiting_by_push;
CREATE INDEX queue_by_key ON queue (stream, id, kind);
CREATE INDEX queue_by_push ON queue (stream, push, place);
ALTER TABLE agenda RENAME TO retry_schedule;
ALTER TABLE retry_schedule RENAME COLUMN most_records TO max_records;
ALTER TABLE quiet RENAME TO retry_after;
ALTER TABLE push ADD COLUMN posted REAL;
UPDATE push SET posted = 0;
ALTER TABLE dataset RENAME TO old_dataset;
CREATE TABLE dataset (
  stream INTEGER NOT NULL, id TEXT NOT NULL, requested INTEGER, PRIMARY KEY (stream, id)
) WITHOUT ROWID;
INSERT INTO dataset SELECT stream, id, NULL FROM old_dataset;
DROP TABLE old_dataset;
CREATE TABLE abandoned (
  push INTEGER PRIMARY KEY, stream INTEGER NOT NULL, posted REAL NOT NULL
)""",
    )


def keep_answers_and_revisions(connection: sqlite3.Connection) -> None:
    """Schema 3 to 4: whether a push was answered, and the order of changes.

    Schema 3 noted no times of pushes yet.
    """
    execute_all(
        connection,
        """
UPDATE push SET posted = 0 WHERE posted IS NULL;
ALTER TABLE push ADD COLUMN answered INTEGER NOT NULL DEFAULT 0;
ALTER TABLE known RENAME TO old_known;
CREATE TABLE known (
  stream INTEGER NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, digest BLOB NOT NULL,
  created INTEGER, modified INTEGER, properties INTEGER NOT NULL, accepted INTEGER NOT NULL,
  revision INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (stream, id, kind)
) WITHOUT ROWID;
INSERT INTO known SELECT stream, id, kind, digest, created, modified, properties, accepted, 0
  FROM old_known;
DROP TABLE old_known;
ALTER TABLE queue ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
ALTER TABLE queue ADD COLUMN snapshot INTEGER;
CREATE TABLE revision (one INTEGER PRIMARY KEY CHECK (one = 1), value INTEGER NOT NULL)""",
    )


def keep_fingerprints(connection: sqlite3.Connection) -> None:
    """Schema 4 to 5: the fingerprint of each record as it was given."""
    execute_all(
        connection,
        """
ALTER TABLE known ADD COLUMN source BLOB;
ALTER TABLE queue ADD COLUMN source BLOB""",
    )


def keep_retry_after_by_company(connection: sqlite3.Connection) -> None:
    """Schema 5 to 6: `Retry-After` of each company; the one of schema 5 is for every company."""
    execute_all(
        connection,
        """
ALTER TABLE retry_after RENAME TO old_retry_after;
CREATE TABLE retry_after (company TEXT PRIMARY KEY, until REAL NOT NULL, since REAL NOT NULL);
INSERT INTO retry_after SELECT '', until, since FROM old_retry_after;
DROP TABLE old_retry_after""",
    )


def join_bodies(connection: sqlite3.Connection) -> None:
    """Schema 6 to 7: joined bodies, of which older files have none; a column was never used."""
    execute_all(
        connection,
        """
CREATE TABLE joined (
  push INTEGER NOT NULL, last INTEGER NOT NULL, bodies BLOB NOT NULL, PRIMARY KEY (push, last)
) WITHOUT ROWID;
ALTER TABLE queue DROP COLUMN snapshot""",
    )


# In order: the first brings schema 1 to 2. A new schema adds one and changes none.
MIGRATIONS: Final[Sequence[Callable[[sqlite3.Connection], None]]] = (
    keep_dates_and_deletes,
    keep_times_of_pushes,
    keep_answers_and_revisions,
    keep_fingerprints,
    keep_retry_after_by_company,
    join_bodies,
)
