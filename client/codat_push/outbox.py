"""The outbox: recording a sale is one local insert; a worker brings it to the service."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike, fspath
from random import Random, SystemRandom
from threading import Event, Lock, Thread
from typing import Any, Final, Self

from codat_push.batches import Refusal
from codat_push.client import PushClient
from codat_push.clock import MACHINE, Clock
from codat_push.ledger import Ledger
from codat_push.schema import check_data_type
from codat_push.storage.lock import WorkerLock
from codat_push.storage.retry_schedule import RetrySchedule
from codat_push.versions import check_id, make_version
from codat_push.worker import Worker

IDLE_SECONDS: Final = 5.0  # another process may have recorded something


@dataclass(frozen=True, slots=True)
class OutboxStatus:
    """How an outbox is doing.

    Args:
        depth: records that the service has not accepted yet.
        age: seconds since the oldest of them was recorded, None where there is none.
        last_error: what went wrong last and has not come right since, None where nothing.
        refused: records that were set aside for a person to see to.
    """

    depth: int
    age: float | None
    last_error: str | None
    refused: int


class Outbox:
    """Takes the merchant's changes down at once and pushes them when it can.

    Recording may be done from any thread or process; of several workers on one file, one works and
    the others are refused. Several changes of a record that wait are pushed as one, the newest.
    Keeps rules S03 to S08, S11, S13, S14, S16, S17, U01 to U04, D01 to D05, T04 to T07.

    Args:
        path: an SQLite file, made where there is none. A lock stands beside it.
        client: what to push with.
        clock: how time is read and passes.
        chance: where the jitter of pauses comes from.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        client: PushClient,
        *,
        clock: Clock = MACHINE,
        chance: Random | None = None,
    ) -> None:
        if fspath(path) == ":memory:":
            raise ValueError("an outbox has to survive; give it a file")
        self._clock = clock
        self._ledger = Ledger(path, clock=clock)
        self._agenda = RetrySchedule(self._ledger.store.database, clock)
        self._worker = Worker(self._ledger, self._agenda, client, chance or SystemRandom())
        self._claim = WorkerLock(fspath(path))
        self._working = Lock()
        self._stopping = Event()
        self._woken = Event()
        self._thread: Thread | None = None
        self._trouble: str | None = None

    def record(self, company: str, data_type: str, record: Any) -> None:
        """Take down a new or changed record, whole; it is on the disk when this returns.

        Raises:
            BadRecord: it cannot be sent.
            ValueError: the company is no id, or the data type is unknown.
        """
        version = make_version(check_data_type(data_type), record)
        self._ledger.put(company, data_type, version)
        self._woken.set()

    def delete(self, company: str, data_type: str, record_id: str) -> None:
        """Take down that a record is gone; of transactions, all with that id.

        Raises:
            BadRecord: the id is empty, or no valid Unicode.
            ValueError: the company is no id, or the data type is unknown.
        """
        self._ledger.put(company, data_type, check_id(record_id))
        self._woken.set()

    def run_once(self) -> float | None:
        """Take every step that is due.

        Returns:
            Seconds until the next one is due, None where nothing waits.

        Raises:
            LedgerError: another worker has this file.
        """
        self._claim.take()
        with self._working:
            return self._worker.run_once(self._stopping)

    def start(self) -> None:
        """Begin to work in a thread of its own.

        Raises:
            LedgerError: another worker has this file.
        """
        if self._thread is None:
            self._claim.take()
            self._thread = Thread(target=self._work, name="codat-push-outbox", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread after the step it is at; what waits goes on at the next start."""
        self._stopping.set()
        self._woken.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._stopping.clear()
        self._claim.give_back()

    def status(self) -> OutboxStatus:
        """How it is doing now."""
        depth, oldest = self._ledger.store.waiting.depth()
        age = None if oldest is None else max(0.0, self._clock.now() - oldest)
        error = self._trouble or self._agenda.last_error()
        return OutboxStatus(depth, age, error, self._ledger.store.refused.count())

    def refusals(self) -> Sequence[Refusal]:
        """Changes that may not be pushed, such as of what is synced, or of an unknown company."""
        return self._ledger.refusals()

    def dismiss(self, refusal: Refusal) -> None:
        """Forget a refusal that has been seen to."""
        self._ledger.dismiss(refusal)

    def retry(self, refusal: Refusal) -> None:
        """Let what was refused wait again, once what was in its way is seen to."""
        self._ledger.retry(refusal)
        self._woken.set()

    def close(self) -> None:
        """Stop working and close the file."""
        self.stop()
        self._ledger.close()

    def _work(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            pause = None
            try:
                pause = self.run_once()
                self._trouble = None
            except sqlite3.Error as error:  # such as a full disk: go on once that has passed
                self._trouble = f"the outbox's file cannot be used: {error}"
            longest = IDLE_SECONDS if pause is None else min(pause, IDLE_SECONDS)
            self._clock.wait(self._woken, longest)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
