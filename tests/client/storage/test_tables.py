"""Which databases are a client's, by their marks and their tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from codat_push import LedgerError
from codat_push.storage.tables import (
    APPLICATION_ID,
    FIRST_TABLES,
    NAMES,
    SERVER_APPLICATION_ID,
    SHARED_APPLICATION_ID,
    VERSION,
    prepare,
    read_version,
)

EARLIER = {"stream", "known", "push"}


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as opened:
        yield opened


def make(connection: sqlite3.Connection, application: int, version: int, tables: set[str]) -> None:
    for name in tables:
        connection.execute(f"CREATE TABLE {name} (x)")
    connection.execute(f"PRAGMA application_id = {application}")
    connection.execute(f"PRAGMA user_version = {version}")


@pytest.mark.parametrize(
    ("application", "version", "tables", "found"),
    [
        (0, 0, set(), None), (APPLICATION_ID, 0, set(), None), (APPLICATION_ID, 3, set(), None),
        (APPLICATION_ID, 3, EARLIER, 3), (APPLICATION_ID, 1, EARLIER, 1),
        (APPLICATION_ID, 3, EARLIER | {"more"}, 3), (APPLICATION_ID, VERSION, NAMES, VERSION),
        (APPLICATION_ID, VERSION, NAMES | {"more"}, VERSION),
        (APPLICATION_ID, VERSION - 1, EARLIER, VERSION - 1),
        (SHARED_APPLICATION_ID, 2, FIRST_TABLES, 2),
        (SHARED_APPLICATION_ID, 1, FIRST_TABLES | {"more"}, 1),
    ],
)  # fmt: skip
def test_a_client_s_file_has_its_mark_and_its_tables(
    connection: sqlite3.Connection, application: int, version: int, tables: set[str], found: int
) -> None:
    make(connection, application, version, tables)
    assert read_version(connection) == found


OTHERS = "it is a database of another program; choose another file"
SERVERS = "it is the database of a codat-mock server; choose another file"


@pytest.mark.parametrize(
    ("application", "version", "tables", "reason"),
    [
        (5, 0, set(), OTHERS), (-5, -5, set(), OTHERS), (0, 1, set(), OTHERS),
        (0, -1, set(), OTHERS),
        (-5, 0, set(), OTHERS), (7, 7, set(), OTHERS),
        *((SHARED_APPLICATION_ID + by, 2, FIRST_TABLES, OTHERS) for by in (-1, 1)),
        (0, 0, {"notes"}, OTHERS), (0, VERSION, NAMES, OTHERS), (5, VERSION, NAMES, OTHERS),
        (SERVER_APPLICATION_ID, 0, set(), SERVERS), (SERVER_APPLICATION_ID, 1, NAMES, SERVERS),
        (SHARED_APPLICATION_ID, 1, set(), SERVERS),
        (SHARED_APPLICATION_ID, 1, FIRST_TABLES - {"push"}, SERVERS),
        (APPLICATION_ID, VERSION + 1, NAMES, f"it has schema {VERSION + 1} of a newer codat-push, "
         f"and this one knows {VERSION}; upgrade codat-push"),
        (APPLICATION_ID, VERSION, NAMES - {"joined", "known"},
         "it is damaged, as it lacks joined, known; restore it, or rebuild a new one"),
        (APPLICATION_ID, 1, EARLIER - {"push"},
         "it is damaged, as it lacks push; restore it, or rebuild a new one"),
        (APPLICATION_ID, 0, EARLIER, "it is damaged, as it lacks a schema, for it says 0; "
         "restore it, or rebuild a new one"),
    ],
)  # fmt: skip
def test_any_other_is_refused_with_the_reason(
    connection: sqlite3.Connection, application: int, version: int, tables: set[str], reason: str
) -> None:
    make(connection, application, version, tables)
    with pytest.raises(LedgerError) as caught:
        read_version(connection)
    assert str(caught.value) == reason


@pytest.mark.parametrize("application", [0, APPLICATION_ID])
def test_a_new_file_gets_its_marks_and_its_tables_once(
    connection: sqlite3.Connection, application: int
) -> None:
    connection.execute(f"PRAGMA application_id = {application}")
    prepare(connection)
    assert read_version(connection) == VERSION
    assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    changes = connection.total_changes
    prepare(connection)
    assert connection.total_changes == changes
