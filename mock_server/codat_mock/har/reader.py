"""Reads HAR files of browsers, proxies, HTTP clients and this mock.

Recorders differ, and files are edited by hand and by sanitizers. An entry that cannot be read is
skipped and named; only a file that is no HAR at all is refused.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from msgspec import DecodeError, Struct

from codat_mock.clock import in_calendar, parse_moment
from codat_mock.har.exchange import Headers, Recorded, decode_body
from codat_mock.har.unpacking import (
    MAX_BODY_BYTES,
    MAX_FILE_BYTES,
    Budget,
    TooLarge,
    unpack_gzip,
)
from codat_mock.models.decoding import BOM, MAX_DEPTH, is_too_deep

TOKEN: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[\[\]{},:]', re.DOTALL)
GZIP: Final = b"\x1f\x8b"
MILLISECONDS: Final = 1000.0
MAX_REQUEST_SECONDS: Final = 86_400.0
MAX_STATUS: Final = 999
# Later numbers than this are milliseconds since the epoch, not seconds: 5138 in seconds.
MAX_EPOCH_SECONDS: Final = 1e11
# A whole value that a sanitizer has put in place of the real one.
PLACEHOLDER: Final = re.compile(
    r"\W*(?:redacted|removed|omitted|masked|filtered|sanitized|sanitised|scrubbed|stripped|hidden"
    r"|censored|anonymized|anonymised)(?:\s+(?:by|for|from)\s[\w .-]{1,40})?\W*|\*{3,}|•{3,}",
    re.IGNORECASE,
)

TOO_LARGE: Final = (
    f"Bodies that unpack to more than {MAX_BODY_BYTES >> 20} MiB, or {MAX_FILE_BYTES >> 20} MiB in"
    " all, which are not judged"
)
NO_TIME: Final = "Entries without a readable date-time, which take that of the entry before"

Json = dict[str, Any]


class BadHar(Exception):
    """Not a HAR file; the text says where, as a JSON path, and why."""


class BadEntry(Exception):
    """An entry is skipped; the text says why."""


class Har(Struct, frozen=True, kw_only=True):
    """The content of a HAR file.

    Args:
        requests: the recorded requests, by the time at which they were sent.
        skipped: the entries that could not be read, each as a JSON path and the reason.
        oddities: what could not be read in other entries, with their number, a sentence each.
    """

    requests: list[Recorded]
    skipped: list[str] = []
    oddities: list[str] = []


def read_har(content: bytes) -> Har:
    """Read a HAR file, which may be compressed with gzip or in another Unicode encoding.

    Raises:
        BadHar: it is not a HAR file, or ends too early.
    """
    entries = entries_of(parse(decoded(content)))
    times = [moment(each.get("startedDateTime")) if isinstance(each, dict) else None
             for each in entries]  # fmt: skip
    recorded, skipped = [], []
    budget = Budget()
    oddities: Counter[str] = Counter()
    for number, each in enumerate(entries):
        path = f"$.log.entries[{number}]"
        try:
            started = times[number] or nearest_time(times, number)
            recorded.append(read_entry(each, started, budget))
        except BadEntry as reason:
            skipped.append(f"{path}: {reason}")
        else:
            oddities.update(odd_parts(each))
            oddities[NO_TIME] += times[number] is None
    oddities[TOO_LARGE] += budget.refused
    return Har(
        requests=sorted(recorded, key=lambda each: each.started),
        skipped=skipped,
        oddities=[f"{what}: {count}." for what, count in oddities.items() if count],
    )


def decoded(content: bytes) -> bytes:
    """The content as UTF-8, decompressed and without a byte order mark.

    Raises:
        BadHar: it is compressed, and ends too early or is too large.
    """
    if content.startswith(GZIP):
        try:
            plain = unpack_gzip(content, MAX_FILE_BYTES)
        except TooLarge:
            most = f"{MAX_FILE_BYTES >> 20} MiB"
            raise BadHar(f"$: gzip that unpacks to more than {most}.") from None
        if plain is None:
            raise BadHar("$: gzip that cannot be decompressed, or ends too early.")
        content = plain
    encoding = json.detect_encoding(content)
    if not encoding.startswith("utf-8"):
        content = content.decode(encoding, "replace").encode("utf-8", "replace")
    return content.removeprefix(BOM)


def parse(content: bytes) -> Any:
    """The JSON in a file, read leniently: `NaN`, halves of characters and bad UTF-8 are tolerated.

    Raises:
        BadHar: it is not JSON, or nested too deeply.
    """
    if is_too_deep(content):
        raise BadHar(f"$: JSON that is nested deeper than {MAX_DEPTH} levels.")
    try:
        return msgspec.json.decode(content)
    except (DecodeError, UnicodeDecodeError) as error:
        strict_error = error
    try:
        # msgspec takes neither NaN nor control characters, which some recorders write.
        text = content.decode("utf-8", "replace")
        return json.loads(text, strict=False, parse_constant=lambda _: None)
    except ValueError:
        raise BadHar(describe_error(content, strict_error)) from None


def entries_of(content: Any) -> Sequence[Any]:
    """The entries of a HAR file.

    Raises:
        BadHar: there are none.
    """
    for path, name, kind, title in (
        ("$", "log", dict, "an object"),
        ("$.log", "entries", list, "a list"),
    ):
        if not isinstance(content, dict):
            raise BadHar(f"{path}: expected an object.")
        if not isinstance(content.get(name), kind):
            raise BadHar(f"{path}.{name}: expected {title}.")
        content = content[name]
    entries: list[Any] = content
    return entries


def read_entry(entry: Any, started: datetime | None, budget: Budget) -> Recorded:
    """One entry.

    Args:
        entry: the JSON of the entry.
        started: when it was sent; None if no entry of the file has a date-time.
        budget: how many bytes may be unpacked.

    Raises:
        BadEntry: it has no request that could be judged.
    """
    request = entry.get("request") if isinstance(entry, dict) else None
    if not isinstance(request, dict):
        raise BadEntry("it has no request.")
    method, url = request.get("method"), request.get("url")
    if not (isinstance(method, str) and isinstance(url, str) and method and url):
        raise BadEntry("its request has no method or no URL.")
    try:
        urlsplit(url)
    except ValueError:
        raise BadEntry(f"'{url[:60]}' is not a URL.") from None
    if started is None:
        raise BadEntry("it has no date-time.")
    response = as_dict(entry.get("response"))
    headers, answered_headers = pairs(request.get("headers")), pairs(response.get("headers"))
    sent = request.get("postData")
    post_data = {"text": sent} if isinstance(sent, str) else as_dict(sent)
    content = as_dict(response.get("content"))
    return Recorded(
        started=started,
        seconds=duration(entry),
        method=method.upper(),
        url=url,
        status=status_of(response.get("status")),
        sent=request_body(request, post_data, headers, budget),
        answered=body_of(content, answered_headers, budget),
        sent_type=text_of(post_data.get("mimeType")),
        answered_type=text_of(content.get("mimeType")),
        headers=headers,
        answered_headers=answered_headers,
    )


def odd_parts(entry: Json) -> Iterator[str]:
    """What cannot be read in an entry, in words."""
    response = as_dict(entry.get("response"))
    if response.get("status") is not None and number(response["status"]) is None:
        yield "Entries without a readable status, which count as unanswered"
    if entry.get("time") is not None and number(entry["time"]) is None:
        yield "Entries without a readable duration"
    for body in (entry["request"].get("postData"), response.get("content")):
        if body is None:
            continue
        if not isinstance(body, dict):
            yield "Bodies that are not objects"
        elif is_base64(body) and from_base64(text_of(body.get("text"))) is None:
            yield "Bodies that are not base64, although they say so, which are not judged"


def request_body(request: Json, post_data: Json, headers: Headers, budget: Budget) -> bytes | None:
    """The body of a request; None if it was not recorded.

    Args:
        request: the entry's request.
        post_data: its `postData`; empty if it has none.
        headers: the request's headers.
        budget: how many bytes may be unpacked.
    """
    body = body_of(post_data, headers, budget)
    if body is not None and (body or not number(request.get("bodySize"))):
        return body
    has_none = request["method"].upper() in ("GET", "HEAD") or number(request.get("bodySize")) == 0
    return b"" if has_none and not body else None


def body_of(body: Json, headers: Headers, budget: Budget) -> bytes | None:
    """A body, decoded; None if it was not recorded, or cannot be decoded or judged.

    Args:
        body: the `postData` or `content` of the entry.
        headers: the headers that came with it.
        budget: how many bytes may be unpacked.
    """
    text = body.get("text")
    if isinstance(text, dict | list):  # some recorders embed JSON as JSON
        return msgspec.json.encode(text)
    if not isinstance(text, str) or PLACEHOLDER.fullmatch(text.strip()):
        return None
    if not text and (number(body.get("size")) or 0) > 0:
        return None  # left out by the recorder
    sent = from_base64(text) if is_base64(body) else text.encode(errors="replace")
    return None if sent is None else decode_body(sent, headers, budget)


def is_base64(body: Json) -> bool:
    """Whether the text of a body is base64."""
    # HAR has no encoding for request bodies; some recorders write `_encoding`.
    encoding = text_of(body.get("encoding")) or text_of(body.get("_encoding"))
    return encoding.lower() == "base64"


def from_base64(text: str) -> bytes | None:
    """The bytes of base64, also without padding or in the alphabet of URLs; None if it is not."""
    compact = re.sub(r"[\s=]+", "", text).translate(str.maketrans("-_", "+/"))
    try:
        return b64decode(compact + "=" * (-len(compact) % 4), validate=True)
    except ValueError:
        return None


def pairs(headers: Any) -> Headers:
    """The headers without HTTP/2's pseudo-headers, such as `:path`."""
    if isinstance(headers, dict):  # some recorders write an object
        found = [(str(name), text_of(value)) for name, value in headers.items()]
    else:
        listed = [as_dict(each) for each in headers] if isinstance(headers, list) else []
        found = [(text_of(each.get("name")), text_of(each.get("value"))) for each in listed]
    return tuple(each for each in found if each[0] and not each[0].startswith(":"))


