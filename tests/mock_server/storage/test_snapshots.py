"""Snapshots are saved and restored in portions, and others go between."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from shutil import copyfile
from threading import Thread, get_ident
from typing import Any

import pytest
from msgspec.structs import replace

from codat_mock.http.app import create_app
from codat_mock.sandbox import SandboxRegistry, Settings, clock_control, session
from codat_mock.storage import (
    LinkSession,
    StorageError,
    Store,
    UnusableFile,
    snapshots,
    store,
)
from codat_mock.storage.schema import APPLICATION_ID, SNAPSHOT_ID, VERSION

KEY = {"Authorization": "Basic a2V5"}
OTHER = {"Authorization": "Basic b3RoZXI="}
VIEWS = ("/_mock/books", "/_mock/findings", "/_mock/requests", "/_mock/report")
MOST_BETWEEN = 8  # requests of another sandbox
PATIENCE_SECONDS = 20.0
START = datetime(2022, 3, 21, 8, tzinfo=UTC)


@pytest.fixture
def portioned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every row be a portion, and every transaction a long one."""
    monkeypatch.setattr(snapshots, "PORTION_SECONDS", -1.0)
    monkeypatch.setattr(session, "LONGEST_SECONDS", -1.0)
    monkeypatch.setattr(store, "LONGEST_SECONDS", -1.0)


class Shop:
    """A sandbox of a registry, in which some orders were pushed and synced."""

    def __init__(self, registry: SandboxRegistry, key: dict[str, str]) -> None:
        self.client = create_app(registry).test_client()
        self.key = key
        self.company = self.ask("POST", "/_mock/companies", {"name": "Café"})["id"]
        self.count = 0
        for _ in range(3):
            self.push()
        self.ask("POST", "/_mock/clock/close-day", {})

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.client.open(path, method=method, headers=self.key, json=body)
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    def push(self) -> None:
        self.count += 1
        order = {"id": f"A-{self.count}", "totalAmount": 5, "createdDate": "2022-03-21T08:00:00Z"}
        path = f"/data/companies/{self.company}/sync/commerce-orders"
        self.ask("POST", path, {"orders": [order]})
        self.ask("POST", "/_mock/clock/advance", {"minutes": 5})

    def pushed(self) -> int:
        return int(self.ask("GET", f"/companies/{self.company}/data/history")["totalResults"])

    def views(self) -> list[Any]:
        return [self.ask("GET", view) for view in VIEWS]


