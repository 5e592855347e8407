"""The writes of a large sync: others go between, and a kill between two portions loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
from tests.mock_server.sandbox.test_interrupted_sessions import (
    ORDERS,
    START,
    client_of,
    order,
)

from codat_mock.accounting.selection import Version
from codat_mock.domain.dataset_lifecycle import make_plan
from codat_mock.rules.contexts import Request
from codat_mock.sandbox import SandboxRegistry, Settings, companies, session, sync_writing
from codat_mock.sandbox.sync_execution import SyncResult
from codat_mock.storage import DatasetRow, Store
from codat_mock.storage.datasets import NewVersion
from codat_mock.storage.documents import BooksRows, Documents
from codat_mock.storage.preferences import Preferences
from codat_scenarios.sandbox_driver import SandboxDriver

SETTINGS = Settings(start_at=START, speed=0)
READS = ("findings", "books", "report", "books/compare", "report?format=html")


@pytest.fixture
def in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write every sync in portions of two rows, and interrupt it wherever that can be."""
    monkeypatch.setattr(session, "MANY_RECORDS", 1)
    monkeypatch.setattr(session, "LONGEST_SECONDS", 0.0)
    monkeypatch.setattr(sync_writing, "ROWS_AT_ONCE", 2)


def push_day(driver: SandboxDriver) -> None:
    """Push what the night's sync books, some of it for the second time, some of it in vain."""
    for kind in ("commerce-payments", "commerce-transactions"):
        driver.push(kind, [])
    driver.push(ORDERS, [order(number) for number in range(6)])
    driver.advance(days=1)
    changed = [order(number, 7) for number in range(3)]
    driver.push(ORDERS, [*changed, *(order(number) for number in range(6, 12))])


def reads(driver: SandboxDriver, registry: SandboxRegistry) -> list[str]:
    """All that can be read of it, its syncs, what waits for the next one, and what is kept beside.

    A sync that runs again has another id.
    """
    answers = [driver.send("GET", f"/_mock/{each}").text for each in READS]
    db = registry._store._db
    for query in (
        "SELECT number, id, ran, code, CAST(summary AS TEXT) FROM syncs",
        "SELECT * FROM versions ORDER BY data_type, key, dataset",
        "SELECT name FROM preferences WHERE name LIKE 'unfinished-sync%'",
    ):
        answers.append(str(db.execute(query).fetchall()))
    for number, sync_id in db.execute("SELECT number, id FROM syncs").fetchall():
        answers = [each.replace(sync_id, f"sync {number}") for each in answers]
    return answers


def restarted(path: Path, company_id: str) -> Iterator[tuple[SandboxDriver, SandboxRegistry]]:
    """A server on a file that another one has left."""
    registry = SandboxRegistry(SETTINGS, Store(path))
    with client_of(registry) as http:
        driver = SandboxDriver(http, "test-key")
        driver.company_id = company_id
        yield driver, registry
    registry.close()


