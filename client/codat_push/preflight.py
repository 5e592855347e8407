"""What is asked before a push: whether it may be sent at all, and by what it is to be judged."""

from __future__ import annotations

from typing import Final

import msgspec

from codat_push import operations
from codat_push.errors import NotSetUp, RequestError
from codat_push.ledger import Ledger
from codat_push.operations import Script
from codat_push.schema import DataType

NOT_OFFERED: Final = (400, 404, 405)  # how a service without an operation may answer


def prepare(ledger: Ledger, company: str, data_type: DataType) -> Script[bool]:
    """Find out what a push has to be judged by.

    Returns:
        Whether a sync has run or begun since it was asked last.

    Raises:
        NotSetUp: the merchant has not linked or mapped yet, or no longer.
        RequestError: the service cannot be asked.
    """
    yield from check_set_up(ledger, company)
    yield from note_datasets(ledger, company, data_type)
    return ledger.note_sync(company, (yield from operations.sync_status(company)))


def check_set_up(ledger: Ledger, company: str) -> Script[None]:
    """Make sure that a company may be pushed to. Keeps rules S11 and S17.

    The platforms and the mapping count before the first push; the merchant's own connection counts
    before every one. A service that cannot be asked so is taken at its word when it is pushed to.

    Raises:
        NotSetUp: something is missing.
        RequestError: the service cannot be asked.
    """
    is_first = not ledger.store.knowledge.is_set_up(company)
    try:
        linked = yield from operations.connections(company)
        if not linked.is_linked("Commerce"):
            raise NotSetUp(f"company {company}: its commerce connection is not linked")
        if not is_first:
            return
        if not linked.is_linked("Accounting"):
            raise NotSetUp(f"company {company}: no accounting platform is linked yet")
        if not (yield from operations.configuration(company)).configured:
            raise NotSetUp(f"company {company}: the merchant has not completed the mapping yet")
    except RequestError as error:
        if not is_unoffered(error):
            raise
    else:
        ledger.store.knowledge.note_set_up(company)


def note_datasets(ledger: Ledger, company: str, data_type: DataType) -> Script[None]:
    """Before the first push, note which datasets there are, to know a new one by."""
    stream = ledger.store.stream(company, data_type)
    if ledger.store.knowledge.lists_datasets(stream) is not None:
        return
    try:
        found = yield from operations.newest_datasets(company, data_type)
    except RequestError as error:
        if not is_unoffered(error):
            raise
        ids = None  # the beta API cannot list them
    else:
        ids = [dataset.id for dataset in found]
    with ledger.store.transaction():
        ledger.store.knowledge.note_datasets(stream, ids)


def is_unoffered(error: RequestError) -> bool:
    """Whether a refusal says that the service does not have the operation."""
    is_of_other_shape = isinstance(error.__cause__, msgspec.ValidationError)
    return error.status in NOT_OFFERED or is_of_other_shape
