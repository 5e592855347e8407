"""Connections on which a request is carried out while its body still comes, and its answer too.

The proxy's: it forwards what it reads at once, in both directions.
"""

from __future__ import annotations

from typing import Any, Final

from waitress.channel import ClientDisconnected

from codat_mock.http.attended_connections import by_number, ready_among
from codat_mock.http.held_responses import READ_BYTES, Channel

BODY_WAIT_SECONDS: Final = 120.0  # in which a client sends nothing of a body, and is given up


class StreamedBody:
    """The body of a request, of which a part has come: a file that reads on from the connection.

    Args:
        channel: the connection.
        request: the request, as waitress reads it.
    """

    def __init__(self, channel: StreamingChannel, request: Any) -> None:
        self._channel = channel
        self._request = request
        buffer = request.body_rcv.buf
        self._pieces = bytearray(buffer.get(len(buffer)))
        buffer.close()
        self._count = len(self._pieces)
        self._is_closed = False

    def __len__(self) -> int:
        return self._count

    def append(self, data: bytes) -> None:
        """Take what was read; after the answer nobody reads it."""
        self._count += len(data)
        if not self._is_closed:
            self._pieces += data

    def getfile(self) -> StreamedBody:
        """The file that the application reads."""
        return self

    def read(self, count: int = -1) -> bytes:
        """Read at most so many bytes; fewer as soon as there are any; none at the end.

        Raises:
            ClientDisconnected: the client has gone, or what it sends is no body.
        """
        while not self._request.completed and (count < 0 or not self._pieces):
            self._channel.read_on()
        if self._request.error:
            raise ClientDisconnected
        taken = bytes(self._pieces[: len(self._pieces) if count < 0 else count])
        del self._pieces[: len(taken)]
        return taken

    def close(self) -> None:
        """Keep nothing of it any more."""
        self._is_closed = True
        self._pieces.clear()


class StreamingChannel(Channel):
    """A connection whose requests begin with their heads, and whose answers are sent at once."""

    def received(self, data: bytes) -> bool:
        """Take what was read, and begin with a request whose head is there."""
        is_taken = super().received(data)
        waitress: Any = self
        with waitress.requests_lock:
            request: Any = self.request
            is_begun = request is None or request.empty or not request.headers_finished
            if not (is_begun or self.requests):
                request.body_rcv.buf = StreamedBody(self, request)
                if request.chunked:
                    request.headers["TRANSFER_ENCODING"] = "chunked"  # it has no length yet
                request.empty = True  # so that waitress does not begin with it at its end
                waitress.requests.append(request)
                waitress.server.add_task(self)
        return is_taken

    def read_on(self) -> None:
        """Wait for more of the body that is being read, and take it.

        Raises:
            ClientDisconnected: the client has gone, or sends nothing any more.
        """
        try:
            is_there = ready_among(by_number([self]), BODY_WAIT_SECONDS)
            data = self.recv(READ_BYTES) if is_there else b""
        except OSError:  # closed meanwhile, by the loop
            data = b""
        if not data:
            raise ClientDisconnected
        self.received(data)

    def write_soon(self, data: bytes) -> int:
        """Send a part of an answer."""
        count = super().write_soon(data)
        self.flush_answer()
        return count
