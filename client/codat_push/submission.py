"""Getting a ledger's chunks to the service, as scripts: send, look for, ask after, settle.

A chunk is posted at most once. Where the answer was lost, or the process died before it was noted,
the service is asked for its newest datasets: one that was not there before is this chunk's; if
there is none, the push never arrived, and its records are judged anew for another one. A service
that lists no datasets gets them again, which rule S03 excuses. For this to be right, one ledger has
to be the only one that pushes to its companies.
"""

from __future__ import annotations

from msgspec.structs import replace

from codat_push import operations, polling
from codat_push.batches import Chunk
from codat_push.errors import BadRequest, CodatError, NotFound, PushTooLarge, RequestError
from codat_push.ledger import Ledger
from codat_push.models import Dataset
from codat_push.operations import Script
from codat_push.polling import WaitOptions
from codat_push.preflight import prepare
from codat_push.schema import DATA_TYPES


def deliver(ledger: Ledger, chunk: Chunk, patience: WaitOptions) -> Script[Dataset]:
    """Push a chunk, wait for its end and settle it.

    Where it raises, `resume` finds out what became of the chunk. Where a sync has run since the
    chunk was made, its records are judged anew before they are sent; if none is left to be sent,
    the dataset is Complete and has no id.

    Args:
        ledger: where the chunk is from.
        chunk: as `Ledger.changes` gave it.
        patience: how to wait for the end.

    Raises:
        NotSetUp: the merchant has not linked or mapped yet, or no longer; nothing was sent.
        RequestError: the push was refused or its answer lost, or its dataset cannot be asked after.
        WaitTimeout: the dataset had not ended in time.
    """
    fresh: Chunk | None = chunk
    try:
        is_news = yield from prepare(ledger, chunk.company, chunk.data_type)
    except CodatError:
        ledger.release(chunk)
        raise
    if is_news:
        ledger.release(chunk)
        fresh = ledger.take(chunk.company, chunk.data_type)
    if fresh is None:
        return replace(_dataset_of(chunk), status="Complete")
    fresh = yield from send(ledger, fresh)
    return (yield from finish(ledger, fresh, patience))


def resume(
    ledger: Ledger, company: str, patience: WaitOptions
) -> Script[list[tuple[Chunk, Dataset]]]:
    """Finish what an earlier run left open, and learn what has been synced since.

    Returns:
        The chunks that were open and had arrived, each with how it ended.

    Raises:
        RequestError: the service cannot be asked.
        WaitTimeout: an open dataset did not end in time.
    """
    finished = []
    for data_type in DATA_TYPES:
        chunk = ledger.open_chunk(company, data_type)
        if chunk and not chunk.dataset:
            chunk = yield from look_for(ledger, chunk)
        if chunk:
            finished.append((chunk, (yield from finish(ledger, chunk, patience))))
    ledger.note_sync(company, (yield from operations.sync_status(company)))
    return finished


def send(ledger: Ledger, chunk: Chunk) -> Script[Chunk]:
    """Post a chunk that was never posted before.

    One that the service cannot take waits again, or is set aside if it is a single record.
    """
    bodies = ledger.bodies(chunk)
    try:
        dataset = yield from operations.push_bodies(chunk.company, chunk.data_type, bodies)
    except (BadRequest, PushTooLarge) as error:
        if chunk.size > 1:
            ledger.release(chunk)
        else:
            ledger.reject(chunk, error.message)
        raise
    except RequestError as error:
        if not error.may_have_arrived:
            ledger.release(chunk)
        if isinstance(error, NotFound):  # nor could datasets be listed of an unknown company
            ledger.store.knowledge.forget_datasets(chunk.company)
        raise
    return ledger.sent(chunk, dataset.id)


def look_for(ledger: Ledger, chunk: Chunk) -> Script[Chunk | None]:
    """Find the dataset of a chunk whose answer was lost; None if it never arrived: released."""
    knowledge = ledger.store.knowledge
    stream = ledger.store.stream(chunk.company, chunk.data_type)
    if knowledge.lists_datasets(stream):
        seen = knowledge.datasets(stream)
        try:
            found = yield from operations.newest_datasets(chunk.company, chunk.data_type)
        except NotFound:  # nor would a push find its company
            found = []
        for dataset in found:
            if dataset.id not in seen:
                return ledger.sent(chunk, dataset.id)
    ledger.release(chunk)
    return None


def finish(ledger: Ledger, chunk: Chunk, patience: WaitOptions) -> Script[Dataset]:
    """Wait for the end of a chunk that was sent, and settle it."""
    return (yield from _settled(ledger, chunk, polling.wait(_dataset_of(chunk), patience)))


def look_at(ledger: Ledger, chunk: Chunk) -> Script[Dataset]:
    """Ask once after a chunk that was sent, and settle it if it has ended."""
    asked = _dataset_of(chunk)
    return (yield from _settled(ledger, chunk, operations.dataset(asked.company_id, asked.id)))


def _settled(ledger: Ledger, chunk: Chunk, asking: Script[Dataset]) -> Script[Dataset]:
    try:
        dataset = yield from asking
    except NotFound:  # the service has forgotten the dataset, and with it what it held
        ledger.release(chunk)
        raise
    if dataset.has_ended:
        ledger.settle(chunk, dataset)
    return dataset


def _dataset_of(chunk: Chunk) -> Dataset:
    return Dataset(id=chunk.dataset or "", company_id=chunk.company, data_type=chunk.data_type)
