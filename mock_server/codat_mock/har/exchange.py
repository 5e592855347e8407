"""A recorded request, with its answer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct

from codat_mock.har.unpacking import Budget
from codat_mock.models.decoding import is_too_deep

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


def decode_body(body: bytes, headers: Headers, budget: Budget | None = None) -> bytes | None:
    """A body without its `Content-Encoding`; None if it cannot be decoded or judged.

    It cannot be if it is too large, or nested too deeply.

    A body that is plain despite its header is returned unchanged: most recorders decode bodies, and
    keep the header.

    Args:
        body: as it was sent.
        headers: the headers that came with it.
        budget: how many bytes may be unpacked; None for those of one body.
    """
    names = header(headers, "content-encoding").lower().split(",")
    encodings = [name.strip() for name in names if name.strip() not in PLAIN]
    if not encodings or body.lstrip()[:1] in (b"{", b"[", b'"', b""):
        plain: bytes | None = body
    else:
        plain = (budget or Budget()).unpack(body, encodings)
    return None if plain is None or is_too_deep(plain) else plain
