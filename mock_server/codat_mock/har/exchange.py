"""A request as it was recorded, with its answer."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct

WINDOWS: Final = {"gzip": 31, "x-gzip": 31, "deflate": 15}  # zlib's words for them
PLAIN: Final = ("", "identity")
Headers = tuple[tuple[str, str], ...]


class Recorded(Struct, frozen=True, kw_only=True):
    """One request with its answer.

    Args:
        started: when it was sent, UTC.
        seconds: from then until its answer had come.
        url: with its host, as it was asked for.
        status: of the answer; 0 where none came.
        sent: the body, unpacked; None where it was not recorded, or cannot be unpacked.
        answered: the answer's body, likewise.
        headers: of the request.
        answered_headers: of the answer.
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
    def place(self) -> SplitResult:
        """The URL in its parts."""
        return urlsplit(self.url)

    @property
    def ended(self) -> datetime:
        """When its answer had come, UTC."""
        return self.started + timedelta(seconds=self.seconds)

    @property
    def is_accepted(self) -> bool:
        """Whether the answer says that it was carried out."""
        return 200 <= self.status < 300


def header(headers: Iterable[tuple[str, str]], name: str) -> str:
    """The value of the first header of that name, empty where there is none."""
    return next((value for key, value in headers if key.lower() == name), "")


def unpacked(body: bytes, headers: Headers) -> bytes | None:
    """A body without its `Content-Encoding`; None where it cannot be unpacked.

    What says that it is packed and is not is taken as it is: most recorders unpack bodies, and
    leave the header.
    """
    encoding = header(headers, "content-encoding").strip().lower()
    if encoding in PLAIN or body.lstrip()[:1] in (b"{", b"[", b'"', b""):
        return body
    if encoding not in WINDOWS:
        return None
    for window in (WINDOWS[encoding], -15):  # "deflate" is sent without its frame, too
        member = zlib.decompressobj(window)
        try:
            plain = member.decompress(body)
        except zlib.error:
            continue
        return plain if member.eof else None
    return None
