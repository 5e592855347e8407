"""Recorded concurrent histories have an order; see `tests/support/concurrent_history.py`."""

from __future__ import annotations

import concurrent_history
import pytest
from concurrent_history import Answer, problems_in


def test_every_answer_to_six_threads_is_right_in_one_order(is_thorough):
    result = concurrent_history.main(50 if is_thorough else 2)
    assert result.answers["push"] > 0
    assert result.answers["list"] > 0
    assert result.problems == []


def pushed(dataset, sent, answered, total=1, *, is_repeat=False):
    return Answer("push", sent, answered, dataset, total, is_repeat)


def listed(datasets, sent, answered):
    return Answer("list", sent, answered, listed=datasets)


A, B = pushed("a", 1, 3, 1), pushed("b", 2, 4, 2)


@pytest.mark.parametrize(
    ("answers", "order"),
    [
        ([A, B], ["a", "b"]),
        ([A, B], ["b", "a"]),
        ([A, B, listed([], 1, 2), listed(["a"], 2, 3), listed(["a", "b"], 5, 6)], ["a", "b"]),
        ([A, pushed("b", 2, 4, 1, is_repeat=True)], ["a", "b"]),
        ([A, Answer("poll", 4, 5, "a")], ["a"]),
    ],
)
def test_what_has_an_order_is_accepted(answers, order):
    assert [*problems_in(answers, order)] == []


@pytest.mark.parametrize(
    ("answers", "order", "problem"),
    [
        ([A, B], ["a"], "not in the history"),
        ([A], ["a", "c"], "the history has 2"),
        ([A, pushed("b", 4, 5, 2)], ["b", "a"], "was answered before"),
        ([A, listed([], 4, 5)], ["a"], "was answered before"),
        ([A, pushed("b", 6, 7, 2), listed(["a", "b"], 4, 5)], ["a", "b"], "was answered before"),
        ([A, B, listed(["b"], 5, 6)], ["a", "b"], "no beginning of the history"),
        ([A, pushed("b", 2, 4, 1)], ["a", "b"], "was not found to repeat it"),
        ([A, pushed("b", 2, 4, 2, is_repeat=True)], ["a", "b"], "was found to repeat it"),
        ([A, Answer("poll", 4, 5, "a", status=404)], ["a"], "answered 404"),
    ],
)
def test_what_has_no_order_is_found(answers, order, problem):
    assert any(problem in found for found in problems_in(answers, order))
