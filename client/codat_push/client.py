"""The clients: the same verbs, blocking and not, over the scripts of `calls`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import aclosing, closing
from datetime import datetime
from typing import Any, Final, Self, TypeVar

import httpx

from codat_push import calls, delivery
from codat_push.answers import Dataset, SyncStatus
from codat_push.calls import Call, Pause, Script
from codat_push.chunks import Chunk
from codat_push.clock import MACHINE, Clock
from codat_push.errors import AnswerLost, RequestError
from codat_push.exchange import Answer, headers_of, no_answer, read_answer
from codat_push.ledger import Ledger

BASE_URL: Final = "https://api.codat.io"
WAIT_SECONDS: Final = 600.0
ANSWER_SECONDS: Final = 120.0  # for a whole answer: it repeats the push, megabytes long
TIMEOUT: Final = httpx.Timeout(30.0, connect=10.0)

Progress = Callable[[Dataset], object]
T = TypeVar("T")


class _Shell:
    """What both clients share: everything but the waiting."""

    def __init__(self, api_key: str, base_url: str, clock: Clock) -> None:
        try:
            url = httpx.URL(base_url)
        except httpx.InvalidURL as error:
            raise ValueError(f"base_url {base_url!r} is no URL: {error}") from error
        if url.scheme not in ("http", "https"):
            raise ValueError(f"base_url {base_url!r} does not begin with http:// or https://")
        if not url.host:
            raise ValueError(f"base_url {base_url!r} names no host")
        self._api_key = api_key
        self._base_url = base_url.rstrip("/")
        self._clock = clock

    def _request(self, http: httpx.Client | httpx.AsyncClient, call: Call) -> httpx.Request:
        headers = headers_of(call, self._api_key)
        url = self._base_url + call.path
        return http.build_request(call.method, url, headers=headers, content=call.content)

    def _in_time(self, until: float, request: httpx.Request) -> None:
        """Give up on an answer that comes so slowly that no single read ever times out."""
        if self._clock.monotonic() > until:
            raise AnswerLost(f"no whole answer after {ANSWER_SECONDS:g} s", request)

    def _read(self, call: Call, response: httpx.Response, content: bytes) -> Any:
        answer = Answer(response.request, response.status_code, response.headers, content)
        return read_answer(call, answer, self._clock.now())


class PushClient(_Shell):
    """Pushes commerce data and asks what became of it.

    Every method raises a `RequestError` of the tree in `codat_push.errors` where the service
    refuses or cannot be reached; only `wait` and `deliver` repeat anything by themselves.

    Args:
        api_key: as the vendor's portal shows it.
        base_url: where the service is.
        http: a client to send with (its transport, timeouts and proxies apply); by default one of
            this client's own, which `close` closes.
        clock: how time is read and passes.
    """

    def __init__(
        self,
        api_key: str,
        base_url: str = BASE_URL,
        http: httpx.Client | None = None,
        *,
        clock: Clock = MACHINE,
    ) -> None:
        super().__init__(api_key, base_url, clock)
        self._owned = http is None
        self._http = http or httpx.Client(timeout=TIMEOUT)

    def push(self, company: str, data_type: str, records: Iterable[Any]) -> Dataset:
        """Push up to 4,999 whole records; see `calls.push`."""
        return self.play(calls.push(company, data_type, records))

    def delete(self, company: str, data_type: str, ids: Iterable[str]) -> Dataset:
        """Push sparse deletes; see `calls.delete`."""
        return self.play(calls.delete(company, data_type, ids))

    def dataset(self, company: str, dataset_id: str) -> Dataset:
        """Ask once how a dataset is doing; see `calls.dataset`."""
        return self.play(calls.dataset(company, dataset_id))

    def wait(
        self,
        dataset: Dataset,
        *,
        seconds: float = WAIT_SECONDS,
        progress: Progress | None = None,
    ) -> Dataset:
        """Wait until a dataset ends, at most that many seconds; see `calls.wait`."""
        return self.play(calls.wait(dataset, self._clock, seconds, progress))

    def sync_status(self, company: str) -> SyncStatus | None:
        """Ask for the latest sync, None before the first; see `calls.sync_status`."""
        return self.play(calls.sync_status(company))

    def sync_now(self, company: str, sync_to: datetime | None = None) -> SyncStatus:
        """Run a sync now; see `calls.sync_now`."""
        return self.play(calls.sync_now(company, sync_to))

    def deliver(
        self,
        ledger: Ledger,
        chunk: Chunk,
        *,
        seconds: float = WAIT_SECONDS,
        progress: Progress | None = None,
    ) -> Dataset:
        """Push a ledger's chunk, wait for its end and settle it; see `delivery.deliver`."""
        return self.play(delivery.deliver(ledger, chunk, self._clock, seconds, progress))

    def resume(
        self, ledger: Ledger, company: str, *, seconds: float = WAIT_SECONDS
    ) -> list[tuple[Chunk, Dataset]]:
        """Finish what an earlier run left open; see `delivery.resume`."""
        return self.play(delivery.resume(ledger, company, self._clock, seconds))

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


