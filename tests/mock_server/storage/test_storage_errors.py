"""A machine that fails the database: a clear answer, nothing half done, and recovery."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from codat_mock.http.app import create_app
from codat_mock.sandbox import SandboxRegistry, Settings
from codat_mock.storage import StorageError, Store, UnusableFile
from codat_mock.storage.errors import storage_error

KEY = {"Authorization": "Basic a2V5"}
COMPANIES = "/meta/companies/sync"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "shop.db"


@pytest.fixture
def registry(path):
    made = SandboxRegistry(Settings(speed=0), Store(path))
    made.sandbox("key")
    yield made
    made.close()


@pytest.fixture
def client(registry):
    return create_app(registry).test_client()


def assert_unavailable(answer, words):
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert words in answer.json["error"]
    assert "fault of the mock" not in answer.json["error"]
    assert "X-Correlation-Id" in answer.headers


def test_a_full_disk_is_a_503_until_there_is_room_and_no_fault_of_the_mock(client, registry):
    database = registry._store._db
    made = client.post(COMPANIES, json={"name": "x"}, headers=KEY).json
    path = f"/data/companies/{made['id']}/sync/commerce-orders"
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    database.execute(f"PRAGMA max_page_count = {pages}")
    body = {"orders": [{"id": "A-1", "orderNumber": "x" * 100_000}]}
    assert_unavailable(client.post(path, json=body, headers=KEY), "Disk full")
    assert registry.failures.all() == []
    database.execute("PRAGMA max_page_count = 1000000")
    assert client.post(path, json=body, headers=KEY).status_code == 200
    listed = client.get(f"/companies/{made['id']}/data/history", headers=KEY).json
    assert listed["totalResults"] == 1


def test_a_reset_on_a_full_disk_leaves_the_sandbox_as_it_was(client, registry, monkeypatch):
    made = client.post(COMPANIES, json={"name": "x"}, headers=KEY).json

    def full(*_: object) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(type(registry._store.sandboxes), "get_or_add", full)
        answer = client.post("/_mock/reset", headers=KEY)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert client.get(f"/companies/{made['id']}", headers=KEY).status_code == 200
    assert client.post("/_mock/reset", headers=KEY).status_code == 200
    assert client.get(f"/companies/{made['id']}", headers=KEY).status_code == 404


def test_a_database_that_another_program_locks_is_a_503_until_it_lets_go(client, registry, path):
    registry._store._db.execute("PRAGMA busy_timeout = 0")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert_unavailable(client.post(COMPANIES, json={"name": "x"}, headers=KEY), "locked")
        other.execute("ROLLBACK")
    assert client.post(COMPANIES, json={"name": "x"}, headers=KEY).status_code == 200


@pytest.mark.parametrize("is_replaced", [False, True])
def test_a_file_that_was_deleted_is_noticed_before_anything_is_lost(client, path, is_replaced):
    path.unlink()
    if is_replaced:
        path.touch()
    answer = client.post(COMPANIES, json={"name": "x"}, headers=KEY)
    assert answer.status_code == 500
    assert f"{path} was deleted or replaced" in answer.json["error"]
    assert "fault of the mock" not in answer.json["error"]


def test_a_log_of_the_database_that_was_deleted_is_noticed_too(client, path):
    log = path.with_name("shop.db-wal")
    log.unlink()
    answer = client.post(COMPANIES, json={"name": "x"}, headers=KEY)
    assert answer.status_code == 500
    assert f"{log} was deleted or replaced" in answer.json["error"]


def test_a_table_that_is_dropped_meanwhile_is_damage_and_no_fault_of_the_mock(
    client, registry, path
):
    made = client.post(COMPANIES, json={"name": "x"}, headers=KEY).json
    with closing(sqlite3.connect(path)) as other:
        other.execute("DROP TABLE datasets")
        other.commit()
    listed = client.get(f"/companies/{made['id']}/data/history", headers=KEY)
    assert listed.status_code == 500
    assert "The database is damaged" in listed.json["error"]
    assert "the table 'datasets' is missing" in listed.json["error"]
    assert registry.failures.all() == []


def test_a_file_without_one_of_its_tables_is_refused(path):
    Store(path).close()
    with closing(sqlite3.connect(path)) as database:
        database.execute("DROP TABLE findings")
    with pytest.raises(UnusableFile, match="the table 'findings' is missing"):
        Store(path)


def test_a_rotten_page_is_named_as_damage_and_no_fault_of_the_mock(client, registry, path):
    for number in range(50):
        client.post(COMPANIES, json={"name": f"company {number}"}, headers=KEY)
    registry.close()
    pages = path.read_bytes()
    with closing(sqlite3.connect(path)) as database:
        (root,) = database.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'companies'"
        ).fetchone()
        (size,) = database.execute("PRAGMA page_size").fetchone()
    start = (root - 1) * size
    path.write_bytes(pages[:start] + b"\xff" * size + pages[start + size :])
    spoilt = SandboxRegistry(Settings(speed=0), Store(path))
    answer = create_app(spoilt).test_client().get("/meta/companies", headers=KEY)
    assert answer.status_code == 500
    assert "The database is damaged" in answer.json["error"]
    assert spoilt.failures.all() == []
    spoilt.close()


def test_a_mistake_in_our_own_sql_stays_a_fault_of_the_mock(registry):
    with (
        pytest.raises(sqlite3.OperationalError, match="no such table"),
        registry._store.transaction(),
    ):
        registry._store._db.execute("SELECT * FROM no_table")


def test_an_error_of_the_machine_is_distinguished(registry):
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR | (3 << 8)  # an extended code
    with (
        pytest.raises(StorageError, match="disk cannot be read") as caught,
        registry._store.transaction(),
    ):
        raise error
    assert caught.value.is_passing


def test_what_the_machine_does_is_one_line_in_the_log(client, registry, caplog):
    database = registry._store._db
    registry._store._db = FullAtCommit(database)
    assert client.post(COMPANIES, json={"name": "x"}, headers=KEY).status_code == 503
    registry._store._db = database
    [line] = [each for each in caplog.records if each.name == "codat_mock"]
    assert line.message == f"POST {COMPANIES}: disk full: database or disk is full"
    assert line.exc_info is None


class FullAtCommit:
    """A connection whose disk is full when a transaction is to be written."""

    def __init__(self, db):
        self._db = db

    def __getattr__(self, name):
        return getattr(self._db, name)

    def commit(self):
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error


def failed(code: int | None, message: str = "it failed") -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(message)
    if code is not None:
        error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "words", "is_passing"),
    [
        (sqlite3.SQLITE_FULL, "disk full", True),
        (sqlite3.SQLITE_BUSY, "locked", True),
        (sqlite3.SQLITE_LOCKED, "locked", True),
        (sqlite3.SQLITE_IOERR | 7 << 8, "disk cannot be read", True),
        (sqlite3.SQLITE_READONLY, "cannot be written", True),
        (sqlite3.SQLITE_CANTOPEN, "cannot be opened", True),
        (sqlite3.SQLITE_NOMEM, "out of memory", True),
        (sqlite3.SQLITE_CORRUPT | 1 << 8, "damaged", False),
        (sqlite3.SQLITE_NOTADB, "damaged", False),
    ],
)
def test_what_the_machine_does_is_known_by_its_code(code, words, is_passing):
    found = storage_error(failed(code))
    assert found is not None
    assert words in found.message
    assert found.message.endswith(": it failed")
    assert found.is_passing == is_passing
    assert storage_error(found) is found


@pytest.mark.parametrize(
    "error",
    [None, ValueError("disk full"), failed(None), failed(sqlite3.SQLITE_ERROR),
     failed(sqlite3.SQLITE_CONSTRAINT), failed(None, "no such table: theirs"),
     failed(None, "no such table: main.theirs"), failed(None, "see: no such table: syncs")],
)  # fmt: skip
def test_what_is_our_own_mistake_is_no_fault_of_the_machine(error):
    assert storage_error(error) is None


@pytest.mark.parametrize("name", ["syncs", "main.syncs"])
def test_a_table_of_ours_that_is_missing_is_damage(name):
    found = storage_error(failed(sqlite3.SQLITE_ERROR, f"no such table: {name}"))
    assert found is not None
    assert found.message.endswith("the table 'syncs' is missing")
    assert not found.is_passing
