"""Reads HAR files of browsers, proxies and this mock."""

from __future__ import annotations

import re
from base64 import b64decode
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from msgspec import DecodeError, Struct, ValidationError, field

from codat_mock.clock import in_calendar, parse_moment
from codat_mock.har.exchange import Headers, Recorded, decode_body
from codat_mock.models.decoding import BOM, decoder, problem_from

TOKEN: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[\[\]{},:]', re.DOTALL)
MILLISECONDS: Final = 1000.0
MAX_REQUEST_SECONDS: Final = 86_400.0


class BadHar(Exception):
    """Not a HAR file; the text says where, as a JSON path, and why."""


class Pair(Struct):
    """A header."""

    name: str | None = None
    value: str | None = None


class Body(Struct, rename="camel"):
    """A body. HAR has no `encoding` for request bodies, but some recorders write it."""

    mime_type: str | None = None
    text: str | None = None
    encoding: str | None = None
    own_encoding: str | None = field(default=None, name="_encoding")


class Asked(Struct, rename="camel"):
    """A request."""

    method: str
    url: str
    headers: list[Pair] | None = None
    post_data: Body | None = None
    body_size: float | None = None


class Answer(Struct, rename="camel"):
    """An answer; without a status if there was none."""

    status: int | None = None
    headers: list[Pair] | None = None
    content: Body | None = None


class Entry(Struct, rename="camel"):
    """A request with its answer."""

    started_date_time: str
    request: Asked
    response: Answer | None = None
    time: float | None = None


class Log(Struct):
    """The entries."""

    entries: list[Entry]


class Har(Struct):
    """The whole file."""

    log: Log


read: Final = decoder(Har)


def read_har(content: bytes) -> list[Recorded]:
    """The requests of a HAR in the order they were sent.

    Raises:
        BadHar: it is not a HAR file, or ends too early.
    """
    content = content.removeprefix(BOM)
    try:
        entries = read(content).log.entries
    except ValidationError as error:
        problem = problem_from(error, "$")
        raise BadHar(f"{problem.path}: {problem.message}") from None
    except (DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadHar(broken(content, error)) from None
    recorded = [recorded_by(entry, f"$.log.entries[{n}]") for n, entry in enumerate(entries)]
    return sorted(recorded, key=lambda each: each.started)


def recorded_by(entry: Entry, path: str) -> Recorded:
    """One entry.

    Raises:
        BadHar: a value in it is invalid.
    """
    asked, answer = entry.request, entry.response or Answer()
    headers, answered_headers = pairs(asked.headers), pairs(answer.headers)
    sent, content = asked.post_data, answer.content or Body()
    body = body_of(sent or Body(), headers, f"{path}.request.postData")
    if body is None and asked.method.upper() in ("GET", "HEAD"):
        body = b""
    if body is None and sent is None and asked.body_size == 0:
        body = b""
    return Recorded(
        started=moment(entry.started_date_time, f"{path}.startedDateTime"),
        seconds=min(max(entry.time or 0.0, 0.0) / MILLISECONDS, MAX_REQUEST_SECONDS),
        method=asked.method.upper(),
        url=checked_url(asked.url, f"{path}.request.url"),
        status=max(answer.status or 0, 0),
        sent=body,
        answered=body_of(content, answered_headers, f"{path}.response.content"),
        sent_type=(sent.mime_type if sent else "") or "",
        answered_type=content.mime_type or "",
        headers=headers,
        answered_headers=answered_headers,
    )


def pairs(headers: list[Pair] | None) -> Headers:
    """The headers without HTTP/2's pseudo-headers, such as `:path`."""
    found = ((each.name or "", each.value or "") for each in headers or ())
    return tuple(each for each in found if each[0] and not each[0].startswith(":"))


def body_of(body: Body, headers: Headers, path: str) -> bytes | None:
    """A body, decoded; None if it was not recorded.

    Raises:
        BadHar: it is not base64, although the file says so.
    """
    if body.text is None:
        return None
    if (body.encoding or body.own_encoding or "").lower() != "base64":
        return decode_body(body.text.encode(errors="replace"), headers)
    try:
        return decode_body(b64decode(body.text, validate=True), headers)
    except ValueError:
        raise BadHar(f"{path}.text: not base64, although its encoding says so.") from None


def moment(text: str, path: str) -> datetime:
    """A date-time, UTC.

    Raises:
        BadHar: it is not one.
    """
    try:
        found = parse_moment(text)
    except ValueError:
        raise BadHar(f"{path}: '{text[:60]}' is not a date-time.") from None
    if not in_calendar(found):
        raise BadHar(f"{path}: '{text[:60]}' is out of range.")
    return found


def checked_url(url: str, path: str) -> str:
    """A URL that can be parsed.

    Raises:
        BadHar: it cannot.
    """
    try:
        urlsplit(url)
    except ValueError:
        raise BadHar(f"{path}: '{url[:60]}' is not a URL.") from None
    return url


def broken(content: bytes, error: Exception) -> str:
    """Where a file stops being JSON, and why."""
    if not content.strip():
        return "$: the file is empty."
    found = re.search(r"\(byte (\d+)\)", str(error))
    offset = int(found[1]) if found else len(content)
    why = "invalid JSON" if found else "the file ends too early"
    if isinstance(error, UnicodeDecodeError):
        offset, why = error.start, "not UTF-8"
    return f"{path_at(content, offset)}: {why}, at byte {offset}."


def path_at(content: bytes, offset: int) -> str:
    """The JSON path of a byte, from the content before it."""
    steps: list[Any] = []
    last = b""
    for token in TOKEN.finditer(content, 0, offset):
        mark = token[0]
        if mark in (b"{", b"["):
            steps.append("" if mark == b"{" else 0)
        elif mark in (b"}", b"]"):
            del steps[-1:]
        elif mark == b"," and steps:
            steps[-1] = steps[-1] + 1 if isinstance(steps[-1], int) else ""
        elif mark == b":" and steps:
            steps[-1] = last.decode(errors="replace")
        else:
            last = mark[1:-1]
    path = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps if step != "")
    return f"${''.join(path)}"


def decode_json(body: bytes | None, kind: Any) -> Any:
    """A body read leniently; None if it was not recorded or is not of that type."""
    try:
        return None if body is None else msgspec.json.decode(body, type=kind, strict=False)
    except (DecodeError, UnicodeDecodeError, RecursionError):
        return None
