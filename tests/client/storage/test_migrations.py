"""Files of earlier versions are brought forward with their contents; others are refused.

The dumps in `ledgers/` were written by the code of each earlier schema.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from client_mock import NOON

from codat_mock.storage.schema import connect
from codat_push import Ledger, LedgerError
from codat_push.content import microseconds
from codat_push.encoding import read_json
from codat_push.schema import DATA_TYPES
from codat_push.storage.tables import (
    APPLICATION_ID,
    MIGRATIONS,
    SERVER_APPLICATION_ID,
    SHARED_APPLICATION_ID,
    VERSION,
    prepare,
)

DUMPS = sorted(Path(__file__).with_name("ledgers").glob("*.sql"))
ORDERS, PAYMENTS, TRANSACTIONS = DATA_TYPES
QUEUED = "SELECT place, stream, id, kind, body, digest, push FROM {}"
CONTENTS = {
    "stream": 4,
    "push": 3,  # one with a dataset, one whose answer was lost, one that failed
    "refused": 1,
    "sync": 2,
}


def load(dump: Path, path: Path) -> Path:
    with sqlite3.connect(path) as connection:
        connection.executescript(dump.read_text(encoding="utf-8"))
    connection.close()
    return path


@pytest.fixture(params=DUMPS, ids=lambda dump: dump.stem)
def old_file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return load(request.param, tmp_path / "ledger.db")


def rows(path: Path, statement: str) -> list[Any]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


def count(path: Path, table: str) -> int:
    return len(rows(path, f"SELECT * FROM {table}"))  # noqa: S608  (a constant name)


def layout(path: Path) -> dict[str, Any]:
    """Each table with its columns, each index with what it is on."""
    found = {}
    for kind, name in rows(path, "SELECT type, name FROM sqlite_master ORDER BY name"):
        pragma = "table_info" if kind == "table" else "index_info"
        found[name] = rows(path, f"PRAGMA {pragma}({name})")
    return found


def order(identity: str, total: int, hour: int) -> dict[str, Any]:
    return {
        "id": identity,
        "totalAmount": total,
        "createdDate": NOON.replace(minute=len(identity)),
        "sourceModifiedDate": NOON.replace(hour=hour),
    }


def test_every_earlier_schema_has_its_dump() -> None:
    versions = {int(dump.stem.split("-")[1]) for dump in DUMPS}
    assert versions == set(range(1, VERSION))
    assert len(MIGRATIONS) == VERSION - 1


def test_a_migrated_file_has_the_tables_of_a_new_one(old_file: Path, tmp_path: Path) -> None:
    Ledger(old_file).close()
    Ledger(tmp_path / "new.db").close()
    assert layout(old_file) == layout(tmp_path / "new.db")
    assert rows(old_file, "PRAGMA application_id") == [(APPLICATION_ID,)]
    assert rows(old_file, "PRAGMA user_version") == [(VERSION,)]
    assert rows(old_file, "PRAGMA integrity_check") == [("ok",)]


def test_nothing_is_lost_on_the_way(old_file: Path) -> None:
    before = {table: count(old_file, table) for table in CONTENTS}
    assert before == CONTENTS
    tables = {name for (name,) in rows(old_file, "SELECT name FROM sqlite_master")}
    old_name = "queue" if "queue" in tables else "waiting"
    queued = rows(old_file, QUEUED.format(old_name))
    assert len(queued) == 5
    with Ledger(old_file) as ledger:
        (refusal,) = ledger.refusals()
        assert (refusal.company, refusal.id, refusal.reason) == ("café", "bad", "rejected")
        on_its_way = ledger.open_chunk("shop", ORDERS)
        assert on_its_way is not None
        assert (on_its_way.dataset, on_its_way.size) == ("d3", 1)
        lost = ledger.open_chunk("shop", PAYMENTS)
        assert lost is not None
        assert (lost.dataset, lost.size) == (None, 1)
    assert {table: count(old_file, table) for table in CONTENTS} == CONTENTS
    assert rows(old_file, QUEUED.format("queue")) == queued


def test_each_queued_version_has_its_moments(old_file: Path) -> None:
    Ledger(old_file).close()
    found = rows(old_file, "SELECT body, created, modified FROM queue WHERE body IS NOT NULL")
    assert found
    for body, *moments in found:
        record = read_json(body)
        names = ("createdDate", "sourceModifiedDate")
        assert moments == [microseconds(record.get(name)) for name in names]


def test_the_ledger_goes_on_where_the_old_version_was(old_file: Path) -> None:
    with Ledger(old_file) as ledger:
        open_chunk = ledger.open_chunk("shop", ORDERS)
        assert open_chunk is not None
        ledger.release(open_chunk)
        same, newer = order("accepted", 1, 13), order("edited", 2, 15)
        chunk = next(ledger.changes("shop", ORDERS, [same, newer]))
        sent = [body.partition(b'","')[0] for body in ledger.bodies(chunk)]
        assert sorted(sent) == [b'{"id":"edited', b'{"id":"on-its-way']
        fees = next(ledger.changes("shop", TRANSACTIONS, []))
        assert fees.size == 2  # of the push that failed
        assert rows(old_file, "SELECT modified FROM queue WHERE id = 'edited'") == [
            (1647874800000000,)
        ]


class Killed(BaseException):
    """The process is gone."""


class Dying:
    """A connection whose process dies at its n-th statement."""

    def __init__(self, connection: sqlite3.Connection, steps: int) -> None:
        self.connection = connection
        self.steps = steps

    def execute(self, *statement: Any) -> sqlite3.Cursor:
        self.steps -= 1
        if self.steps < 0:
            raise Killed
        return self.connection.execute(*statement)


def test_a_process_that_dies_while_it_migrates_changes_nothing(old_file: Path) -> None:
    for steps in range(200):
        connection = sqlite3.connect(old_file, isolation_level=None)
        before = [*connection.iterdump()]
        connection.execute("BEGIN IMMEDIATE")
        try:
            prepare(Dying(connection, steps))  # type: ignore[arg-type]
        except Killed:
            connection.close()
        else:
            connection.execute("COMMIT")
            connection.close()
            break
        connection = sqlite3.connect(old_file)
        assert [*connection.iterdump()] == before
        connection.close()
    assert steps > 5  # the shortest migration reads, changes a table and marks the file
    Ledger(old_file).close()


def test_the_database_of_a_mock_server_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mock.db"
    connect(path).close()
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="it is the database of a codat-mock server"):
        Ledger(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("application", [SERVER_APPLICATION_ID, SHARED_APPLICATION_ID])
def test_the_database_of_any_mock_server_is_refused(tmp_path: Path, application: int) -> None:
    path = tmp_path / "mock.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(
            f"CREATE TABLE sandboxes (id); PRAGMA application_id = {application};"
            "PRAGMA user_version = 1"
        )
    with pytest.raises(LedgerError, match=r"mock.db cannot .* it is the database of a codat-mock"):
        Ledger(path)


def test_the_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE notes (text)")
    with pytest.raises(LedgerError, match="it is a database of another program"):
        Ledger(path)
    assert rows(path, "PRAGMA journal_mode") == [("delete",)]


def write_view(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE VIEW theirs AS SELECT 1")


def write_other_version(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA user_version = 7")


@pytest.mark.parametrize("write", [write_view, write_other_version])
def test_a_database_without_tables_may_be_another_programs(
    tmp_path: Path, write: Callable[[sqlite3.Connection], None]
) -> None:
    path = tmp_path / "theirs.db"
    with sqlite3.connect(path) as connection:
        write(connection)
    connection.close()
    with pytest.raises(LedgerError, match="it is a database of another program"):
        Ledger(path)


@pytest.mark.parametrize("version", [-1, 0, 1, 3, VERSION])
def test_a_file_that_lacks_its_tables_is_damaged(tmp_path: Path, version: int) -> None:
    path = tmp_path / "ledger.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE stream (stream)")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    with pytest.raises(LedgerError, match=r"damaged, as it lacks .*known.*rebuild a new one$"):
        Ledger(path)


def test_a_path_that_no_file_has_is_refused() -> None:
    with pytest.raises(LedgerError, match="cannot be used as a ledger"):
        Ledger("null\0character")


def test_processes_that_open_a_new_file_at_once_make_it_once(tmp_path: Path) -> None:
    open_and_put = (
        "import sys; from codat_push import Ledger\n"
        "for number in range(15):\n"
        "    with Ledger(f'{sys.argv[1]}-{number}') as ledger:\n"
        "        ledger.put('c', 'commerce-orders', sys.argv[2])"
    )
    command = [sys.executable, "-c", open_and_put, str(tmp_path / "ledger")]
    processes = [subprocess.Popen([*command, name]) for name in "abcd"]
    assert [process.wait(60) for process in processes] == [0, 0, 0, 0]
    for number in range(15):
        assert count(tmp_path / f"ledger-{number}", "queue") == 4


def test_a_file_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    Ledger(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    with pytest.raises(LedgerError, match=f"schema {VERSION + 1} of a newer codat-push"):
        Ledger(path)
    assert rows(path, "PRAGMA user_version") == [(VERSION + 1,)]
