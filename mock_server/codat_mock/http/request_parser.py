"""Reads the heads and bodies of requests, within bounds, and notes when they came."""

from __future__ import annotations

import errno
from typing import Any, Final

from waitress.parser import HTTPRequestParser, ParsingError
from waitress.receiver import ChunkedReceiver, FixedStreamReceiver
from waitress.utilities import BadRequest, Error

from codat_mock.clock import machine_seconds
from codat_mock.http.body_buffers import BodyBuffer

TLS: Final = b"\x16"  # the first byte of a handshake
MAX_LINE_BYTES: Final = 1 << 16  # of a chunk's size with its extensions, and of the trailer
MAX_CHUNK_BYTES: Final = 1 << 30


class Unavailable(Error):
    """What the machine keeps the server from doing, and what may pass."""

    code = 503
    reason = "Service Unavailable"


class Discarded:
    """A buffer that keeps nothing."""

    def append(self, data: bytes) -> None:
        """Keep nothing."""

    def close(self) -> None:
        """Have nothing to close."""


class BoundedChunks(ChunkedReceiver):
    """The chunks of a body, whose sizes and trailers are bounded as its head is."""

    def received(self, data: bytes) -> int:
        """Take what was read; gives how much of it belongs to the body."""
        consumed: int = super().received(data)
        waitress: Any = self
        if max(len(waitress.control_line), len(waitress.trailer)) > MAX_LINE_BYTES:
            waitress.error = BadRequest("A chunk's size or the trailer is too long")
        elif waitress.chunk_remainder > MAX_CHUNK_BYTES:
            waitress.error = BadRequest("Chunk too large")
        return consumed


class Parser(HTTPRequestParser):
    """Notes when a request's first byte came, which tells overlapping pushes (rule S05)."""

    def __init__(self, adj: Any) -> None:
        super().__init__(adj)
        self.arrived = machine_seconds()
        self._has_started = False
        self._failure: Unavailable | None = None

    def received(self, data: bytes) -> int:
        """Take what was read; blank lines before a request are no part of it (RFC 9112, 2.2)."""
        if not self._has_started:
            self.arrived = machine_seconds()
            self._has_started = bool(data.strip(b"\r\n"))
        try:
            consumed: int = super().received(data)
        except OSError as error:  # long bodies are on disk
            return self._give_body_up(data, error)
        if self.completed and self._failure:
            self.error = self._failure
        elif not self.completed and not self.headers_finished and (reason := self._no_head(data)):
            self._refuse(reason)
            return len(data)
        return consumed

    def _no_head(self, data: bytes) -> str:
        """Why what came until now will never be the head of a request; empty where it may be.

        Args:
            data: the last of it.
        """
        parser: Any = self
        head = parser.header_plus.lstrip(b"\r\n")[:1]
        if head == TLS:
            return "This is no HTTP but TLS: use http:// instead of https://"
        if head and not head.isalpha():
            return "A request begins with its method"
        last = parser.header_plus[-len(data) - 1 :]
        return "Lines end with CR and LF" if b"\n\n" in last else ""

    def _refuse(self, reason: str) -> None:
        """Answer what is no request, and read no more of it."""
        parser: Any = self
        super().parse_header(b"GET / HTTP/1.0\r\n")  # as waitress does for what is too long
        parser.error = BadRequest(reason)
        parser.completed = True

    def _give_body_up(self, data: bytes, error: OSError) -> int:
        """Read on to the end of the body without keeping it, so that the client reads the answer.

        Args:
            data: what could not be kept.
            error: why.
        """
        parser: Any = self
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        reason = "disk full" if is_full else f"the body cannot be kept: {error.strerror}"
        self._failure = Unavailable(reason)
        has_length = isinstance(parser.body_rcv, FixedStreamReceiver)
        if has_length:
            parser.body_rcv.buf = Discarded()
            consumed: int = super().received(data)
        else:
            parser.completed, consumed = True, len(data)
        if parser.completed:
            parser.error = self._failure
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        """Read the head of a request.

        Raises:
            ParsingError: it is malformed, also where waitress does not expect it: an address such
                as `http://[`, or a length of 5,000 digits.
        """
        try:
            super().parse_header(header_plus)
        except ValueError:
            raise ParsingError("Bad URI or length") from None
        waitress: Any = self
        if waitress.body_rcv:
            waitress.body_rcv.buf = BodyBuffer(waitress.adj.body_memory)
        if waitress.chunked:
            waitress.body_rcv = BoundedChunks(waitress.body_rcv.buf)
