"""Schedules: how they are drawn, described and planned."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from codat_mock.clock import parse_moment
from codat_mock.domain.dataset_lifecycle import LAST_STEP
from codat_mock.fuzz.exploration import start_of
from codat_mock.fuzz.schedule import (
    OVERLAP_SECONDS,
    AlertEvent,
    ClockSkew,
    DatasetEvent,
    Kill,
    Overlap,
    Schedule,
    SyncEvent,
    SyncHour,
    Unlink,
    Uses,
    describe,
)
from codat_mock.fuzz.strategies import MAX_EVENTS, schedules, subject
from codat_mock.models.faults import Delay, Elapse, Lose, Refuse, Slow, Spoil, Unreachable
from codat_mock.models.planned_outcomes import PlannedOutcome

USES = Uses(
    Counter({"push-orders": 2, "get-dataset": 3}),
    datasets=2,
    has_alerts=True,
    can_be_killed=True,
    days=3,
)
START = "2022-03-21T18:00:00Z"


@given(schedules(USES))
def test_events_hit_requests_that_the_integration_sends(events):
    assert 1 <= len(events) <= MAX_EVENTS
    assert len({subject(event) for event in events}) == len(events)
    for event in events:
        if isinstance(event, DatasetEvent):
            assert event.at <= USES.datasets + 1
        elif isinstance(event, SyncEvent | SyncHour | Unlink):
            assert event.day <= USES.days
        elif not isinstance(event, AlertEvent | ClockSkew):
            places = (event.at,) if isinstance(event, Kill | Overlap) else event.at
            sent = USES.operations.get(event.operation, USES.operations.total())
            assert min(places) <= sent + 1


@given(schedules(USES), st.integers(0))
def test_a_schedule_survives_writing_and_reading(events, seed):
    schedule = Schedule(start_at=START, seed=seed, events=events)
    assert msgspec.json.decode(msgspec.json.encode(schedule), type=Schedule) == schedule


@given(schedules(USES))
def test_every_event_is_described_and_planned(events):
    schedule = Schedule(start_at=START, events=events)
    others = DatasetEvent | SyncEvent | AlertEvent | Kill | Overlap | Unlink | SyncHour | ClockSkew
    planned = [event for event in events if not isinstance(event, others)]
    delayed = [
        Delay(operation=event.operation, at=(event.at,), seconds=OVERLAP_SECONDS)
        for event in events
        if isinstance(event, Overlap)
    ]
    held = [
        Lose(operation=event.operation, at=(event.at,), by="hang")
        for event in events
        if isinstance(event, Kill)
    ]
    assert schedule.faults == planned + delayed + held
    assert all(describe(event) for event in events)
    assert schedule.origin.events == ()


def shortest(condition):
    """The shortest schedule of which that holds, however the tests are run."""
    return find(schedules(USES), condition, settings=settings(max_examples=2_000, phases=[*Phase]))


@pytest.mark.parametrize(
    "kind",
    [
        Lose, Refuse, Spoil, Delay, Slow, Unreachable, Elapse, DatasetEvent, SyncEvent, AlertEvent,
        Kill, Overlap, Unlink, SyncHour, ClockSkew,
    ],
)  # fmt: skip
def test_every_kind_of_event_is_generated(kind):
    (event,) = shortest(lambda events: any(isinstance(each, kind) for each in events))
    assert isinstance(event, kind)


def test_no_alert_events_without_alert_rules():
    deaf = Uses(USES.operations, USES.datasets, has_alerts=False)

    @given(schedules(deaf))
    def hears_nothing(events):
        assert not any(isinstance(event, AlertEvent) for event in events)

    hears_nothing()


def test_no_events_of_syncs_where_the_integration_runs_once():
    @given(schedules(Uses(USES.operations, USES.datasets, has_alerts=False)))
    def syncs_as_usual(events):
        assert not any(isinstance(event, SyncEvent) for event in events)

    syncs_as_usual()


def test_an_outage_hits_requests_of_all_operations_in_a_row():
    def is_outage(event):
        return isinstance(event, Refuse) and event.operation is None

    (outage,) = shortest(lambda events: any(map(is_outage, events)))
    assert describe(outage) == "request 1, 2 is refused with 503"


def test_a_schedule_with_two_ends_of_one_sync_is_refused():
    ends = tuple(SyncEvent(day=2, outcome=end) for end in ("ServerError", "BillingExpired"))
    with pytest.raises(ValueError, match="2 events of the sync of day 2"):
        Schedule(start_at=START, days=2, events=ends)


@pytest.mark.parametrize("outcome", LAST_STEP)
def test_every_end_of_a_dataset_is_generated(outcome):
    def ends_so(events):
        return any(getattr(event, "outcome", None) == outcome for event in events)

    any_length = settings(max_examples=2_000, phases=[Phase.generate])
    assert find(schedules(USES), ends_so, settings=any_length)


def test_no_kills_where_the_integration_is_a_function():
    function = Uses(USES.operations, USES.datasets, has_alerts=False)

    @given(schedules(function))
    def is_not_killed(events):
        assert not any(isinstance(event, Kill) for event in events)

    is_not_killed()


@pytest.mark.parametrize(
    ("events", "message"),
    [
        ([Kill(operation="push-orders", at=at) for at in (1, 2)], "killed more than once"),
        ([Overlap(operation="push-orders", at=at) for at in (1, 2)], "overlap more than once"),
        ([SyncHour(day=2, hour=hour) for hour in (4, 5)], "moves the sync of day 2 2 times"),
    ],
)
def test_a_schedule_with_events_of_which_only_one_could_happen_is_refused(events, message):
    with pytest.raises(ValueError, match=message):
        Schedule(start_at=START, days=2, events=tuple(events))


def test_the_merchant_acts_and_runs_overlap_on_several_days_only():
    once = Uses(USES.operations, USES.datasets, has_alerts=True, can_be_killed=True)

    @given(schedules(once))
    def runs_as_usual(events):
        assert not any(isinstance(event, Overlap | Unlink | SyncHour) for event in events)
        assert Schedule(start_at=START, events=events).longest_wait_seconds <= 1

    runs_as_usual()


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
