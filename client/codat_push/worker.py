"""What an outbox's worker does: one step after the other, each from what the file says.

A step is to post a chunk, to look for one whose answer was lost, or to look at a dataset. Which is
next, and when, is in the file alone; so the worker may be killed between any two commits and goes
on where it was. It waits for nothing: while a dataset of one company and data type is processed, it
takes the steps of the others.
"""

from __future__ import annotations

from random import Random
from threading import Event

from codat_push import submission
from codat_push.backoff import next_poll, next_retry
from codat_push.batches import Chunk
from codat_push.client import PushClient
from codat_push.errors import BadRequest, NotFound, NotSetUp, PushTooLarge, RequestError
from codat_push.ledger import Ledger
from codat_push.operations import MOST_RECORDS, Script
from codat_push.preflight import prepare
from codat_push.schema import DataType
from codat_push.storage.retry_schedule import NOTHING, Entry, RetrySchedule


class Worker:
    """Takes the steps that are due.

    Args:
        ledger: what waits, and what is on its way.
        agenda: when the next step of each stream is due.
        client: what to ask the service with.
        chance: where the jitter of pauses comes from.
    """

    def __init__(
        self, ledger: Ledger, agenda: RetrySchedule, client: PushClient, chance: Random
    ) -> None:
        self._ledger = ledger
        self._agenda = agenda
        self._client = client
        self._chance = chance

    def run_once(self, stopping: Event) -> float | None:
        """Take every step that is due, unless told to stop.

        Returns:
            Seconds until the next one is due, None where nothing waits.
        """
        store = self._ledger.store
        self._agenda.follow_clock()
        for company, data_type in store.waiting.busy_streams():
            if stopping.is_set():
                break
            if not self._agenda.seconds_left(store.stream(company, data_type)):
                self._step(company, data_type)
        busy = store.waiting.busy_streams()
        left = [self._agenda.seconds_left(store.stream(*stream)) for stream in busy]
        return min(left, default=None)

    def _step(self, company: str, data_type: DataType) -> None:
        """Take one step for a stream, and plan the next."""
        stream = self._ledger.store.stream(company, data_type)
        entry = self._agenda.entry(stream)
        chunk = self._ledger.open_chunk(company, data_type)
        # If the process dies at this step time and again, it must not hammer the service.
        self._agenda.plan(stream, entry, self._next_poll(None))
        try:
            if chunk is None:
                step = self._post(company, data_type, entry)
            elif chunk.dataset is None:
                step = self._look_for(chunk, entry)
            else:
                step = self._look_at(chunk, entry)
            entry, pause = self._client.play(step)
        except RequestError as error:
            entry, pause = self._after_failure(entry, str(error), error.retry_after)
            if error.retry_after:
                self._agenda.keep_quiet(error.retry_after)
        except NotSetUp as error:
            entry, pause = self._after_failure(entry, str(error))
        self._agenda.plan(stream, entry, pause)

    def _post(self, company: str, data_type: DataType, entry: Entry) -> Script[tuple[Entry, float]]:
        """Make the next chunk, by the newest knowledge of what has been synced, and post it."""
        yield from prepare(self._ledger, company, data_type)
        self._ledger.mend(company, data_type)
        chunk = self._ledger.take(company, data_type, entry.most_records)
        if chunk is None:
            return self._after_nothing(company, data_type, entry)
        pause = self._next_poll(None)
        try:
            yield from submission.send(self._ledger, chunk)
        except (BadRequest, PushTooLarge) as error:
            return self._after_failure(smaller(entry, chunk), str(error))
        except NotFound as error:
            if not error.is_the_services_own:
                raise
            self._set_aside(company, data_type, error.message)
            return NOTHING, 0.0
        return entry._replace(poll_pause=pause), pause

    def _set_aside(self, company: str, data_type: DataType, detail: str) -> None:
        """Let nothing wait for a company that the service does not know."""
        store = self._ledger.store
        stream = store.stream(company, data_type)
        store.refused.all_waiting(stream, "unknown-company", detail)

    def _after_nothing(
        self, company: str, data_type: DataType, entry: Entry
    ) -> tuple[Entry, float]:
        """What to do where no record can be sent: nothing is left, or a sync has to end first."""
        store = self._ledger.store
        count, _ = store.waiting.weight(store.stream(company, data_type))
        pause = self._next_poll(entry.poll_pause) if count else 0.0
        return entry._replace(poll_pause=pause or None), pause

    def _look_for(self, chunk: Chunk, entry: Entry) -> Script[tuple[Entry, float]]:
        """Find a chunk whose answer was lost, or let its records be posted anew."""
        found = yield from submission.look_for(self._ledger, chunk)
        if found is None:
            return entry, 0.0
        pause = self._next_poll(None)
        return entry._replace(poll_pause=pause), pause

    def _look_at(self, chunk: Chunk, entry: Entry) -> Script[tuple[Entry, float]]:
        """See how the dataset of a chunk is doing."""
        dataset = yield from submission.look_at(self._ledger, chunk)
        if dataset.is_complete:
            return NOTHING._replace(most_records=larger(entry)), 0.0
        if dataset.has_ended:
            if dataset.blames_records:
                entry = smaller(entry, chunk)
            told = f"dataset {dataset.id}: {dataset.status} {dataset.error_message or ''}".rstrip()
            return self._after_failure(entry, told)
        pause = self._next_poll(entry.poll_pause)
        return entry._replace(poll_pause=pause), pause

    def _next_poll(self, previous: float | None) -> float:
        return next_poll(previous, self._client.poll_seconds)

    def _after_failure(
        self, entry: Entry, error: str, asked: float | None = None
    ) -> tuple[Entry, float]:
        pause = next_retry(entry.retry_pause, self._chance, asked)
        return entry._replace(retry_pause=pause, poll_pause=None, error=error), pause


def smaller(entry: Entry, chunk: Chunk) -> Entry:
    """Send half as many records next time, so that the wrong one is found and set aside."""
    return entry._replace(most_records=max(1, chunk.size // 2))


def larger(entry: Entry) -> int | None:
    """Twice as many records again after a success, until there is no bound."""
    doubled = (entry.most_records or MOST_RECORDS) * 2
    return None if doubled > MOST_RECORDS else doubled
