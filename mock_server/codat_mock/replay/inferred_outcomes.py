"""How datasets and syncs ended as a recording shows it, for the sandbox to follow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from codat_mock.domain.dataset_lifecycle import LAST_STEP
from codat_mock.har.reader import decoded
from codat_mock.models.datasets import DataType
from codat_mock.models.planned_outcomes import MAX_STEP_SECONDS, PlannedOutcome
from codat_mock.replay.observed import (
    ObservedDataset,
    ObservedPush,
    ObservedTraffic,
    all_syncs,
    moment,
)
from codat_mock.replay.routes import Call
from codat_mock.sandbox.planned_outcomes import SYNC_ENDS

INSTANT: Final = timedelta(microseconds=1)
CODES: Final = {code: name for name, code in SYNC_ENDS.items() if name != "Complete"}
PUSHES: Final[dict[str, DataType]] = {
    "push-orders": "commerce-orders",
    "push-payments": "commerce-payments",
    "push-transactions": "commerce-transactions",
    "partner-push-orders": "commerce-orders",
    "partner-push-payments": "commerce-payments",
    "partner-push-transactions": "commerce-transactions",
}


class FailedSync(Struct, frozen=True):
    """A sync that is shown to have failed when it was due."""

    due: datetime
    company_id: str
    outcome: str


def failed_syncs(shown: ObservedTraffic) -> list[FailedSync]:
    """The scheduled syncs that failed, in order."""
    found = []
    for company_id, sync in all_syncs(shown):
        period = sync.sync_date_range_utc
        due = moment(period.finish) if period else None
        if due and sync.sync_status_code in CODES:
            found.append(FailedSync(due, company_id, CODES[sync.sync_status_code]))
    return sorted(found, key=lambda each: each.due)


def dataset_ids(calls: Iterable[Call], shown: ObservedTraffic) -> dict[int, str]:
    """The dataset of each push, by the push's place among the calls.

    Its answer tells the id. Where that was not recorded, it is the first dataset that is shown of
    the company and data type, was read later, and is no other push's.
    """
    pushes = [(place, call) for place, call in enumerate(calls) if call.operation in PUSHES]
    told: dict[int, str] = {}
    for place, call in pushes:
        answer = decoded(call.recorded.answered, ObservedPush)
        if answer and answer.dataset_id and answer.dataset_id not in told.values():
            told[place] = answer.dataset_id
    free = {key: seen for key, seen in shown.datasets.items() if key not in told.values()}
    for place, call in pushes:
        if place in told or not (call.recorded.is_accepted or call.recorded.status == 0):
            continue
        for key, seen in [*free.items()]:
            is_later = seen[0][0] >= call.recorded.started
            if is_later and seen[0][1].data_type == PUSHES[call.operation]:
                told[place] = key
                del free[key]
                break
    return told


def planned(call: Call, reads: Iterable[tuple[datetime, ObservedDataset]]) -> PlannedOutcome | None:
    """How the dataset of a push goes, as far as reading it shows; None where it was not read."""
    started = call.recorded.started
    outcome, seconds = "", 0.0
    for at, seen in reads:
        passed = (at - started).total_seconds()
        if not is_ended(seen):
            seconds = max(seconds, passed + INSTANT.total_seconds())
            outcome = outcome or "Complete"
            continue
        outcome, seconds = end_of(seen), min(taken(seen, passed), passed)
        break
    if not outcome:
        return None
    # A step has its longest time; an end that is reached from an early one has the first only.
    first = min(max(seconds, 0.0), MAX_STEP_SECONDS)
    return PlannedOutcome(
        target="dataset",
        company_id=call.company_id,
        data_type=PUSHES[call.operation],
        outcome=outcome,
        durations=(first, 0, 0, 0, 0),
    )


def is_ended(seen: ObservedDataset) -> bool:
    """Whether a dataset had ended when it was read."""
    return seen.is_completed or seen.is_errored or seen.status in ("Complete", *LAST_STEP)


def end_of(seen: ObservedDataset) -> str:
    """The end of a dataset, in the sandbox's words."""
    if seen.status in ("Complete", *LAST_STEP):
        return seen.status
    return "InternalError" if seen.is_errored else "Complete"


def taken(seen: ObservedDataset, otherwise: float) -> float:
    """How many seconds a dataset took, by the service's own clock."""
    requested, completed = moment(seen.requested), moment(seen.completed)
    return (completed - requested).total_seconds() if requested and completed else otherwise


def pushes_of(calls: Iterable[Call]) -> Iterator[Call]:
    """The pushes among calls."""
    return (call for call in calls if call.operation in PUSHES)