def duration(entry: Json) -> float:
    """The duration of a request in seconds; 0 if it was not recorded."""
    milliseconds = number(entry.get("time"))
    if milliseconds is None:
        timings = as_dict(entry.get("timings")).values()
        milliseconds = sum(max(number(each) or 0.0, 0.0) for each in timings)
    return min(max(milliseconds, 0.0) / MILLISECONDS, MAX_REQUEST_SECONDS)


def status_of(value: Any) -> int:
    """The status of an answer; 0 if there was no answer."""
    status = number(value)
    return int(status) if status is not None and 0 <= status <= MAX_STATUS else 0


def number(value: Any) -> float | None:
    """A number, also one written as text; None if it is neither, or not finite."""
    try:
        found = float(value) if isinstance(value, int | float | str) else None
    except (ValueError, OverflowError):
        return None
    return found if found is not None and isfinite(found) else None


def text_of(value: Any) -> str:
    """A text; empty if the value is another."""
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else ""


def as_dict(value: Any) -> Json:
    """An object; empty if the value is another."""
    return value if isinstance(value, dict) else {}


def moment(value: Any) -> datetime | None:
    """A date-time, UTC; None if it is not one.

    Apart from ISO 8601, recorders write numbers since the epoch, and dates as in HTTP headers.
    """
    try:
        found = from_epoch(value) or parse_date(text_of(value).strip())
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    return found if in_calendar(found) else None


def from_epoch(value: Any) -> datetime | None:
    """A date-time from seconds or milliseconds since the epoch; None if the value is another."""
    seconds = number(value)
    if seconds is None:
        return None
    if abs(seconds) > MAX_EPOCH_SECONDS:
        seconds /= MILLISECONDS
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


def parse_date(text: str) -> datetime:
    """A date-time in one of the formats of recorders.

    Raises:
        ValueError: it is in none of them.
    """
    # An hour's digits may be missing in the offset, and the separator may be a space.
    iso = re.sub(r"^(\d{4}-\d{2}-\d{2}) +", r"\1T", text).replace(" ", "")
    for candidate in (iso, re.sub(r"([+-]\d{2})$", r"\1:00", iso)):
        try:
            return parse_moment(candidate)
        except ValueError:
            continue
    found = parsedate_to_datetime(text)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def nearest_time(times: Sequence[datetime | None], place: int) -> datetime | None:
    """The time of the closest entry before a place, else after it; None if none has a time."""
    before = next((each for each in reversed(times[:place]) if each), None)
    return before or next((each for each in times[place:] if each), None)


def describe_error(content: bytes, error: Exception) -> str:
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
    except (DecodeError, UnicodeDecodeError):
        return None
