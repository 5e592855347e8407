"""Faults and outcomes planned for a push of a history; the integration causes none of them."""

from __future__ import annotations

from dataclasses import dataclass

from codat_mock.models.datasets import LIST_NAMES, DatasetStatus, DataType
from codat_mock.models.planned_outcomes import Profile
from codat_scenarios.sandbox_driver import Json


@dataclass(frozen=True, slots=True)
class PlannedFaults:
    """What happens to the next push of a data type.

    Args:
        data_type: the data type that is pushed.
        profile: how fast its dataset progresses.
        outcome: the final status of its dataset.
        fault: the fault that its first attempts hit; None for no fault.
        tries: the number of attempts that hit the fault.
        wait: seconds before the second attempt; each later wait is twice as long.
    """

    data_type: DataType
    profile: Profile = "realistic"
    outcome: DatasetStatus = "Complete"
    fault: Json | None = None
    tries: int = 1
    wait: int = 2

    @property
    def planned_fault(self) -> Json:
        """The body that plans the fault."""
        operation = f"push-{LIST_NAMES[self.data_type]}"
        at = [*range(1, self.tries + 1)]
        return {"faults": [{**(self.fault or {}), "operation": operation, "at": at}]}

    @property
    def planned_outcome(self) -> Json:
        """The body that plans the outcome of the dataset."""
        return {
            "target": "dataset",
            "dataType": self.data_type,
            "outcome": self.outcome,
            "profile": self.profile,
        }

    @property
    def waits(self) -> list[int]:
        """Seconds to wait after each attempt that hit the fault, at least its Retry-After."""
        retry_after = (self.fault or {}).get("retryAfter", 0)
        return [max(self.wait * 2**number, retry_after) for number in range(self.tries)]
