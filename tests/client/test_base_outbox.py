"""What an outbox shows of itself, and how long its worker waits after its steps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from client_mock import NOON, FakeClock

from codat_push import OutboxStatus
from codat_push._base_outbox import BaseOutbox
from codat_push.storage.retry_schedule import Entry

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