class AsyncPushClient(_Shell):
    """`PushClient` for asynchronous programs: the same verbs, to be awaited.

    Args:
        api_key: as the vendor's portal shows it.
        base_url: where the service is.
        http: a client to send with; by default one of this client's own, which `close` closes.
        clock: how time is read and passes.
    """

    def __init__(
        self,
        api_key: str,
        base_url: str = BASE_URL,
        http: httpx.AsyncClient | None = None,
        *,
        clock: Clock = MACHINE,
    ) -> None:
        super().__init__(api_key, base_url, clock)
        self._owned = http is None
        self._http = http or httpx.AsyncClient(timeout=TIMEOUT)

    async def push(self, company: str, data_type: str, records: Iterable[Any]) -> Dataset:
        """Push up to 4,999 whole records; see `calls.push`."""
        return await self.play(calls.push(company, data_type, records))

    async def delete(self, company: str, data_type: str, ids: Iterable[str]) -> Dataset:
        """Push sparse deletes; see `calls.delete`."""
        return await self.play(calls.delete(company, data_type, ids))

    async def dataset(self, company: str, dataset_id: str) -> Dataset:
        """Ask once how a dataset is doing; see `calls.dataset`."""
        return await self.play(calls.dataset(company, dataset_id))

    async def wait(
        self,
        dataset: Dataset,
        *,
        seconds: float = WAIT_SECONDS,
        progress: Progress | None = None,
    ) -> Dataset:
        """Wait until a dataset ends, at most that many seconds; see `calls.wait`."""
        return await self.play(calls.wait(dataset, self._clock, seconds, progress))

    async def sync_status(self, company: str) -> SyncStatus | None:
        """Ask for the latest sync, None before the first; see `calls.sync_status`."""
        return await self.play(calls.sync_status(company))

    async def sync_now(self, company: str, sync_to: datetime | None = None) -> SyncStatus:
        """Run a sync now; see `calls.sync_now`."""
        return await self.play(calls.sync_now(company, sync_to))

    async def deliver(
        self,
        ledger: Ledger,
        chunk: Chunk,
        *,
        seconds: float = WAIT_SECONDS,
        progress: Progress | None = None,
    ) -> Dataset:
        """Push a ledger's chunk, wait for its end and settle it; see `delivery.deliver`."""
        return await self.play(delivery.deliver(ledger, chunk, self._clock, seconds, progress))

    async def resume(
        self, ledger: Ledger, company: str, *, seconds: float = WAIT_SECONDS
    ) -> list[tuple[Chunk, Dataset]]:
        """Finish what an earlier run left open; see `delivery.resume`."""
        return await self.play(delivery.resume(ledger, company, self._clock, seconds))

    async def play(self, script: Script[T]) -> T:
        """Carry out a script, suspending."""
        try:
            step = next(script)
            while True:
                try:
                    answer = await self._carry_out(step)
                except RequestError as error:
                    step = script.throw(error)
                else:
                    step = script.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result

    async def _carry_out(self, step: Call | Pause) -> Any:
        if isinstance(step, Pause):
            return await self._clock.sleep_async(step.seconds)
        request = self._request(self._http, step)
        until = self._clock.monotonic() + ANSWER_SECONDS
        content = bytearray()
        try:
            async with aclosing(await self._http.send(request, stream=True)) as response:
                async for part in response.aiter_bytes():
                    self._in_time(until, request)
                    content += part
        except httpx.HTTPError as error:
            raise no_answer(error, request) from error
        return self._read(step, response, bytes(content))

    async def close(self) -> None:
        """Close the connections, unless they belong to a client that was given."""
        if self._owned:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
