"""What is read before a push: whether the company is set up, and what has been synced."""

from __future__ import annotations

from typing import Final

import msgspec

from codat_push import operations
from codat_push.errors import NotSetUp, RequestError
from codat_push.ledger import Ledger
from codat_push.models import Dataset
from codat_push.operations import Flow
from codat_push.schema import DataType

NOT_OFFERED: Final = (400, 404, 405, 501)  # answers of a service that lacks an operation


def prepare(ledger: Ledger, company: str, data_type: DataType) -> Flow[bool]:
    """Read what decides whether records may be pushed.

    Args:
        ledger: remembers what was read.
        company: its id.
        data_type: of the push.

    Returns:
        Whether a sync has run or started since the last call.

    Raises:
        NotSetUp: the company is not linked or mapped.
        RequestError: a request failed.
    """
    yield from check_set_up(ledger, company)
    yield from note_datasets(ledger, company, data_type)
    return (yield from note_sync(ledger, company))


def note_sync(ledger: Ledger, company: str) -> Flow[bool]:
    """Read the latest sync, if the service offers that; returns whether it is another one.

    Raises:
        RequestError: the request failed.
    """
    try:
        status = yield from operations.sync_status(company)
    except RequestError as error:
        if error.status not in NOT_OFFERED:
            raise
        return False
    return ledger.note_sync(company, status)


def check_set_up(ledger: Ledger, company: str) -> Flow[None]:
    """Check that a company may be pushed to. Keeps rules S11 and S17.

    The first push needs both platforms and the mapping; every push needs the commerce connection.
    If the service lacks these operations, the push itself shows whether it may be sent.

    Raises:
        NotSetUp: something is missing.
        RequestError: a request failed.
    """
    is_first = not ledger.store.remote_state.is_set_up(company)
    try:
        linked = yield from operations.connections(company)
        if not linked.is_linked("Commerce"):
            raise NotSetUp(f"company {company}: its commerce connection is not linked")
        if not is_first:
            return
        if not linked.is_linked("Accounting"):
            raise NotSetUp(f"company {company}: no accounting platform is linked yet")
        if (yield from operations.configuration(company)).configured is False:
            raise NotSetUp(f"company {company}: the merchant has not completed the mapping yet")
    except RequestError as error:
        if not is_unoffered(error):
            raise
    else:
        ledger.store.remote_state.note_set_up(company)


def note_datasets(ledger: Ledger, company: str, data_type: DataType) -> Flow[None]:
    """Before the first push, note which datasets exist, so that a new one is recognised.

    Args:
        ledger: remembers the datasets.
        company: its id.
        data_type: of the push.

    Raises:
        RequestError: the request failed, unless the service lacks the operation.
    """
    stream = ledger.store.stream(company, data_type)
    if ledger.store.remote_state.lists_datasets(stream) is not None:
        return
    found: list[Dataset] | None
    try:
        found = yield from operations.newest_datasets(company, data_type)
    except RequestError as error:
        if not is_unoffered(error):
            raise
        found = None  # the beta API has no such list
    with ledger.store.transaction():
        ledger.store.remote_state.note_datasets(stream, found)


def is_unoffered(error: RequestError) -> bool:
    """Whether an error shows that the service lacks the operation."""
    has_other_shape = isinstance(error.__cause__, msgspec.ValidationError)
    return error.status in NOT_OFFERED or has_other_shape
