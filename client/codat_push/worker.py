"""The steps of an outbox's worker, each taken from the state in the file.

A step posts a chunk, finds the dataset of one whose answer was lost, or polls a dataset. Only the
file says which is next and when, so the worker may be killed between any two commits and continues
where it was. It never blocks: while a dataset of one company and data type is processed, it takes
the steps of the others.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from random import Random
from threading import Event
from typing import Final

from codat_push import recovery, submission
from codat_push.backoff import next_retry
from codat_push.errors import (
    BadRequest,
    LedgerError,
    NotFound,
    NotSetUp,
    PushTooLarge,
    RequestError,
)
from codat_push.hooks import DatasetEnd, call_hook
from codat_push.ledger import Ledger
from codat_push.models import Chunk
from codat_push.operations import MAX_RECORDS, Flow
from codat_push.polling import next_poll
from codat_push.preflight import prepare
from codat_push.schema import DataType
from codat_push.storage.retry_schedule import NOTHING, Entry, RetrySchedule

LOG: Final = logging.getLogger("codat_push.worker")


class Worker:
    """Takes the steps that are due.

    Args:
        ledger: the queue, and the open chunks.
        schedule: when the next step of each stream is due.
        poll_seconds: seconds before the first poll of a dataset.
        rng: draws the jitter of the pauses.
        on_dataset: called when a dataset has ended, for metrics.
    """

    def __init__(
        self,
        ledger: Ledger,
        schedule: RetrySchedule,
        poll_seconds: float,
        rng: Random,
        on_dataset: Callable[[DatasetEnd], object] | None,
    ) -> None:
        self._ledger = ledger
        self._schedule = schedule
        self._poll_seconds = poll_seconds
        self._rng = rng
        self._on_dataset = on_dataset

    def run_once(self, stopping: Event) -> Flow[float | None]:
        """Take every step that is due, until `stopping` is set.

        Returns:
            Seconds until the next step is due, None if the queue is empty.
        """
        store = self._ledger.store
        self._schedule.follow_clock()
        for company, data_type in store.queue.busy_streams():
            if stopping.is_set():
                break
            if not self._schedule.seconds_left(store.stream(company, data_type)):
                yield from self._step(company, data_type)
        busy = store.queue.busy_streams()
        left = [self._schedule.seconds_left(store.stream(*stream)) for stream in busy]
        return min(left, default=None)

    def _step(self, company: str, data_type: DataType) -> Flow[None]:
        """Take one step for a stream, and schedule the next."""
        stream = self._ledger.store.stream(company, data_type)
        entry = self._schedule.entry(stream)
        chunk = self._ledger.open_chunk(company, data_type)
        # If the process dies at this step again and again, the service still gets few requests.
        self._schedule.plan(stream, entry, self._next_poll(None))
        try:
            if chunk is None:
                step = self._post(company, data_type, entry)
            elif chunk.dataset is None:
                step = self._find(chunk, entry)
            else:
                step = self._poll(chunk, entry)
            entry, pause = yield from step
        except RequestError as error:
            entry, pause = self._after_failure(entry, str(error), error.retry_after)
            if error.retry_after:
                self._schedule.suspend("" if error.is_outage else company, error.retry_after)
        except NotSetUp as error:
            entry, pause = self._after_failure(entry, str(error))
        except LedgerError:
            raise  # of the whole file, not of this stream
        except Exception as error:  # whatever it is, the other streams go on
            LOG.exception("the step for %s of company %s failed", data_type, company)
            entry, pause = self._after_failure(entry, f"{type(error).__name__}: {error}")
        self._schedule.plan(stream, entry, pause)

    def _post(self, company: str, data_type: DataType, entry: Entry) -> Flow[tuple[Entry, float]]:
        """Make the next chunk, after reading what has been synced, and post it."""
        if not (yield from recovery.is_clear(self._ledger, company, data_type)):
            pause = self._next_poll(entry.poll_pause)
            return entry._replace(poll_pause=pause), pause
        yield from prepare(self._ledger, company, data_type)
        self._ledger.requeue_failed(company, data_type)
        chunk = self._ledger.take(company, data_type, entry.max_records)
        if chunk is None:
            return self._after_nothing(company, data_type, entry)
        pause = self._next_poll(None)
        try:
            yield from submission.send(self._ledger, chunk)
        except (BadRequest, PushTooLarge) as error:
            return self._after_failure(smaller(entry, chunk), str(error))
        except NotFound as error:
            if not error.is_from_service:
                raise
            self._refuse_company(company, data_type, error.message)
            return NOTHING, 0.0
        return entry._replace(poll_pause=pause), pause

    def _refuse_company(self, company: str, data_type: DataType, detail: str) -> None:
        """Refuse everything queued for a company that the service does not know."""
        store = self._ledger.store
        stream = store.stream(company, data_type)
        store.refusals.refuse_queue(stream, "unknown-company", detail)

    def _after_nothing(
        self, company: str, data_type: DataType, entry: Entry
    ) -> tuple[Entry, float]:
        """The next step when no record can be sent: none is left, or a sync has to end first."""
        store = self._ledger.store
        is_held = store.queue.is_waiting(store.stream(company, data_type))
        pause = self._next_poll(entry.poll_pause) if is_held else 0.0
        return entry._replace(poll_pause=pause or None), pause

    def _find(self, chunk: Chunk, entry: Entry) -> Flow[tuple[Entry, float]]:
        """Find the dataset of a chunk whose answer was lost, or queue its records again."""
        late_after = recovery.late_seconds(self._poll_seconds)
        found = yield from recovery.find_dataset(self._ledger, chunk, late_after)
        if found is None:
            return entry._replace(poll_pause=None), 0.0
        pause = self._next_poll(None if found.dataset else entry.poll_pause)
        return entry._replace(poll_pause=pause), pause

    def _poll(self, chunk: Chunk, entry: Entry) -> Flow[tuple[Entry, float]]:
        """Poll the dataset of a chunk."""
        dataset = yield from submission.poll(self._ledger, chunk)
        if dataset.has_ended and self._on_dataset:
            end = DatasetEnd(chunk.company, chunk.data_type, chunk.size, dataset.status)
            call_hook(self._on_dataset, end)
        if dataset.is_complete:
            return NOTHING._replace(max_records=larger(entry)), 0.0
        if dataset.has_ended:
            if dataset.blames_records:
                entry = smaller(entry, chunk)
            message = (
                f"dataset {dataset.id}: {dataset.status} {dataset.error_message or ''}".rstrip()
            )
            return self._after_failure(entry, message)
        pause = self._next_poll(entry.poll_pause)
        return entry._replace(poll_pause=pause), pause

    def _next_poll(self, previous: float | None) -> float:
        return next_poll(previous, self._poll_seconds)

    def _after_failure(
        self, entry: Entry, error: str, retry_after: float | None = None
    ) -> tuple[Entry, float]:
        pause = next_retry(entry.retry_pause, self._rng, retry_after)
        return entry._replace(retry_pause=pause, poll_pause=None, error=error), pause


def smaller(entry: Entry, chunk: Chunk) -> Entry:
    """Send half as many records next time, so that the wrong one is found and refused."""
    return entry._replace(max_records=max(1, chunk.size // 2))


def larger(entry: Entry) -> int | None:
    """Twice as many records after a success, until there is no limit."""
    doubled = (entry.max_records or MAX_RECORDS) * 2
    return None if doubled > MAX_RECORDS else doubled
