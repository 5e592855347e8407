"""What is shown of datasets and syncs, and which reads of an integration are noted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import UNSET

from codat_mock.clock import format_moment
from codat_mock.domain.dataset_lifecycle import make_plan
from codat_mock.models.errors import NotFound
from codat_mock.models.syncs import DateRange, SyncSummary
from codat_mock.rules.contexts import Request
from codat_mock.sandbox import (
    SandboxRegistry,
    companies,
    connections,
    dataset_views,
    sync_views,
)
from codat_mock.sandbox.session import Session
from codat_mock.storage import CompanyRow, DatasetRow, SyncRow

START = datetime(2022, 3, 21, 8, tzinfo=UTC)
STEP = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def session(registry: SandboxRegistry) -> Iterator[Session]:
    with registry.sandbox("k").session() as opened:
        yield opened


@pytest.fixture
def row(session: Session) -> CompanyRow:
    return session.company(companies.create(session, "Café", company_id="c").id)


def add(session: Session, row: CompanyRow, name: str, seconds: int = 0) -> None:
    """A dataset that takes five seconds, requested so many after the start."""
    requested = START + seconds * SECOND
    session.tables.datasets.add(
        row.number,
        DatasetRow(name, "con", data_type="commerce-orders", requested=requested,
                   ends=requested + 5 * SECOND, plan=make_plan(durations=[1] * 5),
                   request=Request(1, "", "POST", "/")),
        b"{}",
    )  # fmt: skip


def seen(session: Session, row: CompanyRow, name: str = "d") -> tuple[bool, bool]:
    found = session.tables.datasets.find(row.number, name)
    return found.is_polled, found.is_read


def test_a_read_of_a_dataset_is_noted_and_that_of_its_end_as_well(session, row):
    add(session, row, "d")
    for after, status, noted, is_late in (
        (5 * SECOND - STEP, "Processing", (True, False), False),
        (5 * SECOND, "Complete", (True, True), False),
        (6 * SECOND, "Complete", (True, True), True),
    ):
        now = session.at(START + after)
        now.ended_datasets = set()
        shown = dataset_views.history(now, "c", "d")
        assert (shown.status, seen(session, row)) == (status, noted)
        assert (shown.completed is UNSET) == (status != "Complete")
        assert now.ended_datasets == ({"d"} if is_late else set())
    with pytest.raises(NotFound):
        dataset_views.history(session, "c", "unknown")


def test_a_list_shows_the_ends_of_datasets_and_a_page_of_the_mocks_reads_none(session, row):
    for seconds, name in enumerate("abc"):
        add(session, row, name, seconds)
    now = session.at(START + 6 * SECOND)
    assert [each.id for each in dataset_views.unread_histories(now, "c")] == [*"cba"]
    assert [seen(session, row, name) for name in "abc"] == [(False, False)] * 3
    assert [each.status for each in dataset_views.histories(now, "c")] == [
        "Processing", "Complete", "Complete",
    ]  # fmt: skip
    assert [seen(session, row, name) for name in "abc"] == [
        (False, True), (False, True), (False, False),
    ]  # fmt: skip


def test_a_linked_accounting_platform_is_pulled_from_the_creation_of_its_connection(session, row):
    assert dataset_views.initial_pulls(session, "c") == []
    connection = connections.connect(session.at(START + SECOND), "c", "gbol").id
    assert dataset_views.initial_pulls(session, "c") == []
    connections.authorise(session, "c")
    pulls = dataset_views.initial_pulls(session.at(START + SECOND), "c")
    assert pulls
    assert {(each.connection_id, each.status, each.completed) for each in pulls} == {
        (connection, "Queued", UNSET)
    }
    done = dataset_views.initial_pulls(session.at(START + 9 * SECOND), "c")
    assert [each.id for each in done] == [each.id for each in pulls]
    assert len({each.id for each in pulls}) == len(pulls)
    assert {each.status for each in done} == {"Complete"}
    assert all(each.completed is not UNSET and each.is_completed for each in done)
    assert dataset_views.history(session, "c", pulls[-1].id).id == pulls[-1].id
    for seconds, name in ((0, "before"), (2, "after")):
        add(session, row, name, seconds)
    every = dataset_views.with_initial_pulls(session, "c")
    assert [each.id for each in every] == ["after", *(each.id for each in pulls), "before"]


def sync(session: Session, row: CompanyRow, code: int, ends: datetime, number: int = 1) -> None:
    now = format_moment(START)
    summary = SyncSummary(
        company_id="c", commerce_sync_id=f"s{number}", sync_id=f"s{number}", sync_status_code=code,
        sync_status="", sync_utc=now, data_pushed=True,
        sync_date_range_utc=DateRange(start=now, finish=now),
    )  # fmt: skip
    session.tables.syncs.add(
        row.number, SyncRow(f"s{number}", "latest", START, START, START, ends, summary)
    )


def test_a_sync_is_in_progress_until_it_ends_and_long_after_ten_minutes(session, row):
    sync(session, row, 2000, START + timedelta(minutes=20))
    minutes = timedelta(minutes=10)
    for after, code, is_pushed in (
        (0 * STEP, 1000, False), (minutes, 1000, False), (minutes + STEP, 1010, False),
        (2 * minutes - STEP, 1010, False), (2 * minutes, 2000, True),
    ):  # fmt: skip
        now = session.at(START + after)
        shown = sync_views.latest(now, "c")
        assert (shown.sync_status_code, shown.data_pushed) == (code, is_pushed)
        assert sync_views.sync(now, "c", "s1") == shown
        if code == 2000:
            assert sync_views.last_successful(now, "c") == shown
            continue
        with pytest.raises(NotFound, match="has succeeded yet"):
            sync_views.last_successful(now, "c")
    with pytest.raises(NotFound, match="does not exist"):
        sync_views.sync(session, "c", "s2")


def test_the_latest_sync_is_the_first_of_the_list(session, row):
    with pytest.raises(NotFound, match="has not been synced yet, and none is planned: it has no"):
        sync_views.latest(session, "c")
    row.due = START + timedelta(days=1)
    with pytest.raises(NotFound, match="the next is due at 2022-03-22T08:00:00Z"):
        sync_views.latest(session, "c")
    for number, code in enumerate((2000, 4000), 1):
        sync(session, row, code, START, number)
    assert sync_views.latest(session, "c").sync_id == "s2"
    assert [each.sync_id for each in sync_views.all_syncs(session, "c")] == ["s2", "s1"]
    assert sync_views.last_successful(session, "c").sync_id == "s1"
