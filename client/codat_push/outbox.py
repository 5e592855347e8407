"""The outbox: recording a sale is one local insert; a worker pushes it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike, fspath
from random import Random, SystemRandom
from threading import Event, Lock, Thread
from typing import Any, Final, Self

from codat_push.backoff import next_retry
from codat_push.client import PushClient
from codat_push.clock import MACHINE, Clock
from codat_push.ledger import Ledger
from codat_push.models import Refusal
from codat_push.schema import check_data_type
from codat_push.storage.retry_schedule import RetrySchedule
from codat_push.versions import check_id, make_version
from codat_push.worker import Worker

LOG: Final = logging.getLogger("codat_push.outbox")
IDLE_SECONDS: Final = 5.0  # another process may have recorded something


@dataclass(frozen=True, slots=True)
class OutboxStatus:
    """The state of an outbox.

    Args:
        depth: changes that the service has not accepted yet.
        age: seconds since the oldest of them was recorded, None if there is none.
        last_error: the last failure that no success has followed, or None.
        refused: changes that a person has to resolve.
        is_alive: whether the worker's thread runs.
    """

    depth: int
    age: float | None
    last_error: str | None
    refused: int
    is_alive: bool = False


class Outbox:
    """Records the merchant's changes at once and pushes them when it can.

    Any thread or process may record; only one worker at a time may push from a file. Of several
    queued changes of a record, only the newest is pushed.
    Keeps rules S03 to S08, S11, S13, S14, S16, S17, U01 to U04, D01 to D05, T04 to T07.

    Args:
        path: an SQLite file, created if there is none. A lock file is next to it.
        client: sends the requests.
        clock: reads the time and sleeps.
        rng: draws the jitter of the pauses.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        client: PushClient,
        *,
        clock: Clock = MACHINE,
        rng: Random | None = None,
    ) -> None:
        if fspath(path) == ":memory:":
            raise ValueError("an outbox needs a file, not :memory:")
        self._clock = clock
        self._rng = rng or SystemRandom()
        self._ledger = Ledger(path, clock=clock)
        self._schedule = RetrySchedule(self._ledger.store.database, clock)
        self._worker = Worker(self._ledger, self._schedule, client, self._rng)
        self._working = Lock()
        self._stopping = Event()
        self._woken = Event()
        self._thread: Thread | None = None
        self._worker_error: str | None = None

    def record(self, company: str, data_type: str, record: Any) -> None:
        """Record a new or changed record, whole; it is on the disk when this returns.

        Args:
            company: its id.
            data_type: what the record is.
            record: a mapping, dataclass or msgspec Struct.

        Raises:
            BadRecord: it cannot be sent.
            ValueError: the company is not an id, or the data type is unknown.
        """
        version = make_version(check_data_type(data_type), record)
        self._ledger.put(company, data_type, version)
        self._woken.set()

    def delete(self, company: str, data_type: str, record_id: str) -> None:
        """Record a delete; of transactions, it deletes all with that id.

        Args:
            company: its id.
            data_type: what the record is.
            record_id: the merchant's id.

        Raises:
            BadRecord: the id is empty, or not valid Unicode.
            ValueError: the company is not an id, or the data type is unknown.
        """
        self._ledger.put(company, data_type, check_id(record_id))
        self._woken.set()

    def run_once(self) -> float | None:
        """Take every step that is due.

        Returns:
            Seconds until the next step is due, None if the queue is empty.

        Raises:
            LedgerError: another worker pushes from this file.
        """
        self._ledger.lock()
        with self._working:
            return self._worker.run_once(self._stopping)

    def start(self) -> None:
        """Start the worker in a thread of its own, unless it runs already.

        Raises:
            LedgerError: another worker pushes from this file.
        """
        if not self._is_alive():
            self._ledger.lock()
            self._thread = Thread(target=self._work, name="codat-push-outbox", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop the worker after its current request; `start` continues where it was."""
        self._stopping.set()
        self._woken.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._stopping.clear()
        self._ledger.unlock()

    def status(self) -> OutboxStatus:
        """The state of the outbox now."""
        depth, oldest = self._ledger.store.queue.depth()
        age = None if oldest is None else max(0.0, self._clock.now() - oldest)
        error = self._worker_error or self._schedule.last_error()
        refused = self._ledger.store.refusals.count()
        return OutboxStatus(depth, age, error, refused, self._is_alive())

    def refusals(self) -> Sequence[Refusal]:
        """Changes that may not be pushed, such as updates of synced records."""
        return self._ledger.refusals()

    def dismiss(self, refusal: Refusal) -> None:
        """Forget a refusal that is resolved."""
        self._ledger.dismiss(refusal)

    def retry(self, refusal: Refusal) -> None:
        """Queue a refused change again, once its cause is resolved."""
        self._ledger.retry(refusal)
        self._woken.set()

    def close(self) -> None:
        """Stop working and close the file."""
        self.stop()
        self._ledger.close()

    def _is_alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _work(self) -> None:
        backoff: float | None = None
        while not self._stopping.is_set():
            self._woken.clear()
            pause = None
            try:
                pause = self.run_once()
                self._worker_error, backoff = None, None
            except Exception as error:  # such as a full disk: nothing ends the worker but stop
                LOG.exception("the outbox's worker failed; it will try again")
                self._worker_error = f"{type(error).__name__}: {error}"
                pause = backoff = next_retry(backoff, self._rng)
            longest = IDLE_SECONDS if pause is None else min(pause, backoff or IDLE_SECONDS)
            self._clock.wait(self._woken, longest)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
