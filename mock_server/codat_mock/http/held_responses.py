"""Connections: timed, refused in the vendor's shape, and answered late or not at all as planned.

An answer that is held back keeps no thread: its bytes wait with the connection, and the loop that
serves all connections sends them when it is time.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import ErrorTask, WSGITask

from codat_mock.clock import machine_seconds
from codat_mock.http import request_context
from codat_mock.http.error_bodies import error_body
from codat_mock.http.middleware_faults import do_nothing
from codat_mock.models.faults import Delivery

# Closed with this, a connection is reset rather than ended.
NO_LINGER: Final = struct.pack("ii", 1, 0)
PIECE_SECONDS: Final = 0.05  # between the pieces of an answer that is sent slowly


class Parser(HTTPRequestParser):
    """Notes when a request's first byte came, which tells overlapping pushes (rule S05)."""

    def __init__(self, adj: Any) -> None:
        super().__init__(adj)
        self.arrived = machine_seconds()
        self._has_started = False

    def received(self, data: bytes) -> int:
        """Take what was read; blank lines before a request are no part of it (RFC 9112, 2.2)."""
        if not self._has_started:
            self.arrived = machine_seconds()
            self._has_started = bool(data.strip(b"\r\n"))
        consumed: int = super().received(data)
        return consumed


class Task(WSGITask):
    """Hands the note on to the application, and what it may ask of the server."""

    def get_environment(self) -> dict[str, Any]:
        """The WSGI environment of the request."""
        environ: dict[str, Any] = super().get_environment()
        channel: Any = self.channel
        environ[request_context.ARRIVED] = getattr(self.request, "arrived", None)
        environ[request_context.DELIVER] = channel.hold
        environ[request_context.SHUT] = channel.server.shut
        return environ

    def service(self) -> None:
        """Carry the request out."""
        channel: Any = self.channel
        try:
            super().service()
            if self.environ and not channel.held:
                self._note_end(is_lost=not channel.connected or channel.is_reset)
        finally:
            # Here, not in the channel: there the next request may be in progress already.
            channel.note_made()

    def _note_end(self, *, is_lost: bool) -> None:
        """Tell the application whether the answer was sent."""
        environ: dict[str, Any] = self.environ or {}
        sent = environ.pop(request_context.SENT, do_nothing)
        lost = environ.pop(request_context.LOST, do_nothing)
        (lost if is_lost else sent)()

    def build_response_header(self) -> bytes:
        """The head of the answer; a connection on which one was held back is not used again."""
        channel: Any = self.channel
        if channel.held:
            self.set_close_on_finish()
        head: bytes = super().build_response_header()
        return head


class Refusal(ErrorTask):
    """Answers what is no HTTP, or beyond all limits, in the vendor's shape too."""

    def execute(self) -> None:
        """Write the answer."""
        request: Any = self.request
        channel: Any = self.channel
        error, correlation_id = request.error, request_context.random_uuid(channel.server.chance)
        body = request_context.encode(
            error_body(error.code, f"{error.reason}: {error.body}", correlation_id)
        )
        self.status = f"{error.code} {error.reason}"
        self.response_headers = [
            ("Content-Type", "application/json; charset=utf-8"),
            (request_context.CORRELATION, correlation_id),
        ]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


@dataclass(slots=True)
class HeldResponse:
    """An answer that is held back.

    Args:
        delivery: how it is sent, if at all.
        on_end: called once, with whether the client has gone before it has all of it.
        due: when the next of it is sent, in machine seconds.
        piece: how many bytes are sent at once, 0 for all.
        answer: what is left of it.
        is_made: whether all of it is there.
    """

    delivery: Delivery
    on_end: Callable[[bool], None]
    due: float
    piece: int
    answer: bytes = b""
    is_made: bool = False


