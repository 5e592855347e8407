"""Redirects requests for the real service to a mock, in the process of the HTTP client.

Only the address of a request changes; it goes to the mock over a real socket, so that faults, time
limits and asynchronous clients behave as they do with the real service. Mocks of other libraries
neither see these requests nor are replaced: whatever is for another host is left to them. They
patch classes, when and in which order they like; so each client is redirected by an attribute of
its own, and requests are sent by functions that were captured before any mock has started.
"""

from __future__ import annotations

import sys
import sysconfig
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, partial, wraps
from pathlib import Path
from types import FrameType
from typing import Any, Final, Protocol
from weakref import WeakKeyDictionary

import httpcore
import httpx

from codat_mock.http.request_context import CALLER, name_of_key

REAL_HOST: Final = "api.codat.io"
# Threads that go on after their test, with the test's id. They must reach neither the real service
# nor the sandbox of the next test.
ORPHANS: WeakKeyDictionary[threading.Thread, str] = WeakKeyDictionary()
LIBRARIES: Final = ("httpx", "httpcore", "requests", "urllib3", "codat_mock", "codat_push")
INSTALLED_IN: Final = {"site-packages", "dist-packages"}
# Of this Python: its own modules, and the commands of packages, such as pytest.
OF_PYTHON: Final = tuple(
    Path(sysconfig.get_path(each)) for each in ("stdlib", "platstdlib", "scripts")
)


class Route:
    """Where the requests of one test go.

    Args:
        url: the URL of the mock.
        api_key: the key, which selects the sandbox.
        test: the test's id.
    """

    def __init__(self, url: str, api_key: str, test: str) -> None:
        self.url = url
        self.test = test
        self.headers = {"X-Test-Id": name_of_key(api_key)}
        self._before = {*threading.enumerate()}

    def headers_of_request(self) -> dict[str, str]:
        """The headers to add to a request: its sandbox, and the place in the code it comes from."""
        place = caller()
        return self.headers | ({CALLER: place} if place else {})

    def end(self) -> None:
        """Refuse what threads of the test send from now on."""
        for thread in {*threading.enumerate()} - self._before:
            ORPHANS[thread] = self.test


class Redirect(Protocol):
    """A library whose requests can be redirected."""

    route: Route | None


def refusal() -> str:
    """Why a request of the current thread is refused; empty if it is not."""
    test = ORPHANS.get(threading.current_thread(), "")
    return test and f"Connection refused: {test} has ended, but its thread still sends requests."


