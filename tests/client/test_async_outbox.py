"""The asynchronous outbox: the guarantees of the blocking one, in a task."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from threading import Event
from typing import Any

import anyio
import pytest
from client_mock import NOON, MockCompany

from codat_push import AsyncOutbox, BadRecord, LedgerError, Outbox, OutboxStatus
from codat_push.clock import MACHINE

ORDERS = "commerce-orders"
Work = Callable[[AsyncOutbox], Coroutine[Any, Any, None]]


def sale(identity: str, total: int = 1) -> dict[str, Any]:
    return {"id": identity, "currency": "GBP", "totalAmount": total, "createdDate": NOON}


@pytest.fixture(params=["asyncio", "trio"])
def run(
    request: pytest.FixtureRequest, here: MockCompany, tmp_path: Path
) -> Callable[[Work], None]:
    """Runs a function with an outbox, on each of the two libraries."""

    def run(work: Work) -> None:
        async def main() -> None:
            client = here.connect_async(here.wire)
            with anyio.fail_after(30):
                async with AsyncOutbox(tmp_path / "outbox.db", client, clock=here.clock) as outbox:
                    await work(outbox)

        anyio.run(main, backend=request.param)

    return run


async def until(outbox: AsyncOutbox, condition: Callable[[OutboxStatus], bool]) -> None:
    while not condition(await outbox.status()):
        await anyio.sleep(0.005)


def test_a_task_pushes_what_is_recorded(here: MockCompany, run: Callable[[Work], None]) -> None:
    async def work(outbox: AsyncOutbox) -> None:
        assert await outbox.status() == OutboxStatus(0, None, None, 0)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(outbox.run)
            await outbox.record(here.company, ORDERS, sale("a"))
            await outbox.record(here.company, ORDERS, sale("b"))
            await until(outbox, lambda status: not status.depth)
            assert (await outbox.status()).is_alive
            outbox.stop()

    run(work)
    assert here.pushes >= 1
    assert here.findings == []


def test_a_cancelled_task_lets_another_worker_go_on(
    here: MockCompany, tmp_path: Path, run: Callable[[Work], None]
) -> None:
    async def work(outbox: AsyncOutbox) -> None:
        with Outbox(tmp_path / "outbox.db", here.client, clock=here.clock) as other:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(outbox.run)
                await outbox.record(here.company, ORDERS, sale("a"))
                await until(outbox, lambda status: status.is_alive)
                with pytest.raises(LedgerError, match="another worker"):
                    other.run_once()
                with pytest.raises(LedgerError, match="runs already"):
                    await outbox.run()
                tasks.cancel_scope.cancel()
            assert not (await outbox.status()).is_alive
            while (pause := other.run_once()) is not None:
                here.clock.sleep(pause)
        assert (await outbox.status()).depth == 0

    run(work)
    assert (here.pushes, here.findings) == (1, [])


def test_a_slow_disk_does_not_stop_the_event_loop(
    here: MockCompany, run: Callable[[Work], None]
) -> None:
    async def work(outbox: AsyncOutbox) -> None:
        written = Event()
        put = outbox._ledger.put
        outbox._ledger.put = (  # type: ignore[method-assign]  # a disk that waits for the loop
            lambda *change: put(*change) if written.wait(20) else None
        )
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(outbox.record, here.company, ORDERS, sale("a"))
            await anyio.sleep(0.01)
            written.set()
        assert (await outbox.status()).depth == 1

    run(work)


def test_no_exception_ends_the_task(here: MockCompany, run: Callable[[Work], None]) -> None:
    async def work(outbox: AsyncOutbox) -> None:
        database = outbox._ledger.store.database
        await outbox.record(here.company, ORDERS, sale("a"))
        database.run("ALTER TABLE retry_schedule RENAME TO hidden")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(outbox.run)
            while not outbox._worker_error:
                await anyio.sleep(0.005)
            assert "no such table: retry_schedule" in outbox._worker_error
            database.run("ALTER TABLE hidden RENAME TO retry_schedule")
            await until(outbox, lambda status: status.is_alive and not status.depth)
            outbox.stop()

    run(work)
    assert here.pushes == 1


def test_refusals_are_resolved_as_in_the_blocking_outbox(
    here: MockCompany, run: Callable[[Work], None]
) -> None:
    async def work(outbox: AsyncOutbox) -> None:
        with pytest.raises(BadRecord):
            await outbox.record(here.company, ORDERS, {"totalAmount": 1})
        for identity in ("a", "b"):
            await outbox.record("nobody", ORDERS, sale(identity))
        await outbox.delete(here.company, ORDERS, "never-sent")
        await outbox.run_once()
        assert await outbox.run_once() is None
        first, second = await outbox.refusals()
        await outbox.dismiss(first)
        await outbox.retry(second)
        status = await outbox.status()
        assert (status.depth, status.refused) == (1, 0)

    run(work)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_the_machine_s_clock_waits_on_either_library(backend: str) -> None:
    async def main() -> None:
        await MACHINE.sleep_async(0.001)
        event = anyio.Event()
        await MACHINE.wait_async(event, 0.001)  # ends although nothing sets it
        event.set()
        await MACHINE.wait_async(event, 60.0)
        with pytest.raises(TimeoutError), MACHINE.limit_async(0.001):
            await anyio.sleep(60.0)

    anyio.run(main, backend=backend)


def test_closing_ends_the_worker(
    here: MockCompany,
    run: Callable[[Work], None],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def work(outbox: AsyncOutbox) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(outbox.run)
            await outbox.record(here.company, ORDERS, sale("a"))
            await until(outbox, lambda status: status.is_alive)
            outbox.close()
        with pytest.raises(LedgerError, match="is closed"):
            await outbox.run()

    run(work)
    assert caplog.records == []
    with Outbox(tmp_path / "outbox.db", here.client, clock=here.clock) as other:
        other.run_once()  # the lock is free