class Channel(HTTPChannel):
    """A connection whose requests are timed, and whose answers may be held back."""

    parser_class = Parser
    task_class = Task
    error_task_class = Refusal
    held: HeldResponse | None = None
    is_half_closed = False  # the client sends no more, but may read the answers that are owed

    def hold(
        self,
        delivery: Delivery,
        on_end: Callable[[bool], None],
        seconds: float = 0.0,
        bytes_per_second: int = 0,
    ) -> None:
        """Hold the answer to the request back that is being carried out.

        Args:
            delivery: how the answer is sent, if at all.
            on_end: called once, with whether the client does not get all of it.
            seconds: how late it is sent.
            bytes_per_second: how fast; 0 for all at once.
        """
        piece = max(1, round(bytes_per_second * PIECE_SECONDS)) if bytes_per_second else 0
        pause = piece / bytes_per_second if bytes_per_second else seconds
        self.held = HeldResponse(delivery, on_end, machine_seconds() + pause, piece)
        # The client went while the request was being carried out, or will not be noticed to go.
        if not self.connected or self.is_half_closed:
            self.end_held(is_lost=True)

    def end_held(self, *, is_lost: bool) -> None:
        """Hold nothing back any more."""
        # Taken in one step, as the loop and the request's own thread may both come to this.
        held = self.__dict__.pop("held", None)
        if held:
            held.on_end(is_lost)

    def note_made(self) -> None:
        """Note that the whole answer is there, if it is held back."""
        if self.held:
            self.held.is_made = True
            self.server.pull_trigger()

    @property
    def is_idle(self) -> bool:
        """Whether the connection only waits for a next request."""
        return not (self.requests or self.request or self.total_outbufs_len or self.held)

    @property
    def is_ready(self) -> bool:
        """Whether the whole of an answer is there that is held back."""
        return self.held is not None and self.held.is_made

    def write_soon(self, data: bytes) -> int:
        """Send a part of an answer, or keep it."""
        if self.held and not self.held.is_made:
            self.held.answer += data
            return len(data)
        sent: int = super().write_soon(data)
        return sent

    @property
    def waits_for_client(self) -> bool:
        """Whether nothing is carried out for it: its client sends or reads, or does neither."""
        return not (self.requests or self.held)

    @property
    def is_reset(self) -> bool:
        """Whether the client has refused what was sent to it: it had closed the connection."""
        try:
            return self.socket is None or not self.socket.getpeername()
        except OSError:
            return True

    def readable(self) -> bool:
        """Whether to read; always while an answer is held back, to notice when the client goes."""
        return not self.is_half_closed and bool(self.held or super().readable())

    def handle_read(self) -> None:
        """Read; a client that closed only its own direction still gets the answers it is owed."""
        if self.requests and not self.held and self._is_at_end():
            self.is_half_closed = True
        else:
            super().handle_read()

    def _is_at_end(self) -> bool:
        try:
            return self.socket is not None and not self.socket.recv(1, socket.MSG_PEEK)
        except OSError:
            return False

    def received(self, data: bytes) -> bool:
        """Take what was read; nothing is, while an answer is held back."""
        return False if self.held else bool(super().received(data))

    def writable(self) -> bool:
        """Whether there is something to write or to end."""
        return not self.held and bool(super().writable() or self._owes_nothing())

    def handle_write(self) -> None:
        """Write, or end; not while an answer is held back, which the loop may have missed."""
        if not self.held:
            self.close_when_flushed = self.close_when_flushed or self._owes_nothing()
            super().handle_write()

    def _owes_nothing(self) -> bool:
        return self.is_half_closed and not self.requests

    def wake(self, now: float) -> float | None:
        """Send what is due of an answer; gives when the next is, None where none will be."""
        held = self.held
        if held is None or not held.is_made or held.delivery == "hang":
            return None
        if held.delivery in ("close", "reset"):
            if held.delivery == "reset" and self.socket:
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
            self.handle_close()
            return None
        if now < held.due:
            return held.due
        piece, held.answer = split(held.answer, held.piece)
        super().write_soon(piece)
        if held.answer:
            waitress: Any = self
            waitress._flush_exception(waitress._flush_some)
            held.due = now + PIECE_SECONDS
            return held.due
        self.end_held(is_lost=False)  # so that waitress sends the rest, and ends the connection
        return None

    def del_channel(self, map: Any = None) -> None:  # noqa: A002  (waitress's name)
        """Leave the loop, whoever has ended the connection."""
        super().del_channel(map)
        self.end_held(is_lost=True)


def split(answer: bytes, count: int) -> tuple[bytes, bytes]:
    """The first `count` bytes (0 means all), and the rest."""
    count = count or len(answer)
    return answer[:count], answer[count:]
