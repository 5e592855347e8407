"""What the answers of the service say: ends of datasets and syncs, periods and links."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from client_mock import NOON

from codat_push import Dataset, SyncStatus
from codat_push.models import Connection, ConnectionPage, DateRange

NAIVE = datetime(2022, 3, 21, 12)  # noqa: DTZ001  (as the service may send it)


@pytest.mark.parametrize(
    ("shown", "is_complete", "has_ended", "blames"),
    [
        ({"status": "Complete"}, True, True, False),
        ({"status": "Complete", "is_errored": True}, True, True, False),
        ({"status": "Mapping"}, False, False, False),
        ({"status": "x", "is_completed": True}, True, True, False),
        ({"status": "x", "is_completed": True, "is_errored": True}, False, True, False),
        ({"status": "x", "is_completed": False, "is_errored": False}, False, False, False),
        ({"status": "x", "is_errored": True}, False, True, False),
        ({"status": "MapError", "is_completed": True}, False, True, True),
        ({"status": "ValidationError"}, False, True, True),
        ({"status": "ProcessingError"}, False, True, False),
        ({"status": "Cancelled", "is_completed": True}, False, True, False),
        ({"status": "NotSupported"}, False, True, False),
        ({"status": "PrerequisiteNotMet"}, False, True, False),
        ({"status": "ErrorQueued"}, False, False, False),
    ],
)  # fmt: skip
def test_the_end_of_a_dataset(
    shown: dict[str, Any], is_complete: bool, has_ended: bool, blames: bool
) -> None:
    dataset = Dataset(id="d", **shown)
    assert dataset.is_complete is is_complete
    assert dataset.has_ended is has_ended
    assert dataset.blames_records is blames


@pytest.mark.parametrize(
    ("code", "is_running", "is_successful"),
    [
        (0, False, False), (999, False, False), (1000, True, False), (1001, False, False),
        (1010, True, False), (1999, False, False), (2000, False, True), (2010, False, False),
        (2040, False, True), (4000, False, False), (5000, False, False),
    ],
)  # fmt: skip
def test_the_code_of_a_sync(code: int, is_running: bool, is_successful: bool) -> None:
    status = SyncStatus(sync_status_code=code)
    assert status.is_running is is_running
    assert status.is_successful is is_successful


def test_moments_without_an_offset_are_in_utc_and_others_as_they_are() -> None:
    east = NOON.astimezone(timezone(timedelta(hours=2)))
    dataset = Dataset(id="d", requested=NAIVE, completed=east)
    assert (dataset.requested, dataset.completed) == (NOON, east)
    assert dataset.requested is not None
    assert dataset.requested.tzinfo is UTC
    assert dataset.completed is east
    assert SyncStatus(sync_utc=NAIVE).sync_utc == NOON
    period = DateRange(start=NAIVE, end=NAIVE)
    assert (period.start, period.finish, period.end) == (NOON, NOON, NOON)
    both = DateRange(finish=NAIVE, end=NAIVE - timedelta(hours=1))
    assert (both.start, both.finish) == (None, NOON)


def test_a_link_is_of_its_kind_and_linked() -> None:
    page = ConnectionPage(
        [Connection("Commerce", "Unlinked"), Connection("ACCOUNTING", "linked"),
         Connection("Other", "Linked")]
    )  # fmt: skip
    assert [page.is_linked(kind) for kind in ("Commerce", "Accounting")] == [False, True]
    assert ConnectionPage([]).is_linked("Commerce") is False
