"""Planned outcomes: how the coming datasets and syncs end."""

from __future__ import annotations

from typing import Final, cast

from msgspec import Struct

from codat_mock.domain.dataset_lifecycle import Plan as DatasetPlan
from codat_mock.domain.dataset_lifecycle import make_plan
from codat_mock.domain.planned_ends import SYNC_ENDS, problems_in
from codat_mock.models.commerce import Wire
from codat_mock.models.datasets import DatasetStatus, DataType
from codat_mock.models.errors import Malformed
from codat_mock.models.planned_outcomes import PlannedOutcome
from codat_mock.sandbox.session import Session
from codat_mock.storage import CompanyRow

PACE: Final = "pace"
MESSAGES: Final[dict[str, str]] = {
    "FetchError": "The data could not be fetched.",
    "AuthError": "The commerce connection is not authorised any more.",
    "PermissionsError": "The commerce connection lacks a permission.",
    "RateLimitError": "The commerce platform takes no more requests for now.",
    "MapError": "The records could not be mapped.",
    "ValidationError": "The records are not valid.",
    "ProcessingError": "The records could not be processed.",
    "InternalError": "Something went wrong that was not expected.",
    "PrerequisiteNotMet": "Another dataset is needed first.",
}


class PlannedOutcomes(Wire):
    """The outcomes that are still to come, each with how many are left of it."""

    outcomes: list[PlannedOutcome]


class PlannedSync(Struct, frozen=True):
    """How a sync is planned to end.

    Args:
        outcome: the name of its end, one of `SYNC_ENDS`.
        message: its message; empty for the usual one.
        duration_seconds: how long it runs, in the sandbox's time.
    """

    outcome: str
    message: str
    duration_seconds: float

    @property
    def code(self) -> int:
        """The status code of its end."""
        return SYNC_ENDS[self.outcome]


def plan(session: Session, outcome: PlannedOutcome) -> PlannedOutcomes:
    """Plan how coming datasets or syncs end.

    Raises:
        Malformed: a property does not fit the target.
        NotFound: there is no such company.
    """
    problems = [*problems_in(outcome)]
    if problems:
        raise Malformed(f"This cannot be planned. {problems[0].message}", problems)
    if outcome.company_id:
        session.company(outcome.company_id)
    session.tables.outcomes.add(outcome)
    return planned(session)


def planned(session: Session) -> PlannedOutcomes:
    """What is still to come, in the order it was planned."""
    return PlannedOutcomes([outcome for _, outcome in session.tables.outcomes.all()])


def clear(session: Session) -> PlannedOutcomes:
    """Delete all planned outcomes."""
    session.tables.outcomes.clear()
    return planned(session)


def planned_dataset(
    session: Session, company_id: str, data_type: DataType
) -> PlannedOutcome | None:
    """What is planned for the dataset that comes now; it is used up by that.

    Args:
        session: the session.
        company_id: the company's id.
        data_type: what it holds.
    """
    return session.tables.outcomes.take("dataset", company_id, data_type)


def pace(session: Session) -> tuple[float, ...]:
    """How long each step takes where nothing is planned: as the sandbox has it, else the server."""
    return session.tables.preferences.find(PACE, tuple[float, ...]) or session.settings.durations


def set_pace(session: Session, durations: tuple[float, ...]) -> None:
    """Choose how long each step takes in this sandbox."""
    session.tables.preferences.save(PACE, durations)


def plan_of(outcome: PlannedOutcome, durations: tuple[float, ...]) -> DatasetPlan:
    """The plan of a dataset that ends as planned, or never does."""
    end = cast(DatasetStatus, outcome.outcome)
    message = outcome.message or MESSAGES.get(end, "")
    return make_plan(end, message, durations, stuck_in=outcome.stuck_in)


def planned_sync(session: Session, row: CompanyRow) -> PlannedSync | None:
    """What is planned for the sync that comes now; it is used up by that."""
    outcome = session.tables.outcomes.take("sync", row.company.id, None)
    if outcome is None:
        return None
    return PlannedSync(outcome.outcome, outcome.message, sum(outcome.durations or ()))
