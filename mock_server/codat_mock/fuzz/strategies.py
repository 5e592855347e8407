"""Schedules as a Hypothesis strategy; fewer and milder faults are simpler."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from codat_mock.domain.dataset_lifecycle import LAST_STEP
from codat_mock.fuzz.schedule import AlertEvent, DatasetEvent, Event, Kill, Uses
from codat_mock.models.datasets import DatasetStatus
from codat_mock.models.faults import Delay, Elapse, Lose, Refuse, Spoil
from codat_mock.models.planned_outcomes import Profile

MAX_EVENTS: Final = 5
# After a fault an integration repeats a request.
RETRIES: Final = 1
DATASET_EVENTS: Final[list[tuple[DatasetStatus, Profile | None]]] = [
    ("InternalError", None),
    # They end a dataset without `isErrored`: whoever waits for that waits for ever.
    ("Cancelled", None),
    ("NotSupported", None),
    ("PrerequisiteNotMet", None),
    ("Complete", "queued"),
    # Only a late error catches an integration that reads the status once.
    ("InternalError", "queued"),
    *((outcome, None) for outcome in LAST_STEP if outcome.endswith("Error")),
]


def schedules(uses: Uses) -> SearchStrategy[tuple[Event, ...]]:
    """The events of one run, no two of the same subject."""
    return st.lists(events(uses), min_size=1, max_size=MAX_EVENTS, unique_by=subject).map(tuple)


def subject(event: Event) -> Hashable:
    """What an event changes."""
    match event:
        case DatasetEvent():
            return "dataset", event.at
        case AlertEvent():
            return "alerts"
        case Elapse():
            return "time", event.operation, event.at
        case Kill():
            return "kill"
    return "answer", event.operation, event.at


def events(uses: Uses) -> SearchStrategy[Event]:
    """One event.

    No dataset is stuck or takes half an hour, and no answer hangs for ever: an integration that
    waits by the machine's clock would wait until its time limit.
    """
    requests = st.sampled_from(
        [
            {"operation": name, "at": (number,)}
            for name, count in uses.operations.items()
            for number in range(1, count + RETRIES + 1)
        ]
    )
    datasets = st.integers(1, uses.datasets + RETRIES)
    kinds: list[SearchStrategy[Event]] = [
        st.builds(
            lambda request, by: Lose(**request, by=by),
            requests,
            st.sampled_from(["close", "reset", "bad-gateway"]),
        ),
        st.builds(
            lambda request, status, wait: Refuse(**request, status=status, retry_after=wait),
            requests,
            st.sampled_from([503, 429, 500, 401]),
            # An integration that respects it waits in every run, by the machine's clock.
            st.sampled_from([None, 1]),
        ),
        st.builds(
            lambda request, how: Spoil(**request, how=how),
            requests,
            st.sampled_from(["truncated", "wrong-json", "wrong-type"]),
        ),
        st.builds(
            lambda at, end: DatasetEvent(at=at, outcome=end[0], profile=end[1]),
            datasets,
            st.sampled_from(DATASET_EVENTS),
        ),
        st.builds(
            lambda request, minutes: Elapse(**request, seconds=60 * minutes),
            requests,
            st.sampled_from([1, 10, 30]),
        ),
        st.builds(lambda request: Delay(**request, seconds=0.2), requests),
    ]
    if uses.can_be_killed:
        kill = st.builds(lambda each: Kill(operation=each["operation"], at=each["at"][0]), requests)
        kinds.append(kill)
    if uses.has_alerts:
        kinds += [
            st.builds(lambda copies: AlertEvent(copies=copies), st.integers(2, 3)),
            st.builds(lambda late: AlertEvent(overtaken_seconds=late), st.sampled_from([10, 60])),
        ]
    return st.one_of(kinds)
