"""What the blocking and the asynchronous client share: everything but I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import httpx

from codat_push.clock import Clock
from codat_push.errors import AnswerLost, ClientClosed, RequestError
from codat_push.hooks import RequestEnd, call_hook
from codat_push.http_messages import headers_of, read_answer
from codat_push.operations import Call
from codat_push.polling import Progress, WaitOptions
from codat_push.schema import is_unicode
from codat_push.throttle import MIN_POLL_SECONDS, Throttle

BASE_URL: Final = "https://api.codat.io"
WAIT_SECONDS: Final = 600.0
ANSWER_SECONDS: Final = 120.0  # for a whole answer, which repeats the push and may be megabytes
TIMEOUT: Final = httpx.Timeout(30.0, connect=10.0)


def trusts_environment(base_url: str) -> bool:
    """Whether proxies of the environment apply: not to this machine, where a mock may run."""
    return httpx.URL(base_url).host not in ("127.0.0.1", "localhost", "::1")


class BaseClient:
    """A client without its transport.

    Args:
        api_key: as the vendor's portal shows it.
        base_url: the URL of the service.
        poll_seconds: seconds before the first poll of a dataset; less than one allows more than
            one poll a second.
        clock: reads the time and sleeps.
        on_request: called when a request has ended, for metrics.
    """

    def __init__(
        self,
        api_key: str,
        base_url: str,
        poll_seconds: float,
        clock: Clock,
        on_request: Callable[[RequestEnd], object] | None,
    ) -> None:
        check_address(base_url)
        if not isinstance(api_key, str) or not is_unicode(api_key):
            raise ValueError("api_key must be a text of valid Unicode")
        if not poll_seconds > 0:
            raise ValueError(f"poll_seconds must be greater than 0, not {poll_seconds}")
        self.poll_seconds = poll_seconds
        self._api_key = api_key
        self._base_url = base_url.rstrip("/")
        self._clock = clock
        self._on_request = on_request
        self._throttle = Throttle(clock, min(MIN_POLL_SECONDS, poll_seconds))

    def _wait_options(self, seconds: float, progress: Progress | None = None) -> WaitOptions:
        return WaitOptions(self._clock, self.poll_seconds, seconds, progress)

    def _request(self, http: httpx.Client | httpx.AsyncClient, call: Call) -> httpx.Request:
        if http.is_closed:
            raise ClientClosed("the client is closed; close an Outbox before its client")
        headers = headers_of(call, self._api_key)
        url = self._base_url + call.path
        request = http.build_request(call.method, url, headers=headers, content=call.content)
        self._throttle.check(call.company, request)
        return request

    def _too_late(self, request: httpx.Request) -> AnswerLost:
        """The error for an answer so slow that the transport's read time-out never applies."""
        return AnswerLost(f"no complete answer after {ANSWER_SECONDS:g} s", request)

    def _read(self, call: Call, answer: httpx.Response) -> Any:
        try:
            value = read_answer(call, answer, self._clock.now())
        except RequestError as error:
            self._throttle.note_failure(call.company, error)
            raise
        self._throttle.note_answer(value)
        return value

    @contextmanager
    def _observed(self, call: Call) -> Iterator[None]:
        """Report a request when it ends, but for one that is cancelled."""
        started = self._clock.monotonic()
        try:
            yield
        except RequestError as error:
            self._report(call, started, error)
            raise
        self._report(call, started, None)

    def _report(self, call: Call, started: float, error: RequestError | None) -> None:
        if self._on_request is not None:
            seconds = self._clock.monotonic() - started
            call_hook(self._on_request, RequestEnd(call.operation, call.company, seconds, error))


def check_address(base_url: str) -> None:
    """Check that a base URL is an http or https address without a query.

    Raises:
        ValueError: it is not.
    """
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL as error:
        raise ValueError(f"base_url {base_url!r} is not a URL: {error}") from error
    if url.scheme not in ("http", "https"):
        raise ValueError(f"base_url {base_url!r} must start with http:// or https://")
    if not url.host:
        raise ValueError(f"base_url {base_url!r} has no host")
    if url.port is not None and not 0 < url.port < 65_536:
        raise ValueError(f"base_url {base_url!r} has port {url.port}; ports are 1 to 65535")
    if url.query or url.fragment:
        raise ValueError(f"base_url {base_url!r} must end with its path: no query, no fragment")
