"""What becomes of a chunk after each answer: the flows, with answers given by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from client_mock import NOON, FakeClock
from given_answers import UNLINKED, GivenAnswers, ended, failure, lost

from codat_push import Chunk, Ledger, LedgerError, NotSetUp, RequestError, WaitTimeout
from codat_push.encoding import read_json
from codat_push.errors import Unreachable, UnreadableAnswer
from codat_push.models import Configuration, DateRange, PushAnswer, SyncStatus
from codat_push.polling import WaitOptions
from codat_push.submission import deliver, finish, poll, resume, send

ORDERS = "commerce-orders"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(1000.0)


@pytest.fixture
def ledger(clock: FakeClock) -> Iterator[Ledger]:
    with Ledger(":memory:", clock=clock) as opened:
        yield opened


@pytest.fixture
def options(clock: FakeClock) -> WaitOptions:
    return WaitOptions(clock, 2.0, 60.0)


def chunk_of(ledger: Ledger, count: int = 1) -> Chunk:
    orders = [{"id": f"{n}", "totalAmount": 1, "createdDate": NOON} for n in range(count)]
    return next(ledger.changes("c", ORDERS, orders))


def left(ledger: Ledger) -> list[str]:
    """The ids that the next chunks would hold."""
    found: list[str] = []
    with ledger.dry_run():
        ledger.requeue_failed("c", ORDERS)
        while chunk := ledger.take("c", ORDERS):
            found += [read_json(body)["id"] for body in ledger.bodies(chunk)]
            ledger.settle(chunk, ended())
    return found


def refused(ledger: Ledger) -> list[tuple[str, str, str]]:
    return [(each.id, each.reason, each.detail) for each in ledger.refusals()]


def test_a_chunk_is_prepared_posted_polled_and_settled(
    ledger: Ledger, clock: FakeClock, options: WaitOptions
) -> None:
    service = GivenAnswers(clock, dataset=[ended("Mapping"), ended()])
    dataset = service.run(deliver(ledger, chunk_of(ledger, 2), options))
    assert (dataset.id, dataset.status) == ("d-1", "Complete")
    assert service.asked == [
        *("connections", "configuration", "newest_datasets", "sync_status"),
        *("push", "dataset", "dataset"),
    ]
    assert clock.pauses == [2.0, 3.0]
    assert service.pushed == [["0", "1"]]
    assert ledger.open_chunk("c", ORDERS) is None
    assert left(ledger) == []
    assert next(ledger.changes("c", ORDERS, []), None) is None


@pytest.mark.parametrize("status", [400, 413])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_push_that_is_refused_is_sent_in_halves_and_a_single_record_is_not(
    ledger: Ledger, clock: FakeClock, options: WaitOptions, status: int, count: int
) -> None:
    service = GivenAnswers(clock, push=[failure(status)])
    dataset = service.run(deliver(ledger, chunk_of(ledger, count), options))
    assert (dataset.id, dataset.status) == ("", "ValidationError")
    assert (dataset.company_id, dataset.data_type) == ("c", ORDERS)
    assert dataset.error_message == "refused"
    sizes = {1: [1], 2: [2, 1], 3: [3, 1]}[count]
    assert [len(each) for each in service.pushed] == sizes
    assert refused(ledger) == [("0", "rejected", "refused")]
    assert left(ledger) == [str(number) for number in range(1, count)]


def test_of_a_push_that_is_refused_the_half_that_is_accepted_is_settled(
    ledger: Ledger, clock: FakeClock, options: WaitOptions
) -> None:
    service = GivenAnswers(clock, push=[failure(400), PushAnswer("d-1")])
    dataset = service.run(deliver(ledger, chunk_of(ledger, 4), options))
    assert (dataset.id, dataset.status) == ("d-1", "Complete")
    assert service.pushed == [["0", "1", "2", "3"], ["0", "1"]]
    assert left(ledger) == ["2", "3"]


def synced(hours: int, code: int = 2000) -> SyncStatus:
    finish = NOON.replace(hour=12 + hours)
    period = DateRange(start=NOON.replace(hour=0), finish=finish)
    return SyncStatus(sync_status_code=code, sync_utc=finish, sync_date_range_utc=period)


@pytest.mark.parametrize(("hours", "is_pushed"), [(0, True), (1, False)])
def test_a_chunk_is_made_again_after_a_sync_and_is_complete_if_nothing_is_left(
    ledger: Ledger, clock: FakeClock, options: WaitOptions, hours: int, is_pushed: bool
) -> None:
    service = GivenAnswers(clock, sync_status=[synced(hours)])
    dataset = service.run(deliver(ledger, chunk_of(ledger), options))
    assert dataset.status == "Complete"
    assert dataset.id == ("d-1" if is_pushed else "")
    assert ("push" in service.asked) is is_pushed
    assert [reason for _, reason, _ in refused(ledger)] == ([] if is_pushed else ["late"])
    assert ledger.open_chunk("c", ORDERS) is None


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({"connections": [UNLINKED]}, NotSetUp), ({"connections": [failure(503)]}, RequestError),
        ({"configuration": [Configuration(False)]}, NotSetUp),
        ({"newest_datasets": [failure(500)]}, RequestError),
        ({"sync_status": [failure(429)]}, RequestError),
    ],
)  # fmt: skip
def test_a_chunk_that_cannot_be_prepared_goes_back_into_the_queue(
    ledger: Ledger,
    clock: FakeClock,
    options: WaitOptions,
    answers: dict[str, list[Any]],
    error: type[Exception],
) -> None:
    service = GivenAnswers(clock, **answers)
    with pytest.raises(error):
        service.run(deliver(ledger, chunk_of(ledger), options))
    assert "push" not in service.asked
    assert ledger.open_chunk("c", ORDERS) is None
    assert left(ledger) == ["0"]


def test_so_does_one_of_a_ledger_that_is_used_elsewhere(
    tmp_path: Any, clock: FakeClock, options: WaitOptions
) -> None:
    file = tmp_path / "ledger.db"
    with Ledger(file, clock=clock) as ledger, Ledger(file, clock=clock) as other:
        other.lock()
        service = GivenAnswers(clock)
        with pytest.raises(LedgerError, match="another worker"):
            service.run(deliver(ledger, chunk_of(ledger), options))
        assert service.asked == []
        assert ledger.open_chunk("c", ORDERS) is None
        with pytest.raises(LedgerError, match="another worker"):
            service.run(resume(ledger, "c", options))


@pytest.mark.parametrize(
    ("error", "is_open", "is_answered"),
    [
        (failure(401), False, None), (failure(404), False, None), (failure(429), False, None),
        (lost(Unreachable), False, None), (lost(), True, False),
        (failure(500), True, True), (failure(501), True, True), (failure(502), True, False),
        (failure(503), True, True), (failure(504), True, False), (failure(505), True, True),
        (lost(UnreadableAnswer), True, True),
    ],
)  # fmt: skip
def test_a_push_that_failed_is_over_unless_it_may_have_arrived(
    ledger: Ledger, clock: FakeClock, error: RequestError, is_open: bool, is_answered: bool | None
) -> None:
    chunk = chunk_of(ledger)
    with pytest.raises(type(error)):
        GivenAnswers(clock, push=[error]).run(send(ledger, chunk))
    assert (ledger.open_chunk("c", ORDERS) is not None) is is_open
    if is_open:
        assert ledger.store.pushes.attempt(chunk.push) == (1000.0, is_answered)
    else:
        assert left(ledger) == ["0"]


@pytest.mark.parametrize(("status", "is_known"), [(404, None), (401, True)])
def test_after_a_push_to_an_unknown_company_its_datasets_are_listed_again(
    ledger: Ledger, clock: FakeClock, options: WaitOptions, status: int, is_known: bool | None
) -> None:
    with pytest.raises(RequestError):
        GivenAnswers(clock, push=[failure(status)]).run(deliver(ledger, chunk_of(ledger), options))
    stream = ledger.store.stream("c", ORDERS)
    assert ledger.store.remote_state.lists_datasets(stream) is is_known


def test_when_a_chunk_is_posted_is_noted_before_its_answer_comes(ledger: Ledger) -> None:
    chunk = chunk_of(ledger)
    flow = send(ledger, chunk)
    next(flow)
    assert ledger.store.pushes.attempt(chunk.push) == (1000.0, False)
    with pytest.raises(StopIteration) as end:
        flow.send(PushAnswer("d-9"))
    assert end.value.value.dataset == "d-9"
    assert ledger.open_chunk("c", ORDERS) == end.value.value
    assert ledger.store.remote_state.datasets(ledger.store.stream("c", ORDERS)) == {"d-9"}


@pytest.mark.parametrize("is_waited_for", [True, False])
def test_a_dataset_that_the_service_has_lost_is_sent_again(
    ledger: Ledger, clock: FakeClock, options: WaitOptions, is_waited_for: bool
) -> None:
    service = GivenAnswers(clock, dataset=[failure(404)])
    chunk = service.run(send(ledger, chunk_of(ledger)))
    reading = finish(ledger, chunk, options) if is_waited_for else poll(ledger, chunk)
    with pytest.raises(RequestError):
        service.run(reading)
    assert ledger.open_chunk("c", ORDERS) is None
    assert left(ledger) == ["0"]


@pytest.mark.parametrize("status", [401, 500])
def test_a_dataset_that_cannot_be_read_stays_open(
    ledger: Ledger, clock: FakeClock, status: int
) -> None:
    service = GivenAnswers(clock, dataset=[failure(status)])
    chunk = service.run(send(ledger, chunk_of(ledger)))
    with pytest.raises(RequestError):
        service.run(poll(ledger, chunk))
    assert ledger.open_chunk("c", ORDERS) == chunk


def test_a_dataset_is_settled_only_when_it_has_ended_but_its_time_is_noted_at_once(
    ledger: Ledger, clock: FakeClock
) -> None:
    service = GivenAnswers(clock, dataset=[ended("Mapping"), ended()])
    chunk = service.run(send(ledger, chunk_of(ledger)))
    stream = ledger.store.stream("c", ORDERS)
    assert ledger.store.remote_state.latest_request(stream) is None
    assert service.run(poll(ledger, chunk)).status == "Mapping"
    assert service.paths[-1] == "/meta/companies/c/pull/history/d-1"
    assert ledger.store.remote_state.latest_request(stream) == NOON
    assert ledger.open_chunk("c", ORDERS) == chunk
    assert service.run(poll(ledger, chunk)).status == "Complete"
    assert ledger.open_chunk("c", ORDERS) is None


def test_a_run_finishes_what_an_earlier_one_left_open_and_reads_the_last_sync(
    ledger: Ledger, clock: FakeClock, options: WaitOptions
) -> None:
    service = GivenAnswers(clock, sync_status=[synced(0)])
    chunk = service.run(send(ledger, chunk_of(ledger)))
    [(found, dataset)] = service.run(resume(ledger, "c", options))
    assert (found, dataset.status) == (chunk, "Complete")
    assert ledger.store.remote_state.synced("c").boundary > 0
    assert service.run(resume(ledger, "c", options)) == []


def test_a_run_gives_up_what_was_never_posted(
    ledger: Ledger, clock: FakeClock, options: WaitOptions
) -> None:
    chunk_of(ledger)
    service = GivenAnswers(clock)
    assert service.run(resume(ledger, "c", options)) == []
    assert service.asked == ["sync_status"]
    assert left(ledger) == ["0"]


def test_a_dataset_that_does_not_end_is_waited_for_as_long_as_is_said(
    ledger: Ledger, clock: FakeClock, options: WaitOptions
) -> None:
    service = GivenAnswers(clock, dataset=[ended("Mapping")])
    with pytest.raises(WaitTimeout, match="still Mapping after 60 s"):
        service.run(deliver(ledger, chunk_of(ledger), options))
    assert sum(clock.pauses) == 60.0
    open_one = ledger.open_chunk("c", ORDERS)
    assert open_one
    assert open_one.dataset == "d-1"
