"""Pushes in flight: which of them overlap, and which of two is blamed."""

from __future__ import annotations

from contextlib import ExitStack

from hypothesis import given
from hypothesis import strategies as st

from codat_mock.rules.contexts import Request
from codat_mock.sandbox.in_flight_pushes import InFlightPushes

ORDERS = "commerce-orders"
PAYMENTS = "commerce-payments"


def request(number: int) -> Request:
    return Request(number, "2022-03-21T08:00:00Z", "POST", "/")


@given(
    spans=st.lists(st.tuples(st.integers(0, 20), st.integers(1, 10)), max_size=8),
    order=st.randoms(use_true_random=False),
)
def test_of_two_pushes_that_overlap_exactly_the_one_judged_second_is_blamed(spans, order):
    pushes, blamed = InFlightPushes(), []
    moments = [(float(start), float(start + length)) for start, length in spans]
    judged = list(range(len(moments)))
    order.shuffle(judged)
    with ExitStack() as ended:
        entered = [
            ended.enter_context(pushes.enter("company", ORDERS, *moment)) for moment in moments
        ]
        for number in judged:
            found = pushes.overlaps(entered[number], "company", ORDERS, request(number))
            blamed += [(number, other.number) for other in found]
    # Nobody has been answered while the others are judged: each that is judged later overlaps.
    expected = {
        (later, earlier) for place, later in enumerate(judged) for earlier in judged[:place]
    }
    assert sorted(blamed) == sorted(expected)


def test_a_push_that_arrives_after_the_answer_of_another_overlaps_nothing():
    pushes = InFlightPushes()
    with pushes.enter("company", ORDERS, 0.0, 1.0) as first:
        pushes.overlaps(first, "company", ORDERS, request(1))
    for arrived, expected in ((0.9, [1]), (1.0, []), (1.1, [])):
        with pushes.enter("company", ORDERS, arrived, arrived) as second:
            found = pushes.overlaps(second, "company", ORDERS, request(2))
        assert [each.number for each in found if each.number == 1] == expected


def test_a_push_that_is_not_judged_yet_and_pushes_of_others_overlap_nothing():
    pushes = InFlightPushes()
    with (
        pushes.enter("company", ORDERS, 0.0),
        pushes.enter("other", ORDERS, 0.0) as other,
        pushes.enter("company", PAYMENTS, 0.0) as payments,
        pushes.enter("company", ORDERS, 0.0) as mine,
    ):
        pushes.overlaps(other, "other", ORDERS, request(1))
        pushes.overlaps(payments, "company", PAYMENTS, request(2))
        assert pushes.overlaps(mine, "company", ORDERS, request(3)) == []
