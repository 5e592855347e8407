"""Connections: timed, refused in the vendor's shape, and answered late or not at all as planned.

The thread that carries a request out attends its connection: it alone reads and writes there. It
waits a moment for the next request, too (see `attended_connections`). Otherwise the loop that
serves all connections watches over it.

An answer that is held back keeps no thread: its bytes wait with the connection, and the loop
sends them when it is time.
"""

from __future__ import annotations

import logging
import select
import socket
import struct
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final, cast

from waitress.buffers import ReadOnlyFileBasedBuffer
from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.task import ErrorTask, WSGITask

from codat_mock.clock import machine_now, machine_seconds
from codat_mock.http import request_context
from codat_mock.http.attended_connections import USES_POLL
from codat_mock.http.error_bodies import error_body, problem_body
from codat_mock.http.middleware_faults import do_nothing
from codat_mock.http.request_parser import Parser, Unavailable
from codat_mock.models.faults import Delivery

# Closed with this, a connection is reset rather than ended.
NO_LINGER: Final = struct.pack("ii", 1, 0)
PIECE_SECONDS: Final = 0.05  # between the pieces of an answer that is sent slowly
READ_BYTES: Final = 1 << 18  # at once
READING_SECONDS: Final = 0.05  # that a thread waits in all for a client to read its answer
SEND_BYTES: Final = 1 << 16  # of an answer, which else is sent in one piece once it is made

logger: Final = logging.getLogger(__name__)


class Task(WSGITask):
    """Hands the note on to the application, and what it may ask of the server."""

    def get_environment(self) -> dict[str, Any]:
        """The WSGI environment of the request."""
        environ: dict[str, Any] = super().get_environment()
        channel: Any = self.channel
        environ[request_context.ARRIVED] = getattr(self.request, "arrived", None)
        environ[request_context.DELIVER] = channel.hold
        environ[request_context.SHUT] = channel.server.shut
        environ[request_context.LOOK] = channel.server.task_dispatcher.attended.look
        return environ

    def service(self) -> None:
        """Carry the request out."""
        channel: Any = self.channel
        channel.on_lost = do_nothing  # who asks again has read the answer before
        try:
            super().service()
            channel.flush_answer()
            if self.environ and not channel.held:
                self._note_end(is_lost=not channel.connected or channel.is_reset)
        finally:
            # Here, not in the channel: there the next request may be in progress already.
            channel.note_made()

    def _note_end(self, *, is_lost: bool) -> None:
        """Tell the application whether the answer was sent; it may yet turn out to be lost."""
        environ: dict[str, Any] = self.environ or {}
        sent = environ.pop(request_context.SENT, do_nothing)
        lost = environ.pop(request_context.LOST, do_nothing)
        if is_lost:
            lost()
        else:
            sent()
            channel: Any = self.channel
            channel.on_lost = lost

    def build_response_header(self) -> bytes:
        """The head of the answer; a connection on which one was held back is not used again."""
        channel: Any = self.channel
        if channel.held:
            self.set_close_on_finish()
        head: bytes = super().build_response_header()
        return head