@pytest.mark.usefixtures("in_portions")
def test_a_sync_that_is_killed_anywhere_is_in_the_books_once(
    tmp_path: Path, set_stage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "shop.db"
    registry = SandboxRegistry(SETTINGS, Store(path))
    killed: list[Path] = []

    def copying(write: Any) -> Any:
        def write_and_copy(*given: Any) -> None:
            folder = tmp_path / str(len(killed))
            folder.mkdir()
            for file in tmp_path.glob("shop.db*"):  # as a killed server leaves it
                copyfile(file, folder / file.name)
            killed.append(folder / "shop.db")
            write(*given)

        return write_and_copy

    with client_of(registry) as http:
        driver = set_stage(http)
        push_day(driver)
    registry.close()  # so that the reads are marked, which a kill may forget
    for again, opened in restarted(path, driver.company_id):
        with monkeypatch.context() as patch:
            for kind, name in ((Documents, "add"), (Preferences, "save"), (Preferences, "delete")):
                patch.setattr(kind, name, copying(getattr(kind, name)))
            again.advance(days=1)
        expected = reads(again, opened)
        snapshot = opened.sandbox(opened.names()[0]).snapshot()
        assert again.send("PUT", "/_mock/snapshots/a").status_code == 200
        assert b"unfinished-sync" not in snapshot
    assert len(killed) >= 10
    assert expected[-1] == "[]"
    for each in killed:
        for again, opened in restarted(each, driver.company_id):
            again.set_clock(START + timedelta(days=2))
            assert reads(again, opened) == expected


@pytest.mark.usefixtures("in_portions")
@pytest.mark.parametrize("failing", ["prepare", "store"])
def test_a_sync_whose_writing_fails_is_written_by_the_next_request(
    driver: SandboxDriver, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    push_day(driver)
    kind, name = (Preferences, "save") if failing == "prepare" else (Documents, "add")
    write = getattr(kind, name)
    count = 0

    def fail(table: Any, *given: Any) -> None:
        nonlocal count
        count += 1
        if count == 2:
            raise RuntimeError("no such thing")
        write(table, *given)

    before = driver.books()["documents"]
    with monkeypatch.context() as patch:
        patch.setattr(kind, name, fail)
        assert driver.send("POST", "/_mock/clock/advance", {"days": 1}).status_code == 500
    driver.advance(minutes=1)
    assert len(driver.books()["documents"]) > len(before)
    assert [each["code"] for each in driver.findings()["findings"]].count("S01") == 0


@pytest.mark.usefixtures("in_portions")
def test_another_sandbox_is_answered_between_the_portions(
    driver: SandboxDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    push_day(driver)
    owners = []
    leave = Store._leave

    def leaving(store: Store) -> None:
        owners.append(written[0])
        leave(store)

    written = [0]
    add = Documents.add

    def adding(table: Documents, *given: Any) -> None:
        written[0] += 1
        add(table, *given)

    monkeypatch.setattr(Documents, "add", adding)
    monkeypatch.setattr(Store, "_leave", leaving)
    driver.advance(days=1)
    assert written[0] > 1
    assert {*range(1, written[0])} <= {*owners}  # the database was free after each portion


def version(key: str) -> Version:
    at = START
    return Version(0, "commerce-orders", key, 7, at, at, is_delete=False, synced=False)


@pytest.mark.parametrize(
    ("synced", "deferred", "sizes"),
    [(0, 0, [(0, 0)]), (2, 0, [(2, 0)]), (3, 1, [(2, 1), (1, 0)]), (1, 4, [(1, 2), (0, 2)]),
     (5, 5, [(2, 2), (2, 2), (1, 1)])],
)  # fmt: skip
@pytest.mark.usefixtures("in_portions")
def test_what_a_sync_writes_is_in_portions_and_at_least_one(
    synced: int, deferred: int, sizes: list[tuple[int, int]]
) -> None:
    result = SyncResult(
        2000,
        synced=[version(f"s{number}") for number in range(synced)],
        deferred=[version(f"d{number}") for number in range(deferred)],
    )
    portions = sync_writing.portions_of(result)
    assert [(len(each.synced), len(each.deferred)) for each in portions] == sizes
    keys = [key for portion in portions for _, key, _ in portion.synced]
    assert keys == [f"s{number}" for number in range(synced)]


def test_a_thousand_rows_are_one_portion() -> None:
    result = SyncResult(2000, synced=[version(f"{number}") for number in range(1001)])
    assert [len(each.synced) for each in sync_writing.portions_of(result)] == [1000, 1]
    result = SyncResult(2000, synced=result.synced[:1000])
    assert len(sync_writing.portions_of(result)) == 1


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("is_committed", [True, False])
def test_what_is_kept_of_a_sync_is_written_once_it_is_committed_and_forgotten_else(
    registry: SandboxRegistry, count: int, is_committed: bool
) -> None:
    empty = BooksRows(documents=[], numbers=[], booked=[])
    with registry.sandbox("k").session() as opened:
        row = opened.company(companies.create(opened, "Café").id)
        dataset = DatasetRow(
            "d", "c", data_type="commerce-orders", requested=START, ends=START, plan=make_plan(),
            request=Request(1, "", "POST", "/"),
        )  # fmt: skip
        number = opened.tables.datasets.add(row.number, dataset, b"{}")
        keys = [f"{key}" for key in range(count)]
        versions = [NewVersion(key, 0, None, False) for key in keys]
        opened.tables.datasets.add_versions(row.number, "commerce-orders", number, versions)
        portions = [
            sync_writing.Portion(empty, [("commerce-orders", key, number)], []) for key in keys
        ]
        db = opened.tables._db
        sync_writing.prepare(opened, row.number, portions)
        kept = opened.tables.preferences.find(sync_writing.UNFINISHED, list[int])
        assert kept == (None if count == 1 else [row.number, 0, count])
        if is_committed:
            sync_writing.write(opened, row.number, 5, portions)
        sync_writing.finish(opened)
        written = db.execute("SELECT count(*) FROM versions WHERE synced = 5").fetchone()[0]
        assert written == (count if is_committed else 0)
        assert opened.tables.preferences.find(sync_writing.UNFINISHED, list[int]) is None
        left = db.execute("SELECT count(*) FROM preferences").fetchone()[0]
        assert left == 0
