"""How datasets and syncs can be planned to end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from codat_mock.domain.dataset_lifecycle import LAST_STEP, PROFILES, REALISTIC, route_of
from codat_mock.models.errors import Problem
from codat_mock.models.planned_outcomes import PlannedOutcome

DATASET_ENDS: Final = ("Complete", *LAST_STEP)
SYNC_ENDS: Final[dict[str, int]] = {
    "Complete": 2000,
    "ConfigurationError": 4000,
    "CompanyNotFound": 4040,
    "MappingError": 4200,
    "Deauthorized": 4220,
    "BillingExpired": 4260,
    "ServerError": 5000,
    "DuplicationProtection": 5080,
    "DataProcessingError": 5120,
    "DataPushError": 5130,
}


def problems_in(outcome: PlannedOutcome) -> Iterator[Problem]:
    """What does not fit together in an outcome."""
    is_sync = outcome.target == "sync"
    ends = tuple(SYNC_ENDS) if is_sync else DATASET_ENDS
    if outcome.outcome not in ends:
        known = ", ".join(ends)
        message = f"A {outcome.target} does not end in '{outcome.outcome}'; known: {known}."
        yield Problem("$.outcome", message)
    if is_sync:
        for name in ("data_type", "profile", "stuck_in"):
            if getattr(outcome, name) is not None:
                yield Problem(f"$.{camel(name)}", f"A sync has no {camel(name)}.")
        return
    try:
        route = route_of(durations_of(outcome) or REALISTIC)
    except ValueError as error:
        yield Problem("$.durations", f"{error}.")
        return
    if outcome.stuck_in and outcome.stuck_in not in route[:-1]:
        steps = ", ".join(route[:-1])
        message = f"A dataset cannot be stuck in '{outcome.stuck_in}' on its way: {steps}."
        yield Problem("$.stuckIn", message)


def camel(name: str) -> str:
    """A name as it is written on the wire."""
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


def durations_of(outcome: PlannedOutcome | None) -> tuple[float, ...] | None:
    """How long each step takes, None where that is not planned."""
    if outcome is None:
        return None
    return outcome.durations or (PROFILES[outcome.profile] if outcome.profile else None)