class Refusal(ErrorTask):
    """Answers what is no HTTP, or beyond all limits, in the vendor's shape or our own too."""

    def execute(self) -> None:
        """Write the answer."""
        request: Any = self.request
        channel: Any = self.channel
        error, correlation_id = request.error, request_context.random_uuid(channel.server.chance)
        message = f"{error.reason}: {error.body}"
        is_ours = getattr(request, "path", "").startswith(f"{request_context.CONTROL}/")
        body = request_context.encode(
            problem_body(error.code, message)
            if is_ours
            else error_body(error.code, message, correlation_id)
        )
        kind = "problem+json" if is_ours else "json"
        self.status = f"{error.code} {error.reason}"
        self.response_headers = [
            ("Content-Type", f"application/{kind}; charset=utf-8"),
            (request_context.CORRELATION, correlation_id),
        ]
        if isinstance(error, Unavailable):
            self.response_headers.append(("Retry-After", request_context.RETRY_AFTER_SECONDS))
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
    is_attended = False  # by a thread, which carries its requests out, or watches for them
    noticed: float | None = None  # when something was seen to have come, in machine seconds
    on_lost: Callable[[], None] = staticmethod(do_nothing)  # follows where the last answer was

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._answer: list[bytes] = []  # made, and not sent yet
        self._answer_bytes = 0

    def service(self) -> None:
        """Carry out the first request that is there, and what follows on connections like this."""
        self.carry_out()
        threads: Any = self.server.task_dispatcher
        threads.attended.attend(self)

    def carry_out(self) -> None:
        """Carry out the first of the requests."""
        request: Any = self.requests[0]
        task = (self.error_task_class if request.error else self.task_class)(self, request)
        try:
            if self.connected:
                task.service()
                self.flush_answer()
            else:
                task.close_on_finish = True
        except ClientDisconnected:
            task.close_on_finish = True
        except Exception:
            # The application answers its own faults, so that this one is the server's.
            logger.exception("The answer to %s could not be sent.", request.path)
            task.close_on_finish = True
        self.last_activity = machine_now().timestamp()
        waitress: Any = self
        with waitress.requests_lock:
            if task.close_on_finish:
                self.close_when_flushed = True
                for each in self.requests:
                    each.close()
                self.requests = []
            else:
                request.close()
                waitress.requests.pop(0)
            partial: Any = self.request
            is_next = not (self.requests or self.sent_continue or task.close_on_finish)
            if partial and partial.expect_continue and partial.headers_finished and is_next:
                self.send_continue()

    @property
    def is_open_for_more(self) -> bool:
        """Whether a next request may come, which can be carried out at once."""
        is_over = self.will_close or self.close_when_flushed or self.is_half_closed
        return self.connected and not (is_over or self.held or self.total_outbufs_len)

    def read(self) -> bool:
        """Read what has come; whether anything has."""
        try:
            data = self.recv(READ_BYTES)  # closes the connection where the client has
        except OSError:
            self.handle_close()
            return False
        if data:
            self.last_activity = machine_now().timestamp()
            try:
                self.received(data)
            except Exception:
                # The thread watches over other connections, too, which must not be left.
                logger.exception("What a client sent could not be read.")
                self.handle_close()
                return False
        return bool(data)

    def release(self) -> None:
        """Leave the connection to the loop; or to another thread where it has a request."""
        if self.requests:
            threads: Any = self.server.task_dispatcher
            threads.add_again(self)
            return
        self.is_attended = False
        if self.connected:
            self.server.pull_trigger()  # the loop goes on, or ends the connection

    def check_client_disconnected(self) -> bool:  # type: ignore[override]  # the stubs say None
        """Whether the client has gone; asked by the application, which attends the connection."""
        self._note_end_of_input()
        return not self.connected

    def _note_end_of_input(self) -> None:
        connection: Any = self.socket
        try:
            self.is_half_closed = not connection.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            pass
        except OSError:
            self.connected = False

    def send_continue(self) -> None:
        """Ask for the body that a client holds back, unless it has none (RFC 9110, 10.1.1)."""
        request: Any = self.request
        if request.completed:
            request.expect_continue = False
        else:
            super().send_continue()

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
        self._note_end_of_input()
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
        is_used = self.requests or self.request or self.total_outbufs_len or self.held
        return not (is_used or self.is_attended)

    @property
    def is_ready(self) -> bool:
        """Whether the whole of an answer is there that is held back."""
        return self.held is not None and self.held.is_made

    def write_soon(self, data: Any) -> int:
        """Send a part of an answer, or keep it; a file is read, which waitress gives as it is."""
        if isinstance(data, ReadOnlyFileBasedBuffer):
            with closing(data) as file:
                data = file.get(len(file))
        if self.held and not self.held.is_made:
            self.held.answer += data
            return len(data)
        if not self.connected:
            raise ClientDisconnected
        if len(data) >= SEND_BYTES:  # sent as it is, rather than copied to the rest
            self.flush_answer()
        self._answer.append(data)
        self._answer_bytes += len(data)
        if self._answer_bytes >= SEND_BYTES:
            self.flush_answer()
        return len(data)

    def flush_answer(self) -> None:
        """Send what there is of an answer; what the client does not take soon, the loop sends.

        Raises:
            ClientDisconnected: the client has gone.
        """
        if not self._answer:
            return
        rest = memoryview(b"".join(self._answer) if len(self._answer) > 1 else self._answer[0])
        self._answer.clear()
        self._answer_bytes = 0
        deadline = machine_seconds() + READING_SECONDS
        while rest and not self.total_outbufs_len:
            # Any buffer will do, which the stubs do not say.
            rest = rest[self.send(cast(bytes, rest), do_close=False) :]
            if rest and not waits_for_room(self.socket, deadline - machine_seconds()):
                break
        if rest:
            super().write_soon(bytes(rest))

    @property
    def waits_for_client(self) -> bool:
        """Whether nothing is carried out for it: its client sends or reads, or does neither."""
        return not (self.requests or self.held or self.is_attended)

    @property
    def is_reset(self) -> bool:
        """Whether the client has refused what was sent to it: it had closed the connection."""
        try:
            return self.socket is None or not self.socket.getpeername()
        except OSError:
            return True

    def readable(self) -> bool:
        """Whether the loop is to read; while an answer is held, to see whether the client goes."""
        is_ours = not (self.is_attended or self.is_half_closed)
        return is_ours and bool(self.held or super().readable())

    def received(self, data: bytes) -> bool:
        """Take what was read; nothing is, while an answer is held back."""
        if self.held:
            return False
        noticed, self.noticed = self.noticed, None
        waitress: Any = self
        count, begun = len(waitress.requests), waitress.request
        is_taken = bool(super().received(data))
        if noticed is not None and begun is None:
            first: Any = (*waitress.requests[count:], waitress.request)[0]
            if first:
                first.arrived = noticed
        return is_taken

    def writable(self) -> bool:
        """Whether there is something for the loop to write or to end."""
        is_ours = not (self.is_attended or self.held)
        return is_ours and bool(super().writable() or self._owes_nothing())

    def handle_write(self) -> None:
        """Write, or end; not while an answer is held back, which the loop may have missed."""
        if not (self.is_attended or self.held):
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

    def handle_close(self) -> None:
        """End the connection, of which nothing is read or sent any more.

        A process that dies with an answer unread resets its connection; one that has read it does
        not. So an answer that was sent may be lost all the same.
        """
        on_lost = self.__dict__.pop("on_lost", do_nothing)
        if self.total_outbufs_len or self.is_reset:
            on_lost()
        super().handle_close()

    def del_channel(self, map: Any = None) -> None:  # noqa: A002  (waitress's name)
        """Leave the loop, whoever has ended the connection."""
        super().del_channel(map)
        self.end_held(is_lost=True)


def split(answer: bytes, count: int) -> tuple[bytes, bytes]:
    """The first `count` bytes (0 means all), and the rest."""
    count = count or len(answer)
    return answer[:count], answer[count:]


def waits_for_room(connection: Any, seconds: float) -> bool:
    """Wait at most so long until a client has read enough to be sent more; whether it has.

    Args:
        connection: a socket.
        seconds: of the machine's time; no more are left where it is negative.
    """
    if seconds <= 0:
        return False
    try:
        if not USES_POLL:
            return bool(select.select([], [connection], [], seconds)[1])
        waiting = select.poll()
        waiting.register(connection, select.POLLOUT)
        return [event for _, event in waiting.poll(seconds * 1000)] == [select.POLLOUT]
    except (OSError, ValueError):  # closed meanwhile, by the loop
        return False
