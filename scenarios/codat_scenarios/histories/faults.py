"""Trouble that a history's integration meets, none of it its own fault."""

from __future__ import annotations

from dataclasses import dataclass

from codat_mock.models.datasets import LIST_NAMES, DatasetStatus, DataType
from codat_mock.models.planned_outcomes import Profile
from codat_scenarios.sandbox_driver import Json


@dataclass(frozen=True, slots=True)
class PlannedFaults:
    """What becomes of the next push of a data type.

    Args:
        data_type: of what kind the push is.
        profile: how fast its dataset goes.
        outcome: how its dataset ends.
        fault: what its first tries meet; None for nothing.
        tries: how many do.
        wait: seconds until the second try; each later wait is twice as long.
    """

    data_type: DataType
    profile: Profile = "realistic"
    outcome: DatasetStatus = "Complete"
    fault: Json | None = None
    tries: int = 1
    wait: int = 2

    @property
    def planned_fault(self) -> Json:
        """The fault as it is planned."""
        operation = f"push-{LIST_NAMES[self.data_type]}"
        at = [*range(1, self.tries + 1)]
        return {"faults": [{**(self.fault or {}), "operation": operation, "at": at}]}

    @property
    def planned_outcome(self) -> Json:
        """The outcome as it is planned."""
        return {
            "target": "dataset",
            "dataType": self.data_type,
            "outcome": self.outcome,
            "profile": self.profile,
        }

    @property
    def waits(self) -> list[int]:
        """Seconds to wait after each try that met the fault; none is shorter than it asked for."""
        asked = (self.fault or {}).get("retryAfter", 0)
        return [max(self.wait * 2**number, asked) for number in range(self.tries)]
