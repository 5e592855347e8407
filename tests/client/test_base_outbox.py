"""What an outbox shows of itself, and how long its worker waits after its steps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from threading import Thread

import anyio
import pytest
from client_mock import NOON, FakeClock

from codat_push import (
    AsyncOutbox,
    AsyncPushClient,
    LedgerError,
    Outbox,
    OutboxStatus,
    PushClient,
    Refusal,
)
from codat_push._base_outbox import BaseOutbox
from codat_push.storage.retry_schedule import Entry
from codat_push.versions import make_version

ORDERS = "commerce-orders"


class Shortest(Random):
    """Draws the shortest pause: two seconds after a failure, then half as long again."""

    def uniform(self, a: float, _b: float) -> float:
        return a


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(1000.0)


@pytest.fixture
def outbox(tmp_path: Path, clock: FakeClock) -> Iterator[BaseOutbox]:
    made = BaseOutbox(tmp_path / "outbox.db", 2.0, clock, Shortest(0), None)
    yield made
    made._ledger.close()


def record(outbox: BaseOutbox, identity: str) -> None:
    order = {"id": identity, "totalAmount": 1, "createdDate": NOON}
    outbox._put_record("c", ORDERS, order)


def test_an_empty_outbox_has_no_age(outbox: BaseOutbox) -> None:
    assert outbox._read_status(False) == OutboxStatus(0, None, None, 0, False)
    assert outbox._read_status(True) == OutboxStatus(0, None, None, 0, True)


@pytest.mark.parametrize(("moment", "age"), [(1000, 0), (1007, 7), (999, 0)])
def test_the_age_is_that_of_the_oldest_and_never_below_zero(
    outbox: BaseOutbox, clock: FakeClock, moment: float, age: float
) -> None:
    record(outbox, "a")
    clock.seconds = 1003
    record(outbox, "b")
    outbox._put_delete("c", ORDERS, "z")
    record(outbox, "a")  # in place of the first
    clock.seconds = moment
    assert outbox._read_status(False) == OutboxStatus(3, age, None, 0)


def test_what_is_refused_is_counted_and_the_last_failure_shown(outbox: BaseOutbox) -> None:
    ledger = outbox._ledger
    stream = ledger.store.stream("c", ORDERS)
    with ledger.store.transaction():
        ledger.store.refusals.refuse_invalid(stream, "a", "", "wrong")
    outbox._schedule.plan(stream, Entry(error="500"), 1.0)
    assert outbox._read_status(False) == OutboxStatus(0, None, "500", 1)
    outbox._note_crash(OSError("disk full"))
    assert outbox._read_status(False).last_error == "OSError: disk full"
    outbox._note_steps(None)
    assert outbox._read_status(False).last_error == "500"


@pytest.mark.parametrize(("left", "pause"), [(None, 5), (0, 0), (4.9, 4.9), (5, 5), (5.1, 5)])
def test_the_worker_looks_again_after_five_seconds_at_most(
    outbox: BaseOutbox, left: float | None, pause: float
) -> None:
    assert outbox._note_steps(left) == pause


def test_after_crashes_the_pauses_grow_until_steps_are_taken_again(
    outbox: BaseOutbox, caplog: pytest.LogCaptureFixture
) -> None:
    error = OSError("disk full")
    assert [outbox._note_crash(error) for _ in range(3)] == [2.0, 3.0, 4.5]
    assert "the outbox's worker failed; it will try again" in caplog.text
    outbox._note_steps(1.0)
    assert outbox._note_crash(error) == 2.0


@pytest.mark.parametrize("name", [":memory:", Path(":memory:")])
def test_a_file_is_needed(name: str | Path, clock: FakeClock) -> None:
    with pytest.raises(ValueError, match="needs a file"):
        BaseOutbox(name, 2.0, clock, None, None)


@pytest.fixture
def blocking(tmp_path: Path, clock: FakeClock) -> Iterator[Outbox]:
    with Outbox(tmp_path / "o.db", PushClient("key", clock=clock), clock=clock) as made:
        yield made


def refusal(outbox: BaseOutbox) -> Refusal:
    stream = outbox._ledger.store.stream("c", ORDERS)
    order = {"id": "r", "totalAmount": 1, "createdDate": NOON}
    version = make_version(ORDERS, order)
    outbox._ledger.store.refusals.refuse_version(stream, version, "rejected", "no")
    [found] = outbox._ledger.refusals()
    return found


def test_whatever_is_recorded_or_retried_wakes_the_worker(blocking: Outbox) -> None:
    order = {"id": "a", "totalAmount": 1, "createdDate": NOON}
    for change in (
        lambda: blocking.record("c", ORDERS, order),
        lambda: blocking.delete("c", ORDERS, "b"),
        lambda: blocking.retry(refusal(blocking)),
    ):
        blocking._woken.clear()
        change()
        assert blocking._woken.is_set()
    assert blocking.status().depth == 3
    blocking._woken.clear()
    blocking.dismiss(refusal(blocking))
    assert not blocking._woken.is_set()
    assert blocking.refusals() == []


def test_nor_does_the_worker_of_the_asynchronous_one_sleep_on(
    tmp_path: Path, clock: FakeClock
) -> None:
    order = {"id": "a", "totalAmount": 1, "createdDate": NOON}

    async def work() -> None:
        client = AsyncPushClient("key", clock=clock)
        async with client, AsyncOutbox(tmp_path / "o.db", client, clock=clock) as outbox:
            await outbox.record("c", ORDERS, order)  # without a worker
            for change in (
                lambda: outbox.record("c", ORDERS, order),
                lambda: outbox.delete("c", ORDERS, "b"),
                lambda: outbox.retry(refusal(outbox)),
            ):
                outbox._woken = anyio.Event()
                await change()
                assert outbox._woken.is_set()
            outbox._woken = anyio.Event()
            await outbox.dismiss(refusal(outbox))
            assert not outbox._woken.is_set()
            outbox.stop()
            assert outbox._woken.is_set()
            assert (await outbox.status()).depth == 3
            outbox._stopping.clear()
            outbox._woken = anyio.Event()
        assert outbox._woken.is_set()  # closing wakes it, so that it ends at once
        assert outbox._stopping.is_set()
        assert outbox._ledger.is_closed

    anyio.run(work)


def test_who_stops_the_worker_wakes_it_and_waits_for_its_end(blocking: Outbox) -> None:
    seen: list[tuple[bool, bool]] = []

    class Worker(Thread):
        def join(self, timeout: float | None = None) -> None:
            seen.append((blocking._woken.is_set(), blocking._stopping.is_set()))
            super().join(timeout)

    blocking._woken.clear()
    blocking._thread = Worker()
    blocking._thread.start()
    blocking.stop()
    assert seen == [(True, True)]
    assert not blocking._stopping.is_set()


def test_one_worker_pushes_from_a_file_and_one_that_was_stopped_may_run_again(
    tmp_path: Path, clock: FakeClock
) -> None:
    rounds: list[bool] = []

    async def work() -> None:
        client = AsyncPushClient("key", clock=clock)
        async with (
            AsyncOutbox(tmp_path / "o.db", client, clock=clock) as outbox,
            AsyncOutbox(tmp_path / "o.db", client, clock=clock) as other,
        ):

            async def run_once() -> None:
                rounds.append(outbox._stopping.is_set())
                with pytest.raises(LedgerError, match="another worker"):
                    await other.run_once()
                with pytest.raises(LedgerError, match="another worker"):
                    await other.run()
                outbox.stop()

            outbox.run_once = run_once  # type: ignore[method-assign,assignment]
            await outbox.run()
            await outbox.run()
            assert (await outbox.status()).is_alive is False
            assert await other.run_once() is None

    anyio.run(work)
    assert rounds == [False, False]


class Rounds:
    """Steps whose pauses or failures are planned; the worker is stopped after the last."""

    def __init__(self, outbox: Outbox, *ends: float | Exception | None) -> None:
        self.outbox = outbox
        self.left = [*ends]
        self.woken: list[bool] = []

    def run_once(self) -> float | None:
        self.woken.append(self.outbox._woken.is_set())
        self.outbox._woken.set()  # as by a record during the steps
        end = self.left.pop(0)
        if not self.left:
            self.outbox._stopping.set()
        if isinstance(end, Exception):
            raise end
        return end


def test_the_worker_waits_between_its_rounds_and_after_crashes(
    blocking: Outbox, clock: FakeClock
) -> None:
    rounds = Rounds(blocking, 1.5, None, 9.0, OSError("disk full"), OSError("disk full"), 0.0)
    blocking.run_once = rounds.run_once  # type: ignore[method-assign]
    blocking._rng = Shortest(0)
    waits: list[tuple[bool, float | None]] = []
    clock.wait = (  # type: ignore[method-assign]
        lambda event, seconds: waits.append((event.is_set(), seconds))
    )
    blocking._work()
    assert waits == [(True, each) for each in (1.5, 5.0, 5.0, 2.0, 3.0, 0.0)]
    assert rounds.woken == [False] * 6
    blocking._work()
    assert len(waits) == 6


def test_an_outbox_that_is_stopped_gives_its_lock_up_and_can_start_again(
    tmp_path: Path, clock: FakeClock
) -> None:
    file = tmp_path / "o.db"
    client = PushClient("key", clock=clock)
    with Outbox(file, client, clock=clock) as first, Outbox(file, client, clock=clock) as other:
        first.start()
        assert first.status().is_alive
        with pytest.raises(LedgerError, match="another worker"):
            other.start()
        assert not other.status().is_alive
        with pytest.raises(LedgerError, match="another worker"):
            other.run_once()
        first.stop()
        assert not first.status().is_alive
        assert other.run_once() is None
        other.stop()
        first.start()
        thread = first._thread
        first.start()
        assert first._thread is thread
        first.stop()
        first.stop()
    with pytest.raises(LedgerError, match="closed"):
        first.start()
