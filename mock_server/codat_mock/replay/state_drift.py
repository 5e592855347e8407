"""The states of datasets and syncs in a recording: their order, and how long they take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Final

from codat_mock.domain.dataset_lifecycle import LAST_STEP, PROFILES, QUEUED_ROUTE
from codat_mock.domain.planned_ends import SYNC_ENDS
from codat_mock.domain.sync_schedule import next_due
from codat_mock.replay.observed import ObservedDataset, ObservedTraffic, all_syncs, moment

ENDS: Final = {"Complete", *LAST_STEP}
SLOWEST_SECONDS: Final = sum(PROFILES["slow"])
# How much later than its hour a sync may be recorded, as its period ends when it starts.
SYNC_TOLERANCE: Final = timedelta(minutes=15)


def wrong_orders(observed: ObservedTraffic) -> Iterator[str]:
    """What was recorded of each dataset whose statuses the mock would not show in that order."""
    for reads in observed.datasets.values():
        for before, after in pairwise(seen.status for _, seen in reads):
            if not may_follow(before, after):
                yield f"recorded {after} after {before}"


def may_follow(before: str, after: str) -> bool:
    """Whether a dataset may have one status, and later another; true of unknown ones."""
    known = {*QUEUED_ROUTE, *ENDS}
    if before == after or not {before, after} <= known:
        return True
    if before in ENDS:
        return False
    return after in ENDS or QUEUED_ROUTE.index(before) < QUEUED_ROUTE.index(after)


def changed_ends(observed: ObservedTraffic) -> Iterator[str]:
    """What was recorded of each sync that had ended, and ended again in another way."""
    for codes in observed.sync_codes.values():
        for before, after in pairwise(codes):
            if before != after and before in SYNC_ENDS.values():
                yield f"recorded code {after} after {before}"


def wrong_times_of_datasets(observed: ObservedTraffic) -> Iterator[str]:
    """What was recorded of each dataset whose end the mock would not show at that time."""
    for seconds in dataset_seconds(observed):
        if seconds < 0:
            yield "recorded before the dataset was requested"
        elif seconds > SLOWEST_SECONDS:
            yield f"recorded more than {SLOWEST_SECONDS:.0f} s after the push, the mock's longest"


def dataset_seconds(observed: ObservedTraffic) -> list[float]:
    """How many seconds each dataset took, by the service's clock."""
    ends = (last_end(seen for _, seen in reads) for reads in observed.datasets.values())
    return [each for each in ends if each is not None]


def last_end(reads: Iterable[ObservedDataset]) -> float | None:
    """How many seconds a dataset took; None if it has not ended."""
    seconds = None
    for seen in reads:
        requested, completed = moment(seen.requested), moment(seen.completed)
        if requested and completed:
            seconds = (completed - requested).total_seconds()
    return seconds


def wrong_times_of_syncs(observed: ObservedTraffic) -> Iterator[str]:
    """What was recorded of each scheduled sync that does not follow the recorded schedule."""
    for company_id, sync in all_syncs(observed):
        finish = moment(sync.sync_date_range_utc.finish) if sync.sync_date_range_utc else None
        schedule, is_enabled = observed.schedule(company_id)
        if finish is None or schedule is None or not is_enabled:
            continue
        due = next_due(schedule, finish - SYNC_TOLERANCE)
        if due is None or due > finish:
            yield "recorded at another time than the recorded schedule's"
