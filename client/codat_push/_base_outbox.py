"""What the blocking and the asynchronous outbox share: everything but waiting."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from os import PathLike, fspath
from random import Random, SystemRandom
from threading import Event
from typing import Any, Final

from codat_push.backoff import next_retry
from codat_push.clock import Clock
from codat_push.hooks import DatasetEnd
from codat_push.ledger import Ledger
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
        is_alive: whether the worker runs.
    """

    depth: int
    age: float | None
    last_error: str | None
    refused: int
    is_alive: bool = False


class BaseOutbox:
    """An outbox without its worker's thread or task.

    Args:
        path: an SQLite file, created if there is none. A lock file is next to it.
        poll_seconds: seconds before the first poll of a dataset.
        clock: reads the time and sleeps.
        rng: draws the jitter of the pauses.
        on_dataset: called when a dataset has ended, for metrics.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        poll_seconds: float,
        clock: Clock,
        rng: Random | None,
        on_dataset: Callable[[DatasetEnd], object] | None,
    ) -> None:
        if fspath(path) == ":memory:":
            raise ValueError("an outbox needs a file, not :memory:")
        self._clock = clock
        self._rng = rng or SystemRandom()
        self._ledger = Ledger(path, clock=clock)
        self._schedule = RetrySchedule(self._ledger.store.database, clock)
        self._worker = Worker(self._ledger, self._schedule, poll_seconds, self._rng, on_dataset)
        self._stopping = Event()
        self._worker_error: str | None = None
        self._backoff: float | None = None

    def _put_record(self, company: str, data_type: str, record: Any) -> None:
        version = make_version(check_data_type(data_type), record)
        self._ledger.put(company, data_type, version)

    def _put_delete(self, company: str, data_type: str, record_id: str) -> None:
        self._ledger.put(company, data_type, check_id(record_id))

    def _read_status(self, is_alive: bool) -> OutboxStatus:
        depth, oldest = self._ledger.store.queue.depth()
        age = None if oldest is None else max(0.0, self._clock.now() - oldest)
        error = self._worker_error or self._schedule.last_error()
        refused = self._ledger.store.refusals.count()
        return OutboxStatus(depth, age, error, refused, is_alive)

    def _note_steps(self, pause: float | None) -> float:
        """Seconds to wait after steps that were taken; `pause` is until the next is due."""
        self._worker_error, self._backoff = None, None
        return IDLE_SECONDS if pause is None else min(pause, IDLE_SECONDS)

    def _note_crash(self, error: Exception) -> float:
        """Seconds to wait after steps that raised: nothing ends the worker but stop."""
        LOG.exception("the outbox's worker failed; it will try again")
        self._worker_error = f"{type(error).__name__}: {error}"
        self._backoff = next_retry(self._backoff, self._rng)
        return self._backoff
