"""Schedules as a Hypothesis strategy; fewer and milder faults are simpler."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Final, get_args

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from codat_mock.domain.dataset_lifecycle import LAST_STEP, ROUTE
from codat_mock.fuzz.schedule import (
    AlertEvent,
    ClockSkew,
    DatasetEvent,
    Event,
    Kill,
    LostStatus,
    Overlap,
    SyncEvent,
    SyncHour,
    Unlink,
    Uses,
)
from codat_mock.models.datasets import DatasetStatus
from codat_mock.models.faults import (
    Delay,
    Elapse,
    Lose,
    Maintenance,
    Refuse,
    RetryAfterForm,
    Slow,
    Spoil,
    Unreachable,
)
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
SYNC_ENDS: Final = [
    "ServerError", "DataPushError", "DataProcessingError", "BillingExpired", "Deauthorized",
    "ConfigurationError", "MappingError", "DuplicationProtection", "CompanyNotFound",
]  # fmt: skip
LOST: Final[tuple[LostStatus, ...]] = get_args(LostStatus)
STUCK: Final = ROUTE[:-1]
# Seconds of Retry-After. An integration that respects it waits in every run, by the machine's
# clock; so a date is of that clock, too.
SHORT_WAITS: Final[list[tuple[int | None, RetryAfterForm]]] = [
    (None, "seconds"), (1, "seconds"), (1, "machine-date")
]  # fmt: skip
LONG_WAITS: Final[list[tuple[int, RetryAfterForm]]] = [
    *((seconds, "seconds") for seconds in (60, 600, 1800)),
    *((seconds, "machine-date") for seconds in (60, 600, 1800)),
]
MAINTENANCES: Final = [600, 1800]  # seconds
SKEWS: Final = [-120, -1, 1, 120]  # seconds
SYNC_HOURS: Final = [4, 5]
OUTAGE_LENGTHS: Final = [2, 5]  # requests of any operation, one after the other
MAINTENANCE_LENGTH: Final = 20  # requests; while it lasts


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
        case SyncEvent():
            return "sync", event.day
        case Kill():
            return "kill"
        case Overlap():
            return "overlap"
        case Unlink():
            return "unlink", event.day
        case SyncHour():
            return "sync hour", event.day
        case ClockSkew():
            return "clock"
    return "answer", event.operation, event.at


def events(uses: Uses) -> SearchStrategy[Event]:
    """One event.

    Without several days no dataset is stuck: an integration that waits by the machine's clock would
    wait until its time limit. A long `Retry-After` is only for a process: it is ended while it
    waits, and started again when the wait is over.
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
            refusal,
            requests,
            st.sampled_from([503, 429, 500, 401]),
            st.sampled_from(SHORT_WAITS),
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
    if uses.days > 1:
        kinds += events_of_days(uses, requests, datasets)
    if uses.can_be_killed and uses.days > 1:
        kinds += [
            st.builds(
                lambda each: Overlap(operation=each["operation"], at=each["at"][0]), requests
            ),
            st.builds(refusal, requests, st.sampled_from([503, 429]), st.sampled_from(LONG_WAITS)),
            st.builds(
                lambda first, seconds: Maintenance(
                    at=tuple(range(first, first + MAINTENANCE_LENGTH)), seconds=seconds
                ),
                st.integers(1, sum(uses.operations.values())),
                st.sampled_from(MAINTENANCES),
            ),
            st.builds(lambda seconds: ClockSkew(seconds=seconds), st.sampled_from(SKEWS)),
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


def refusal(request: dict[str, Any], status: int, wait: tuple[int | None, RetryAfterForm]) -> Event:
    """A request that is refused.

    Args:
        request: its operation and its positions.
        status: of the answer.
        wait: the seconds of its `Retry-After`, None for none, and how it says them.
    """
    return Refuse(**request, status=status, retry_after=wait[0], retry_after_as=wait[1])


def events_of_days(
    uses: Uses, requests: SearchStrategy[dict[str, Any]], datasets: SearchStrategy[int]
) -> list[SearchStrategy[Event]]:
    """What is drawn only for an integration that runs on several days.

    Each takes as long as the patience of the integration, or shows on the next day.

    Args:
        uses: the requests of the integration.
        requests: operations with positions.
        datasets: the numbers of datasets.
    """
    days = st.integers(1, uses.days)
    return [
        st.builds(
            lambda day, end: SyncEvent(day=day, outcome=end), days, st.sampled_from(SYNC_ENDS)
        ),
        st.builds(lambda day: SyncEvent(day=day, minutes=90), days),
        st.builds(lambda at: DatasetEvent(at=at, profile="slow"), datasets),
        st.builds(
            lambda at, status: DatasetEvent(at=at, stuck_in=status),
            datasets,
            st.sampled_from(STUCK),
        ),
        st.builds(lambda day, status: Unlink(day=day, status=status), days, st.sampled_from(LOST)),
        st.builds(
            lambda day, hour: SyncHour(day=day, hour=hour), days, st.sampled_from(SYNC_HOURS)
        ),
        st.builds(lambda request: Lose(**request, by="hang"), requests),
        st.builds(lambda request: Unreachable(**request, seconds=0), requests),
        st.builds(lambda request: Slow(**request, bytes_per_second=4000), requests),
        st.builds(
            lambda first, length, status: Refuse(
                at=tuple(range(first, first + length)), status=status
            ),
            st.integers(1, sum(uses.operations.values())),
            st.sampled_from(OUTAGE_LENGTHS),
            st.sampled_from([503, 500]),
        ),
    ]
