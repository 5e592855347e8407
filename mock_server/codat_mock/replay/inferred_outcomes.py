"""The outcomes of datasets and syncs that a recording shows, to be planned in the sandbox."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from codat_mock.domain.dataset_lifecycle import LAST_STEP
from codat_mock.domain.planned_ends import SYNC_ENDS
from codat_mock.har.reader import decode_json
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
    """A scheduled sync that failed."""

    due: datetime
    company_id: str
    outcome: str


def failed_syncs(observed: ObservedTraffic) -> list[FailedSync]:
    """The scheduled syncs that failed, in order."""
    found = []
    for company_id, sync in all_syncs(observed):
        period = sync.sync_date_range_utc
        due = moment(period.finish) if period else None
        if due and sync.sync_status_code in CODES:
            found.append(FailedSync(due, company_id, CODES[sync.sync_status_code]))
    return sorted(found, key=lambda each: each.due)


def dataset_ids(calls: Iterable[Call], observed: ObservedTraffic) -> dict[int, str]:
    """The dataset id of each push, by the index of the push among the calls.

    The id comes from the answer. If that was not recorded, it is the first dataset of the company
    and data type that was read later and belongs to no other push.
    """
    pushes = [(index, call) for index, call in enumerate(calls) if call.operation in PUSHES]
    ids: dict[int, str] = {}
    for index, call in pushes:
        answer = decode_json(call.recorded.answered, ObservedPush)
        if answer and answer.dataset_id and answer.dataset_id not in ids.values():
            ids[index] = answer.dataset_id
    free = {key: seen for key, seen in observed.datasets.items() if key not in ids.values()}
    for index, call in pushes:
        if index in ids or not (call.recorded.is_accepted or call.recorded.status == 0):
            continue
        for key, seen in [*free.items()]:
            is_later = seen[0][0] >= call.recorded.started
            if is_later and seen[0][1].data_type == PUSHES[call.operation]:
                ids[index] = key
                del free[key]
                break
    return ids


def planned(call: Call, reads: Iterable[tuple[datetime, ObservedDataset]]) -> PlannedOutcome | None:
    """The outcome of the dataset of a push; None if it was not read."""
    started = call.recorded.started
    outcome, seconds = "", 0.0
    for at, seen in reads:
        passed = (at - started).total_seconds()
        if not is_ended(seen):
            seconds = max(seconds, passed + INSTANT.total_seconds())
            outcome = outcome or "Complete"
            continue
        outcome, seconds = end_of(seen), min(duration_of(seen, passed), passed)
        break
    if not outcome:
        return None
    # A step has a maximum duration; an outcome after an early step has only the first one.
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
    """The last status of a dataset, as the sandbox names it."""
    if seen.status in ("Complete", *LAST_STEP):
        return seen.status
    return "InternalError" if seen.is_errored else "Complete"


def duration_of(seen: ObservedDataset, otherwise: float) -> float:
    """How many seconds a dataset took, by the clock of the service."""
    requested, completed = moment(seen.requested), moment(seen.completed)
    return (completed - requested).total_seconds() if requested and completed else otherwise


def pushes_of(calls: Iterable[Call]) -> Iterator[Call]:
    """The pushes among calls."""
    return (call for call in calls if call.operation in PUSHES)
