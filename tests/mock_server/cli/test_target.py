"""When the mock of a command begins."""

from __future__ import annotations

from datetime import timedelta

import pytest

from codat_mock.cli.target import calm_start
from codat_mock.clock import parse_moment


@pytest.mark.parametrize(
    ("now", "start"),
    [
        ("2022-01-10T00:59:00Z", None),
        ("2022-01-10T01:00:00Z", "2022-01-10T03:15:00Z"),
        ("2022-01-10T02:59:00Z", "2022-01-10T03:15:00Z"),
        ("2022-01-10T03:14:59Z", "2022-01-10T03:15:00Z"),
        ("2022-01-10T03:15:00Z", None),
        ("2022-07-10T00:00:00Z", "2022-07-10T02:15:00Z"),
        ("2022-07-10T12:00:00Z", None),
    ],
)
def test_the_clock_does_not_start_near_a_sync(now: str, start: str | None) -> None:
    started = calm_start(parse_moment(now), timedelta(0))
    assert started == (parse_moment(start) if start else None)
