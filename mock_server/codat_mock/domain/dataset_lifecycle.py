"""A dataset's route through its statuses: planned once, its status computed from the plan.

Source: contract section 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from codat_mock.clock import LAST
from codat_mock.models.datasets import DatasetStatus
from codat_mock.models.planned_outcomes import Profile

ROUTE: Final[tuple[DatasetStatus, ...]] = (
    "Queued", "Fetching", "Mapping", "Validating", "Processing", "Complete",
)  # fmt: skip

# The same way with the states of the vendor's enumeration in which a dataset waits for a step.
QUEUED_ROUTE: Final[tuple[DatasetStatus, ...]] = (
    "Queued", "Fetching", "MapQueued", "Mapping", "ValidationQueued", "Validating",
    "ProcessingQueued", "Processing", "Complete",
)  # fmt: skip

# The step that an end other than Complete is reached from.
LAST_STEP: Final[dict[DatasetStatus, DatasetStatus]] = {
    "NotSupported": "Queued",
    "PrerequisiteNotMet": "Queued",
    "AuthError": "Fetching",
    "FetchError": "Fetching",
    "PermissionsError": "Fetching",
    "RateLimitError": "Fetching",
    "MapError": "Mapping",
    "ValidationError": "Validating",
    "ProcessingError": "Processing",
    "InternalError": "Processing",
    "Cancelled": "Processing",
}

# A dataset that waits for a step has the progress of the step before.
PROGRESS: Final[dict[DatasetStatus, int]] = {
    **{status: 20 * step for step, status in enumerate(ROUTE)},
    "MapQueued": 20,
    "ValidationQueued": 40,
    "ProcessingQueued": 60,
}

# Seconds in each step before Complete; together the 7.7788 s of the guide's own example.
REALISTIC: Final = (0.4, 1.3, 2.1, 1.9, 2.0788)
PROFILES: Final[dict[Profile, tuple[float, ...]]] = {
    "instant": (0, 0, 0, 0, 0),
    "fast": (0.1, 0.1, 0.1, 0.1, 0.1),
    "realistic": REALISTIC,
    "slow": (60, 240, 600, 500, 400),
    "queued": (0.4, 1.3, 5, 2.1, 5, 1.9, 5, 2.0788),
}


class Step(Struct, frozen=True, gc=False):
    """A status, and how many seconds after the request it is entered."""

    status: DatasetStatus
    after_seconds: float


class Plan(Struct, frozen=True):
    """All the steps of one dataset; the last is its end, unless it is stuck there."""

    steps: tuple[Step, ...]
    message: str = ""
    is_stuck: bool = False

    @property
    def outcome(self) -> DatasetStatus:
        """The status in which the dataset ends."""
        return self.steps[-1].status


class State(Struct, frozen=True):
    """A dataset at one moment; `completed` is the moment of its end, once that has come."""

    status: DatasetStatus
    progress: int
    completed: datetime | None
    message: str

    @property
    def is_completed(self) -> bool:
        """Whether it was processed to the end without an error."""
        return self.status == "Complete"

    @property
    def is_errored(self) -> bool:
        """Whether it ended in an error."""
        return self.status.endswith("Error")


def make_plan(
    outcome: DatasetStatus = "Complete",
    message: str = "",
    durations: Sequence[float] = REALISTIC,
    *,
    stuck_in: DatasetStatus | None = None,
) -> Plan:
    """Plan a dataset.

    Args:
        outcome: how it ends.
        message: the message of an error.
        durations: seconds in each step before the end: one for each of `ROUTE`, or, with the
            states of waiting, of `QUEUED_ROUTE`.
        stuck_in: the step that it never leaves.
    """
    route = route_of(durations)
    last = stuck_in or LAST_STEP.get(outcome, "Processing")
    steps, passed = [], 0.0
    for status, duration in zip(route[: route.index(last) + 1], durations, strict=False):
        steps.append(Step(status, round(passed, 6)))
        passed += duration
    if stuck_in:
        return Plan(tuple(steps), is_stuck=True)
    return Plan((*steps, Step(outcome, round(passed, 6))), message)


def route_of(durations: Sequence[float]) -> tuple[DatasetStatus, ...]:
    """The statuses that those durations are for.

    Raises:
        ValueError: there are too many or too few of them for either.
    """
    for route in (ROUTE, QUEUED_ROUTE):
        if len(durations) == len(route) - 1:
            return route
    raise ValueError(
        f"{len(durations)} durations are given; there are {len(ROUTE) - 1} steps before the end,"
        f" or {len(QUEUED_ROUTE) - 1} with the states of waiting"
    )


def moment_of(step: Step, requested: datetime) -> datetime:
    """When a dataset requested at that moment enters the step."""
    return requested + timedelta(seconds=step.after_seconds)


def end_of(plan: Plan, requested: datetime) -> datetime:
    """When a dataset requested at that moment ends; the calendar's last where it never does."""
    if plan.is_stuck:
        return LAST
    return moment_of(plan.steps[-1], requested)


def state_at(plan: Plan, requested: datetime, now: datetime) -> State:
    """The dataset's state at `now`.

    Args:
        plan: the dataset's.
        requested: when it was pushed, UTC.
        now: UTC; before `requested` the dataset is in its first step.
    """
    entered = [step for step in plan.steps if moment_of(step, requested) <= now]
    current = entered[-1] if entered else plan.steps[0]
    ended = len(entered) == len(plan.steps) and not plan.is_stuck
    progress = PROGRESS.get(current.status)
    if progress is None:  # an end off the route keeps the progress of the step it was reached from
        progress = PROGRESS[plan.steps[-2].status]
    return State(
        status=current.status,
        progress=progress,
        completed=end_of(plan, requested) if ended else None,
        message=plan.message if ended else "",
    )


def next_step(plan: Plan, requested: datetime, now: datetime) -> datetime | None:
    """The first moment after `now` at which the status changes, None once it has ended.

    Args:
        plan: the dataset's; one that is stuck has no moment after its last step.
        requested: when it was pushed, UTC.
        now: UTC.
    """
    moments = (moment_of(step, requested) for step in plan.steps)
    return next((moment for moment in moments if moment > now), None)
