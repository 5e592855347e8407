"""The blocking client: the verbs over the scripts of `calls` and `delivery`."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from datetime import datetime
from typing import Any, Self, TypeVar

import httpx

from codat_push import operations, polling, submission
from codat_push._base_client import ANSWER_SECONDS, BASE_URL, TIMEOUT, WAIT_SECONDS, BaseClient
from codat_push.backoff import FIRST_POLL_SECONDS
from codat_push.batches import Chunk
from codat_push.clock import MACHINE, Clock
from codat_push.errors import RequestError
from codat_push.http_messages import no_answer
from codat_push.ledger import Ledger
from codat_push.models import Dataset, SyncStatus
from codat_push.operations import Call, Pause, Script
from codat_push.polling import Progress

T = TypeVar("T")


class PushClient(BaseClient):
    """Pushes commerce data and asks what became of it.

    Every method raises a `RequestError` of the tree in `codat_push.errors` where the service
    refuses or cannot be reached; only `wait` and `deliver` repeat anything by themselves.

    Args:
        api_key: as the vendor's portal shows it.
        base_url: where the service is.
        http: a client to send with (its transport, timeouts and proxies apply); by default one of
            this client's own, which `close` closes.
        poll_seconds: before the first look at a dataset, from where the pauses grow; a second or
            more keeps rule T06.
        clock: how time is read and passes.
    """

    def __init__(
        self,
        api_key: str,
        base_url: str = BASE_URL,
        http: httpx.Client | None = None,
        *,
        poll_seconds: float = FIRST_POLL_SECONDS,
        clock: Clock = MACHINE,
    ) -> None:
        super().__init__(api_key, base_url, poll_seconds, clock)
        self._owned = http is None
        self._http = http or httpx.Client(timeout=TIMEOUT)

    def push(self, company: str, data_type: str, records: Iterable[Any]) -> Dataset:
        """Push up to 4,999 whole records; see `calls.push`."""
        push = operations.push(company, data_type, records)
        return self.play(self._manners.one_at_a_time(company, data_type, push))

    def delete(self, company: str, data_type: str, ids: Iterable[str]) -> Dataset:
        """Push sparse deletes; see `calls.delete`."""
        push = operations.delete(company, data_type, ids)
        return self.play(self._manners.one_at_a_time(company, data_type, push))

    def dataset(self, company: str, dataset_id: str) -> Dataset:
        """Ask once how a dataset is doing; see `calls.dataset`."""
        return self.play(operations.dataset(company, dataset_id))

    def wait(
        self,
        dataset: Dataset,
        *,
        seconds: float = WAIT_SECONDS,
        progress: Progress | None = None,
    ) -> Dataset:
        """Wait until a dataset ends, at most that many seconds; see `waits.wait`."""
        return self.play(polling.wait(dataset, self._patience(seconds, progress)))

    def sync_status(self, company: str) -> SyncStatus | None:
        """Ask for the latest sync, None before the first; see `calls.sync_status`."""
        return self.play(operations.sync_status(company))

    def sync_now(self, company: str, sync_to: datetime | None = None) -> SyncStatus:
        """Run a sync now; see `calls.sync_now`."""
        return self.play(operations.sync_now(company, sync_to))

    def deliver(
        self,
        ledger: Ledger,
        chunk: Chunk,
        *,
        seconds: float = WAIT_SECONDS,
        progress: Progress | None = None,
    ) -> Dataset:
        """Push a ledger's chunk, wait for its end and settle it; see `delivery.deliver`."""
        return self.play(submission.deliver(ledger, chunk, self._patience(seconds, progress)))

    def resume(
        self, ledger: Ledger, company: str, *, seconds: float = WAIT_SECONDS
    ) -> list[tuple[Chunk, Dataset]]:
        """Finish what an earlier run left open; see `delivery.resume`."""
        return self.play(submission.resume(ledger, company, self._patience(seconds)))

    def play(self, script: Script[T]) -> T:
        """Carry out a script, blocking."""
        try:
            step = next(script)
            while True:
                try:
                    answer = self._carry_out(step)
                except RequestError as error:
                    step = script.throw(error)
                else:
                    step = script.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result

    def _carry_out(self, step: Call | Pause) -> Any:
        if isinstance(step, Pause):
            return self._clock.sleep(step.seconds)
        if pause := self._manners.pause_before(step):
            self._clock.sleep(pause)
        request = self._request(self._http, step)
        until = self._clock.monotonic() + ANSWER_SECONDS
        content = bytearray()
        try:
            with closing(self._http.send(request, stream=True)) as response:
                for part in response.iter_bytes():
                    self._in_time(until, request)
                    content += part
        except httpx.HTTPError as error:
            raise no_answer(error, request) from error
        return self._read(step, response, bytes(content))

    def close(self) -> None:
        """Close the connections, unless they belong to a client that was given."""
        if self._owned:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
