"""The outbox: recording a sale is one local insert; a worker pushes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from os import PathLike
from random import Random
from threading import Event, Lock, Thread
from typing import Any, Self

from codat_push._base_outbox import BaseOutbox, OutboxStatus
from codat_push.client import PushClient
from codat_push.clock import MACHINE, Clock
from codat_push.hooks import DatasetEnd
from codat_push.models import Refusal


class Outbox(BaseOutbox):
    """Records the merchant's changes at once and pushes them when it can.

    Any thread or process may record; only one worker at a time may push from a file. Of several
    queued changes of a record, only the newest is pushed.
    Keeps rules S03 to S08, S11, S13, S14, S16, S17, U01 to U04, D01 to D05, T04 to T07.

    Args:
        path: an SQLite file, created if there is none. A lock file is next to it.
        client: sends the requests.
        clock: reads the time and sleeps.
        rng: draws the jitter of the pauses.
        on_dataset: called when a dataset has ended, for metrics.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        client: PushClient,
        *,
        clock: Clock = MACHINE,
        rng: Random | None = None,
        on_dataset: Callable[[DatasetEnd], object] | None = None,
    ) -> None:
        super().__init__(path, client.poll_seconds, clock, rng, on_dataset)
        self._client = client
        self._working = Lock()
        self._woken = Event()
        self._thread: Thread | None = None

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
        self._put_record(company, data_type, record)
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
        self._put_delete(company, data_type, record_id)
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
            return self._client.run(self._worker.run_once(self._stopping))

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
        return self._read_status(self._is_alive())

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
        while not self._stopping.is_set():
            self._woken.clear()
            try:
                pause = self._note_steps(self.run_once())
            except Exception as error:  # noqa: BLE001  (logged; such as a full disk)
                pause = self._note_crash(error)
            self._clock.wait(self._woken, pause)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
