"""Getting a ledger's chunks to the service, as scripts: send, look for, ask after, settle.

A chunk is posted at most once. Where the answer was lost, or the process died before it was noted,
the service is asked for its newest datasets: one that was not there before is this chunk's; if
there is none, the push never arrived, and its records are judged anew for another one. A service
that lists no datasets gets them again, which rule S03 excuses. For this to be right, one ledger has
to be the only one that pushes to its companies.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from codat_push import calls
from codat_push.answers import Dataset
from codat_push.calls import Script
from codat_push.chunks import Chunk
from codat_push.clock import Clock
from codat_push.errors import BadRequest, NotFound, PushTooLarge, RequestError
from codat_push.ledger import Ledger
from codat_push.shapes import DATA_TYPES, DataType

NOT_LISTED: Final = (400, 404, 405)  # how a service without the operation may answer
Progress = Callable[[Dataset], object]


def deliver(
    ledger: Ledger, chunk: Chunk, clock: Clock, seconds: float, progress: Progress | None
) -> Script[Dataset]:
    """Push a chunk, wait for its end and settle it; then learn what has been synced meanwhile.

    Where it raises, `resume` finds out what became of the chunk.

    Args:
        ledger: where the chunk is from.
        chunk: as `Ledger.changes` gave it.
        clock: how time is read.
        seconds: how long to wait for the end.
        progress: called with the dataset after each look at it.

    Raises:
        RequestError: the push was refused or its answer lost, or its dataset cannot be asked after.
        WaitTimeout: the dataset had not ended in time.
    """
    yield from get_acquainted(ledger, chunk.company, chunk.data_type)
    chunk = yield from send(ledger, chunk)
    dataset = yield from finish(ledger, chunk, clock, seconds, progress)
    try:
        ledger.note_sync(chunk.company, (yield from calls.sync_status(chunk.company)))
    except RequestError as error:
        if not error.is_passing:
            raise  # else the next chunk is judged by what was known before
    return dataset


def resume(
    ledger: Ledger, company: str, clock: Clock, seconds: float
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
            finished.append((chunk, (yield from finish(ledger, chunk, clock, seconds, None))))
    ledger.note_sync(company, (yield from calls.sync_status(company)))
    return finished


def get_acquainted(ledger: Ledger, company: str, data_type: DataType) -> Script[None]:
    """Before the first push, note which datasets there are, to know a new one by."""
    if ledger.is_acquainted(company, data_type):
        return
    try:
        found = yield from calls.newest_datasets(company, data_type)
    except RequestError as error:
        is_of_other_shape = isinstance(error.__cause__, msgspec.ValidationError)
        if error.status not in NOT_LISTED and not is_of_other_shape:
            raise
        ledger.note_datasets(company, data_type, None)  # the beta API cannot list them
    else:
        ledger.note_datasets(company, data_type, [dataset.id for dataset in found])


def send(ledger: Ledger, chunk: Chunk) -> Script[Chunk]:
    """Post a chunk that was never posted before.

    One that the service cannot take waits again, or is set aside if it is a single record.
    """
    bodies = ledger.bodies(chunk)
    try:
        dataset = yield from calls.push_bodies(chunk.company, chunk.data_type, bodies)
    except (BadRequest, PushTooLarge) as error:
        if chunk.size > 1:
            ledger.release(chunk)
        else:
            ledger.reject(chunk, error.message)
        raise
    except RequestError as error:
        if not error.may_have_arrived:
            ledger.release(chunk)
        raise
    return ledger.sent(chunk, dataset.id)


def look_for(ledger: Ledger, chunk: Chunk) -> Script[Chunk | None]:
    """Find the dataset of a chunk whose answer was lost; None if it never arrived: released."""
    seen = ledger.datasets(chunk.company, chunk.data_type)
    if seen is not None:
        try:
            found = yield from calls.newest_datasets(chunk.company, chunk.data_type)
        except NotFound:  # nor would a push find its company
            found = []
        for dataset in found:
            if dataset.id not in seen:
                return ledger.sent(chunk, dataset.id)
    ledger.release(chunk)
    return None


def finish(
    ledger: Ledger, chunk: Chunk, clock: Clock, seconds: float, progress: Progress | None
) -> Script[Dataset]:
    """Wait for the end of a chunk that was sent, and settle it."""
    waiting = calls.wait(_dataset_of(chunk), clock, seconds, progress)
    return (yield from _settled(ledger, chunk, waiting))


def look_at(ledger: Ledger, chunk: Chunk) -> Script[Dataset]:
    """Ask once after a chunk that was sent, and settle it if it has ended."""
    asked = _dataset_of(chunk)
    return (yield from _settled(ledger, chunk, calls.dataset(asked.company_id, asked.id)))


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
