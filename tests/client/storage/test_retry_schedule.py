"""When the next step is taken, at and beside its moment, and how chunks grow again."""

from __future__ import annotations

from pathlib import Path

import pytest
from client_mock import NOON, FakeClock

from codat_push import Dataset, Ledger
from codat_push.content import _shown
from codat_push.http_messages import MAX_RETRY_AFTER_SECONDS
from codat_push.storage.retry_schedule import Entry, RetrySchedule
from codat_push.versions import make_version

ORDERS = "commerce-orders"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(1000.0)


@pytest.fixture
def ledger(tmp_path: Path, clock: FakeClock) -> Ledger:
    return Ledger(tmp_path / "ledger.db", clock=clock, max_records=5)


@pytest.fixture
def schedule(ledger: Ledger, clock: FakeClock) -> RetrySchedule:
    return RetrySchedule(ledger.store.database, clock)


def test_a_step_is_due_at_its_moment(ledger, clock, schedule):
    stream = ledger.store.stream("c", ORDERS)
    assert schedule.seconds_left(stream) == 0
    schedule.plan(stream, Entry(retry_pause=2.0, error="down"), 10)
    for moment, left in ((1000, 10), (1009.5, 0.5), (1010, 0), (1011, 0)):
        clock.seconds = moment
        assert schedule.seconds_left(stream) == left
    assert schedule.entry(stream) == Entry(1010.0, 1000.0, None, 2.0, None, "down")
    assert schedule.last_error() == "down"


@pytest.mark.parametrize(
    ("company", "seconds", "left"),
    [("c", [10, 3], 10), ("c", [3, 10], 10), ("", [3], 3), ("other", [3], 0)],
)
def test_the_longest_wait_of_a_company_counts(ledger, schedule, company, seconds, left):
    stream = ledger.store.stream("c", ORDERS)
    for each in seconds:
        schedule.suspend(company, each)
    assert schedule.seconds_left(stream) == left


def test_the_later_of_a_wait_and_a_step_counts(ledger, schedule):
    stream = ledger.store.stream("c", ORDERS)
    schedule.plan(stream, Entry(), 5)
    schedule.suspend("", 3)
    assert schedule.seconds_left(stream) == 5
    schedule.suspend("c", 7)
    assert schedule.seconds_left(stream) == 7


@pytest.mark.parametrize(("back", "left"), [(0, 10), (1, 10), (900, 10), (-4, 6)])
def test_a_clock_that_is_set_back_delays_nothing(ledger, clock, schedule, back, left):
    stream = ledger.store.stream("c", ORDERS)
    schedule.plan(stream, Entry(), 10)
    clock.seconds -= back
    schedule.follow_clock()
    assert schedule.seconds_left(stream) == left


def test_no_pause_is_longer_than_a_day(ledger, schedule):
    stream = ledger.store.stream("c", ORDERS)
    for seconds, left in ((MAX_RETRY_AFTER_SECONDS, 86_400), (MAX_RETRY_AFTER_SECONDS + 1, 86_400)):
        schedule.plan(stream, Entry(), seconds)
        schedule.follow_clock()
        assert schedule.seconds_left(stream) == left


def settle(ledger: Ledger, status: str) -> int:
    """Push what is queued, with this end; gives how many records it had."""
    chunk = ledger.take("c", ORDERS)
    assert chunk is not None
    ledger.mark_posted(chunk)
    sent = ledger.mark_sent(chunk, f"d{chunk.push}")
    end = Dataset(id=sent.dataset, company_id="c", data_type=ORDERS, status=status)
    ledger.settle(sent, end)
    return chunk.size


def record(ledger: Ledger, first: int, count: int) -> None:
    for number in range(first, first + count):
        given = {"id": f"{number}", "totalAmount": 1, "createdDate": NOON}
        ledger.put("c", ORDERS, make_version(ORDERS, given))


def test_chunks_are_halved_for_a_wrong_record_and_grow_to_their_limit_again(ledger):
    record(ledger, 0, 3)
    assert settle(ledger, "ValidationError") == 3
    record(ledger, 3, 20)
    assert [settle(ledger, "Complete") for _ in range(5)] == [1, 2, 4, 5, 5]


@pytest.mark.parametrize(("length", "shown"), [(58, 60), (59, 58)])
def test_a_long_value_is_shortened_in_a_message(length, shown):
    text = _shown("x" * length)
    assert len(text) == shown
    assert text.endswith("…") == (length == 59)


@pytest.mark.parametrize(("bytes_less", "records"), [(0, 2), (1, 1), (-1, 2)])
def test_a_chunk_has_as_many_bytes_as_it_may(tmp_path, clock, bytes_less, records):
    given = {"id": "0", "totalAmount": 1, "createdDate": NOON}
    size = 2 * len(make_version(ORDERS, given).body) - bytes_less
    ledger = Ledger(tmp_path / "ledger.db", clock=clock, max_bytes=size)
    record(ledger, 0, 3)
    assert settle(ledger, "Complete") == records
