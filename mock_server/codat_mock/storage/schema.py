"""The tables, and how a database file is opened.

Moments are microseconds since 1970; bodies are JSON. Everything hangs from a sandbox's row, so that
deleting the row deletes the sandbox.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Final

from codat_mock.storage.private_files import restrict_database

APPLICATION_ID: Final = 0x434D4F4B  # "CMOK": tells the mock's files from any other SQLite file
LEDGER_ID: Final = 0x43505553  # "CPUS": the ledger or outbox of a push client
SNAPSHOT_ID: Final = 0x434D4F53  # "CMOS": the snapshot of one sandbox
EARLIER_ID: Final = 0x636F6461  # "coda": both of them, until schema 2
VERSION: Final = 5
PAGE_BYTES: Final = 8192  # of a new file: each is a piece of a large push that is written by itself
CACHE_KIBIBYTES: Final = 16384  # of a file: a large push is written to it once, at its commit

TABLES: Final = """
CREATE TABLE sandboxes (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    clock BLOB NOT NULL,
    minted INTEGER NOT NULL DEFAULT 0,
    requests INTEGER NOT NULL DEFAULT 0,
    dropped INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE companies (
    number INTEGER PRIMARY KEY,
    sandbox INTEGER NOT NULL REFERENCES sandboxes ON DELETE CASCADE,
    id TEXT NOT NULL,
    company BLOB NOT NULL,
    configuration BLOB,
    rates BLOB NOT NULL DEFAULT '[]',
    catalogue BLOB NOT NULL DEFAULT '{}',
    due INTEGER,
    failures INTEGER NOT NULL DEFAULT 0,
    UNIQUE (sandbox, id)
);
CREATE INDEX companies_by_id ON companies (id);
CREATE INDEX companies_due ON companies (sandbox, due) WHERE due IS NOT NULL;
CREATE TABLE codes (
    code TEXT PRIMARY KEY,
    sandbox INTEGER NOT NULL REFERENCES sandboxes ON DELETE CASCADE,
    kind TEXT NOT NULL,
    link_session BLOB NOT NULL,
    expires INTEGER
) WITHOUT ROWID;
CREATE TABLE preferences (
    sandbox INTEGER NOT NULL REFERENCES sandboxes ON DELETE CASCADE,
    name TEXT NOT NULL,
    preference BLOB NOT NULL,
    PRIMARY KEY (sandbox, name)
) WITHOUT ROWID;
CREATE TABLE outcomes (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    sandbox INTEGER NOT NULL REFERENCES sandboxes ON DELETE CASCADE,
    outcome BLOB NOT NULL,
    remaining INTEGER NOT NULL
);
CREATE INDEX outcomes_of_sandbox ON outcomes (sandbox);
CREATE TABLE faults (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    sandbox INTEGER NOT NULL REFERENCES sandboxes ON DELETE CASCADE,
    fault BLOB NOT NULL,
    planned INTEGER NOT NULL,
    seen INTEGER NOT NULL DEFAULT 0,
    hits INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX faults_of_sandbox ON faults (sandbox);
CREATE TABLE alert_rules (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    sandbox INTEGER NOT NULL REFERENCES sandboxes ON DELETE CASCADE,
    id TEXT NOT NULL,
    rule BLOB NOT NULL
);
CREATE INDEX alert_rules_of_sandbox ON alert_rules (sandbox);
CREATE TABLE events (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    sandbox INTEGER NOT NULL REFERENCES sandboxes ON DELETE CASCADE,
    moment INTEGER NOT NULL,
    event BLOB NOT NULL
);
CREATE INDEX events_by_moment ON events (sandbox, moment);
CREATE TABLE alerts (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    sandbox INTEGER NOT NULL REFERENCES sandboxes ON DELETE CASCADE,
    rule TEXT NOT NULL,
    due INTEGER,
    alert BLOB NOT NULL
);
CREATE INDEX alerts_of_rule ON alerts (sandbox, rule);
CREATE INDEX alerts_due ON alerts (sandbox, due) WHERE due IS NOT NULL;
CREATE TABLE datasets (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    company INTEGER NOT NULL REFERENCES companies ON DELETE CASCADE,
    id TEXT NOT NULL,
    connection TEXT NOT NULL,
    data_type TEXT NOT NULL,
    requested INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    plan BLOB NOT NULL,
    request BLOB NOT NULL,
    is_answered INTEGER NOT NULL DEFAULT 1,
    is_polled INTEGER NOT NULL DEFAULT 0,
    is_read INTEGER NOT NULL DEFAULT 0,
    is_alerted INTEGER NOT NULL DEFAULT 0,
    body BLOB NOT NULL,
    UNIQUE (company, id)
);
CREATE INDEX datasets_by_type ON datasets (company, data_type);
CREATE INDEX datasets_unanswered ON datasets (company, data_type) WHERE is_answered = 0;
CREATE INDEX datasets_by_end ON datasets (company, ends);
CREATE TABLE syncs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    company INTEGER NOT NULL REFERENCES companies ON DELETE CASCADE,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    start INTEGER NOT NULL,
    finish INTEGER NOT NULL,
    ran INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    code INTEGER NOT NULL,
    summary BLOB NOT NULL,
    unreconciled BLOB NOT NULL,
    UNIQUE (company, id)
);
CREATE INDEX syncs_in_order ON syncs (company, number);
CREATE INDEX syncs_by_end ON syncs (company, ends);
CREATE INDEX successes ON syncs (company, ran) WHERE code IN (2000, 2040);
CREATE INDEX daily_successes ON syncs (company, finish)
    WHERE code IN (2000, 2040) AND kind <> 'historic';
CREATE INDEX unreconciled ON syncs (company) WHERE unreconciled <> X'5B5D';
CREATE TABLE versions (
    company INTEGER NOT NULL REFERENCES companies ON DELETE CASCADE,
    data_type TEXT NOT NULL,
    key TEXT NOT NULL,
    dataset INTEGER NOT NULL,
    position INTEGER NOT NULL,
    created INTEGER,
    is_delete INTEGER NOT NULL,
    synced INTEGER,
    deferred INTEGER NOT NULL DEFAULT 0,
    carrier INTEGER NOT NULL,
    PRIMARY KEY (company, data_type, key, dataset)
) WITHOUT ROWID;
CREATE INDEX waiting_by_creation ON versions (company, created) WHERE synced IS NULL;
CREATE INDEX waiting_by_dataset ON versions (dataset) WHERE synced IS NULL;
CREATE INDEX deferred ON versions (company) WHERE deferred = 1 AND synced IS NULL;
CREATE TABLE documents (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    company INTEGER NOT NULL REFERENCES companies ON DELETE CASCADE,
    name TEXT NOT NULL,
    date TEXT NOT NULL,
    document BLOB NOT NULL,
    UNIQUE (company, name)
);
CREATE INDEX documents_by_date ON documents (company, date);
CREATE TABLE numbers (
    company INTEGER NOT NULL REFERENCES companies ON DELETE CASCADE,
    kind TEXT NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (company, kind)
) WITHOUT ROWID;
CREATE TABLE booked (
    company INTEGER NOT NULL REFERENCES companies ON DELETE CASCADE,
    data_type TEXT NOT NULL,
    key TEXT NOT NULL,
    record BLOB NOT NULL,
    is_due_back INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (company, data_type, key)
) WITHOUT ROWID;
CREATE INDEX booked_due_back ON booked (company) WHERE is_due_back = 1;
CREATE TABLE declared (
    company INTEGER NOT NULL REFERENCES companies ON DELETE CASCADE,
    data_type TEXT NOT NULL,
    key TEXT NOT NULL,
    record BLOB NOT NULL,
    created INTEGER,
    modified INTEGER,
    amount TEXT NOT NULL,
    currency TEXT NOT NULL,
    state TEXT NOT NULL,
    is_nil INTEGER NOT NULL,
    PRIMARY KEY (company, data_type, key)
) WITHOUT ROWID;
CREATE TABLE findings (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    sandbox INTEGER NOT NULL REFERENCES sandboxes ON DELETE CASCADE,
    code TEXT NOT NULL,
    dedup_key TEXT,
    finding BLOB NOT NULL
);
CREATE INDEX findings_of_sandbox ON findings (sandbox);
CREATE UNIQUE INDEX findings_by_dedup_key ON findings (sandbox, code, dedup_key)
    WHERE dedup_key IS NOT NULL;
CREATE TABLE exercised (
    sandbox INTEGER NOT NULL REFERENCES sandboxes ON DELETE CASCADE,
    code TEXT NOT NULL,
    PRIMARY KEY (sandbox, code)
) WITHOUT ROWID;
CREATE TABLE requests (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    sandbox INTEGER NOT NULL REFERENCES sandboxes ON DELETE CASCADE,
    number INTEGER NOT NULL,
    entry BLOB NOT NULL,
    sent BLOB,
    answered BLOB,
    size INTEGER NOT NULL
);
CREATE INDEX requests_by_number ON requests (sandbox, number);
CREATE INDEX requests_with_bodies ON requests (sandbox, number) WHERE sent IS NOT NULL;
"""

TABLE_NAMES: Final = tuple(re.findall(r"CREATE TABLE (\w+)", TABLES))


class UnusableFile(Exception):
    """The database file cannot be used; the message says why and what to do."""


def connect(path: Path | None) -> sqlite3.Connection:
    """Open the database, in memory where no path is given, and make its tables if it is new.

    Raises:
        UnusableFile: it is no database, not ours, of another version, or cannot be written.
    """
    try:
        if path and not path.exists():  # it will hold what tests push, and secrets of webhooks
            with suppress(OSError):  # SQLite says better what is wrong
                path.touch(mode=0o600)
        # The first write of a transaction begins it: what only reads has none.
        db = sqlite3.connect(
            path or ":memory:", check_same_thread=False, isolation_level="IMMEDIATE"
        )
    except sqlite3.Error as error:
        raise UnusableFile(f"{path} cannot be used as a database: {error}") from error
    try:
        db.execute("PRAGMA foreign_keys = ON")
        db.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        prepare(db, str(path))
        if path:
            restrict_database(path)  # it may be older, or of the user
        # A killed process loses nothing that was committed; only a power cut could.
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute(f"PRAGMA cache_size = -{CACHE_KIBIBYTES}")
        # A write that changes nothing: a read-only file is refused now, not at a push.
        db.execute(f"PRAGMA user_version = {VERSION}")
    except sqlite3.Error as error:
        db.close()
        raise UnusableFile(f"{path} cannot be used as a database: {error}") from error
    except UnusableFile:
        db.close()
        raise
    return db


def prepare(db: sqlite3.Connection, path: str) -> None:
    """Make the tables in a new database, or make sure that they are ours."""
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
    (application,) = db.execute("PRAGMA application_id").fetchone()
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if not tables and not application:
        db.executescript(
            f"BEGIN; {TABLES} PRAGMA application_id = {APPLICATION_ID};"
            f" PRAGMA user_version = {VERSION}; COMMIT;"
        )
    elif application == LEDGER_ID or (application == EARLIER_ID and "stream" in tables):
        raise UnusableFile(
            f"{path} is the ledger or outbox of a push client, not a database of codat-mock;"
            " choose another file"
        )
    elif application == SNAPSHOT_ID:
        raise UnusableFile(
            f"{path} is a snapshot of one sandbox; restore it with `codat-mock snapshot import`"
        )
    elif application not in (APPLICATION_ID, EARLIER_ID):
        raise UnusableFile(f"{path} is a database of another program; choose another file")
    elif version != VERSION:
        raise UnusableFile(
            f"{path} was written by another version of codat-mock (schema {version}, this one"
            f" needs {VERSION}); choose another file, or delete it to start afresh"
        )
    elif missing := sorted({*TABLE_NAMES} - tables):
        raise UnusableFile(
            f"{path} is damaged: the table '{missing[0]}' is missing; restore it from a copy, or"
            " delete it to start afresh"
        )
