"""The HTTP server: one listening socket, worker threads, and a ticker for running clocks."""

from __future__ import annotations

import errno
import logging
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
from codat_mock.http.access import Access
from codat_mock.http.app import create_app
from codat_mock.http.attended_connections import USES_POLL
from codat_mock.http.body_buffers import SharedMemory
from codat_mock.http.held_responses import READ_BYTES, Channel
from codat_mock.http.streamed_requests import StreamingChannel
from codat_mock.http.worker_threads import WorkerThreads
from codat_mock.sandbox import SandboxRegistry, Settings

logger: Final = logging.getLogger(__name__)

MAX_CONNECTIONS: Final = 2000
SPARE_CONNECTIONS: Final = 100  # so many before the limit, idle connections are closed
SPARE_DESCRIPTORS: Final = 100  # for the database, logs and webhooks
LEAST_SPARE: Final = 12  # descriptors, and half as many connections, where there are few
REST_SECONDS: Final = 0.1  # until a connection is accepted again for which there was no descriptor
SILENCE_SECONDS: Final = 60.0  # between two lines about that in the log
TICK_SECONDS: Final = 0.25
GRACE_SECONDS: Final = 5.0  # for answers that are being made or sent when the server is stopped
MAX_BODY_BYTES: Final = 1 << 30
MAX_IN_MEMORY_BYTES: Final = 1 << 20  # of a connection; longer answers are on disk

# Addresses for documentation (RFC 5737, RFC 3849), by the address that stands for all of a machine.
ROUTES: Final = {"0.0.0.0": "192.0.2.1", "::": "2001:db8::1"}  # noqa: S104  (compared, not bound)


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
        if sys.platform == "win32":  # where the other option lets two servers have one port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
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


