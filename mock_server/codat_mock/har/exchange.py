"""A recorded request, with its answer."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct

WINDOWS: Final = {"gzip": 31, "x-gzip": 31, "deflate": 15}  # zlib's window sizes
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
    encoding = header(headers, "content-encoding").strip().lower()
    if encoding in PLAIN or body.lstrip()[:1] in (b"{", b"[", b'"', b""):
        return body
    if encoding not in WINDOWS:
        return None
    for window in (WINDOWS[encoding], -15):  # some servers send "deflate" without its frame
        member = zlib.decompressobj(window)
        try:
            plain = member.decompress(body)
        except zlib.error:
            continue
        return plain if member.eof else None
    return None
