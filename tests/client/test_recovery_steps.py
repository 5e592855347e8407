"""One look for the dataset of a push whose answer was lost, at and beside each moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from client_mock import NOON, FakeClock
from given_answers import failure

from codat_push import Dataset, Ledger, LedgerError, RequestError, WaitTimeout
from codat_push.ledger import Chunk
from codat_push.models import DatasetPage
from codat_push.operations import Pause
from codat_push.polling import WaitOptions
from codat_push.recovery import ABANDONED_SECONDS, find_dataset, is_clear, late_seconds
from codat_push.submission import _recover, _wait_until_clear

ORDERS = "commerce-orders"
LATE = 300.0
BEFORE = datetime(2022, 3, 21, 12, tzinfo=UTC)


def dataset(name: str, status: str = "Complete", after: float = 1) -> Dataset:
    requested = BEFORE + timedelta(seconds=after)
    return Dataset(id=name, company_id="c", data_type=ORDERS, status=status, requested=requested)


class Lost:
    """A ledger with a push of one record that was posted, and whose answer was lost."""

    def __init__(self, path: Path, seen: Sequence[Dataset] | None = ()) -> None:
        self.clock = FakeClock(1000.0)
        self.ledger = Ledger(path / "ledger.db", clock=self.clock)
        self.stream = self.ledger.store.stream("c", ORDERS)
        with self.ledger.store.transaction():
            self.ledger.store.remote_state.note_datasets(self.stream, seen)
        self.chunk = self.push()

    def push(self) -> Chunk:
        record = {"id": "a", "totalAmount": 1, "createdDate": NOON}
        chunk = next(self.ledger.changes("c", ORDERS, [record]))
        self.ledger.mark_posted(chunk)
        return chunk

    def look(self, *listed: Dataset) -> Chunk | None:
        return answered(find_dataset(self.ledger, self.chunk, LATE), listed)

    def seen(self) -> tuple[set[str], datetime | None]:
        """The datasets that are known, and when the latest was requested."""
        state = self.ledger.store.remote_state
        return {*state.datasets(self.stream)}, state.latest_request(self.stream)

    def abandoned(self) -> int:
        pushes = self.ledger.store.pushes
        return pushes.abandoned(self.stream, self.clock.seconds - ABANDONED_SECONDS)


def answered(flow: Any, listed: Sequence[Dataset]) -> Any:
    """What a flow returns that lists the datasets, if it does."""
    try:
        next(flow)
        flow.send(DatasetPage(results=list(listed)))
    except StopIteration as ended:
        return ended.value
    raise AssertionError("it asks for more")


@pytest.mark.parametrize(("passed", "is_given_up"), [(299.999, False), (300, True), (301, True)])
def test_a_push_is_given_up_when_it_is_late(tmp_path: Path, passed: float, is_given_up: bool):
    lost = Lost(tmp_path)
    lost.clock.seconds += passed
    found = lost.look()
    assert (found is None) == is_given_up
    assert lost.abandoned() == is_given_up


@pytest.mark.parametrize("posted", [0.0, -1.0, 1000.001])
def test_a_push_of_no_known_time_counts_from_now(tmp_path: Path, posted: float):
    lost = Lost(tmp_path)
    lost.ledger.store.pushes.mark_posted(lost.chunk.push, posted)
    assert lost.look() is not None
    lost.clock.seconds += LATE
    assert lost.look() is None


@pytest.mark.parametrize(("posted", "is_given_up"), [(1.0, True), (700.0, True), (700.1, False)])
def test_any_other_time_of_a_push_counts(tmp_path: Path, posted: float, is_given_up: bool):
    lost = Lost(tmp_path)
    lost.ledger.store.pushes.mark_posted(lost.chunk.push, posted)
    assert (lost.look() is None) is is_given_up


def test_the_only_new_dataset_is_the_push_s(tmp_path: Path):
    lost = Lost(tmp_path, [dataset("seen")])
    found = lost.look(dataset("seen"), dataset("new", "Mapping"))
    assert found is not None
    assert found.dataset == "new"


@pytest.mark.parametrize(("after", "is_adopted"), [(-0.001, False), (0, True), (0.001, True)])
def test_a_dataset_older_than_those_seen_is_of_no_later_push(
    tmp_path: Path, after: float, is_adopted: bool
):
    lost = Lost(tmp_path, [dataset("seen", after=0)])
    found = lost.look(dataset("new", after=after))
    assert found is not None
    assert (found.dataset == "new") is is_adopted
    assert lost.seen()[0] == {"seen", "new"}  # either way, it is of no other push


def test_of_two_new_datasets_both_are_waited_for_and_none_is_adopted(tmp_path: Path):
    lost = Lost(tmp_path)
    waiting = lost.look(dataset("1"), dataset("2", "Mapping"))
    assert waiting is not None
    assert not waiting.dataset
    assert lost.seen() == (set(), None)
    assert lost.look(dataset("1"), dataset("2", after=3)) is None
    assert lost.seen() == ({"1", "2"}, dataset("2", after=3).requested)


def test_a_push_that_was_answered_is_given_up_at_once_and_casts_no_doubt(tmp_path: Path):
    lost = Lost(tmp_path)
    lost.ledger.mark_answered(lost.chunk)
    assert lost.look() is None
    assert lost.abandoned() == 0


def test_where_datasets_are_not_listed_a_push_casts_no_doubt(tmp_path: Path):
    lost = Lost(tmp_path, None)
    flow = find_dataset(lost.ledger, lost.chunk, LATE)
    lost.clock.seconds += LATE
    with pytest.raises(StopIteration) as ended:
        next(flow)
    assert ended.value.value is None
    assert lost.abandoned() == 0


@pytest.mark.parametrize(("passed", "is_in_doubt"), [(0, True), (-1, False)])
def test_a_push_that_was_given_up_is_in_doubt_for_a_day(
    tmp_path: Path, passed: float, is_in_doubt: bool
):
    lost = Lost(tmp_path)
    lost.clock.seconds += LATE
    assert lost.look() is None
    lost.clock.seconds = 1000.0 + 86_400.0 - passed
    assert lost.abandoned() == is_in_doubt
    is_free = answered(is_clear(lost.ledger, "c", ORDERS), [dataset("x", "Mapping")])
    assert is_free is (not is_in_doubt)


def test_the_next_push_waits_for_what_one_given_up_has_become(tmp_path: Path):
    lost = Lost(tmp_path)
    lost.clock.seconds += LATE
    assert lost.look() is None
    assert answered(is_clear(lost.ledger, "c", ORDERS), [dataset("x", "Mapping")]) is False
    assert lost.seen() == (set(), None)
    assert answered(is_clear(lost.ledger, "c", ORDERS), [dataset("x")]) is True
    assert lost.seen() == ({"x"}, dataset("x").requested)
    assert lost.abandoned() == 0
    assert late_seconds(2.0) == LATE


def run(lost: Lost, flow: Any, listed: Sequence[Dataset]) -> None:
    """Run a flow; the service lists these datasets, and pauses pass at once."""
    answer = None
    while True:
        step = flow.send(answer)
        answer = None
        if isinstance(step, Pause):
            lost.clock.seconds += step.seconds
        else:
            answer = DatasetPage(results=list(listed))


def waited(lost: Lost, flow: Any, *listed: Dataset) -> float:
    """How many seconds a flow waits until it gives up."""
    began = lost.clock.seconds
    with pytest.raises(WaitTimeout):
        run(lost, flow, listed)
    return lost.clock.seconds - began


@pytest.mark.parametrize(("seconds", "waits"), [(0, 0), (2, 2), (2.001, 5), (5, 5)])
def test_what_arrived_late_is_waited_for_as_long_as_is_said(
    tmp_path: Path, seconds: float, waits: float
):
    lost = Lost(tmp_path)
    lost.clock.seconds += LATE
    assert lost.look() is None
    options = WaitOptions(lost.clock, 2.0, seconds)
    flow = _wait_until_clear(lost.ledger, lost.chunk, options)
    assert waited(lost, flow, dataset("x", "Mapping")) == waits


@pytest.mark.parametrize(("seconds", "waits"), [(0, 0), (2, 2), (2.001, 5), (5, 5)])
def test_a_lost_push_is_looked_for_as_long_as_is_said(tmp_path: Path, seconds: float, waits: float):
    lost = Lost(tmp_path)
    flow = _recover(lost.ledger, lost.chunk, WaitOptions(lost.clock, 2.0, seconds))
    assert waited(lost, flow) == waits


def test_of_several_pushes_that_were_given_up_the_oldest_have_arrived(tmp_path: Path):
    lost = Lost(tmp_path)
    pushes = lost.ledger.store.pushes
    for number, posted in ((11, 900.0), (12, 700.0), (13, 800.0)):
        pushes.abandon(lost.stream, number, posted)
        pushes.abandon(lost.stream + 1, number + 10, posted)
    assert answered(is_clear(lost.ledger, "c", ORDERS), [dataset("x"), dataset("y")]) is True
    find = "SELECT push FROM abandoned WHERE stream = ? ORDER BY push"
    left = [number for (number,) in lost.ledger.store.database.run(find, lost.stream)]
    assert left == [11]
    assert pushes.abandoned(lost.stream + 1, 0.0) == 3


@pytest.mark.parametrize("status", [400, 404, 405, 501, 401, 500])
def test_where_the_list_has_gone_a_lost_push_is_given_up_in_time(tmp_path: Path, status: int):
    lost = Lost(tmp_path)
    lost.clock.seconds += LATE
    flow = find_dataset(lost.ledger, lost.chunk, LATE)
    next(flow)
    is_passed_on = status in (401, 500)
    with pytest.raises(RequestError if is_passed_on else StopIteration):
        flow.throw(failure(status))
    assert (lost.ledger.open_chunk("c", ORDERS) is not None) is is_passed_on


def test_a_push_that_was_never_posted_is_queued_again_without_a_question(tmp_path: Path):
    lost = Lost(tmp_path)
    lost.ledger.store.database.run("UPDATE push SET posted = NULL")
    with pytest.raises(StopIteration) as ended:
        next(find_dataset(lost.ledger, lost.chunk, LATE))
    assert ended.value.value is None
    assert lost.ledger.open_chunk("c", ORDERS) is None
    assert lost.abandoned() == 0


@pytest.mark.parametrize(("count", "is_given_up"), [(0, False), (1, False), (2, True), (3, True)])
def test_once_more_have_arrived_than_were_given_up_nothing_is_waited_for(
    tmp_path: Path, count: int, is_given_up: bool
):
    lost = Lost(tmp_path)
    lost.ledger.store.pushes.abandon(lost.stream, 99, 990.0)
    found = lost.look(*(dataset(f"{number}") for number in range(count)))
    assert (found is None) is is_given_up
    assert lost.abandoned() == (0 if is_given_up else 1)


def fail(*_values: Any) -> None:
    raise LedgerError("the disk is full")


def test_a_push_is_given_up_with_all_that_follows_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    lost = Lost(tmp_path)
    lost.clock.seconds += LATE
    with monkeypatch.context() as patch:
        patch.setattr(lost.ledger, "release", fail)
        with pytest.raises(LedgerError):
            lost.look(dataset("1"), dataset("2"))
    assert lost.abandoned() == 0
    assert lost.seen() == (set(), None)


@pytest.mark.parametrize("is_older", [True, False])
def test_datasets_are_noted_together_with_the_pushes_that_they_may_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_older: bool
):
    lost = Lost(tmp_path, [dataset("seen", after=0)])
    lost.ledger.store.pushes.abandon(lost.stream, 99, 990.0)
    before = lost.seen()
    with monkeypatch.context() as patch:
        patch.setattr(lost.ledger.store.pushes, "forget_abandoned", fail)
        with pytest.raises(LedgerError):
            answered(
                is_clear(lost.ledger, "c", ORDERS), [dataset("x", after=-1 if is_older else 1)]
            )
    assert lost.seen() == before
    assert lost.abandoned() == 1
