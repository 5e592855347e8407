"""The HTTP server: one listening socket, worker threads, and a ticker for running clocks."""

from __future__ import annotations

import socket
from random import Random
from threading import Event, RLock, Thread
from types import TracebackType
from typing import Any, Final
from wsgiref.types import WSGIApplication

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import create_server
from waitress.task import ErrorTask, WSGITask

from codat_mock import wire
from codat_mock.app import create_app
from codat_mock.clock import machine_seconds
from codat_mock.refusals import error_body
from codat_mock.sandbox import World

THREADS: Final = 16
TICK_SECONDS: Final = 0.25
GRACE_SECONDS: Final = 5.0  # for answers that are being made or sent when the server is stopped
LARGEST_BODY: Final = 1 << 30
IN_MEMORY: Final = 1 << 26  # bodies and answers below this many bytes are not spooled to disk


class Parser(HTTPRequestParser):
    """Notes when a request's first byte came, which tells overlapping pushes (rule S05)."""

    def __init__(self, adj: Any) -> None:
        super().__init__(adj)
        self.arrived = machine_seconds()


class Task(WSGITask):
    """Hands the note on to the application."""

    def get_environment(self) -> dict[str, Any]:
        """The WSGI environment of the request."""
        environ: dict[str, Any] = super().get_environment()
        environ[wire.ARRIVED] = getattr(self.request, "arrived", None)
        return environ


class Refusal(ErrorTask):
    """Answers what is no HTTP, or beyond all limits, in the vendor's shape too."""

    def execute(self) -> None:
        """Write the answer."""
        request: Any = self.request
        channel: Any = self.channel
        error, correlation_id = request.error, wire.random_uuid(channel.server.chance)
        body = wire.encode(error_body(error.code, f"{error.reason}: {error.body}", correlation_id))
        self.status = f"{error.code} {error.reason}"
        self.response_headers = [
            ("Content-Type", "application/json; charset=utf-8"),
            (wire.CORRELATION, correlation_id),
        ]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class Channel(HTTPChannel):
    """A connection whose requests are timed."""

    parser_class = Parser
    task_class = Task
    error_task_class = Refusal


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
    """Serves a world on a bound socket, in this thread (`run`) or beside it (as a context).

    Args:
        world: what is served; it is closed with the server.
        listener: a bound socket.
        is_open: whether requests may name any host, for a socket bound beyond loopback.
    """

    def __init__(self, world: World, listener: socket.socket, *, is_open: bool = False) -> None:
        self.world = world
        self.address = address_of(listener)
        self._stopping = Event()
        self._waking = RLock()  # taken by a signal's handler too, in the thread that holds it
        self._is_closed = False
        self._http = make_http(create_app(world, is_open=is_open), listener)
        self._thread = Thread(target=self.run, name="codat-mock")

    def run(self) -> None:
        """Serve until `stop`."""
        ticker = Thread(target=self._tick, name="codat-mock-ticker", daemon=True)
        ticker.start()
        while not self._stopping.is_set():
            self._serve_once(seconds=1)
        self._finish()
        with self._waking:  # so that `stop` never wakes what is closed
            self._is_closed = True
            wasyncore.close_all(self._http._map)
        ticker.join()
        self.world.close()

    def stop(self) -> None:
        """End serving: requests being answered are finished, new ones are not taken."""
        self._stopping.set()
        with self._waking:
            if not self._is_closed:
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

    def _serve_once(self, seconds: float) -> None:
        wasyncore.loop(timeout=seconds, map=self._http._map, count=1)

    def _finish(self) -> None:
        """Take no connections any more, and see the answers out that are being made."""
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
        while not self._stopping.wait(TICK_SECONDS):
            self.world.settle()


def make_http(app: WSGIApplication, listener: socket.socket) -> Any:
    """The HTTP server for a bound socket."""
    server: Any = create_server(
        app,
        sockets=[listener],
        threads=THREADS,
        ident="codat-mock",
        max_request_body_size=LARGEST_BODY,
        inbuf_overflow=IN_MEMORY,
        outbuf_overflow=IN_MEMORY,
        channel_request_lookahead=1,  # so that a client that hangs up is noticed
    )
    server.channel_class = Channel
    server.chance = Random(0)  # noqa: S311  (ids of refusals, nothing secret)
    return server
