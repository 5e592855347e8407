"""Sends a sandbox's alerts in a thread of its own, so that no slow receiver slows the API."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, suppress
from threading import Event, RLock, Thread
from typing import TYPE_CHECKING, Final

import msgspec

from codat_mock.domain.redaction import clean_url
from codat_mock.domain.webhook_delivery import is_allowed, signature_headers
from codat_mock.sandbox import webhooks
from codat_mock.sandbox.internal_errors import InternalErrors
from codat_mock.sandbox.session import SandboxClosed, Session
from codat_mock.sandbox.webhooks import Delivery
from codat_mock.storage import StorageError

if TYPE_CHECKING:  # a fifth of the start-up time, and needed only once an alert is due
    import asyncio

    import httpx

logger: Final = logging.getLogger(__name__)

TIMEOUT_SECONDS: Final = 10.0  # of the machine's clock, for a delivery with all its redirects
MAX_REDIRECTS: Final = 5

Outcome = tuple[int | None, str, str | None]  # the status, the error, and `Retry-After`


class WebhookSender:
    """Makes the deliveries that are due, one after the other.

    Args:
        open_session: opens a session of the sandbox.
        hosts: the hosts that alerts may be sent to, beside this machine.
        failures: where faults of the sender itself are noted.
    """

    def __init__(
        self,
        open_session: Callable[[], AbstractContextManager[Session]],
        hosts: Iterable[str],
        failures: InternalErrors,
    ) -> None:
        self._open_session = open_session
        self._hosts = tuple(hosts)
        self._failures = failures
        self._lock = RLock()  # taken again at the end of the sender's own sessions
        self._woken = Event()
        self._stopped = Event()
        self._thread: Thread | None = None

    def wake(self) -> None:
        """Start to send what is due, unless that is going on."""
        with self._lock:
            if self._stopped.is_set():
                return
            if self._thread is None:
                self._thread = Thread(target=self._run, name="codat-mock-webhooks", daemon=True)
                self._thread.start()
        self._woken.set()

    def stop(self) -> None:
        """Send no more; the result of a delivery that is under way is not recorded."""
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
                try:
                    while self._do_next(loop, client):
                        pass
                except StorageError:
                    logger.warning("An alert waits, since the database fails.", exc_info=True)
                except Exception as error:
                    # The next alert must be sent all the same.
                    self._failures.note("the delivery of alerts", error)
                    logger.exception("An alert could not be sent.")
            loop.run(client.aclose())

    def _do_next(self, loop: asyncio.Runner, client: httpx.AsyncClient) -> bool:
        with self._lock:
            if self._stopped.is_set():
                return False
            try:
                with self._open_session() as session:
                    delivery = webhooks.next_delivery(session)
            except SandboxClosed:
                return False
        if delivery is None:
            return False
        status, error, retry_after = loop.run(self._deliver(client, delivery))
        with self._lock:
            if self._stopped.is_set():
                return False
            with suppress(SandboxClosed), self._open_session() as session:
                webhooks.record(session, delivery, status, error, retry_after)
        return True

    async def _deliver(self, client: httpx.AsyncClient, delivery: Delivery) -> Outcome:
        import asyncio

        import httpx

        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                return await self._post(client, delivery)
        except TimeoutError:
            return None, f"No answer within {TIMEOUT_SECONDS:g} seconds.", None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            # A ValueError is a redirect to what is no URL, which httpx finds too late.
            return None, f"{type(error).__name__}: {error}", None
        except Exception as error:
            self._failures.note(
                f"the delivery of an alert to {clean_url(delivery.rule.url)}", error
            )
            logger.exception("An alert could not be sent.")
            return None, f"codat-mock failed: {type(error).__name__}", None

    async def _post(self, client: httpx.AsyncClient, delivery: Delivery) -> Outcome:
        request = to_http(delivery)
        for _ in range(MAX_REDIRECTS + 1):
            answer = await client.send(request, stream=True)
            await answer.aclose()
            if answer.next_request is None:
                return answer.status_code, "", answer.headers.get("Retry-After")
            request = answer.next_request
            if not is_allowed(str(request.url), self._hosts):
                return (
                    answer.status_code,
                    f"It redirects to {clean_url(str(request.url))}, which is not allowed.",
                    None,
                )
        return (
            answer.status_code,
            f"Too many redirects, the last to {clean_url(str(request.url))}.",
            None,
        )


def to_http(delivery: Delivery) -> httpx.Request:
    """The request of a delivery."""
    import httpx

    body = msgspec.json.encode(delivery.body)
    headers = {"Content-Type": "application/json", "X-Codat-ClientId": delivery.client_id}
    headers |= signature_headers(delivery.rule.secrets, delivery.body.alert_id, delivery.at, body)
    if delivery.rule.authorization:
        headers["Authorization"] = delivery.rule.authorization
    return httpx.Request("POST", delivery.rule.url, headers=headers, content=body)
