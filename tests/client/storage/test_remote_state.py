"""What is remembered of the service: the periods that are synced, and its datasets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from client_mock import NOON

from codat_push import Dataset, SyncStatus
from codat_push.content import EPOCH
from codat_push.models import DateRange
from codat_push.push_policy import Synced
from codat_push.storage import remote_state
from codat_push.storage.remote_state import RemoteState
from codat_push.storage.store import Store

ORDERS = "commerce-orders"
HOUR = timedelta(hours=1)
NOTHING = Synced(0, -1, None)


@pytest.fixture
def state(store: Store) -> RemoteState:
    return store.remote_state


def at(hours: float) -> int:
    """Microseconds since 1970 of so many hours after noon."""
    return (NOON + hours * HOUR - EPOCH) // timedelta(microseconds=1)


def status(
    code: int, start: float | None = None, finish: float | None = None, ran: float | None = None
) -> SyncStatus:
    def moment(hours: float | None) -> datetime | None:
        return None if hours is None else NOON + hours * HOUR

    period = DateRange(start=moment(start), finish=moment(finish))
    return SyncStatus(sync_status_code=code, sync_utc=moment(ran), sync_date_range_utc=period)


@pytest.mark.parametrize(
    ("sync", "synced"),
    [
        (status(2000, 0, 2, 3), Synced(at(2), at(3), None)),
        (status(2040, 0, 2, 3), Synced(at(2), at(3), None)),
        (status(2000, 0, 2), Synced(at(2), at(2), None)),
        (status(2000, ran=3), Synced(at(3), at(3), None)),
        (status(2000, 0), Synced(0, -1, None)),
        (status(2000), NOTHING),
        (status(5000, 0, 2, 3), Synced(at(0), at(3), None)),
        (status(5000, None, 2, 3), Synced(0, at(3), None)),
        (status(5000, 0), Synced(at(0), -1, None)),
        (status(1000, 0, 2, 3), Synced(at(0), at(3), at(2))),
        (status(1010, 0, 2), Synced(at(0), at(2), at(2))),
        (status(1000, 0, None, 3), Synced(at(0), at(3), at(3))),
        (status(1000, 0), Synced(at(0), -1, None)),
    ],
)  # fmt: skip
def test_the_latest_sync_says_which_period_is_synced(
    state: RemoteState, sync: SyncStatus, synced: Synced
) -> None:
    assert state.synced("c") == NOTHING
    assert state.note_sync("c", sync) is (synced != NOTHING)
    assert state.synced("c") == synced
    assert state.note_sync("c", sync) is False
    assert state.synced("d") == NOTHING


@pytest.mark.parametrize(
    ("later", "synced"),
    [
        (status(2000, 2, 4, 5), Synced(at(4), at(5), None)),
        (status(5000, 2, 4, 5), Synced(at(2), at(5), None)),
        (status(5000, 3, 4, 5), Synced(at(3), at(5), None)),
        (status(2000, -9, -8, -7), Synced(at(2), at(3), None)),
        (status(1000, -9, -8, 5), Synced(at(2), at(5), at(-8))),
        (status(2000), Synced(at(2), at(3), None)),
    ],
)  # fmt: skip
def test_what_was_synced_stays_so(state: RemoteState, later: SyncStatus, synced: Synced) -> None:
    state.note_sync("c", status(2000, 0, 2, 3))
    assert state.note_sync("c", later) is (state.synced("c") != Synced(at(2), at(3), None))
    assert state.synced("c") == synced
    state.note_sync("c", status(1000, 6, 7, 8))
    assert state.synced("c").running_to == at(7)
    state.note_sync("c", status(2000, 6, 7, 8))
    assert state.synced("c") == Synced(at(7), at(8), None)


def test_a_company_is_set_up_once_it_was_found_so(state: RemoteState) -> None:
    state.note_set_up("d")
    assert (state.is_set_up("c"), state.is_set_up("d")) == (False, True)
    state.note_set_up("d")
    assert state.is_set_up("d")


def dataset(identity: str, hours: float | None) -> Dataset:
    return Dataset(id=identity, requested=None if hours is None else NOON + hours * HOUR)


def test_whether_datasets_are_listed_is_asked_and_noted(store: Store, state: RemoteState) -> None:
    streams = [store.stream(company, kind) for company, kind in
               (("c", ORDERS), ("c", "commerce-payments"), ("d", ORDERS))]  # fmt: skip
    assert [state.lists_datasets(each) for each in streams] == [None] * 3
    listed: list[list[Any] | None] = [[dataset("1", 0), dataset("2", None)], None, []]
    for stream, found in zip(streams, listed, strict=True):
        state.note_datasets(stream, found)
    assert [state.lists_datasets(each) for each in streams] == [True, False, True]
    assert [state.datasets(each) for each in streams] == [{"1", "2"}, set(), set()]
    assert [state.latest_request(each) for each in streams] == [NOON, None, None]
    state.forget_datasets("c")
    assert [state.lists_datasets(each) for each in streams] == [None, None, True]
    assert state.datasets(streams[0]) == {"1", "2"}


def test_the_latest_request_is_that_of_any_dataset(store: Store, state: RemoteState) -> None:
    stream = store.stream("c", ORDERS)
    for identity, hours in (("1", 1), ("2", 3), ("3", 2)):
        state.note_dataset(stream, identity, NOON + hours * HOUR)
    assert state.latest_request(stream) == NOON + 3 * HOUR
    state.note_dataset(stream, "2")
    assert state.latest_request(stream) == NOON + 3 * HOUR
    state.note_dataset(stream, "2", NOON + timedelta(microseconds=1))
    assert state.latest_request(stream) == NOON + 2 * HOUR


@pytest.mark.parametrize("kept", [1, 2, 3, 4])
def test_so_many_of_the_newest_datasets_are_kept_and_those_of_no_known_time(
    store: Store, state: RemoteState, monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    monkeypatch.setattr(remote_state, "KEPT_DATASETS", kept)
    stream, other = store.stream("c", ORDERS), store.stream("d", ORDERS)
    for number in (2, 0, 1):
        state.note_dataset(stream, f"{number}", NOON + number * HOUR)
        state.note_dataset(other, f"{number}", NOON + number * HOUR)
    state.note_dataset(stream, "undated")
    state.forget_old_datasets(stream)
    assert state.datasets(stream) == {"undated", *["2", "1", "0"][:kept]}
    assert state.datasets(other) == {"0", "1", "2"}


LAST = datetime.max.replace(tzinfo=UTC)


@pytest.mark.parametrize("code", [2000, 1000])
def test_a_moment_of_any_year_is_kept_to_the_microsecond(
    store: Store, state: RemoteState, code: int
) -> None:
    last = (LAST - EPOCH) // timedelta(microseconds=1)
    period = DateRange(start=LAST, finish=LAST)
    sync = SyncStatus(sync_status_code=code, sync_utc=LAST, sync_date_range_utc=period)
    state.note_sync("c", sync)
    assert state.synced("c") == Synced(last, last, last if code == 1000 else None)
    stream = store.stream("c", ORDERS)
    state.note_dataset(stream, "d", LAST)
    assert state.latest_request(stream) == LAST
