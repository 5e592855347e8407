"""The search itself, with schedules that are not run."""

from __future__ import annotations

import pytest
from hypothesis.database import InMemoryExampleDatabase

from codat_mock.cli.subprocess import Stopped
from codat_mock.fuzz import search as searching
from codat_mock.fuzz.schedule import Schedule, Uses
from codat_mock.fuzz.search import Search

ORIGIN = Schedule(start_at="2022-03-21T18:00:00Z")
USES = Uses({"push-orders": 3}, datasets=3, has_alerts=False, can_be_killed=True)


@pytest.fixture
def shown():
    """What was shown as progress."""
    return []


@pytest.fixture
def search(shown):
    return Search(100, InMemoryExampleDatabase(), "search", shown.append)


def test_what_stops_a_search_ends_it_at_once(search):
    runs = []

    def run(schedule):
        runs.append(schedule)
        raise Stopped(15)

    with pytest.raises(Stopped, match="SIGTERM"):
        search.shortest(run, ORIGIN, USES)
    assert len(runs) == 1


@pytest.mark.parametrize("most", [0, 5])
def test_what_was_found_is_shortened_with_a_bound(search, shown, monkeypatch, most):
    monkeypatch.setattr(searching, "MAX_SHORTENINGS", most)
    monkeypatch.setattr(searching, "code_of", lambda is_broken: is_broken)
    found, tried = search.shortest(lambda schedule: len(schedule.events) > 2, ORIGIN, USES)
    assert found is not None
    assert len(found.events) > 2
    first = next(number for number, events in enumerate(shown, 1) if events)
    assert tried == len(shown) == first + most


def test_the_first_failure_is_shown_before_it_is_shortened(search, shown, monkeypatch):
    monkeypatch.setattr(searching, "code_of", lambda is_broken: is_broken)
    found, _ = search.shortest(lambda schedule: len(schedule.events) > 1, ORIGIN, USES)
    first = next(events for events in shown if events)
    assert len(first) > 1
    assert found is not None
    assert len(found.events) == 2 == len(shown[-1])
