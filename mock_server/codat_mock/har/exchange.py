"""A recorded request, with its answer."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct

PLAIN: Final = ("", "identity")
Headers = tuple[tuple[str, str], ...]


class Recorded(Struct, frozen=True, kw_only=True):
    """One request with its answer.

    Args:
        started: when it was sent, UTC.
        seconds: from then until the answer was complete.
        method: the HTTP method, in capitals.
        url: the absolute URL.
        status: the status of the answer; 0 if there was none.
        sent: the body of the request, decoded; None if it was not recorded or cannot be decoded.
        answered: the body of the answer, likewise.
        sent_type: the media type of the request's body.
        answered_type: the media type of the answer's body.
        headers: the headers of the request.
        answered_headers: the headers of the answer.
    """

    started: datetime
    seconds: float
    method: str
    url: str
    status: int
    sent: bytes | None = b""
    answered: bytes | None = b""
    sent_type: str = ""
    answered_type: str = ""
    headers: Headers = ()
    answered_headers: Headers = ()

    @property
    def url_parts(self) -> SplitResult:
        """The parts of the URL."""
        return urlsplit(self.url)

    @property
    def ended(self) -> datetime:
        """When the answer was complete, UTC."""
        return self.started + timedelta(seconds=self.seconds)

    @property
    def is_accepted(self) -> bool:
        """Whether the answer is a success."""
        return 200 <= self.status < 300


def header(headers: Iterable[tuple[str, str]], name: str) -> str:
    """The value of the first header of that name, in small letters; empty if there is none."""
    return next((value for key, value in headers if key.lower() == name), "")


def decode_body(body: bytes, headers: Headers) -> bytes | None:
    """A body without its `Content-Encoding`; None if it cannot be decoded.

    A body that is plain despite its header is returned unchanged: most recorders decode bodies, and
    keep the header.
    """
    names = header(headers, "content-encoding").lower().split(",")
    encodings = [name.strip() for name in names if name.strip() not in PLAIN]
    if not encodings or body.lstrip()[:1] in (b"{", b"[", b'"', b""):
        return body
    plain: bytes | None = body
    for encoding in reversed(encodings):
        decode = DECODERS.get(encoding)
        plain = decode(plain) if decode and plain is not None else None
    return plain


def inflate(body: bytes) -> bytes | None:
    """A body of "gzip" or "deflate"; None if it is neither, or truncated."""
    for window in (47, -15):  # some servers send "deflate" without its frame
        member = zlib.decompressobj(window)
        try:
            plain = member.decompress(body)
        except zlib.error:
            continue
        return plain if member.eof else None
    return None


def decode_brotli(body: bytes) -> bytes | None:
    """A body of "br"; None if it is not."""
    import brotli  # type: ignore[import-untyped]  # it has no types; imported when needed

    try:
        plain: bytes = brotli.decompress(body)
    except brotli.error:
        return None
    return plain


def decode_zstd(body: bytes) -> bytes | None:
    """A body of "zstd"; None if it is not, or truncated."""
    import zstandard  # rarely needed, and not by a plain start

    plain = b""
    while body:  # a body may have several frames
        frame = zstandard.ZstdDecompressor().decompressobj()
        try:
            plain += frame.decompress(body)
        except zstandard.ZstdError:
            return None
        if not frame.eof:
            return None
        body = frame.unused_data
    return plain


DECODERS: Final[dict[str, Callable[[bytes], bytes | None]]] = {
    "gzip": inflate,
    "x-gzip": inflate,
    "deflate": inflate,
    "br": decode_brotli,
    "zstd": decode_zstd,
}
