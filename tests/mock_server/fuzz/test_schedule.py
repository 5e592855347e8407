"""Schedules: how they are drawn, described and planned."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import find, given
from hypothesis import strategies as st

from codat_mock.clock import parse_moment
from codat_mock.domain.dataset_lifecycle import LAST_STEP
from codat_mock.fuzz.exploration import start_of
from codat_mock.fuzz.schedule import AlertEvent, DatasetEvent, Kill, Schedule, Uses, describe
from codat_mock.fuzz.strategies import MAX_EVENTS, schedules, subject
from codat_mock.models.faults import Delay, Elapse, Lose, Refuse, Spoil
from codat_mock.models.planned_outcomes import PlannedOutcome

USES = Uses({"push-orders": 2, "get-dataset": 3}, datasets=2, has_alerts=True, can_be_killed=True)
START = "2022-03-21T18:00:00Z"


@given(schedules(USES))
def test_events_hit_requests_that_the_integration_sends(events):
    assert 1 <= len(events) <= MAX_EVENTS
    assert len({subject(event) for event in events}) == len(events)
    for event in events:
        if isinstance(event, DatasetEvent):
            assert event.at <= USES.datasets + 1
        elif not isinstance(event, AlertEvent):
            (place,) = (event.at,) if isinstance(event, Kill) else event.at
            assert place <= USES.operations[event.operation] + 1


@given(schedules(USES), st.integers(0))
def test_a_schedule_survives_writing_and_reading(events, seed):
    schedule = Schedule(start_at=START, seed=seed, events=events)
    assert msgspec.json.decode(msgspec.json.encode(schedule), type=Schedule) == schedule


@given(schedules(USES))
def test_every_event_is_described_and_planned(events):
    schedule = Schedule(start_at=START, events=events)
    planned = [event for event in events if not isinstance(event, DatasetEvent | AlertEvent | Kill)]
    held = [
        Lose(operation=event.operation, at=(event.at,), by="hang")
        for event in events
        if isinstance(event, Kill)
    ]
    assert schedule.faults == planned + held
    assert all(describe(event) for event in events)
    assert schedule.origin.events == ()


@pytest.mark.parametrize(
    "kind", [Lose, Refuse, Spoil, Delay, Elapse, DatasetEvent, AlertEvent, Kill]
)
def test_every_kind_of_event_is_generated(kind):
    (event,) = find(schedules(USES), lambda events: any(isinstance(each, kind) for each in events))
    assert isinstance(event, kind)


def test_no_alert_events_without_alert_rules():
    deaf = Uses(USES.operations, USES.datasets, has_alerts=False)

    @given(schedules(deaf))
    def hears_nothing(events):
        assert not any(isinstance(event, AlertEvent) for event in events)

    hears_nothing()


@pytest.mark.parametrize("outcome", LAST_STEP)
def test_every_end_of_a_dataset_is_generated(outcome):
    def ends_so(events):
        return any(getattr(event, "outcome", None) == outcome for event in events)

    assert find(schedules(USES), ends_so)


def test_no_kills_where_the_integration_is_a_function():
    function = Uses(USES.operations, USES.datasets, has_alerts=False)

    @given(schedules(function))
    def is_not_killed(events):
        assert not any(isinstance(event, Kill) for event in events)

    is_not_killed()


def test_a_schedule_with_two_kills_is_refused():
    kills = tuple(Kill(operation="push-orders", at=at) for at in (1, 2))
    with pytest.raises(ValueError, match="killed more than once"):
        Schedule(start_at=START, events=kills)


def test_the_outcome_of_a_dataset_is_planned_after_those_before_it():
    late = DatasetEvent(at=3, outcome="FetchError")
    slow = DatasetEvent(at=1, profile="queued")
    planned = list(Schedule(start_at=START, events=(late, slow)).outcomes)
    assert planned == [
        PlannedOutcome(target="dataset", profile="queued"),
        PlannedOutcome(target="dataset"),
        PlannedOutcome(target="dataset", outcome="FetchError"),
    ]


@pytest.mark.parametrize(
    ("now", "start"),
    [
        ("2022-03-21T08:30:00Z", "2022-03-21T08:30:00Z"),
        ("2022-03-21T02:45:00Z", "2022-03-21T00:00:00Z"),
        ("2022-03-21T03:00:01Z", "2022-03-21T03:00:01Z"),
        ("2022-03-21T23:59:00Z", "2022-03-21T21:00:00Z"),
    ],
)
def test_the_start_leaves_time_before_the_sync(now, start):
    assert start_of(parse_moment(now)) == start
