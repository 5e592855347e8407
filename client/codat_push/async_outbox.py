"""The outbox for asynchronous programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from os import PathLike
from random import Random
from typing import Any, Self

import anyio

from codat_push._base_outbox import BaseOutbox, OutboxStatus
from codat_push.async_client import AsyncPushClient, in_thread
from codat_push.clock import MACHINE, Clock
from codat_push.errors import LedgerError
from codat_push.hooks import DatasetEnd
from codat_push.models import Refusal


class AsyncOutbox(BaseOutbox):
    """`Outbox` for asynchronous programs: the same file and the same guarantees.

    A task runs the worker (`run`), in place of the thread that `Outbox.start` starts. The file is
    read and written in worker threads, so the event loop never waits for the disk. Only one event
    loop may use it.

    Args:
        path: an SQLite file, created if there is none. A lock file is next to it.
        client: sends the requests.
        clock: reads the time and sleeps.
        rng: draws the jitter of the pauses.
        on_dataset: called when a dataset has ended, for metrics; in a worker thread.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        client: AsyncPushClient,
        *,
        clock: Clock = MACHINE,
        rng: Random | None = None,
        on_dataset: Callable[[DatasetEnd], object] | None = None,
    ) -> None:
        super().__init__(path, client.poll_seconds, clock, rng, on_dataset)
        self._client = client
        self._woken: anyio.Event | None = None  # None: the worker does not run

    async def record(self, company: str, data_type: str, record: Any) -> None:
        """Record a new or changed record, whole; see `Outbox.record`.

        Args:
            company: its id.
            data_type: what the record is.
            record: a mapping, dataclass or msgspec Struct.

        Raises:
            BadRecord: it cannot be sent.
            ValueError: the company is not an id, or the data type is unknown.
        """
        await in_thread(self._put_record, company, data_type, record)
        self._wake()

    async def delete(self, company: str, data_type: str, record_id: str) -> None:
        """Record a delete; see `Outbox.delete`.

        Args:
            company: its id.
            data_type: what the record is.
            record_id: the merchant's id.

        Raises:
            BadRecord: the id is empty, or not valid Unicode.
            ValueError: the company is not an id, or the data type is unknown.
        """
        await in_thread(self._put_delete, company, data_type, record_id)
        self._wake()

    async def run_once(self) -> float | None:
        """Take every step that is due; see `Outbox.run_once`.

        Raises:
            LedgerError: another worker pushes from this file.
        """
        self._ledger.lock()
        async with self._working:
            return await self._client._run(self._worker.run_once(self._stopping), in_thread)

    async def run(self) -> None:
        """Work until `stop` or `close` is called or the task is cancelled; then others may push.

        Raises:
            LedgerError: another worker pushes from this file, or this outbox runs already or is
                closed.
        """
        if self._woken is not None:
            raise LedgerError("this outbox runs already")
        self._ledger.lock()
        self._stopping.clear()
        self._woken = anyio.Event()
        try:
            while not self._stopping.is_set():
                self._woken = anyio.Event()
                try:
                    pause = self._note_steps(await self.run_once())
                except Exception as error:  # noqa: BLE001  (logged; such as a full disk)
                    if self._ledger.is_closed:
                        break
                    pause = self._note_crash(error)
                await self._clock.wait_async(self._woken, pause)
        finally:
            self._woken = None
            self._ledger.unlock()

    def stop(self) -> None:
        """Let `run` return after its current request."""
        self._stopping.set()
        self._wake()

    async def status(self) -> OutboxStatus:
        """The state of the outbox now."""
        return await in_thread(self._read_status, self._woken is not None)

    async def refusals(self) -> Sequence[Refusal]:
        """Changes that may not be pushed, such as updates of synced records."""
        return await in_thread(self._ledger.refusals)

    async def dismiss(self, refusal: Refusal) -> None:
        """Forget a refusal that is resolved."""
        await in_thread(self._ledger.dismiss, refusal)

    async def retry(self, refusal: Refusal) -> None:
        """Queue a refused change again, once its cause is resolved."""
        await in_thread(self._ledger.retry, refusal)
        self._wake()

    def close(self) -> None:
        """Close the file; `run` ends, and what it was doing is taken up by the next worker."""
        self.stop()
        self._ledger.close()

    @cached_property
    def _working(self) -> anyio.Lock:
        return anyio.Lock()

    def _wake(self) -> None:
        if self._woken is not None:
            self._woken.set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()
