"""Pushes whose answers are lost: they arrive at once, late or never, and none is mistaken."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from client_mock import HOST, KEY, NOON, FakeClock
from hypothesis import given, settings
from hypothesis import strategies as st

from codat_push import AnswerLost, Ledger, Outbox, PushClient, WaitTimeout
from codat_push.encoding import read_json

ORDERS = "commerce-orders"
GIVE_UP_SECONDS = 300.0
PROCESSING_SECONDS = 7.0


@dataclass
class Post:
    """What happens to a push: it arrives after so many seconds (None: never), and is answered."""

    delay: float | None = 0.0
    answer: bool = True
    status: int | None = None  # the answer, instead of the dataset


class EventClock(FakeClock):
    """A clock that does what is due on its way."""

    def __init__(self) -> None:
        super().__init__(1_000.0)
        self.events: list[tuple[float, Callable[[], None]]] = []

    def sleep(self, seconds: float) -> None:
        until = self.seconds + seconds
        while due := [event for event in self.events if event[0] <= until]:
            event = min(due, key=lambda each: each[0])
            self.events.remove(event)
            self.seconds = max(self.seconds, event[0])
            event[1]()
        self.seconds = until


@dataclass
class LateService:
    """A service that carries pushes out at once, late or never, as planned."""

    posts: list[Post] = field(default_factory=list)
    clock: EventClock = field(default_factory=EventClock)
    records: dict[str, Any] = field(default_factory=dict)
    executed: list[tuple[str, Any]] = field(default_factory=list)
    arrivals: list[float] = field(default_factory=list)
    posted: list[float] = field(default_factory=list)
    overlaps: int = 0
    lists_datasets: bool = True
    list_status: int = 0  # the answer to a request for the list, instead of it
    processing: float = PROCESSING_SECONDS

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if request.method == "POST":
            return self._post(request)
        if path.endswith("/data/history"):
            if not self.lists_datasets or self.list_status:
                return httpx.Response(self.list_status or 501)
            rows = [self._dataset(number) for number in range(len(self.arrivals))]
            return httpx.Response(200, json={"results": rows[::-1]})
        if "/pull/history/" in path:
            return httpx.Response(200, json=self._dataset(int(path.rpartition("/d")[2])))
        return httpx.Response(404)

    def _post(self, request: httpx.Request) -> httpx.Response:
        post = self.posts.pop(0) if self.posts else Post()
        self.posted.append(self.clock.seconds)
        (records,) = read_json(request.content).values()
        if post.delay == 0.0:
            self._arrive(records)
        elif post.delay is not None:
            due = self.clock.seconds + post.delay
            self.clock.events.append((due, lambda: self._arrive(records)))
        if post.status:
            return httpx.Response(post.status)
        if not post.answer or post.delay != 0.0:
            self.clock.sleep(30.0)
            raise httpx.ReadTimeout("timed out", request=request)
        return httpx.Response(200, json={"datasetId": f"d{len(self.arrivals) - 1}"})

    def _arrive(self, records: Sequence[Any]) -> None:
        now = self.clock.seconds
        self.overlaps += any(now < moment + self.processing for moment in self.arrivals)
        self.arrivals.append(now)
        for record in records:
            self.records[record["id"]] = record["totalAmount"]
            self.executed.append((record["id"], record["totalAmount"]))

    def _dataset(self, number: int) -> dict[str, Any]:
        arrived = self.arrivals[number]
        is_complete = self.clock.seconds >= arrived + self.processing
        requested = NOON + timedelta(seconds=arrived)  # written without an offset
        return {
            "id": f"d{number}",
            "companyId": "c",
            "dataType": ORDERS,
            "status": "Complete" if is_complete else "Queued",
            "requested": requested.replace(tzinfo=None).isoformat(),
            "isCompleted": None,
            "progress": 33.3,
        }

    def client(self) -> PushClient:
        http = httpx.Client(transport=httpx.MockTransport(self))
        return PushClient(KEY, HOST, http, clock=self.clock)


def order(identity: str, total: int = 1) -> dict[str, Any]:
    return {"id": identity, "totalAmount": total, "createdDate": NOON}


def outbox_on(path: Path, service: LateService) -> Outbox:
    rng = Random(7)  # noqa: S311  (jitter, nothing secret)
    return Outbox(path / "outbox.db", service.client(), clock=service.clock, rng=rng)


def drain(outbox: Outbox, service: LateService) -> None:
    for _ in range(500):
        pause = outbox.run_once()
        if pause is None:
            return
        service.clock.sleep(pause)
    raise AssertionError(outbox.status())


def test_a_late_push_is_not_taken_for_the_next_one_that_never_arrived(tmp_path: Path) -> None:
    service = LateService([Post(delay=400.0, answer=False), Post(delay=None)])
    with outbox_on(tmp_path, service) as outbox:
        outbox.record("c", ORDERS, order("a"))
        while service.clock.seconds < 1_000.0 + GIVE_UP_SECONDS:
            service.clock.sleep(outbox.run_once() or 1.0)
        outbox.record("c", ORDERS, order("b"))
        drain(outbox, service)
    service.clock.sleep(1_000)
    assert service.records == {"a": 1, "b": 1}


def test_a_late_dataset_is_not_taken_for_that_of_a_second_push(tmp_path: Path) -> None:
    service = LateService([Post(delay=60.0), Post(delay=None)])
    with outbox_on(tmp_path, service) as outbox:
        outbox.record("c", ORDERS, order("a"))
        outbox.run_once()
        outbox.record("c", ORDERS, order("b"))
        drain(outbox, service)
    assert service.records == {"a": 1, "b": 1}


def test_a_push_is_not_posted_again_while_it_may_still_arrive(tmp_path: Path) -> None:
    service = LateService([Post(delay=100.0)])
    with outbox_on(tmp_path, service) as outbox:
        outbox.record("c", ORDERS, order("a"))
        drain(outbox, service)
    assert service.executed == [("a", 1)]


def test_a_push_answered_with_500_is_posted_again_without_the_long_wait(tmp_path: Path) -> None:
    service = LateService([Post(delay=None, status=500)])
    with outbox_on(tmp_path, service) as outbox:
        outbox.record("c", ORDERS, order("a"))
        drain(outbox, service)
    assert service.clock.seconds < 1_000.0 + 60.0
    assert service.executed == [("a", 1)]


@pytest.mark.parametrize("status", [502, 504])
def test_a_gateways_answer_leaves_the_push_on_its_way(tmp_path: Path, status: int) -> None:
    service = LateService([Post(delay=100.0, status=status)])
    with outbox_on(tmp_path, service) as outbox:
        outbox.record("c", ORDERS, order("a"))
        drain(outbox, service)
    assert service.executed == [("a", 1)]


def test_a_chunk_that_was_never_sent_is_sent_at_once(tmp_path: Path) -> None:
    service = LateService()
    with Ledger(tmp_path / "ledger.db", clock=service.clock) as ledger, service.client() as client:
        assert next(ledger.changes("c", ORDERS, [order("a")]))
        assert client.resume(ledger, "c") == []
        chunk = next(ledger.changes("c", ORDERS, []))
        client.deliver(ledger, chunk)
    assert service.clock.seconds < 1_000.0 + 30.0
    assert service.executed == [("a", 1)]


def test_a_ledger_finds_its_late_push_by_looking_repeatedly(tmp_path: Path) -> None:
    service = LateService([Post(delay=120.0)])
    with Ledger(tmp_path / "ledger.db", clock=service.clock) as ledger, service.client() as client:
        chunk = next(ledger.changes("c", ORDERS, [order("a")]))
        with pytest.raises(AnswerLost):
            client.deliver(ledger, chunk)
        with pytest.raises(WaitTimeout, match=r"a push of 1 commerce-orders .* may still arrive"):
            client.resume(ledger, "c", seconds=10)
        ((found, dataset),) = client.resume(ledger, "c")
        assert (found.size, dataset.status) == (1, "Complete")
    assert service.executed == [("a", 1)]


def test_a_dataset_older_than_those_seen_before_is_never_adopted(tmp_path: Path) -> None:
    service = LateService([Post(), Post(delay=None)])
    with outbox_on(tmp_path, service) as outbox:
        outbox.record("c", ORDERS, order("a"))
        drain(outbox, service)
        service.arrivals.append(500.0)  # of another program, listed only now
        outbox.record("c", ORDERS, order("b"))
        drain(outbox, service)
    assert service.records == {"a": 1, "b": 1}


def work_until(outbox: Outbox, service: LateService, moment: float) -> None:
    while service.clock.seconds < moment:
        pause = outbox.run_once()
        service.clock.sleep(min(pause or 1.0, moment - service.clock.seconds))


def test_of_two_new_datasets_none_is_adopted(tmp_path: Path) -> None:
    service = LateService([Post(delay=None)])
    with outbox_on(tmp_path, service) as outbox:
        outbox.record("c", ORDERS, order("a"))
        outbox.run_once()
        service.arrivals += [service.clock.seconds + 1, service.clock.seconds + 2]  # of whom?
        drain(outbox, service)
    assert service.records == {"a": 1}


def test_two_late_pushes_are_awaited_and_then_sent_again_at_once(tmp_path: Path) -> None:
    service = LateService([Post(delay=400.0), Post(delay=95.0)], processing=120.0)
    with outbox_on(tmp_path, service) as outbox:
        outbox.record("c", ORDERS, order("a"))
        drain(outbox, service)
        first, second = sorted(service.arrivals[:2])
        assert second - first < service.processing
        assert second + service.processing <= service.posted[2] < service.posted[1] + 300.0
        # Both are known now, so that the next push whose answer is lost is found as usual.
        service.posts = [Post(answer=False)]
        outbox.record("c", ORDERS, order("b"))
        drain(outbox, service)
    assert service.executed.count(("b", 1)) == 1


def test_the_next_push_waits_for_the_dataset_of_one_given_up(tmp_path: Path) -> None:
    service = LateService([Post(delay=500.0)], processing=100.0)
    with outbox_on(tmp_path, service) as outbox:
        outbox.record("c", ORDERS, order("a"))
        work_until(outbox, service, 1_510.0)
        late = service.arrivals[-1]
        assert (len(service.posted), late) == (2, 1_500.0)
        outbox.record("c", ORDERS, order("b"))
        drain(outbox, service)
        assert service.posted[2] >= late + service.processing
        service.posts = [Post(answer=False)]
        outbox.record("c", ORDERS, order("d"))
        drain(outbox, service)
    assert service.executed.count(("d", 1)) == 1


def test_a_push_given_up_that_arrives_just_before_the_next_is_known_by_its_age(
    tmp_path: Path,
) -> None:
    service = LateService([Post(delay=None)])
    with outbox_on(tmp_path, service) as outbox:
        outbox.record("c", ORDERS, order("a"))
        drain(outbox, service)
        service.clock.sleep(100)
        outbox.record("c", ORDERS, order("b"))
        outbox.run_once()
        service.arrivals.append(service.arrivals[-1] - 0.5)  # after the look, before the push
        service.clock.sleep(20)
        drain(outbox, service)
        service.posts = [Post(answer=False)]
        outbox.record("c", ORDERS, order("d"))
        drain(outbox, service)
    assert service.executed.count(("d", 1)) == 1


def test_a_push_answered_with_500_leaves_no_doubt_for_the_next(tmp_path: Path) -> None:
    service = LateService([Post(delay=None, status=500), Post(answer=False)])
    with outbox_on(tmp_path, service) as outbox:
        outbox.record("c", ORDERS, order("a"))
        drain(outbox, service)
    assert service.executed == [("a", 1)]


def test_a_clock_that_is_set_back_delays_no_lost_push(tmp_path: Path) -> None:
    service = LateService([Post(delay=None)])
    service.clock.seconds = 1_000_000.0
    with outbox_on(tmp_path, service) as outbox:
        outbox.record("c", ORDERS, order("a"))
        outbox.run_once()
        service.clock.seconds = 500_000.0
        drain(outbox, service)
    assert service.clock.seconds < 500_000.0 + 2 * GIVE_UP_SECONDS
    assert service.records == {"a": 1}


def test_a_push_of_an_earlier_version_may_still_arrive(tmp_path: Path) -> None:
    service = LateService([Post(delay=200.0)])
    with outbox_on(tmp_path, service) as outbox:
        outbox.record("c", ORDERS, order("a"))
        outbox.run_once()
        chunk = outbox._ledger.open_chunk("c", ORDERS)
        assert chunk is not None
        outbox._ledger.store.pushes.mark_posted(chunk.push, 0.0)  # which noted no times
        drain(outbox, service)
    assert service.executed == [("a", 1)]


@pytest.mark.parametrize(("seconds", "times"), [(80_000.0, 2), (90_000.0, 1)])
def test_a_day_after_it_was_given_up_a_push_casts_no_doubt_on_others(
    tmp_path: Path, seconds: float, times: int
) -> None:
    service = LateService([Post(delay=None), Post(), Post(answer=False)])
    with outbox_on(tmp_path, service) as outbox:
        outbox.record("c", ORDERS, order("a"))
        drain(outbox, service)
        service.clock.sleep(seconds)
        outbox.record("c", ORDERS, order("b"))
        drain(outbox, service)
    assert service.executed.count(("b", 1)) == times


def test_a_service_that_lists_its_datasets_no_more_gets_the_push_again(tmp_path: Path) -> None:
    service = LateService([Post(), Post(delay=None)])
    with outbox_on(tmp_path, service) as outbox:
        outbox.record("c", ORDERS, order("a"))
        drain(outbox, service)
        service.lists_datasets = False
        outbox.record("c", ORDERS, order("b"))
        drain(outbox, service)
    assert service.executed == [("a", 1), ("b", 1)]


def test_while_the_list_fails_nothing_is_posted_again(tmp_path: Path) -> None:
    service = LateService([Post(answer=False)])
    with outbox_on(tmp_path, service) as outbox:
        outbox.record("c", ORDERS, order("a"))
        outbox.run_once()
        service.list_status = 500
        work_until(outbox, service, service.clock.seconds + 2 * GIVE_UP_SECONDS)
        service.list_status = 0
        drain(outbox, service)
    assert service.executed == [("a", 1)]


FATES = st.one_of(
    st.just(Post()),
    st.just(Post(answer=False)),
    st.just(Post(delay=None)),
    st.just(Post(delay=None, status=500)),
    st.just(Post(delay=0.0, status=502)),
    st.builds(Post, delay=st.floats(1.0, 250.0)),
    st.builds(Post, delay=st.floats(1.0, 250.0), status=st.just(504)),
)
LATER_FATES = FATES | st.builds(Post, delay=st.floats(280.0, 2_000.0))
CHANGES = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 3), st.sampled_from([0.0, 5.0, 200.0])),
    min_size=1,
    max_size=8,
)


def push_all(
    fates: Sequence[Post], changes: Sequence[tuple[str, int, float]], *, lists: bool
) -> tuple[LateService, dict[str, int]]:
    """Record changes with some work and time between them, until all is pushed."""
    service = LateService([*fates], lists_datasets=lists)
    truth: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder, outbox_on(Path(folder), service) as outbox:
        for total, (identity, rounds, seconds) in enumerate(changes, 1):
            truth[identity] = total
            outbox.record("c", ORDERS, order(identity, total))
            for _ in range(rounds):
                service.clock.sleep(min(outbox.run_once() or 0.0, 60.0))
            service.clock.sleep(seconds)
        drain(outbox, service)
        service.clock.sleep(3_000.0)
        assert outbox.refusals() == []
    return service, truth


@pytest.mark.long
@settings(max_examples=60, deadline=None)
@given(st.lists(FATES, max_size=6), CHANGES)
def test_no_push_is_lost_repeated_or_out_of_order(
    fates: list[Post], changes: list[tuple[str, int, float]]
) -> None:
    service, truth = push_all(fates, changes, lists=True)
    assert service.records == truth
    assert service.overlaps == 0
    if all(post.delay is not None for post in fates):
        assert len(set(service.executed)) == len(service.executed), "pushed twice"


@pytest.mark.long
@settings(max_examples=60, deadline=None)
@given(st.lists(LATER_FATES, max_size=6), CHANGES, st.booleans())
def test_even_a_push_that_arrives_after_it_was_given_up_loses_nothing(
    fates: list[Post], changes: list[tuple[str, int, float]], lists: bool
) -> None:
    service, truth = push_all(fates, changes, lists=lists)
    assert set(truth.items()) <= set(service.executed)