def caller() -> str:
    """The file and line outside of libraries that sends a request; empty if there is none."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        name = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        path = frame.f_code.co_filename
        if name not in LIBRARIES and not is_installed(path):
            return f"{path}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


@lru_cache(maxsize=1024)
def is_installed(path: str) -> bool:
    """Whether code is of an installed package or of Python itself, or of no file at all."""
    file = Path(path)
    return (
        path.startswith("<")
        or not INSTALLED_IN.isdisjoint(file.parts)
        or any(file.is_relative_to(folder) for folder in OF_PYTHON)
    )


class DirectConnection(httpcore.HTTPConnection):
    """A connection that no mock intercepts."""

    handle_request = httpcore.HTTPConnection.handle_request


class DirectPool(httpcore.ConnectionPool):
    """Connections that no mock intercepts."""

    handle_request = httpcore.ConnectionPool.handle_request

    def create_connection(self, origin: httpcore.Origin) -> httpcore.ConnectionInterface:
        """A new connection."""
        return DirectConnection(origin)


class DirectTransport(httpx.HTTPTransport):
    """A transport of httpx that no mock intercepts."""

    handle_request = httpx.HTTPTransport.handle_request

    def __init__(self) -> None:
        super().__init__(trust_env=False)
        self._pool = DirectPool()


class AsyncDirectConnection(httpcore.AsyncHTTPConnection):
    """A connection that no mock intercepts."""

    handle_async_request = httpcore.AsyncHTTPConnection.handle_async_request


class AsyncDirectPool(httpcore.AsyncConnectionPool):
    """Connections that no mock intercepts."""

    handle_async_request = httpcore.AsyncConnectionPool.handle_async_request

    def create_connection(self, origin: httpcore.Origin) -> httpcore.AsyncConnectionInterface:
        """A new connection."""
        return AsyncDirectConnection(origin)


class AsyncDirectTransport(httpx.AsyncHTTPTransport):
    """An asynchronous transport of httpx that no mock intercepts."""

    handle_async_request = httpx.AsyncHTTPTransport.handle_async_request

    def __init__(self) -> None:
        super().__init__(trust_env=False)
        # A connection belongs to an event loop, and a test may have several.
        self._pool = AsyncDirectPool(max_keepalive_connections=0)


class DirectWSGITransport(httpx.WSGITransport):
    """A transport to an application in this process that no mock intercepts."""

    handle_request = httpx.WSGITransport.handle_request


class DirectClient(httpx.Client):
    """A client that no mock intercepts."""

    _transport_for_url = httpx.Client._transport_for_url


class RedirectedTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Sends requests to the mock.

    Args:
        route: where they go.
        inner: a transport that the user has chosen, such as one that retries; None for httpx's own.
    """

    def __init__(self, route: Route, inner: Any = None) -> None:
        self._route = route
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request."""
        refuse_orphans(request)
        if self._inner is not None:
            response: httpx.Response = self._inner.handle_request(self._redirected(request))
            return response
        # Closed with the response: a thread may outlive the test.
        transport = DirectTransport()
        try:
            response = transport.handle_request(self._redirected(request))
        except BaseException:
            transport.close()
            raise
        response.stream = ClosingStream(response.stream, transport)
        return response

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request."""
        refuse_orphans(request)
        transport = self._inner or AsyncDirectTransport()
        response: httpx.Response = await transport.handle_async_request(self._redirected(request))
        return response

    def _redirected(self, request: httpx.Request) -> httpx.Request:
        mock = httpx.URL(self._route.url)
        url = request.url.copy_with(scheme=mock.scheme, host=mock.host, port=mock.port)
        headers = httpx.Headers(request.headers)
        headers.update(self._route.headers_of_request())
        headers["Host"] = mock.netloc.decode()
        return httpx.Request(
            request.method, url, headers=headers, stream=request.stream,
            extensions=request.extensions,
        )  # fmt: skip


class ClosingStream(httpx.SyncByteStream):
    """The body of an answer, whose transport is closed with it.

    Args:
        stream: the body.
        transport: the transport.
    """

    def __init__(self, stream: Any, transport: httpx.BaseTransport) -> None:
        self._stream = stream
        self._transport = transport

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        """Close both."""
        self._stream.close()
        self._transport.close()


def refuse_orphans(request: httpx.Request) -> None:
    """Refuse a request of a thread whose test has ended.

    Raises:
        ConnectError: it has.
    """
    if reason := refusal():
        raise httpx.ConnectError(reason, request=request)


class HttpxRedirect:
    """Redirects the clients of httpx."""

    def __init__(self) -> None:
        self.route: Route | None = None
        for client in (httpx.Client, httpx.AsyncClient):
            self._patch(client)

    def _patch(self, kind: Any) -> None:
        send, transport_for_url = kind.send, kind._transport_for_url
        plain = (httpx.HTTPTransport, httpx.AsyncHTTPTransport)

        @wraps(send)
        def redirected_send(client: Any, *args: Any, **kwargs: Any) -> Any:
            def choose(url: httpx.URL) -> Any:
                if url.host != REAL_HOST or not (self.route or refusal()):
                    return type(client)._transport_for_url(client, url)  # as it is patched now
                inner = transport_for_url(client, url)
                route = self.route or Route("", "", "")
                return RedirectedTransport(route, None if type(inner) in plain else inner)

            client.__dict__["_transport_for_url"] = choose
            return send(client, *args, **kwargs)

        kind.send = redirected_send


