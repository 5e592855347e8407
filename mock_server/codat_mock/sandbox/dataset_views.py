"""The status of datasets as answers show it, and that it was read (rules S13 and T07)."""

from __future__ import annotations

from typing import Final, get_args
from uuid import UUID, uuid5

from msgspec import UNSET

from codat_mock.clock import format_moment, parse_moment
from codat_mock.domain.dataset_lifecycle import make_plan, state_at
from codat_mock.models.commerce import narrow
from codat_mock.models.companies import Connection
from codat_mock.models.datasets import DatasetHistory, ListedDataset, PulledType
from codat_mock.models.errors import NotFound
from codat_mock.sandbox.session import Session
from codat_mock.storage import DatasetRow

PULLED_TYPES: Final[tuple[PulledType, ...]] = get_args(PulledType)


def history(session: Session, company_id: str, dataset_id: str) -> ListedDataset:
    """A dataset as it is now, pushed or pulled.

    Args:
        session: the session.
        company_id: the company's id.
        dataset_id: the dataset's id.

    Raises:
        NotFound: there is no such company or dataset.
    """
    row = session.company(company_id)
    found = session.tables.datasets.find(row.number, dataset_id)
    if found is None:
        for pull in initial_pulls(session, company_id):
            if pull.id == dataset_id:
                return pull
        raise NotFound(f"Dataset '{dataset_id}' does not exist in company '{company_id}'.")
    is_read = session.now >= found.ends
    if found.is_read:
        session.ended_datasets.add(found.id)
    if not found.is_polled or is_read > found.is_read:
        session.tables.datasets.mark_seen(found.number, is_polled=True, is_read=is_read)
    return narrow(ListedDataset, history_of(session, company_id, found))


def histories(session: Session, company_id: str) -> list[DatasetHistory]:
    """A company's datasets as they are now, the latest first.

    Raises:
        NotFound: there is no such company.
    """
    row = session.company(company_id)
    for each in session.tables.datasets.all(row.number):
        if session.now >= each.ends and not each.is_read:
            session.tables.datasets.mark_seen(each.number, is_polled=False, is_read=True)
    return unread_histories(session, company_id)


def unread_histories(session: Session, company_id: str) -> list[DatasetHistory]:
    """The same for reports and pages, which are no reads of the integration.

    Raises:
        NotFound: there is no such company.
    """
    row = session.company(company_id)
    datasets = session.tables.datasets.all(row.number)
    return [history_of(session, company_id, each) for each in datasets]


def with_initial_pulls(session: Session, company_id: str) -> list[ListedDataset]:
    """A company's datasets and the initial pulls of its accounting platforms, the latest first.

    Raises:
        NotFound: there is no such company.
    """
    pushed = [narrow(ListedDataset, each) for each in histories(session, company_id)]
    every = (*pushed, *initial_pulls(session, company_id))
    return sorted(every, key=lambda each: parse_moment(each.requested), reverse=True)


def initial_pulls(session: Session, company_id: str) -> list[ListedDataset]:
    """What is pulled from a company's accounting platforms.

    A platform's data is pulled from the creation of its connection, once that is linked (assumed).

    Raises:
        NotFound: there is no such company.
    """
    return [
        pull_of(session, company_id, connection, data_type)
        for connection in session.company(company_id).company.data_connections
        if connection.source_type == "Accounting" and connection.status == "Linked"
        for data_type in PULLED_TYPES
    ]


def pull_of(
    session: Session, company_id: str, connection: Connection, data_type: PulledType
) -> ListedDataset:
    """The initial pull of one data type; its id is made from the connection's.

    Args:
        session: the session.
        company_id: the company's id.
        connection: the accounting platform's.
        data_type: what is pulled.
    """
    requested = parse_moment(connection.created)
    state = state_at(make_plan(), requested, session.now)
    return ListedDataset(
        id=str(uuid5(UUID(connection.id), data_type)),
        company_id=company_id,
        connection_id=connection.id,
        data_type=data_type,
        status=state.status,
        requested=connection.created,
        completed=format_moment(state.completed) if state.completed else UNSET,
        progress=state.progress,
        is_completed=state.is_completed,
        is_errored=state.is_errored,
    )


def history_of(session: Session, company_id: str, dataset: DatasetRow) -> DatasetHistory:
    """A dataset's status now.

    Args:
        session: the session.
        company_id: the company's id.
        dataset: as it is stored.
    """
    state = state_at(dataset.plan, dataset.requested, session.now)
    return DatasetHistory(
        id=dataset.id,
        company_id=company_id,
        connection_id=dataset.connection_id,
        data_type=dataset.data_type,
        status=state.status,
        error_message=state.message or UNSET,
        requested=format_moment(dataset.requested),
        completed=format_moment(state.completed) if state.completed else UNSET,
        progress=state.progress,
        is_completed=state.is_completed,
        is_errored=state.is_errored,
    )
