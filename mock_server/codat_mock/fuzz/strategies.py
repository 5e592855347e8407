"""Schedules as a Hypothesis strategy; what is shorter and tells of less trouble is simpler."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from codat_mock.fuzz.schedule import AlertEvent, DatasetEvent, Event, Uses
from codat_mock.models.datasets import DatasetStatus
from codat_mock.models.faults import Delay, Elapse, Lose, Refuse, Spoil
from codat_mock.models.planned_outcomes import Profile

MOST_EVENTS: Final = 5
# After trouble an integration asks once more than it does without.
ONCE_MORE: Final = 1
WAYS: Final[list[tuple[DatasetStatus, Profile | None]]] = [
    ("FetchError", None),
    ("InternalError", None),
    ("RateLimitError", None),
    ("Complete", "queued"),
    # Whoever looks once and takes that for the end is found by an error that comes later only.
    ("InternalError", "queued"),
]


def schedules(uses: Uses) -> SearchStrategy[tuple[Event, ...]]:
    """Events of one run, no two of which are about the same thing."""
    return st.lists(events(uses), min_size=1, max_size=MOST_EVENTS, unique_by=subject).map(tuple)


def subject(event: Event) -> Hashable:
    """What an event is about."""
    match event:
        case DatasetEvent():
            return "dataset", event.at
        case AlertEvent():
            return "alerts"
        case Elapse():
            return "time", event.operation, event.at
    return "answer", event.operation, event.at


def events(uses: Uses) -> SearchStrategy[Event]:
    """One thing that the service does.

    No dataset is stuck or takes half an hour, and no answer hangs for ever: who waits for them by
    the machine's clock would wait until the run's time is over.
    """
    places = st.sampled_from(
        [
            {"operation": name, "at": (place,)}
            for name, count in uses.operations.items()
            for place in range(1, count + ONCE_MORE + 1)
        ]
    )
    datasets = st.integers(1, uses.datasets + ONCE_MORE)
    kinds: list[SearchStrategy[Event]] = [
        st.builds(
            lambda place, by: Lose(**place, by=by),
            places,
            st.sampled_from(["close", "reset", "bad-gateway"]),
        ),
        st.builds(
            lambda place, status, wait: Refuse(**place, status=status, retry_after=wait),
            places,
            st.sampled_from([503, 429, 500]),
            # Whoever waits as it is asked does so in every run, by the machine's clock.
            st.sampled_from([None, 1]),
        ),
        st.builds(
            lambda place, how: Spoil(**place, how=how),
            places,
            st.sampled_from(["truncated", "wrong-json", "wrong-type"]),
        ),
        st.builds(
            lambda at, way: DatasetEvent(at=at, outcome=way[0], profile=way[1]),
            datasets,
            st.sampled_from(WAYS),
        ),
        st.builds(
            lambda place, minutes: Elapse(**place, seconds=60 * minutes),
            places,
            st.sampled_from([1, 10, 30]),
        ),
        st.builds(lambda place: Delay(**place, seconds=0.2), places),
    ]
    if uses.has_alerts:
        kinds += [
            st.builds(lambda copies: AlertEvent(copies=copies), st.integers(2, 3)),
            st.builds(lambda late: AlertEvent(overtaken_seconds=late), st.sampled_from([10, 60])),
        ]
    return st.one_of(kinds)
