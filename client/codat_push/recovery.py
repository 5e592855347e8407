"""What happened to a push whose answer was lost: did it arrive, and as which dataset?

The service says nothing about the records of a dataset, so a dataset is matched to a push by
what can only be its own: it was not there before, it is not older than the datasets seen before
the push, and no other push of this ledger may have become it. A push may also arrive long after
its answer was given up, therefore:

- nothing else of the data type is posted until the push has appeared, or until it is so late that
  it is given up (`late_seconds` after it was posted; at once if an answer came, such as a 500);
- a push that is given up is remembered as abandoned, and while it may still arrive, a new dataset
  is never adopted: it may be either's. The service shows the same where the abandoned push arrived
  at last and the next one did not, and where only the next one did, so that no client can know.
  All records in doubt are sent again instead, also once both have arrived, as the older version of
  a record may have come last. That books nothing twice, because the service recognises a record by
  its key, and keeps rule S03, which excuses a repeat whose earlier answer was lost;
- before the next push, datasets that an abandoned push has become are waited for (rule S05).

For this to be right, only one ledger may push to its companies.
"""

from __future__ import annotations

from typing import Final

from codat_push import operations
from codat_push.errors import NotFound, RequestError
from codat_push.ledger import Ledger
from codat_push.models import Chunk, Dataset
from codat_push.operations import Flow
from codat_push.preflight import is_unoffered
from codat_push.schema import DataType

LATE_POLLS: Final = 150  # first pauses between polls: five minutes of two seconds
ABANDONED_SECONDS: Final = 86_400.0  # a day later, a push cannot arrive any more


def late_seconds(poll_seconds: float) -> float:
    """How long after it was posted a push may still arrive; shorter for a mock in a hurry."""
    return LATE_POLLS * poll_seconds


def find_dataset(ledger: Ledger, chunk: Chunk, late_after: float) -> Flow[Chunk | None]:
    """Look once for the dataset of a chunk whose answer was lost.

    Args:
        ledger: the chunk's ledger.
        chunk: an open chunk without a dataset.
        late_after: seconds after it was posted from which it is given up.

    Returns:
        The chunk with its dataset; or without one, if it may still arrive; or None, if it is given
        up and its records are queued again.

    Raises:
        RequestError: the datasets cannot be listed.
    """
    state, pushes = ledger.store.remote_state, ledger.store.pushes
    stream = ledger.store.stream(chunk.company, chunk.data_type)
    posted, is_answered = pushes.attempt(chunk.push)
    if posted is None:
        ledger.release(chunk)  # the process died before it was sent
        return None
    now = ledger.now()
    if not 0 < posted <= now:  # by an earlier version, or the clock was set back
        pushes.mark_posted(chunk.push, now)
        posted = now
    abandoned = pushes.abandoned(stream, now - ABANDONED_SECONDS)
    new = yield from _new_datasets(ledger, chunk.company, chunk.data_type)
    if len(new) == 1 and not abandoned:
        return ledger.mark_sent(chunk, new[0].id)
    if any(not dataset.has_ended for dataset in new):
        return chunk
    has_all_arrived = len(new) > abandoned
    if not (is_answered or has_all_arrived or now - posted >= late_after):
        return chunk
    with ledger.store.transaction():
        if not is_answered and state.lists_datasets(stream):
            pushes.abandon(stream, chunk.push, posted)
        _note_arrived(ledger, stream, new)
        ledger.release(chunk)
    return None


def is_clear(ledger: Ledger, company: str, data_type: DataType) -> Flow[bool]:
    """Whether no abandoned push has arrived that is still being processed. Keeps rule S05.

    Args:
        ledger: the ledger that is about to push.
        company: its id.
        data_type: of the push.

    Raises:
        RequestError: the datasets cannot be listed.
    """
    stream = ledger.store.stream(company, data_type)
    if not ledger.store.pushes.abandoned(stream, ledger.now() - ABANDONED_SECONDS):
        return True
    new = yield from _new_datasets(ledger, company, data_type)
    if any(not dataset.has_ended for dataset in new):
        return False
    with ledger.store.transaction():
        _note_arrived(ledger, stream, new)
    return True


def _new_datasets(ledger: Ledger, company: str, data_type: DataType) -> Flow[list[Dataset]]:
    """The datasets that were not seen before; empty if the service does not list them."""
    state = ledger.store.remote_state
    stream = ledger.store.stream(company, data_type)
    if not state.lists_datasets(stream):
        return []
    try:
        listed = yield from operations.newest_datasets(company, data_type)
    except NotFound:  # a push would not have found the company either
        return []
    except RequestError as error:
        if not is_unoffered(error):
            raise
        return []
    seen, latest = state.datasets(stream), state.latest_request(stream)
    new = [dataset for dataset in listed if dataset.id not in seen]
    older = [
        dataset for dataset in new if latest and dataset.requested and dataset.requested < latest
    ]
    with ledger.store.transaction():
        _note_arrived(ledger, stream, older)
    return [dataset for dataset in new if dataset not in older]


def _note_arrived(ledger: Ledger, stream: int, datasets: list[Dataset]) -> None:
    """Note datasets that are not adopted; each may be of the oldest abandoned push."""
    for dataset in datasets:
        ledger.store.remote_state.note_dataset(stream, dataset.id, dataset.requested)
    ledger.store.pushes.forget_abandoned(stream, len(datasets))