class RequestsRedirect:
    """Redirects the sessions of the library requests."""

    def __init__(self) -> None:
        import requests

        self.route: Route | None = None
        self._direct = direct_adapter_class()
        session_class: Any = requests.Session
        self._send, self._get_adapter = session_class.send, session_class.get_adapter
        for name in ("request", "send"):
            setattr(session_class, name, self._prepared(getattr(session_class, name)))

    def _prepared(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """A method of sessions that redirects the session before it is called."""

        @wraps(method)
        def call(session: Any, *args: Any, **kwargs: Any) -> Any:
            # Attributes of the session itself, since mocks replace those of the class. A mock of
            # one session replaces that attribute, and is called by ours.
            held = session.__dict__.get("send")
            if not (isinstance(held, partial) and held.func == self._choose):
                session.__dict__["send"] = partial(self._choose, session, held)
            return method(session, *args, **kwargs)

        return call

    def _choose(self, session: Any, mocked: Any, request: Any, **kwargs: Any) -> Any:
        """Send a request to where it belongs; `mocked` sends those that a mock of it answers."""
        is_real = httpx.URL(request.url).host == REAL_HOST
        if not is_real or not (self.route or refusal()):
            session.__dict__.pop("get_adapter", None)
            if mocked is not None:
                return mocked(request, **kwargs)
            return type(session).send(session, request, **kwargs)  # as it is patched now
        adapter = self._adapter(self._get_adapter(session, request.url))
        session.__dict__["get_adapter"] = lambda url: adapter  # noqa: ARG005
        try:
            return self._send(session, request, **kwargs)
        finally:
            session.__dict__.pop("get_adapter", None)

    def _adapter(self, real: Any) -> Any:
        """An adapter that sends to the mock, and retries as the real one does."""
        import requests

        route = self.route
        is_plain = type(real) is requests.adapters.HTTPAdapter

        class Adapter:
            def send(_, request: Any, **kwargs: Any) -> Any:  # noqa: N805  (self is the redirect)
                if (reason := refusal()) or route is None:
                    raise requests.ConnectionError(reason, request=request)
                redirected = request.copy()
                redirected.url = request.url.replace(f"https://{REAL_HOST}", route.url, 1)
                redirected.headers.update(route.headers_of_request())
                adapter = self._direct(max_retries=real.max_retries) if is_plain else real
                kwargs["proxies"] = {}
                response = adapter.send(redirected, **kwargs)
                response.url, response.request = request.url, request
                if is_plain and not kwargs.get("stream"):
                    _ = response.content
                    adapter.close()
                return response

        return Adapter()


def direct_adapter_class() -> Callable[..., Any]:
    """A class of adapters of requests that no mock intercepts."""
    import requests
    import urllib3

    class DirectPool(urllib3.HTTPConnectionPool):
        ConnectionCls = urllib3.HTTPConnectionPool.ConnectionCls

    class DirectAdapter(requests.adapters.HTTPAdapter):
        send = requests.adapters.HTTPAdapter.send
        get_connection_with_tls_context = (
            requests.adapters.HTTPAdapter.get_connection_with_tls_context
        )

        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **kwargs)
            self.poolmanager.pool_classes_by_scheme = {"http": DirectPool}

    return DirectAdapter


REDIRECTS: Final[dict[str, Callable[[], Redirect]]] = {
    "httpx": HttpxRedirect,
    "requests": RequestsRedirect,
}
INSTALLED: Final[dict[str, Redirect]] = {}


def follow_threads() -> None:
    """Let every thread that an orphan starts be an orphan of the same test."""
    start = threading.Thread.start

    @wraps(start)
    def start_thread(thread: threading.Thread) -> None:
        if test := ORPHANS.get(threading.current_thread()):
            ORPHANS[thread] = test
        start(thread)

    threading.Thread.start = start_thread  # type: ignore[method-assign,assignment]


def install(library: str) -> Redirect:
    """Prepare a library, once a process: what threads send after their test is refused, too."""
    if not INSTALLED:
        follow_threads()
    if library not in INSTALLED:
        INSTALLED[library] = REDIRECTS[library]()
    return INSTALLED[library]


@contextmanager
def redirect(library: str, url: str, api_key: str, test: str) -> Iterator[None]:
    """Redirect the requests of a library into the sandbox of a key, whatever key they carry.

    Args:
        library: `httpx` or `requests`.
        url: the URL of the mock.
        api_key: the key.
        test: the id of the test, which refused requests of its threads name afterwards.
    """
    redirected = install(library)
    redirected.route = Route(url, api_key, test)
    try:
        yield
    finally:
        redirected.route.end()
        redirected.route = None
