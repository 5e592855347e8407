"""A dataset's way: a status for every moment, computed from its plan."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from codat_mock.clock import LAST
from codat_mock.domain.dataset_lifecycle import (
    LAST_STEP,
    PROFILES,
    PROGRESS,
    QUEUED_ROUTE,
    ROUTE,
    end_of,
    make_plan,
    moment_of,
    next_step,
    route_of,
    state_at,
)

REQUESTED = datetime(2022, 3, 21, 20, 43, 46, 675674, tzinfo=UTC)
ENDS = ["Complete", *LAST_STEP]
OUTCOMES = st.sampled_from(ENDS)
DURATIONS = st.sampled_from((5, 8)).flatmap(
    lambda steps: st.lists(st.floats(0, 1000), min_size=steps, max_size=steps)
)
PLANS = st.builds(make_plan, OUTCOMES, st.just("why"), DURATIONS)
AFTER = st.timedeltas(timedelta(-1), timedelta(seconds=9000))


@given(PLANS, st.lists(AFTER, min_size=2).map(sorted))
def test_a_dataset_never_goes_back(plan, waits):
    states = [state_at(plan, REQUESTED, REQUESTED + wait) for wait in waits]
    order = [step.status for step in plan.steps]
    places = [order.index(state.status) for state in states]
    assert places == sorted(places)
    progress = [state.progress for state in states]
    assert progress == sorted(progress)
    assert set(progress) <= set(PROGRESS.values())


@given(PLANS)
def test_every_dataset_reaches_its_outcome_at_its_end_and_not_before(plan):
    end = end_of(plan, REQUESTED)
    ended = state_at(plan, REQUESTED, end)
    assert (ended.status, ended.completed, ended.message) == (plan.outcome, end, "why")
    assert ended.is_completed == (plan.outcome == "Complete")
    assert ended.is_errored == plan.outcome.endswith("Error")
    assert (ended.progress == 100) == ended.is_completed
    assume(end > REQUESTED)
    before = state_at(plan, REQUESTED, end - timedelta(microseconds=1))
    assert before.completed is None
    assert not before.is_completed
    assert not before.is_errored
    assert not before.message


@given(PLANS)
def test_next_steps_lead_through_every_moment_of_the_plan_and_end(plan):
    now, met = REQUESTED - timedelta(seconds=1), []
    while (upcoming := next_step(plan, REQUESTED, now)) is not None:
        assert upcoming > now
        met.append(now := upcoming)
    assert met == sorted({moment_of(step, REQUESTED) for step in plan.steps})
    assert state_at(plan, REQUESTED, now).status == plan.outcome


@pytest.mark.parametrize("outcome", ENDS)
def test_every_end_is_reached_from_the_step_the_reference_tells(outcome):
    plan = make_plan(outcome)
    statuses = [step.status for step in plan.steps]
    assert statuses[-1] == outcome
    assert tuple(statuses[:-1]) == ROUTE[: len(statuses) - 1]
    assert statuses[-2] == LAST_STEP.get(outcome, "Processing")


def test_a_dataset_takes_as_long_as_the_guides_own_example():
    completed = end_of(make_plan(), REQUESTED)
    assert completed - REQUESTED == timedelta(seconds=7.7788)


def test_a_complete_dataset_was_at_every_step_of_the_way():
    plan = make_plan()
    seen = [state_at(plan, REQUESTED, moment_of(step, REQUESTED)) for step in plan.steps]
    assert [state.status for state in seen] == list(ROUTE)
    assert [state.progress for state in seen] == [0, 20, 40, 60, 80, 100]


def test_a_profile_may_go_through_the_states_of_waiting():
    plan = make_plan(durations=PROFILES["queued"])
    assert tuple(step.status for step in plan.steps) == QUEUED_ROUTE


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_fits_a_route(name):
    assert route_of(PROFILES[name])[-1] == "Complete"


@pytest.mark.parametrize("count", [0, 4, 6, 7, 9])
def test_durations_that_fit_no_route_are_refused(count):
    words = f"{count} durations are given; there are 5 steps before the end, or 8 with"
    with pytest.raises(ValueError, match=words):
        route_of([1] * count)


@pytest.mark.parametrize(
    ("name", "seconds"),
    [("instant", 0), ("fast", 0.5), ("realistic", 7.7788), ("slow", 1800), ("queued", 22.7788)],
)
def test_a_profile_takes_as_long_as_the_page_of_outcomes_says(name, seconds):
    assert sum(PROFILES[name]) == pytest.approx(seconds, abs=1e-9)


@given(st.sampled_from(QUEUED_ROUTE[:-1]), st.timedeltas(timedelta(hours=1), timedelta(days=9)))
def test_a_stuck_dataset_never_ends(status, wait):
    plan = make_plan(durations=PROFILES["queued"], stuck_in=status)
    state = state_at(plan, REQUESTED, REQUESTED + wait)
    assert (state.status, state.completed, state.message) == (status, None, "")
    assert next_step(plan, REQUESTED, REQUESTED + wait) is None
    assert end_of(plan, REQUESTED) == LAST


def test_each_profile_takes_its_time_in_every_step():
    assert PROFILES == {
        "instant": (0,) * 5,
        "fast": (0.1,) * 5,
        "realistic": (0.4, 1.3, 2.1, 1.9, 2.0788),
        "slow": (60, 240, 600, 500, 400),
        "queued": (0.4, 1.3, 5, 2.1, 5, 1.9, 5, 2.0788),
    }


def test_the_progress_of_a_dataset_that_waits_is_that_of_the_step_before():
    plan = make_plan(durations=PROFILES["queued"])
    seen = [state_at(plan, REQUESTED, moment_of(step, REQUESTED)) for step in plan.steps]
    assert [state.progress for state in seen] == [0, 20, 20, 40, 40, 60, 60, 80, 100]


@pytest.mark.parametrize(
    ("outcome", "progress"),
    [("AuthError", 20), ("MapError", 40), ("NotSupported", 0), ("Cancelled", 80)],
)
def test_an_end_off_the_route_keeps_the_progress_of_its_last_step(outcome, progress):
    plan = make_plan(outcome, "why")
    assert state_at(plan, REQUESTED, end_of(plan, REQUESTED)).progress == progress


def test_before_its_request_a_dataset_is_in_its_first_step():
    plan = make_plan()
    before = state_at(plan, REQUESTED, REQUESTED - timedelta(microseconds=1))
    assert (before.status, before.progress, before.completed) == ("Queued", 0, None)
    assert next_step(plan, REQUESTED, REQUESTED - timedelta(microseconds=1)) == REQUESTED
    assert next_step(plan, REQUESTED, REQUESTED) == REQUESTED + timedelta(seconds=0.4)


def test_steps_are_entered_to_the_microsecond():
    plan = make_plan(durations=[0.1, 0.2, 0.0000004, 0.0000006, 1])
    assert [step.after_seconds for step in plan.steps] == [0, 0.1, 0.3, 0.3, 0.300001, 1.300001]
