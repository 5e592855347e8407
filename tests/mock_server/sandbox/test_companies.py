"""Companies: how many there may be, what links them, and when they were synced last."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import UNSET

from codat_mock.domain.dataset_lifecycle import make_plan
from codat_mock.models.configuration import Configuration, Schedule
from codat_mock.models.errors import Conflict, LimitExceeded, Malformed, NotFound
from codat_mock.rules.contexts import Request
from codat_mock.sandbox import SandboxRegistry, Settings, companies, connections
from codat_mock.sandbox.session import Session
from codat_mock.storage import CompanyRow, DatasetRow

START = datetime(2022, 3, 21, 8, tzinfo=UTC)


@pytest.fixture
def session() -> Iterator[Session]:
    registry = SandboxRegistry(Settings(start_at=START, speed=0, company_limit=2))
    with registry.sandbox("k").session() as opened:
        yield opened
    registry.close()


@pytest.fixture
def row(session: Session) -> CompanyRow:
    """A company with a linked commerce connection."""
    return session.company(companies.create(session, "Café").id)


def test_as_many_companies_as_the_account_may_have_and_no_more(session):
    for name in ("one", "two"):
        companies.create(session, name)
    with pytest.raises(LimitExceeded, match="may have 2"):
        companies.create(session, "three")
    companies.delete(session, companies.all_companies(session)[0].id)
    companies.create(session, "three")
    assert [each.name for each in companies.all_companies(session)] == ["two", "three"]


def test_a_company_needs_a_name_that_is_left(session):
    with pytest.raises(Malformed):
        companies.create(session, "<>")
    assert companies.create(session, "<Café>", company_id="c").id == "c"
    assert companies.company(session, "c").name == "Café"


@pytest.mark.parametrize("is_connected", [True, False])
def test_a_company_begins_with_its_commerce_connection_or_with_none(session, is_connected):
    made = companies.create(session, "Café", is_connected=is_connected)
    assert [each.status for each in made.data_connections] == ["Linked"] * is_connected
    assert made.has_later_names == (not is_connected)
    assert bool(made.platform) == is_connected
    assert companies.connected_count(session) == is_connected


def test_the_newest_of_the_linked_connections_of_a_kind_counts(session, row):
    assert companies.linked(row, "Accounting") is None
    ids = [connections.connect(session, row.company.id, "gbol").id for _ in range(3)]
    assert companies.linked(row, "Accounting") is None
    assert not companies.has_been_linked(row, "Accounting")
    for each in ids[:2]:
        connections.authorise(session, row.company.id, each)
        linked = companies.linked(row, "Accounting")
        assert linked is not None
        assert linked.id == each
    for each in ids[:2]:
        connections.update_connection(session, row.company.id, each, "Deauthorized")
    assert companies.linked(row, "Accounting") is None
    assert companies.has_been_linked(row, "Accounting")
    assert [each.status for each in row.company.data_connections] == [
        "Linked", "Deauthorized", "Deauthorized", "PendingAuth",
    ]  # fmt: skip


def test_a_merchant_authorises_what_waits_or_one_of_it(session, row):
    with pytest.raises(Conflict, match="waits for authorisation"):
        connections.authorise(session, row.company.id)
    first, second = (connections.connect(session, row.company.id, "gbol").id for _ in range(2))
    with pytest.raises(Conflict):
        connections.authorise(session, row.company.id, "unknown")
    connections.authorise(session, row.company.id)
    statuses = {each.id: each.status for each in row.company.data_connections}
    assert (statuses[first], statuses[second]) == ("Linked", "Linked")


def test_only_a_linked_connection_is_unlinked_and_a_link_forgets_its_errors(session, row):
    added = connections.connect(session, row.company.id, "gbol").id
    with pytest.raises(Conflict, match="is PendingAuth"):
        connections.update_connection(session, row.company.id, added, "Unlinked")
    refused = connections.refuse(session, row.company.id, added)
    assert (refused.status, len(refused.data_connection_errors)) == ("Deauthorized", 1)
    with pytest.raises(Conflict, match="is Deauthorized"):
        connections.update_connection(session, row.company.id, added, "Unlinked")
    again = connections.update_connection(session, row.company.id, added, "Deauthorized")
    assert len(again.data_connection_errors) == 1
    linked = connections.update_connection(session, row.company.id, added, "Linked")
    assert linked.data_connection_errors == []
    for _ in range(2):
        unlinked = connections.update_connection(session, row.company.id, added, "Unlinked")
        assert unlinked.status == "Unlinked"


def test_an_integration_is_known_by_its_kind_and_its_connections_are_counted(session, row):
    with pytest.raises(NotFound, match=r"^Accounting integration 'lqai' does not exist; known: "):
        connections.integration("lqai", "Accounting")
    with pytest.raises(NotFound, match=r"^Integration 'x' does not exist; known: .*lqai"):
        connections.integration("x")
    assert connections.integration("lqai").key == "lqai"
    added = [connections.connect(session, row.company.id, "gbol").id for _ in range(2)]
    connections.authorise(session, row.company.id, added[0])
    counts = {
        each.key: (each.linked_connections_count, each.total_connections_count)
        for each in connections.integrations(session)
    }
    assert (counts.pop("lqai"), counts.pop("gbol")) == ((1, 1), (1, 2))
    assert {*counts.values()} == {(0, 0)}


def test_a_deleted_connection_takes_the_configuration_and_its_pushes_with_it(session, row):
    add_dataset(session, row, 0)
    accounting = connections.connect(session, row.company.id, "gbol").id
    for deleted, left in ((accounting, 1), (row.company.data_connections[0].id, 0)):
        row.configuration, row.due = Configuration(), START
        connections.delete(session, row.company.id, deleted)
        assert (row.configuration, row.due) == (None, None)
        assert session.tables.datasets.count(row.number) == left
        assert len(row.company.data_connections) == left
    with pytest.raises(NotFound):
        connections.delete(session, row.company.id, "unknown")


def add_dataset(session: Session, row: CompanyRow, seconds: float) -> None:
    """A dataset of the commerce connection that ends so many seconds after the start."""
    ends = START + timedelta(seconds=seconds)
    session.tables.datasets.add(
        row.number,
        DatasetRow(
            f"d{seconds}", row.company.data_connections[0].id, data_type="commerce-orders",
            requested=START, ends=ends, plan=make_plan(durations=[seconds / 5] * 5),
            request=Request(1, "", "POST", "/"),
        ),
        b'{"orders":[]}',
    )  # fmt: skip


def test_a_company_was_synced_last_when_its_last_dataset_ended(session, row):
    assert companies.company(session, row.company.id).last_sync is UNSET
    for seconds in (5, 10, 20):
        add_dataset(session, row, seconds)
    for seconds, last in ((4, UNSET), (5, "05"), (19, "10"), (20, "20")):
        now = session.at(START + timedelta(seconds=seconds))
        shown = companies.company(now, row.company.id)
        expected = last if last is UNSET else f"2022-03-21T08:00:{last}Z"
        assert shown.last_sync == shown.data_connections[0].last_sync == expected


@pytest.mark.parametrize(("is_enabled", "is_due"), [(True, True), (False, False)])
def test_a_new_configuration_plans_the_next_sync_and_forgets_failures(
    session, row, is_enabled, is_due
):
    row.failures = 30
    schedule = Schedule(start_date=START, selected_frequency="Daily", sync_hour_utc=3)
    companies.configure(
        session, row.company.id, Configuration(enabled=is_enabled, schedule=schedule)
    )
    stored = session.company(row.company.id)
    assert (stored.failures, stored.due is not None) == (0, is_due)