@pytest.fixture
def between(registry: SandboxRegistry, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Calls what is put into it, whenever this thread lets others use the database."""
    todo: list[Callable[[], None]] = []
    mine, leave = get_ident(), registry._store._leave

    def leave_and_do() -> None:
        leave()
        if get_ident() == mine and todo:
            thread = Thread(target=todo.pop(), daemon=True)
            thread.start()
            thread.join(PATIENCE_SECONDS)
            assert not thread.is_alive(), "it has to wait"

    monkeypatch.setattr(registry._store, "_leave", leave_and_do)
    yield todo
    assert todo == [], "others never went between"


@pytest.mark.usefixtures("portioned")
def test_others_go_between_while_a_snapshot_is_saved_and_restored(registry, between):
    shop, other = Shop(registry, KEY), Shop(registry, OTHER)
    before = shop.views()
    for method, path in (
        ("PUT", "/_mock/snapshots/day"), ("POST", "/_mock/snapshots/day/restore"),
    ):  # fmt: skip
        between += [other.push] * MOST_BETWEEN
        shop.ask(method, path)
        assert between == []
        assert shop.views() == before
    assert other.pushed() == other.count == 3 + 2 * MOST_BETWEEN
    assert shop.pushed() == 3
    assert shop.ask("GET", "/_mock/health")["failures"] == []


@pytest.mark.usefixtures("portioned")
def test_what_could_not_be_deleted_on_a_full_disk_is_deleted_later(registry, monkeypatch):
    shop = Shop(registry, KEY)
    content = registry.sandbox(registry.names()[0]).snapshot()

    def fill(_name: str) -> None:
        raise StorageError("disk full", is_passing=True)

    with monkeypatch.context() as patch:
        patch.setattr(registry._store.sandboxes, "delete", fill)
        with registry._store.restoring(content):
            pass
    db = registry._store._db
    assert db.execute("SELECT count(*) FROM datasets").fetchone() == (2 * shop.count,)
    registry._delete_rest()
    assert db.execute("SELECT count(*) FROM datasets").fetchone() == (shop.count,)


@pytest.mark.usefixtures("portioned")
def test_what_a_killed_server_was_restoring_is_deleted_by_the_next(tmp_path):
    path, killed = tmp_path / "shop.db", tmp_path / "killed.db"
    first = SandboxRegistry(Settings(speed=0), Store(path))
    shop = Shop(first, KEY)
    content = first.sandbox(first.names()[0]).snapshot()
    with first._store.restoring(content):
        for suffix in ("", "-wal"):
            copyfile(f"{path}{suffix}", f"{killed}{suffix}")
    assert len(first.names()) == 1
    first.close()
    again = SandboxRegistry(Settings(speed=0), Store(killed))
    assert again.names() == first.names()
    db = again._store._db
    assert db.execute("SELECT count(*) FROM sandboxes").fetchone() == (1,)
    assert db.execute("SELECT count(*) FROM datasets").fetchone() == (shop.count,)
    again.close()


def test_a_snapshot_that_cannot_be_restored_leaves_nothing(registry):
    Shop(registry, KEY)
    content = registry.sandbox(registry.names()[0]).snapshot()
    with pytest.raises(UnusableFile):
        registry.reset("other", snapshot=content[:-100])
    with pytest.raises(ValueError, match="stop"), registry._store.restoring(content):
        raise ValueError("stop")
    registry._delete_rest()
    db = registry._store._db
    assert db.execute("SELECT count(*) FROM sandboxes").fetchone() == (1,)
    assert db.execute("SELECT count(*) FROM datasets").fetchone() == (3,)


@pytest.mark.parametrize(
    ("code", "is_blamed"),
    [
        (sqlite3.SQLITE_FULL, False),
        (sqlite3.SQLITE_BUSY, False),
        (sqlite3.SQLITE_IOERR_WRITE, False),
        (sqlite3.SQLITE_CORRUPT, True),
        (sqlite3.SQLITE_CORRUPT_VTAB, True),
        (sqlite3.SQLITE_CONSTRAINT, True),
    ],
)
def test_a_snapshot_is_blamed_for_what_is_wrong_with_it_and_not_for_a_full_disk(
    registry, monkeypatch, code, is_blamed
):
    Shop(registry, KEY)
    restoring = snapshots.Restoring(registry.sandbox(registry.names()[0]).snapshot())
    error = sqlite3.OperationalError("planted")
    error.sqlite_errorcode = code

    def fail(*_: Any) -> Iterator[None]:
        raise error
        yield

    monkeypatch.setattr(snapshots, "copy", fail)
    with pytest.raises(UnusableFile if is_blamed else sqlite3.OperationalError, match="planted"):
        next(restoring.copy(registry._store._db))
    restoring.close()


def test_a_snapshot_that_cannot_be_saved_is_closed(registry, monkeypatch):
    Shop(registry, KEY)
    made, connect = [], sqlite3.connect

    def noting(*given: Any, **named: Any) -> sqlite3.Connection:
        made.append(connect(*given, **named))
        return made[-1]

    def stop() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sqlite3, "connect", noting)
    with pytest.raises(KeyboardInterrupt):
        snapshots.save(registry._store._db, 1, START, stop)
    [file] = made
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        file.execute("SELECT 1")


def columns_of(db: sqlite3.Connection, table: str) -> list[str]:
    return [each[1] for each in db.execute(f"PRAGMA table_info({table})")]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("seconds", [9.0, -1.0])
def test_the_rows_of_a_table_come_in_portions_the_last_ones_first(db, monkeypatch, count, seconds):
    monkeypatch.setattr(snapshots, "ROWS_AT_ONCE", 3)
    monkeypatch.setattr(snapshots, "PORTION_SECONDS", seconds)
    names = [f"{number}" for number in range(count)]
    for sandbox in (1, 2):
        for name in names:
            db.execute("INSERT INTO preferences VALUES (?, ?, '')", (sandbox, name))
            db.execute("INSERT INTO exercised VALUES (?, ?)", (sandbox, name))
    for table in ("preferences", "exercised"):
        columns = columns_of(db, table)
        found = [*snapshots.portions(db, table, columns, 1)]
        rows = [dict(zip(columns, row, strict=True)) for part in found for row in part]
        assert [row["code" if table == "exercised" else "name"] for row in rows] == names[::-1]
        assert {row["sandbox"] for row in rows} <= {1}
        sizes = [len(part) for part in found]
        assert sizes == (
            [1] * count if seconds < 0 else [3] * (count // 3) + [count % 3] * (count % 3 > 0)
        )


def test_a_portion_is_of_so_many_rows_or_so_much_time():
    assert (snapshots.ROWS_AT_ONCE, snapshots.PORTION_SECONDS) == (2000, 0.02)


@pytest.mark.parametrize(
    ("table", "key"),
    [("sandboxes", "number"), ("datasets", "number"), ("requests", "place"),
     ("codes", None), ("preferences", None), ("versions", None)],
)  # fmt: skip
def test_a_table_whose_rows_are_numbered_has_a_key_of_its_own(db, table, key):
    assert snapshots.own_key(db, table) == key


def test_new_keys_follow_all_that_there_are_and_were(db):
    assert snapshots.next_key(db, "sandboxes", "number") == 0
    db.execute("INSERT INTO sandboxes (number, name, clock) VALUES (5, 'a', '')")
    assert snapshots.next_key(db, "sandboxes", "number") == 5
    db.execute("INSERT INTO requests (place, sandbox, number, entry, size) VALUES (7, 5, 1, '', 0)")
    db.execute("DELETE FROM requests")
    assert snapshots.next_key(db, "requests", "place") == 7  # never given twice
    db.execute("UPDATE sqlite_sequence SET seq = 3 WHERE name = 'requests'")
    db.execute("INSERT INTO requests (place, sandbox, number, entry, size) VALUES (4, 5, 1, '', 0)")
    assert snapshots.next_key(db, "requests", "place") == 4


def test_a_row_gets_its_new_key_and_those_of_the_rows_that_it_names():
    columns = ["number", "company", "synced", "name", "carrier"]
    shifts = {"datasets": 10, "companies": 200, "syncs": 3000}
    row = (1, 2, None, "5", 4)
    moved = snapshots.shifted("datasets", columns, "number", row, shifts)
    assert moved == (11, 202, None, "5", 14)
    assert snapshots.shifted("x", columns, None, row, shifts) == (1, 202, None, "5", 14)
    assert snapshots.shifted("x", ["synced"], None, (1,), shifts) == (3001,)


def test_a_snapshot_is_of_one_sandbox_and_of_this_version(registry):
    Shop(registry, KEY)
    content = registry.sandbox(registry.names()[0]).snapshot()
    snapshots.check_content(content)
    for statement, words in (
        ("INSERT INTO sandboxes (name, clock) VALUES ('other', '')", "not of one sandbox"),
        ("DELETE FROM sandboxes", "not of one sandbox|no row"),
        (f"PRAGMA user_version = {VERSION + 1}", "another version"),
        (f"PRAGMA user_version = {VERSION - 1}", "another version"),
        (f"PRAGMA application_id = {APPLICATION_ID}", "not a snapshot"),
        (f"PRAGMA application_id = {SNAPSHOT_ID + 1}", "not a snapshot"),
        ("CREATE TABLE more (x)", "tables are not those"),
        ("DROP TABLE findings", "tables are not those"),
        ("UPDATE datasets SET is_read = 'x'", "datasets.is_read holds what is no number"),
    ):
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as file:
            file.deserialize(content)
            file.execute(statement)
            changed = file.serialize()
        with pytest.raises(UnusableFile, match=words):
            snapshots.check_content(changed)
    for other in (b"", content[:15], b"x" + content):
        with pytest.raises(UnusableFile, match="This is not a snapshot"):
            snapshots.check_content(other)
    with pytest.raises(UnusableFile, match="damaged"):
        snapshots.check_content(content[: len(content) // 2])


def test_a_clone_beside_the_original_leaves_it_its_codes(registry):
    with registry.sandbox("original").session() as session:
        for code in "ab":
            session.tables.codes.add(code, "flow", LinkSession("c", "d"))
    content = registry.sandbox("original").snapshot()
    with registry.sandbox("original").session() as session:
        session.tables.codes.delete("b")
    registry.reset("clone", snapshot=content)
    assert registry.name_of_code("a") == "original"
    assert registry.name_of_code("b") == "clone"


def test_a_restored_sandbox_goes_on_from_the_time_at_which_it_was_saved(registry):
    sandbox = registry.sandbox("k")
    with sandbox.session() as session:
        clock_control.move_by(session, timedelta(days=3))
    later = sandbox.tables.row.clock.now()
    restored = registry.reset("k", snapshot=sandbox.snapshot())
    assert restored.tables.row.clock.now() == later
    assert restored.tables.row.name == "k"


def test_the_log_of_a_restored_sandbox_counts_among_what_the_logs_hold(registry):
    Shop(registry, KEY)
    name = registry.names()[0]
    content = registry.sandbox(name).snapshot()
    clone = registry.reset("clone", snapshot=content)
    with clone.session() as session:
        session.tables.row.requests += 1
        entry = session.tables.request_log.find(session.tables.request_log.numbers()[0])
        number = session.tables.row.requests
        session.tables.request_log.add(replace(entry, number=number), None, None)
        session.tables.request_log.flush()
    held = registry._store._db.execute("SELECT total(size) FROM requests").fetchone()
    assert held == (registry._store._meter.held,)
