"""Planned trouble, as verbs of the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from codat_mock.models.faults import Fault, Faults
from codat_mock.models.planned_outcomes import PlannedOutcome
from codat_mock.sandbox import clock_control, fault_injection, planned_outcomes
from codat_mock.sandbox.fault_injection import FaultHit
from codat_mock.sandbox.planned_outcomes import PlannedOutcomes
from codat_mock.sandbox.session import Session


class FaultInjection:
    """The verbs of planned trouble; each is one turn, and raises what its function names.

    Args:
        begin: begins a turn of the sandbox.
    """

    def __init__(self, begin: Callable[[], AbstractContextManager[Session]]) -> None:
        self._session = begin
        self._is_fault_planned = True  # until it is known better; spares most requests a look

    def plan_outcome(self, wanted: PlannedOutcome) -> PlannedOutcomes:
        """Plan how coming datasets or syncs end."""
        with self._session() as session:
            return planned_outcomes.plan(session, wanted)

    def outcomes(self) -> PlannedOutcomes:
        """The outcomes that are still to come."""
        with self._session() as session:
            return planned_outcomes.planned(session)

    def clear_outcomes(self) -> PlannedOutcomes:
        """Let datasets and syncs go their own way again."""
        with self._session() as session:
            return planned_outcomes.clear(session)

    def plan_faults(self, wanted: Sequence[Fault], *, is_instead: bool = False) -> Faults:
        """Plan faults beside those that there are, or instead of them."""
        with self._session() as session:
            if is_instead:
                fault_injection.clear(session)
            planned = fault_injection.plan(session, wanted)
            self._is_fault_planned = True
            return planned

    def faults(self) -> Faults:
        """The faults with their counts."""
        with self._session() as session:
            return fault_injection.planned(session)

    def clear_faults(self) -> Faults:
        """Forget all faults."""
        with self._session() as session:
            return fault_injection.clear(session)

    def meet(self, operation: str, company_id: str | None) -> FaultHit | None:
        """Count a request, and let pass what elapses before it; gives the fault that it meets."""
        if not self._is_fault_planned:
            return None
        with self._session() as session:
            if duration := fault_injection.passing(session, operation, company_id):
                clock_control.move_by(session, duration)
        with self._session() as session:
            met = fault_injection.meet(session, operation, company_id)
            self._is_fault_planned = bool(session.tables.faults.all())
            return met
