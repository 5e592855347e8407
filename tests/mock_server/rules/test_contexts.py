"""Rules applied to subjects made by hand, for cases that few histories meet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from codat_mock.models.pushes import read_push
from codat_mock.rules.contexts import (
    Context,
    ExchangeContext,
    NextSync,
    PushContext,
    RecordContext,
    Repeat,
    Request,
)
from codat_mock.rules.judge import judge

NOW = datetime(2022, 3, 21, 12, tzinfo=UTC)
REQUEST = Request(5, "2022-03-21T12:00:00Z", "GET", "/companies")


def codes(subject: Context) -> list[str]:
    return [found.finding.code for found in judge(subject).found]


@pytest.mark.parametrize(
    ("gaps", "is_violation"),
    [
        ((1, 1, 1), True),
        ((1, 1), False),
        ((1, 1.05, 1.1), True),
        ((1, 2, 4), False),
        ((4, 2, 1), True),
        ((1, 2, 4, 5, 5, 5, 5), False),  # at its maximum an interval stays the same
        ((0.001, 0.003, 0.002), True),  # at once each time; the differences are chance
        ((0.08, 0.2, 0.4), False),
        ((59, 59, 59), True),
        ((60, 60, 60), False),  # once a minute is a routine, not a retry
        ((86_400, 86_400, 86_400), False),
    ],
)
def test_the_intervals_between_tries_grow_until_they_are_long(
    gaps: Sequence[float], is_violation: bool
) -> None:
    tries = [REQUEST] * len(gaps)
    request = ExchangeContext(
        request=REQUEST,
        status=500,
        operation="list-companies",
        repeat=Repeat(tries, gaps, has_retry_after=False),
    )
    assert codes(request) == (["T05"] if is_violation else [])


def test_a_record_without_an_id_is_not_reported_as_early_or_late_as_well() -> None:
    body = b'{"orders": [{"createdDate": "2022-03-20T12:00:00Z"}]}'
    [pushed] = read_push("commerce-orders", body)
    push = PushContext(
        data_type="commerce-orders",
        at=NOW,
        request=REQUEST,
        records=[RecordContext(pushed, None)],
        start_date=NOW,
        covered=[(NOW - timedelta(days=30), NOW - timedelta(days=1, hours=1))],
        next_sync=NextSync(NOW + timedelta(minutes=1), NOW),
    )
    assert codes(push) == []
