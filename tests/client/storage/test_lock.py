"""One worker per file: who may push from it, and when another may."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from codat_push import Ledger, LedgerError
from codat_push.storage.lock import WorkerLock


@pytest.fixture
def file(tmp_path: Path) -> str:
    return str(tmp_path / "outbox.db")


@pytest.fixture
def locks(file: str) -> Iterator[tuple[WorkerLock, WorkerLock]]:
    first, second = WorkerLock(file), WorkerLock(file)
    yield first, second
    first.release()
    second.release()


def test_a_lock_is_held_until_it_is_released(locks: tuple[WorkerLock, WorkerLock]) -> None:
    first, second = locks
    first.release()  # which it does not hold
    first.take()
    first.take()  # which it holds already
    for _ in range(2):
        with pytest.raises(LedgerError, match="another worker pushes from this file"):
            second.take()
    second.release()
    with pytest.raises(LedgerError, match="another worker"):
        second.take()
    first.release()
    second.take()
    with pytest.raises(LedgerError, match="another worker"):
        first.take()


def test_a_lock_file_that_is_no_database_is_named(file: str) -> None:
    Path(f"{file}-worker").write_text("no database at all, but long enough to be one\n" * 20)
    with pytest.raises(LedgerError, match=r"the lock file .*outbox.db-worker cannot be used: file"):
        WorkerLock(file).take()


def test_a_lock_file_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    lock = WorkerLock(str(tmp_path / "nowhere" / "outbox.db"))
    with pytest.raises(LedgerError, match=r"the lock file .*-worker cannot be used: unable"):
        lock.take()


def test_who_fails_to_take_a_lock_leaves_nothing_open(file: str) -> None:
    with closing(sqlite3.connect(f"{file}-worker", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        lock = WorkerLock(file)
        with pytest.raises(LedgerError, match="another worker"):
            lock.take()
        other.execute("COMMIT")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("COMMIT")
    lock.take()
    lock.release()


def test_a_ledger_gives_its_lock_up_when_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    first, second = Ledger(path), Ledger(path)
    first.lock()
    with pytest.raises(LedgerError, match="another worker"):
        second.lock()
    first.unlock()
    second.lock()
    second.close()
    assert (first.is_closed, second.is_closed) == (False, True)
    first.lock()
    first.close()
    for ledger in (first, second):
        with pytest.raises(LedgerError, match="closed; open the file again"):
            ledger.lock()
        with pytest.raises(LedgerError, match="closed database"):
            ledger.put("c", "commerce-orders", "a")


def test_a_ledger_in_memory_needs_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Ledger(":memory:") as first, Ledger(":memory:") as second:
        first.lock()
        second.lock()
        first.unlock()
    assert not [*tmp_path.iterdir()]
    with pytest.raises(LedgerError, match="closed"):
        first.lock()
