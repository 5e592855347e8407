"""Planned trouble, as verbs of the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from codat_mock.records.faults import Fault, Faults
from codat_mock.records.outcomes import PlannedOutcome
from codat_mock.sandbox import faults, outcomes, timekeeping
from codat_mock.sandbox.faults import Meeting
from codat_mock.sandbox.outcomes import PlannedOutcomes
from codat_mock.sandbox.turn import Turn


class Trouble:
    """The verbs of planned trouble; each is one turn, and raises what its function names.

    Args:
        begin: begins a turn of the sandbox.
    """

    def __init__(self, begin: Callable[[], AbstractContextManager[Turn]]) -> None:
        self._turn = begin
        self._is_fault_planned = True  # until it is known better; spares most requests a look

    def plan_outcome(self, wanted: PlannedOutcome) -> PlannedOutcomes:
        """Plan how coming datasets or syncs end."""
        with self._turn() as turn:
            return outcomes.plan(turn, wanted)

    def outcomes(self) -> PlannedOutcomes:
        """The outcomes that are still to come."""
        with self._turn() as turn:
            return outcomes.planned(turn)

    def clear_outcomes(self) -> PlannedOutcomes:
        """Let datasets and syncs go their own way again."""
        with self._turn() as turn:
            return outcomes.clear(turn)

    def plan_faults(self, wanted: Sequence[Fault], *, is_instead: bool = False) -> Faults:
        """Plan faults beside those that there are, or instead of them."""
        with self._turn() as turn:
            if is_instead:
                faults.clear(turn)
            planned = faults.plan(turn, wanted)
            self._is_fault_planned = True
            return planned

    def faults(self) -> Faults:
        """The faults with their counts."""
        with self._turn() as turn:
            return faults.planned(turn)

    def clear_faults(self) -> Faults:
        """Forget all faults."""
        with self._turn() as turn:
            return faults.clear(turn)

    def meet(self, operation: str, company_id: str | None) -> Meeting | None:
        """Count a request, and let pass what elapses before it; gives the fault that it meets."""
        if not self._is_fault_planned:
            return None
        with self._turn() as turn:
            if duration := faults.passing(turn, operation, company_id):
                timekeeping.move_by(turn, duration)
        with self._turn() as turn:
            met = faults.meet(turn, operation, company_id)
            self._is_fault_planned = bool(turn.shelf.faults.all())
            return met
