"""Recording a sale waits at most 50 ms while a chunk is made, pushed or settled.

A wait is measured by what the holder of the file computes meanwhile, so that a machine with much
else to do changes nothing: the processor's time between taking the lock and giving it up.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import RLock
from typing import Any

import pytest
from client_mock import NOON

from codat_push import Dataset, Ledger
from codat_push.clock import MACHINE, MachineClock
from codat_push.operations import MAX_RECORDS
from codat_push.storage.database import PAGE
from codat_push.versions import make_version

LONGEST_SECONDS = 0.05
COUNT = MAX_RECORDS
ORDERS = "commerce-orders"
Json = dict[str, Any]


def orders(count: int, total: int = 1) -> Iterator[Json]:
    """Orders of some 700 bytes."""
    moment = NOON + timedelta(minutes=total)
    for number in range(count):
        yield {
            "id": f"order-{number}",
            "totalAmount": total,
            "createdDate": NOON,
            "sourceModifiedDate": moment,
            "locationRef": {"id": "l-1", "name": "High Street " * 50},
        }


class TimedLock:
    """A lock that knows how long it was held, in seconds of the holder's computing."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._depth = 0
        self._since = 0.0
        self.held: list[float] = []

    def __enter__(self) -> None:
        self._lock.acquire()
        if not self._depth:
            self._since = time.thread_time()
        self._depth += 1

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if not self._depth:
            self.held.append(time.thread_time() - self._since)
        self._lock.release()


def settle(ledger: Ledger, records: Iterator[Json], status: str, **how: Any) -> int:
    count = 0
    for chunk in ledger.changes("c", ORDERS, records, **how):
        assert len(ledger.bodies(chunk)) == chunk.size
        ended = Dataset(id="d", company_id="c", data_type=ORDERS, status=status, completed=NOON)
        ledger.settle(ledger.mark_sent(chunk, "d"), ended)
        count += chunk.size
    return count


def test_no_step_of_a_push_keeps_the_file_for_50_milliseconds(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.db") as ledger:
        lock = TimedLock()
        ledger.store.database._lock = lock  # type: ignore[assignment]  # as an RLock is used
        assert settle(ledger, orders(COUNT), "Complete", snapshot=True) == COUNT
        assert settle(ledger, orders(COUNT, 2), "ProcessingError", snapshot=True) == COUNT
        assert settle(ledger, orders(0), "Complete") == COUNT  # what failed
        assert settle(ledger, orders(COUNT, 2), "Complete", snapshot=True) == 0
        assert settle(ledger, orders(0), "Complete", snapshot=True, allow_deletes=1.0) == COUNT
    assert len(lock.held) > COUNT / PAGE
    assert max(lock.held) <= LONGEST_SECONDS


def test_others_record_between_any_two_pages_of_a_chunk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    with Ledger(tmp_path / "ledger.db") as ledger, Ledger(tmp_path / "ledger.db") as other:
        monkeypatch.setattr("codat_push.storage.database.LOCK_SECONDS", 0.0)  # waits for nobody

        def record(_clock: MachineClock, seconds: float) -> None:
            pauses.append(seconds)
            sale = {"id": f"sold-{len(pauses)}", "totalAmount": 1, "createdDate": NOON}
            other.put("c", ORDERS, make_version(ORDERS, sale))

        chunks = ledger.changes("c", ORDERS, orders(MAX_RECORDS))
        monkeypatch.setattr(type(MACHINE), "sleep", record)
        chunk = next(chunks)
        made = len(pauses)
        ended = Dataset(id="d", company_id="c", data_type=ORDERS, status="Complete", completed=NOON)
        ledger.settle(ledger.mark_sent(chunk, "d"), ended)
        settled = len(pauses) - made
        monkeypatch.undo()
        assert min(made, settled) >= MAX_RECORDS // PAGE
        assert settle(ledger, iter(()), "Complete") == len(pauses)
