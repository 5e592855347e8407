"""The steps of an outbox's worker: what each answer makes of the queue, and the pause after it."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from threading import Event
from typing import Any

import pytest
from client_mock import NOON, FakeClock
from given_answers import UNLINKED, GivenAnswers, ended, failure, lost

from codat_push import Ledger, LedgerError
from codat_push.errors import Unreachable
from codat_push.hooks import DatasetEnd
from codat_push.models import (
    Configuration,
    Dataset,
    DatasetPage,
    DateRange,
    PushAnswer,
    SyncStatus,
)
from codat_push.recovery import late_seconds
from codat_push.schema import DATA_TYPES
from codat_push.storage.retry_schedule import Entry, RetrySchedule
from codat_push.versions import make_version
from codat_push.worker import Worker

ORDERS, PAYMENTS, _ = DATA_TYPES
FIRST_POLL = 2.0


class Shortest(Random):
    """Draws the shortest pause: two seconds after a failure, then half as long again."""

    def uniform(self, a: float, _b: float) -> float:
        return a


class Till:
    """A worker on a ledger in memory, and the service that answers it."""

    def __init__(self, **answers: list[Any]) -> None:
        self.clock = FakeClock(1000.0)
        self.service = GivenAnswers(self.clock, **answers)
        self.ledger = Ledger(":memory:", clock=self.clock)
        self.schedule = RetrySchedule(self.ledger.store.database, self.clock)
        self.ends: list[DatasetEnd] = []
        self.worker = Worker(self.ledger, self.schedule, FIRST_POLL, Shortest(0), self.ends.append)
        self.stopping = Event()

    def record(self, count: int = 1, company: str = "c", data_type: Any = ORDERS) -> None:
        for number in range(count):
            order = {"id": f"{number}", "createdDate": NOON}
            amount = "totalAmount" if data_type == ORDERS else "amount"
            self.ledger.put(company, data_type, make_version(data_type, order | {amount: 1}))

    def step(self) -> float | None:
        """Take the steps that are due; gives the seconds until the next."""
        left: float | None = self.service.run(self.worker.run_once(self.stopping))
        return left

    def next(self) -> float | None:
        """Let the pause before the next step pass, and take it."""
        stream = self.ledger.store.stream("c", ORDERS)
        self.clock.seconds += self.schedule.seconds_left(stream)
        return self.step()

    @property
    def entry(self) -> Entry:
        return self.schedule.entry(self.ledger.store.stream("c", ORDERS))


@pytest.fixture
def made() -> Iterator[list[Till]]:
    tills: list[Till] = []
    yield tills
    for till in tills:
        till.ledger.close()


@pytest.fixture
def till(made: list[Till]) -> Any:
    def make(**answers: list[Any]) -> Till:
        made.append(Till(**answers))
        return made[-1]

    return make


def test_an_empty_queue_has_no_next_step(till: Any) -> None:
    here = till()
    assert here.step() is None
    assert here.service.asked == []


def test_a_push_is_polled_at_growing_intervals_until_it_ends(till: Any) -> None:
    here = till(dataset=[ended("Mapping"), ended("Mapping"), ended()])
    here.record(2)
    assert here.step() == 2.0
    assert here.service.asked[-1] == "push"
    assert here.entry == Entry(1002.0, 1000.0, 2.0, None, None, None)
    assert here.step() == 2.0  # nothing is due
    assert [here.next(), here.next(), here.next()] == [3.0, 4.5, None]
    assert here.service.asked[-4:] == ["push", "dataset", "dataset", "dataset"]
    assert here.ends == [DatasetEnd("c", ORDERS, 2, "Complete")]
    assert here.entry == Entry(1009.5, 1009.5)
    assert here.clock.pauses == []


def test_a_worker_without_a_hook_reports_nothing(till: Any) -> None:
    here = till()
    here.worker = Worker(here.ledger, here.schedule, FIRST_POLL, Shortest(0), None)
    here.record()
    assert [here.step(), here.next()] == [2.0, None]


@pytest.mark.parametrize("error", [failure(500), failure(401), lost(), lost(Unreachable)])
@pytest.mark.parametrize("operation", ["connections", "sync_status", "dataset"])
def test_after_failures_the_pauses_grow_and_after_a_success_they_are_forgotten(
    till: Any, operation: str, error: Exception
) -> None:
    usual = GivenAnswers(FakeClock()).answers[operation]
    here = till(**{operation: [error, error, *usual]})
    here.record()
    if operation == "dataset":
        here.step()
    assert here.next() == 2.0
    assert here.entry[2:] == (None, 2.0, None, str(error))
    assert here.schedule.last_error() == str(error)
    assert here.next() == 3.0
    while here.next() is not None:
        pass
    assert here.schedule.last_error() is None
    assert here.entry[2:] == (None, None, None, None)


@pytest.mark.parametrize(
    ("error", "next_request"),
    [(failure(401), "push"), (lost(Unreachable), "push"), (failure(429), "push"),
     (failure(500), "newest_datasets"), (lost(), "newest_datasets")],
)  # fmt: skip
def test_a_push_that_failed_is_posted_again_or_looked_for_if_it_may_have_arrived(
    till: Any, error: Exception, next_request: str
) -> None:
    here = till(push=[error, PushAnswer("d-1")])
    here.record()
    assert here.step() == 2.0
    assert here.entry[2:] == (None, 2.0, None, str(error))
    del here.service.asked[:]
    here.next()
    assert next_request in here.service.asked
    assert ("push" in here.service.asked) is (next_request == "push")


@pytest.mark.parametrize(
    ("status", "retry_after", "left", "others_left"),
    [(429, 60.0, 60.0, 0.0), (503, 60.0, 60.0, 60.0), (429, 1.5, 2.0, 0.0), (503, 1.0, 2.0, 1.0),
     (500, None, 2.0, 0.0), (500, 0.0, 2.0, 0.0)],
)  # fmt: skip
def test_retry_after_is_kept_for_the_company_or_in_an_outage_for_everybody(
    till: Any, status: int, retry_after: float | None, left: float, others_left: float
) -> None:
    here = till(connections=[failure(status, retry_after=retry_after)])
    here.record()
    here.step()
    streams = [here.ledger.store.stream("c", ORDERS), here.ledger.store.stream("c", PAYMENTS),
               here.ledger.store.stream("other", ORDERS)]  # fmt: skip
    found = [here.schedule.seconds_left(stream) for stream in streams]
    assert found == [left, retry_after or 0.0, others_left]


def test_a_company_that_is_not_set_up_is_asked_about_again(till: Any) -> None:
    here = till(connections=[UNLINKED])
    here.record()
    assert [here.step(), here.next()] == [2.0, 3.0]
    assert here.entry.error == "company c: its commerce connection is not linked"
    assert "push" not in here.service.asked


@pytest.mark.parametrize("status", [400, 413])
def test_a_push_that_is_refused_is_sent_in_halves_until_one_record_is_refused(
    till: Any, status: int
) -> None:
    refused = failure(status)
    here = till(push=[refused, refused, refused, PushAnswer("d-1")])
    here.record(5)
    assert here.step() == 2.0
    assert here.entry[2:] == (None, 2.0, 2, str(refused))
    assert here.next() == 3.0
    assert here.entry[2:] == (None, 3.0, 1, str(refused))
    assert here.next() == 4.5
    assert [(each.id, each.reason) for each in here.ledger.refusals()] == [("0", "rejected")]
    while here.next() is not None:
        pass
    assert [len(each) for each in here.service.pushed] == [5, 2, 1, 1, 2, 1]
    assert here.entry.max_records == 8


@pytest.mark.parametrize(("count", "sizes"), [(1, [1]), (2, [2, 1]), (5, [5, 2, 1])])
@pytest.mark.parametrize("status", ["ValidationError", "MapError"])
def test_a_dataset_that_blames_its_records_is_sent_in_halves(
    till: Any, count: int, sizes: list[int], status: str
) -> None:
    here = till(dataset=[ended(status, error_message="no such tax")])
    here.record(count)
    here.step()
    while not here.ledger.refusals():
        here.next()
    assert [len(each) for each in here.service.pushed] == sizes
    assert here.entry.error == f"dataset d-1: {status} no such tax"
    assert here.ends[0] == DatasetEnd("c", ORDERS, count, status)


def test_any_other_failure_of_a_dataset_is_sent_again_whole(till: Any) -> None:
    here = till(dataset=[ended("Cancelled"), ended()])
    here.record(3)
    here.step()
    assert here.next() == 2.0
    assert here.entry[2:] == (None, 2.0, None, "dataset d-1: Cancelled")
    assert [here.next(), here.next()] == [2.0, None]
    assert [len(each) for each in here.service.pushed] == [3, 3]
    assert [each.status for each in here.ends] == ["Cancelled", "Complete"]


@pytest.mark.parametrize(
    ("correlation_id", "is_refused"), [("from-the-service", True), ("", False)]
)
def test_all_that_is_queued_for_an_unknown_company_is_refused_if_the_service_says_so(
    till: Any, correlation_id: str, is_refused: bool
) -> None:
    here = till(push=[failure(404, correlation_id)])
    here.record(2)
    left = here.step()
    found = [(each.id, each.reason, each.detail) for each in here.ledger.refusals()]
    if is_refused:
        assert left is None
        expected = ("unknown-company", "refused")
        assert found == [("0", *expected), ("1", *expected)]
        assert here.entry == Entry(1000.0, 1000.0)
    else:
        assert (left, found) == (2.0, [])
        assert here.entry.error is not None
        assert here.ledger.store.queue.depth()[0] == 2


def listed(name: str, status: str = "Complete") -> DatasetPage:
    return DatasetPage([Dataset(id=name, status=status)])


def test_a_lost_push_is_looked_for_at_growing_intervals_and_then_polled(till: Any) -> None:
    nothing = DatasetPage()
    here = till(push=[lost()], newest_datasets=[nothing, nothing, nothing, listed("d-1")])
    here.record()
    assert here.step() == 2.0
    assert [here.next(), here.next()] == [2.0, 3.0]
    assert here.entry[2:] == (3.0, 2.0, None, "POST https://x/push: no answer")
    assert here.next() == 2.0  # found: the pauses begin with the first
    assert here.entry.poll_pause == 2.0
    assert here.next() is None
    assert here.service.asked[-2:] == ["newest_datasets", "dataset"]


def test_a_lost_push_that_is_given_up_is_posted_again_at_once(till: Any) -> None:
    here = till(push=[lost(), PushAnswer("d-1")])
    here.record()
    here.step()
    here.clock.seconds += late_seconds(FIRST_POLL)
    assert here.step() == 0.0
    assert (here.entry.due, here.entry.poll_pause) == (here.clock.seconds, None)
    assert here.service.asked[-1] == "newest_datasets"
    assert here.step() == 2.0
    assert here.service.asked[-1] == "push"


def test_the_next_push_waits_for_what_one_given_up_has_become(till: Any) -> None:
    running = listed("late", "Mapping")
    nothing = DatasetPage()
    here = till(
        push=[lost(), PushAnswer("d-1")],
        newest_datasets=[nothing, nothing, running, running, listed("late"), nothing],
    )
    here.record()
    here.step()
    here.clock.seconds += late_seconds(FIRST_POLL)
    here.step()
    assert [here.step(), here.next()] == [2.0, 3.0]
    assert here.service.asked[-2:] == ["newest_datasets", "newest_datasets"]
    assert here.next() == 2.0
    assert here.service.asked[-1] == "push"


def running(code: int = 1000) -> SyncStatus:
    period = DateRange(start=NOON.replace(hour=0), finish=NOON.replace(hour=13))
    return SyncStatus(sync_status_code=code, sync_utc=NOON, sync_date_range_utc=period)


def test_records_that_wait_for_a_sync_are_looked_at_at_growing_intervals(till: Any) -> None:
    here = till(sync_status=[running(), running(), running(5000)])
    here.record()
    assert [here.step(), here.next()] == [2.0, 3.0]
    assert here.entry.poll_pause == 3.0
    assert "push" not in here.service.asked
    assert here.next() == 2.0
    assert here.service.asked[-1] == "push"


def test_where_nothing_can_be_sent_and_nothing_waits_the_worker_rests(till: Any) -> None:
    here = till(sync_status=[running(2000)])
    here.record()
    assert here.step() is None
    assert here.entry[2:] == (None, None, None, None)
    assert [each.reason for each in here.ledger.refusals()] == ["late"]


def test_after_it_was_stopped_no_step_is_taken(till: Any) -> None:
    here = till()
    here.record()
    here.stopping.set()
    assert here.step() == 0.0
    assert here.service.asked == []


def test_each_stream_takes_its_steps_in_order_and_the_earliest_is_next(till: Any) -> None:
    here = till(dataset=[ended("Mapping")])
    for data_type in (PAYMENTS, ORDERS):
        here.record(data_type=data_type)
    here.record(company="b")
    assert here.step() == 2.0
    here.clock.seconds += 0.5
    here.record(company="a")
    assert here.step() == 1.5
    assert [here.service.asked.count(each) for each in ("push", "configuration")] == [4, 3]
    streams = [("a", ORDERS), ("b", ORDERS), ("c", ORDERS), ("c", PAYMENTS)]
    assert here.ledger.store.queue.busy_streams() == streams
    left = [here.schedule.seconds_left(here.ledger.store.stream(*each)) for each in streams]
    assert left == [2.0, 1.5, 1.5, 1.5]


class Died(BaseException):
    """The process has died."""


def test_a_step_at_which_the_process_dies_is_not_taken_again_at_once(till: Any) -> None:
    here = till()
    here.record()
    flow = here.worker.run_once(here.stopping)
    next(flow)
    with pytest.raises(Died):
        flow.throw(Died())
    assert here.schedule.seconds_left(here.ledger.store.stream("c", ORDERS)) == 2.0


def test_a_mistake_in_one_stream_is_reported_and_the_others_go_on(till: Any) -> None:
    here = till(connections=[TypeError("odd"), *GivenAnswers(FakeClock()).answers["connections"]])
    here.record()
    here.record(company="d")
    assert here.step() == 2.0
    assert here.entry.error == "TypeError: odd"
    assert here.service.asked.count("push") == 1


def test_a_mistake_in_the_whole_file_ends_the_round(till: Any) -> None:
    here = till(connections=[LedgerError("the file cannot be used")])
    here.record()
    here.record(company="d")
    with pytest.raises(LedgerError):
        here.step()
    assert here.service.asked == ["connections"]


def test_a_clock_that_is_set_back_delays_no_step(till: Any) -> None:
    here = till()
    here.record()
    here.step()
    here.clock.seconds -= 900
    assert here.step() == 2.0


def test_a_mapping_that_is_not_complete_is_waited_for_before_the_first_push_only(
    till: Any,
) -> None:
    here = till(configuration=[Configuration(False), Configuration(True), Configuration(False)])
    here.record()
    assert here.step() == 2.0
    assert here.entry.error == "company c: the merchant has not completed the mapping yet"
    assert [here.next(), here.next()] == [2.0, None]
    here.record(2)
    assert here.step() == 2.0
    assert here.service.asked.count("configuration") == 2
