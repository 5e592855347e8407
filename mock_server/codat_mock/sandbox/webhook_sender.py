"""Delivers a sandbox's alerts in a thread of its own, so that no receiver ever slows the API."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from threading import Event, RLock, Thread
from typing import TYPE_CHECKING, Final

import msgspec

from codat_mock.domain.webhook_delivery import is_allowed, signature_headers
from codat_mock.sandbox import webhooks
from codat_mock.sandbox.internal_errors import InternalErrors
from codat_mock.sandbox.session import Session
from codat_mock.sandbox.webhooks import Delivery

if TYPE_CHECKING:  # a fifth of the start, and wanted only once an alert is due
    import asyncio

    import httpx

TIMEOUT_SECONDS: Final = 10.0  # of the machine's clock, for a try with all its redirects
MOST_REDIRECTS: Final = 5

Told = tuple[int | None, str, str | None]  # the status, the error, and `Retry-After`


class WebhookSender:
    """Makes the tries that are due, one after the other, each at its moment in the sandbox's time.

    Args:
        begin: begins a turn of the sandbox.
        hosts: where alerts may be sent beside this machine.
        failures: where faults of the courier itself are noted.
    """

    def __init__(
        self,
        begin: Callable[[], AbstractContextManager[Session]],
        hosts: Iterable[str],
        failures: InternalErrors,
    ) -> None:
        self._session = begin
        self._hosts = tuple(hosts)
        self._failures = failures
        self._lock = RLock()  # taken again by the end of the courier's own turns
        self._woken = Event()
        self._stopped = Event()
        self._thread: Thread | None = None

    def wake(self) -> None:
        """Begin with what is due, if that is not going on already."""
        with self._lock:
            if self._stopped.is_set():
                return
            if self._thread is None:
                self._thread = Thread(target=self._run, name="codat-mock-courier", daemon=True)
                self._thread.start()
        self._woken.set()

    def stop(self) -> None:
        """Make no more tries; what comes of one that is being made is not noted any more."""
        with self._lock:
            self._stopped.set()
        self._woken.set()

    def _run(self) -> None:
        import asyncio

        import httpx

        # A loop, as only there a whole delivery can be bounded, however slowly its bytes come.
        with self._failures.watch("the delivery of alerts"), asyncio.Runner() as loop:
            client = httpx.AsyncClient(trust_env=False, timeout=None)  # noqa: S113  (see _deliver)
            while self._woken.wait() and not self._stopped.is_set():
                self._woken.clear()
                while self._do_next(loop, client):
                    pass
            loop.run(client.aclose())

    def _do_next(self, loop: asyncio.Runner, client: httpx.AsyncClient) -> bool:
        with self._lock:
            if self._stopped.is_set():
                return False
            with self._session() as session:
                errand = webhooks.errand(session)
        if errand is None:
            return False
        status, error, retry_after = loop.run(self._deliver(client, errand))
        with self._lock:
            if self._stopped.is_set():
                return False
            with self._session() as session:
                webhooks.note(session, errand, status, error, retry_after)
        return True

    async def _deliver(self, client: httpx.AsyncClient, errand: Delivery) -> Told:
        import asyncio

        import httpx

        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                return await self._post(client, errand)
        except TimeoutError:
            return None, f"No answer within {TIMEOUT_SECONDS:g} seconds.", None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return None, f"{type(error).__name__}: {error}", None

    async def _post(self, client: httpx.AsyncClient, errand: Delivery) -> Told:
        request = as_request(errand)
        for _ in range(MOST_REDIRECTS + 1):
            answer = await client.send(request, stream=True)
            await answer.aclose()
            if answer.next_request is None:
                return answer.status_code, "", answer.headers.get("Retry-After")
            request = answer.next_request
            if not is_allowed(str(request.url), self._hosts):
                return answer.status_code, f"It leads to {request.url}: not allowed.", None
        return answer.status_code, f"It leads on and on, to {request.url}.", None


def as_request(errand: Delivery) -> httpx.Request:
    """What is sent."""
    import httpx

    body = msgspec.json.encode(errand.body)
    headers = {"Content-Type": "application/json", "X-Codat-ClientId": errand.body.client_id}
    headers |= signature_headers(errand.rule.secrets, errand.body.alert_id, errand.at, body)
    if errand.rule.authorization:
        headers["Authorization"] = errand.rule.authorization
    return httpx.Request("POST", errand.rule.url, headers=headers, content=body)