def network_address(listener: socket.socket) -> str:
    """The URL at which other machines reach a bound socket, as far as this machine knows it."""
    address, port = address_of(listener), listener.getsockname()[1]
    bound = listener.getsockname()[0]
    if bound not in ROUTES:
        return address
    with socket.socket(listener.family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((ROUTES[bound], port))  # sends nothing; selects the address it would use
            host = probe.getsockname()[0]
        except OSError:  # this machine is on no network
            return address
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Server:
    """Serves sandboxes on a bound socket, in this thread (`run`) or in another (as a context).

    Args:
        registry: what is served; it is closed with the server.
        listener: a bound socket.
        access: who may use it; None for this machine.
        instead: what answers in place of the mock, while the bodies of requests still come.

    Attributes:
        app: the application, to be asked in process as well.
    """

    def __init__(
        self,
        registry: SandboxRegistry,
        listener: socket.socket,
        *,
        access: Access | None = None,
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
        self.app = create_app(registry, access)
        self._http = make_http(instead or self.app, listener, is_streaming=instead is not None)
        self._http.shut = self.shut
        self._accept_next = self._http.accept
        self._http.accept = self._accept
        self._accept_one = self._http.handle_accept
        self._http.handle_accept = self._accept_waiting
        self._most = MAX_CONNECTIONS
        self._spare = SPARE_CONNECTIONS
        self._rest_until = 0.0  # in machine seconds
        self._logged_at = -SILENCE_SECONDS
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
        self._limit_connections()
        ticker = Thread(target=self._tick, name="codat-mock-ticker", daemon=True)
        ticker.start()
        while not self._is_stopping:
            self._serve_once(self._settle_connections())
        self._stopped.set()
        self._finish()
        with self._waking:  # so that `stop` never wakes what is closed
            self._is_closed = True
            wasyncore.close_all(self._http._map)
        ticker.join(GRACE_SECONDS)
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
        seconds = [moment - now for moment in moments if moment]
        patience = self._http.task_dispatcher.attended.take_back()
        return min(seconds if patience is None else [*seconds, patience], default=1.0)

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

    def _limit_connections(self) -> None:
        """Hold as many connections as there are descriptors for, some left for other files."""
        allowed = raise_descriptor_limit(MAX_CONNECTIONS + SPARE_DESCRIPTORS)
        self._most, self._spare = MAX_CONNECTIONS, SPARE_CONNECTIONS
        if allowed < MAX_CONNECTIONS + SPARE_DESCRIPTORS:
            self._most = allowed - max(LEAST_SPARE, allowed // 50)
            self._spare = max(LEAST_SPARE // 2, self._most // 200)
        self._http.adj.connection_limit = self._most

    def _accept(self) -> Any:
        """Accept a connection; where no descriptor is left for it, close idle ones, and wait."""
        try:
            return self._accept_next()
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE):
                raise
        now, count = machine_seconds(), len(self._http.active_channels)
        if now - self._logged_at >= SILENCE_SECONDS:
            self._logged_at = now
            logger.warning(
                "No descriptors left for more than %d connections: idle ones are closed. Raise the"
                " limit, such as by 'ulimit -n 4096'.",
                count,
            )
        self._close_waiting_connections(1 + count // 10)
        self._http.accepting = False
        self._rest_until = now + REST_SECONDS
        return None

    def _accept_waiting(self) -> None:
        """Accept connections that wait: some at once, as the loop looks at all others in between.

        Never more than idle ones are closed for (see `_close_idle_connections`).
        """
        for _ in range(max(1, self._spare // 2)):
            count = len(self._http.active_channels)
            self._accept_one()
            if len(self._http.active_channels) == count:
                return

    def _serve_once(self, seconds: float) -> None:
        if self._rest_until:
            seconds = min(seconds, REST_SECONDS)
            if machine_seconds() >= self._rest_until:
                self._rest_until = 0.0
                self._http.accepting = not self._is_shut and not self._is_stopping
        self._close_idle_connections()
        wasyncore.loop(timeout=seconds, use_poll=USES_POLL, map=self._http._map, count=1)

    def _close_idle_connections(self) -> None:
        """Close connections when there is hardly room for another one."""
        excess = len(self._http.active_channels) - (self._most - self._spare)
        if excess > 0:
            self._http.task_dispatcher.attended.take_back(at_once=True)
            self._close_waiting_connections(excess)

    def _close_waiting_connections(self, count: int) -> None:
        """Close connections that wait for their clients: the longest idle ones first.

        Then those whose clients send or read slowly; never one that is in use.
        """
        channels = list(self._http.active_channels.values())
        waiting = [channel for channel in channels if channel.waits_for_client]
        waiting.sort(key=lambda channel: (not channel.is_idle, channel.last_activity))
        for channel in waiting[:count]:
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


def raise_descriptor_limit(count: int) -> int:
    """Let this process open so many files and sockets, as far as the system allows it.

    Returns:
        How many it may open, at most `count`.
    """
    if sys.platform == "win32":  # which has no such limit
        return count
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        soft = allowed
    return count if soft == resource.RLIM_INFINITY else min(count, soft)


def make_http(app: WSGIApplication, listener: socket.socket, *, is_streaming: bool) -> Any:
    """The HTTP server for a bound socket.

    Args:
        app: answers the requests.
        listener: the socket.
        is_streaming: whether a request begins before its body is there.
    """
    server: Any = create_server(
        app,
        _dispatcher=WorkerThreads(),
        sockets=[listener],
        recv_bytes=READ_BYTES,
        connection_limit=MAX_CONNECTIONS,
        ident="codat-mock",
        max_request_body_size=MAX_BODY_BYTES,
        outbuf_overflow=MAX_IN_MEMORY_BYTES,
        outbuf_high_watermark=sys.maxsize,  # so that no thread waits for a client that reads slowly
    )
    server.adj.body_memory = SharedMemory()
    server.channel_class = StreamingChannel if is_streaming else Channel
    server.chance = Random(0)  # noqa: S311  (ids of refusals, nothing secret)
    return server
