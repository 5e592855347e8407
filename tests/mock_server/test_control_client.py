"""The control client: waiting for alerts."""

from __future__ import annotations

import pytest

from codat_mock import control_client
from codat_mock.control_client import MockFailed, wait_until_settled


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made, without making them."""
    made: list[float] = []
    monkeypatch.setattr(control_client, "sleep", made.append)
    return made


def test_alerts_are_polled_with_growing_pauses(pauses: list[float]) -> None:
    answers = iter([{"isSettled": False}] * 8 + [{"isSettled": True, "alerts": []}])
    assert wait_until_settled(lambda: next(answers)) == {"isSettled": True, "alerts": []}
    assert pauses == [0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.2, 0.2]


def test_settled_alerts_are_read_once(pauses: list[float]) -> None:
    assert wait_until_settled(lambda: {"isSettled": True})["isSettled"]
    assert pauses == []


def test_alerts_that_never_settle_are_a_failure_of_the_mock(pauses: list[float]) -> None:
    with pytest.raises(MockFailed, match="still being delivered after 120 s"):
        wait_until_settled(lambda: {"isSettled": False})
    assert 120 <= sum(pauses) < 121
