"""A process that dies at any statement loses nothing and sends nothing twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from client_mock import NOON

from codat_push import Chunk, Dataset, Ledger, batching, comparison
from codat_push.encoding import read_json
from codat_push.storage import database, pushes, queue, refusals, snapshot
from codat_push.storage.database import Database

ORDERS = "commerce-orders"
PAGED: tuple[ModuleType, ...] = (
    *(batching, comparison, database, pushes, queue, refusals, snapshot),
)
Json = dict[str, Any]


class Killed(BaseException):
    """The process is gone."""


class Process:
    """Kills itself at the n-th statement."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left: int | None = None
        execute = Database._patiently

        def dying(this: Database, run: Callable[..., Any], statement: str, values: Any) -> Any:
            if self.left is not None and statement != "ROLLBACK":
                self.left -= 1
                if self.left < 0:
                    raise Killed
            return execute(this, run, statement, values)

        monkeypatch.setattr(Database, "_patiently", dying)


class Service:
    """Accepts every push, each change of a record once."""

    def __init__(self) -> None:
        self.records: dict[str, Json] = {}
        self.last: list[str] = []

    def take(self, bodies: Sequence[bytes]) -> None:
        self.last = []
        for record in map(read_json, bodies):
            identity = record["id"]
            assert self.records.get(identity) != record, "sent twice"
            if len(record) == 1:
                assert identity in self.records, "deleted twice"
                del self.records[identity]
            else:
                self.records[identity] = record
            self.last.append(identity)


def orders(count: int, total: int) -> Iterator[Json]:
    stamp = f"2022-03-21T12:{total:02}:00Z"
    for number in range(count):
        yield {
            "id": f"{number}",
            "totalAmount": total,
            "createdDate": "2022-03-21T12:00:00Z",
            "sourceModifiedDate": stamp,
        }


def ended(status: str = "Complete") -> Dataset:
    moment = NOON + timedelta(hours=1)
    return Dataset(id="d", company_id="c", data_type=ORDERS, status=status, completed=moment)


def run(path: Path, service: Service, shop: list[Json], *, fails: bool = False) -> None:
    """One run: finish what is open, then push a snapshot."""
    ledger = Ledger(path, max_records=8)
    try:
        if chunk := ledger.open_chunk("c", ORDERS):
            finish(ledger, service, chunk)
        for number, chunk in enumerate(
            ledger.changes("c", ORDERS, shop, snapshot=True, allow_deletes=1.0)
        ):
            if fails and number == 0:
                ledger.settle(chunk, ended("ProcessingError"))
                continue
            bodies = ledger.bodies(chunk)
            ledger.mark_posted(chunk)
            service.take(bodies)
            ledger.settle(ledger.mark_sent(chunk, "d"), ended())
    finally:
        ledger.store.database._connection.close()  # as a death does, without a word


def finish(ledger: Ledger, service: Service, chunk: Chunk) -> None:
    sent = [read_json(body)["id"] for body in ledger.bodies(chunk)]
    posted, _ = ledger.store.pushes.attempt(chunk.push)
    has_arrived = posted is not None and sent and set(sent) <= set(service.last)
    if chunk.dataset or has_arrived:
        ledger.settle(chunk, ended())
    else:
        ledger.release(chunk)


@pytest.mark.long
@pytest.mark.parametrize("fails", [False, True])
def test_a_death_at_any_statement_loses_nothing_and_sends_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    for module in PAGED:
        monkeypatch.setattr(module, "PAGE", 3)
    monkeypatch.setattr(queue, "ROWS", 2)
    monkeypatch.setattr("codat_push.ledger.BATCH", 5)
    monkeypatch.setattr(database, "BRIEF_SECONDS", 0.0)
    process = Process(monkeypatch)
    first, second = [*orders(11, 1)], [*orders(9, 2)][2:]
    base = tmp_path / "base.db"
    known = Service()
    run(base, known, first)
    step, is_over = 0, False
    while not is_over:
        assert step < 1_000
        path = tmp_path / f"{step}.db"
        with sqlite3.connect(base) as source, sqlite3.connect(path) as copy:
            source.backup(copy)
        service = Service()
        service.records = dict(known.records)
        process.left = step
        try:
            run(path, service, second, fails=fails)
            is_over = True
        except Killed:
            pass
        process.left = None
        run(path, service, second)
        assert service.records == {order["id"]: order for order in second}
        run(path, service, second)
        path.unlink()
        step += 5  # enough to meet every kind of statement
    assert step > 100
