"""Waiting for a dataset: after which pauses it is read, and for how long."""

from __future__ import annotations

from typing import Any

import pytest
from client_mock import FakeClock
from given_answers import GivenAnswers, ended, failure, lost

from codat_push import Dataset, RequestError, WaitTimeout
from codat_push.polling import WaitOptions, wait

GIVEN = Dataset(id="d-1", company_id="c", data_type="commerce-orders")
LATER = failure(429, retry_after=33.0)
DOWN = failure(503)


def waited(
    *answers: Any, seconds: float = 60.0, seen: list[Any] | None = None, given: Dataset = GIVEN
) -> tuple[list[float], Dataset]:
    """The pauses until the end of a dataset that is read so, and the dataset."""
    clock = FakeClock(1000.0)
    options = WaitOptions(clock, 2.0, seconds, None if seen is None else seen.append)
    dataset = GivenAnswers(clock, dataset=[*answers]).run(wait(given, options))
    return clock.pauses, dataset


def test_a_dataset_that_has_ended_is_not_read() -> None:
    complete = Dataset(id="d-1", status="Complete")
    assert waited(given=complete) == ([], complete)


@pytest.mark.parametrize(
    ("answers", "pauses"),
    [
        ([ended()], [2.0]), ([ended("Mapping"), ended()], [2.0, 3.0]),
        ([ended("Mapping"), ended("Mapping"), ended()], [2.0, 3.0, 4.5]),
        ([DOWN, ended()], [2.0, 3.0]), ([lost(), ended()], [2.0, 3.0]),
        ([LATER, ended()], [2.0, 33.0]), ([LATER, ended("Mapping"), ended()], [2.0, 33.0, 4.5]),
        ([failure(429, retry_after=1.0), ended()], [2.0, 3.0]),
        ([failure(429, retry_after=0.0), ended()], [2.0, 3.0]),
        ([LATER, DOWN, ended()], [2.0, 33.0, 4.5]),
    ],
)  # fmt: skip
def test_the_pauses_grow_and_keep_retry_after(answers: list[Any], pauses: list[float]) -> None:
    assert waited(*answers)[0] == pauses


@pytest.mark.parametrize(
    ("seconds", "pauses"),
    [
        (0.0, []), (1.0, [1.0]), (2.0, [2.0]), (2.5, [2.0, 0.5]), (5.0, [2.0, 3.0]),
        (5.001, [2.0, 3.0, 0.001]),
    ],
)  # fmt: skip
def test_it_is_read_a_last_time_when_the_time_is_over(seconds: float, pauses: list[float]) -> None:
    clock = FakeClock(1000.0)
    service = GivenAnswers(clock, dataset=[ended("Mapping")])
    status = "Mapping" if pauses else "Queued"
    with pytest.raises(WaitTimeout, match=f"dataset d-1 is still {status} after {seconds:g} s"):
        service.run(wait(GIVEN, WaitOptions(clock, 2.0, seconds)))
    assert clock.pauses == pytest.approx(pauses)
    assert service.asked == ["dataset"] * len(pauses)


@pytest.mark.parametrize(
    ("seconds", "retry_after", "is_kept"),
    [(35.0, 33.0, True), (34.999, 33.0, False), (5.0, 1.0, True), (4.999, 1.0, False),
     (4.0, 0.0, False), (5.0, 0.0, True)],
)  # fmt: skip
def test_after_a_failure_a_poll_that_may_not_come_in_time_is_not_waited_for(
    seconds: float, retry_after: float, is_kept: bool
) -> None:
    answers = [failure(429, retry_after=retry_after), ended()]
    if is_kept:
        assert waited(*answers, seconds=seconds)[1].status == "Complete"
    else:
        clock = FakeClock(1000.0)
        service = GivenAnswers(clock, dataset=answers)
        with pytest.raises(WaitTimeout):
            service.run(wait(GIVEN, WaitOptions(clock, 2.0, seconds)))
        assert clock.pauses == [2.0]


@pytest.mark.parametrize("status", [400, 401, 404])
def test_a_failure_for_good_ends_the_wait(status: int) -> None:
    with pytest.raises(RequestError) as caught:
        waited(failure(status))
    assert caught.value.status == status


def test_each_state_is_shown_and_keeps_what_the_client_knows() -> None:
    seen: list[Dataset] = []
    _, dataset = waited(ended("Mapping"), DOWN, ended("Processing"), ended(), seen=seen)
    assert [each.status for each in seen] == ["Mapping", "Processing", "Complete"]
    assert {(each.company_id, each.data_type) for each in seen} == {("c", "commerce-orders")}
    assert dataset is seen[-1]
