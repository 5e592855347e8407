"""Transactions on a ledger's file are short, so that recording a sale never waits long."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from client_mock import NOON

import codat_push.storage.database
from codat_push import Chunk, Dataset, Ledger, LedgerError
from codat_push.models import DateRange, SyncStatus
from codat_push.storage.database import PAGE, Database
from codat_push.versions import make_version

COUNT = 4 * PAGE
CHANGES_PER_RECORD = 4  # known, deleted, refused and queue, when a delete is accepted
ORDERS = "commerce-orders"
Json = dict[str, Any]


def orders(count: int, total: int = 1) -> Iterator[Json]:
    stamp = NOON + timedelta(minutes=total)
    for number in range(count):
        yield {
            "id": f"{number:05}",
            "totalAmount": total,
            "createdDate": NOON,
            "sourceModifiedDate": stamp,
        }


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.db") as opened:
        yield opened


@pytest.fixture
def most_changes(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The rows that each transaction changes while it holds the file."""
    connection = ledger.store.database._connection
    sizes: list[int] = []
    began: list[int] = []
    execute = Database._patiently

    def counted(self: Database, run: Callable[..., Any], statement: str, values: Any) -> Any:
        before = connection.total_changes
        if statement == "BEGIN IMMEDIATE":
            began[:] = [before]
        try:
            return execute(self, run, statement, values)
        finally:
            if statement == "COMMIT" and began:
                sizes.append(connection.total_changes - began.pop())
            elif not connection.in_transaction and statement != "COMMIT":
                sizes.append(connection.total_changes - before)

    monkeypatch.setattr(Database, "_patiently", counted)
    yield sizes
    assert max(sizes) <= CHANGES_PER_RECORD * PAGE + 2


def push(ledger: Ledger, records: Iterator[Json], status: str = "Complete", **how: Any) -> int:
    count = 0
    for chunk in ledger.changes("c", ORDERS, records, **how):
        settle(ledger, chunk, status)
        count += chunk.size
    return count


def settle(ledger: Ledger, chunk: Chunk, status: str = "Complete") -> None:
    ended = Dataset(id="d", company_id="c", data_type=ORDERS, status=status, completed=NOON)
    ledger.settle(chunk, ended)


def test_a_first_push_and_a_snapshot_without_all_of_it(
    ledger: Ledger, most_changes: list[int]
) -> None:
    assert push(ledger, orders(COUNT), snapshot=True) == COUNT
    assert push(ledger, orders(0), snapshot=True, allow_deletes=1.0) == COUNT
    assert len(most_changes) > 8


def test_a_push_that_fails_and_is_sent_again(ledger: Ledger, most_changes: list[int]) -> None:
    assert push(ledger, orders(COUNT), "ProcessingError") == COUNT
    assert push(ledger, orders(COUNT, total=2), snapshot=True) == COUNT
    assert len(most_changes) > 8


def test_a_queue_is_pushed_refused_and_held(ledger: Ledger, most_changes: list[int]) -> None:
    queue = ledger.store.queue
    stream = ledger.store.stream("c", ORDERS)
    for page in range(0, COUNT, PAGE):
        with ledger.store.transaction():
            for order in orders(PAGE):
                order["id"] += f"-{page}"
                queue.put(stream, make_version(ORDERS, order), 0.0, queue.next_revision())
    del most_changes[:]
    chunk = ledger.take("c", ORDERS)
    assert chunk is not None
    assert chunk.size == COUNT
    ledger.release(chunk)
    period = DateRange(start=NOON - timedelta(hours=1), finish=NOON + timedelta(hours=1))
    sync = SyncStatus(
        company_id="c", sync_status_code=2000, sync_utc=NOON, sync_date_range_utc=period
    )
    ledger.note_sync("c", sync)
    assert ledger.take("c", ORDERS) is None
    assert len(ledger.refusals()) == COUNT


def test_unchanged_records_are_compared_without_the_lock(
    ledger: Ledger, most_changes: list[int]
) -> None:
    push(ledger, orders(COUNT))
    del most_changes[:]
    assert push(ledger, orders(COUNT), snapshot=True) == 0
    assert sum(most_changes) < 20


def test_a_lock_that_another_process_keeps_is_named(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codat_push.storage.database, "LOCK_SECONDS", 0.01)
    other = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    version = make_version(ORDERS, next(orders(1)))
    with pytest.raises(LedgerError, match=r"ledger.db cannot be used now: database is locked"):
        ledger.put("c", ORDERS, version)
    with pytest.raises(LedgerError, match="database is locked"):
        next(ledger.changes("c", ORDERS, orders(1)))
    other.close()
    ledger.put("c", ORDERS, version)
    assert ledger.take("c", ORDERS)


def push_on_and_on(ledger: Ledger) -> None:
    for total in range(2, 12):
        push(ledger, orders(20 * PAGE, total))


@pytest.mark.parametrize("spare", [0, 40_000, 400_000])
def test_a_full_disk_is_named_and_nothing_is_lost_or_sent_twice(
    ledger: Ledger, tmp_path: Path, spare: int
) -> None:
    push(ledger, orders(PAGE))
    longest = max(file.stat().st_size for file in tmp_path.iterdir())
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (longest + spare, limits[1]))
        with pytest.raises(LedgerError, match=r"ledger\.db cannot be used now: .*full"):
            push_on_and_on(ledger)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    if chunk := ledger.open_chunk("c", ORDERS):
        ledger.release(chunk)
    assert push(ledger, orders(20 * PAGE, total=20)) == 20 * PAGE
    assert push(ledger, orders(20 * PAGE, total=20)) == 0
