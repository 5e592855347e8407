"""Snapshots are saved and restored in portions, and others go between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from shutil import copyfile
from threading import Thread, get_ident
from typing import Any

import pytest

from codat_mock.http.app import create_app
from codat_mock.sandbox import SandboxRegistry, Settings, session
from codat_mock.storage import StorageError, Store, UnusableFile, snapshots, store

KEY = {"Authorization": "Basic a2V5"}
OTHER = {"Authorization": "Basic b3RoZXI="}
VIEWS = ("/_mock/books", "/_mock/findings", "/_mock/requests", "/_mock/report")
MOST_BETWEEN = 8  # requests of another sandbox
PATIENCE_SECONDS = 20.0


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
