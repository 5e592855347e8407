"""Submitting a ledger's chunks, as flows: send, poll, settle.

A chunk is posted at most once. If the answer was lost, or the process died before it was noted,
`recovery` finds out whether it arrived; if not, its records go into another chunk.
"""

from __future__ import annotations

from msgspec.structs import replace

from codat_push import operations, polling, recovery
from codat_push.errors import (
    BadRequest,
    CodatError,
    NotFound,
    PushTooLarge,
    RequestError,
    WaitTimeout,
)
from codat_push.ledger import Ledger
from codat_push.models import Chunk, Dataset
from codat_push.operations import Flow, Pause
from codat_push.polling import WaitOptions
from codat_push.preflight import note_sync, prepare
from codat_push.schema import DATA_TYPES


def deliver(ledger: Ledger, chunk: Chunk, options: WaitOptions) -> Flow[Dataset]:
    """Push a chunk, wait for its dataset and settle it.

    After an exception, `resume` finds out what happened to the chunk. If a sync has run since the
    chunk was made, it is made again first; if nothing is left to send, the dataset is Complete and
    has no id. If the service rejects the push itself (400, 413), it is sent in halves; a single
    record is refused, and the dataset is a ValidationError without an id.

    Args:
        ledger: the chunk's ledger.
        chunk: from `Ledger.changes`.
        options: how to wait for the dataset.

    Raises:
        NotSetUp: the company is not linked or mapped; nothing was sent.
        RequestError: the push was refused or its answer lost, or its dataset cannot be read.
        WaitTimeout: the dataset did not end in time.
    """
    fresh: Chunk | None = chunk
    try:
        ledger.lock()
        yield from _wait_until_clear(ledger, chunk, options)
        is_outdated = yield from prepare(ledger, chunk.company, chunk.data_type)
    except CodatError:
        ledger.release(chunk)
        raise
    if is_outdated:
        ledger.release(chunk)
        fresh = ledger.take(chunk.company, chunk.data_type)
    while fresh is not None:
        try:
            fresh = yield from send(ledger, fresh)
        except (BadRequest, PushTooLarge) as error:
            if fresh.size == 1:
                message = error.message
                return replace(_dataset_of(chunk), status="ValidationError", error_message=message)
            fresh = ledger.take(chunk.company, chunk.data_type)
        else:
            return (yield from finish(ledger, fresh, options))
    return replace(_dataset_of(chunk), status="Complete")


def resume(ledger: Ledger, company: str, options: WaitOptions) -> Flow[list[tuple[Chunk, Dataset]]]:
    """Finish what an earlier run left open, and read what has been synced since.

    Args:
        ledger: the ledger of that run.
        company: its id.
        options: how to wait for each dataset.

    Returns:
        The open chunks that had arrived, each with its dataset.

    Raises:
        RequestError: a request failed.
        WaitTimeout: a dataset did not end in time.
    """
    ledger.lock()
    finished = []
    for data_type in DATA_TYPES:
        chunk = ledger.open_chunk(company, data_type)
        if chunk and not chunk.dataset:
            chunk = yield from _recover(ledger, chunk, options)
        if chunk:
            finished.append((chunk, (yield from finish(ledger, chunk, options))))
    yield from note_sync(ledger, company)
    return finished


def _wait_until_clear(ledger: Ledger, chunk: Chunk, options: WaitOptions) -> Flow[None]:
    until = options.clock.monotonic() + options.seconds
    for pause in polling.pauses(options.first_poll):
        if (yield from recovery.is_clear(ledger, chunk.company, chunk.data_type)):
            return
        if options.clock.monotonic() >= until:
            raise WaitTimeout(
                f"an earlier push of {chunk.data_type} arrived late and is still being processed "
                f"after {options.seconds:g} s"
            )
        yield Pause(pause)


def _recover(ledger: Ledger, chunk: Chunk, options: WaitOptions) -> Flow[Chunk | None]:
    """Look for a chunk's dataset until it is found (the chunk) or given up (None)."""
    until = options.clock.monotonic() + options.seconds
    late_after = recovery.late_seconds(options.first_poll)
    for pause in polling.pauses(options.first_poll):
        found = yield from recovery.find_dataset(ledger, chunk, late_after)
        if found is None or found.dataset:
            return found
        if options.clock.monotonic() >= until:
            break
        yield Pause(pause)
    raise WaitTimeout(
        f"a push of {chunk.size} {chunk.data_type} whose answer was lost has not appeared after "
        f"{options.seconds:g} s, and may still arrive; call resume again"
    )


def send(ledger: Ledger, chunk: Chunk) -> Flow[Chunk]:
    """Post a chunk for the first and only time.

    If the service rejects it, its records are sent again in halves; a single one is refused.
    """
    bodies = ledger.bodies(chunk)
    ledger.mark_posted(chunk)
    try:
        dataset = yield from operations.push_bodies(chunk.company, chunk.data_type, bodies)
    except (BadRequest, PushTooLarge) as error:
        if chunk.size > 1:
            ledger.split(chunk)
        else:
            ledger.reject(chunk, error.message)
        raise
    except RequestError as error:
        if not error.may_have_arrived:
            ledger.release(chunk)
        elif not error.may_arrive_late:
            ledger.mark_answered(chunk)
        if isinstance(error, NotFound):  # the list of an unknown company was empty, too
            ledger.store.remote_state.forget_datasets(chunk.company)
        raise
    return ledger.mark_sent(chunk, dataset.id)


def finish(ledger: Ledger, chunk: Chunk, options: WaitOptions) -> Flow[Dataset]:
    """Wait for the dataset of a chunk, and settle it.

    Args:
        ledger: the chunk's ledger.
        chunk: one whose dataset is known.
        options: how to wait for the dataset.

    Raises:
        NotFound: the service has lost the dataset; the records are queued again.
        RequestError: the dataset cannot be read.
        WaitTimeout: the dataset did not end in time.
    """
    return (yield from _settled(ledger, chunk, polling.wait(_dataset_of(chunk), options)))


def poll(ledger: Ledger, chunk: Chunk) -> Flow[Dataset]:
    """Read the dataset of a chunk once, and settle it if it has ended."""
    reading = operations.dataset(chunk.company, chunk.dataset or "")
    return (yield from _settled(ledger, chunk, reading))


def _settled(ledger: Ledger, chunk: Chunk, reading: Flow[Dataset]) -> Flow[Dataset]:
    try:
        dataset = yield from reading
    except NotFound:  # the service has lost the dataset and its records
        ledger.release(chunk)
        raise
    ledger.note_requested(chunk, dataset)
    if dataset.has_ended:
        ledger.settle(chunk, dataset)
    return dataset


def _dataset_of(chunk: Chunk) -> Dataset:
    return Dataset(id=chunk.dataset or "", company_id=chunk.company, data_type=chunk.data_type)
