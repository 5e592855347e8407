"""The HTTP server: one listening socket, worker threads, and a ticker for running clocks."""

from __future__ import annotations

import select
import socket
import sys
from random import Random
from threading import Event, RLock, Thread
from types import TracebackType
from typing import Any, Final, Self
from wsgiref.types import WSGIApplication

from msgspec.structs import replace
from waitress import wasyncore
from waitress.server import create_server

from codat_mock.clock import machine_seconds
from codat_mock.http.app import create_app
from codat_mock.http.held_responses import Channel
from codat_mock.sandbox import SandboxRegistry, Settings

THREADS: Final = 16
MAX_CONNECTIONS: Final = 2000
SPARE_CONNECTIONS: Final = 100  # so many before the limit, idle connections are closed
SPARE_DESCRIPTORS: Final = 100  # for the database, logs and webhooks
USES_POLL: Final = hasattr(select, "poll")  # `select` ends at descriptor 1024
TICK_SECONDS: Final = 0.25
GRACE_SECONDS: Final = 5.0  # for answers that are being made or sent when the server is stopped
MAX_BODY_BYTES: Final = 1 << 30
MAX_IN_MEMORY_BYTES: Final = 1 << 20  # of a connection; longer bodies and answers are on disk


def listen(host: str, port: int) -> socket.socket:
    """Bind a socket, once.

    Args:
        host: a name or an address.
        port: 0 for any free one.

    Raises:
        OSError: the host is unknown, or the port is taken.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener


def address_of(listener: socket.socket) -> str:
    """The URL at which a bound socket is reached from this machine."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  (compared, not bound)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Server:
    """Serves sandboxes on a bound socket, in this thread (`run`) or in another (as a context).

    Args:
        registry: what is served; it is closed with the server.
        listener: a bound socket.
        is_open: whether requests may name any host, for a socket bound beyond loopback.
        instead: what answers in place of the mock.

    Attributes:
        app: the application, to be asked in process as well.
    """

    def __init__(
        self,
        registry: SandboxRegistry,
        listener: socket.socket,
        *,
        is_open: bool = False,
        instead: WSGIApplication | None = None,
    ) -> None:
        self.registry = registry
        self.address = address_of(listener)
        # A plain flag, and no event: `stop` is called by signals' handlers, one within another, and
        # an event that is being set cannot be set again in the same thread.
        self._is_stopping = False
        self._stopped = Event()
        self._waking = RLock()  # taken by a signal's handler too, in the thread that holds it
        self._is_closed = False
        self.app = create_app(registry, is_open=is_open)
        self._http = make_http(instead or self.app, listener)
        self._http.shut = self.shut
        self._shut_until = 0.0  # in machine seconds
        self._is_shut = False
        self._thread = Thread(target=self.run, name="codat-mock")

    @classmethod
    def bind(cls, settings: Settings | None = None, *, port: int = 0) -> Self:
        """A server with sandboxes of its own, bound to loopback: `with Server.bind() as server`.

        Args:
            settings: what every sandbox starts from; its `address` becomes the server's.
            port: 0 for any free one.

        Raises:
            OSError: the port is taken.
        """
        listener = listen("127.0.0.1", port)
        own = replace(settings or Settings(), address=address_of(listener))
        return cls(SandboxRegistry(own), listener)

    def run(self) -> None:
        """Serve until `stop`."""
        raise_descriptor_limit(MAX_CONNECTIONS + SPARE_DESCRIPTORS)
        ticker = Thread(target=self._tick, name="codat-mock-ticker", daemon=True)
        ticker.start()
        while not self._is_stopping:
            self._serve_once(self._settle_connections())
        self._stopped.set()
        self._finish()
        with self._waking:  # so that `stop` never wakes what is closed
            self._is_closed = True
            wasyncore.close_all(self._http._map)
        ticker.join()
        self.registry.close()

    def stop(self) -> None:
        """End serving: requests being answered are finished, new ones are not taken."""
        self._is_stopping = True
        with self._waking:
            if not self._is_closed:
                self._http.pull_trigger()

    def shut(self, seconds: float) -> None:
        """Refuse connections for so many seconds of the machine's clock."""
        self._shut_until = machine_seconds() + seconds
        self._http.pull_trigger()

    def __enter__(self) -> Server:
        """Begin to serve in a thread."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop, and wait until it has."""
        self.stop()
        self._thread.join()

    def _settle_connections(self) -> float:
        """Send the answers that were held back until now; gives how long nothing else is due."""
        # A client whose connection is reset must not be able to reconnect: the list is made before
        # the listening socket is closed.
        ready = [each for each in self._http.active_channels.copy().values() if each.is_ready]
        now = machine_seconds()
        if now < self._shut_until:
            self._close_door()
        elif self._is_shut:
            self._open_door()
        moments = [channel.wake(now) for channel in ready]
        if self._is_shut:
            moments.append(self._shut_until)
        return min((moment - now for moment in moments if moment), default=1.0)

    def _close_door(self) -> None:
        for channel in list(self._http.active_channels.values()):
            if channel.is_idle:
                channel.handle_close()
        if self._is_shut:
            return
        self._is_shut = True
        host, port = self._http.socket.getsockname()[:2]
        wasyncore.dispatcher.close(self._http)
        # Bound, so that nobody else takes the port, but not listening: connections are refused.
        self._door = listen(host, port)

    def _open_door(self) -> None:
        self._is_shut = False
        self._http.set_socket(self._door, self._http._map)
        self._door.setblocking(False)
        self._http.accept_connections()

    def _serve_once(self, seconds: float) -> None:
        self._close_idle_connections()
        wasyncore.loop(timeout=seconds, use_poll=USES_POLL, map=self._http._map, count=1)

    def _close_idle_connections(self) -> None:
        """Close connections when there is hardly room for another one, those in use last.

        The longest idle ones first, then those whose clients send or read slowly.
        """
        channels = self._http.active_channels
        excess = len(channels) - (MAX_CONNECTIONS - SPARE_CONNECTIONS)
        if excess <= 0:
            return
        waiting = [channel for channel in list(channels.values()) if channel.waits_for_client]
        waiting.sort(key=lambda channel: (not channel.is_idle, channel.last_activity))
        for channel in waiting[:excess]:
            channel.handle_close()

    def _finish(self) -> None:
        """Take no connections any more, and see the answers out that are being made."""
        if self._is_shut:
            self._door.close()
        else:
            wasyncore.dispatcher.close(self._http)
        workers = Thread(target=self._http.task_dispatcher.shutdown, name="codat-mock-finish")
        workers.start()
        deadline = machine_seconds() + GRACE_SECONDS
        while workers.is_alive() or (self._is_sending() and machine_seconds() < deadline):
            self._serve_once(seconds=0.02)

    def _is_sending(self) -> bool:
        channels = self._http.active_channels.values()
        return any(channel.total_outbufs_len for channel in list(channels))

    def _tick(self) -> None:
        while not self._stopped.wait(TICK_SECONDS):
            self.registry.settle()


def raise_descriptor_limit(count: int) -> None:
    """Let this process open so many files and sockets, as far as the system allows it."""
    if sys.platform == "win32":  # which has no such limit
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


def make_http(app: WSGIApplication, listener: socket.socket) -> Any:
    """The HTTP server for a bound socket."""
    server: Any = create_server(
        app,
        sockets=[listener],
        threads=THREADS,
        connection_limit=MAX_CONNECTIONS,
        ident="codat-mock",
        max_request_body_size=MAX_BODY_BYTES,
        inbuf_overflow=MAX_IN_MEMORY_BYTES,
        outbuf_overflow=MAX_IN_MEMORY_BYTES,
        outbuf_high_watermark=sys.maxsize,  # so that no thread waits for a client that reads slowly
        channel_request_lookahead=1,  # so that a client that hangs up is noticed
    )
    server.channel_class = Channel
    server.chance = Random(0)  # noqa: S311  (ids of refusals, nothing secret)
    return server
