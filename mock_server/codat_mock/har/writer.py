"""Writes HAR 1.2, without secrets."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import msgspec

from codat_mock.clock import format_moment
from codat_mock.har.exchange import Headers, Recorded

# Also in compounds such as `X-Api-Key` and `client_secret`, but not in `monkey` or `author`.
SECRET: Final = re.compile(
    r"(?:^|[-_.])(?:auth|authorization|cookie2?|credentials?|otp|pass|passwd|password|secret|session"
    r"|sid|sig|signature)(?:$|[-_.])|(?:^|[-_.]|api|access|subscription)key(?:$|[-_.])|token",
    re.IGNORECASE,
)
REMOVED: Final = "removed"
VERSION: Final = "HTTP/1.1"
PHRASES: Final = {each.value: each.phrase for each in HTTPStatus}
UNKNOWN: Final = -1
encode: Final = msgspec.json.encode


def write_har(recorded: Iterable[Recorded]) -> bytes:
    """The requests as a HAR file, without the secrets of their headers and URLs.

    The values of headers and query parameters are removed if the name suggests a secret
    (`Authorization`, `Cookie`, `X-Api-Key` …). Bodies are written unchanged.
    """
    creator = {"name": "codat-mock", "version": version("codat-mock")}
    log = {"version": "1.2", "creator": creator, "entries": [entry(each) for each in recorded]}
    return encode({"log": log})


def entry(each: Recorded) -> dict[str, Any]:
    """One request with its answer."""
    milliseconds = round(each.seconds * 1000, 3)
    return {
        "startedDateTime": format_moment(each.started),
        "time": milliseconds,
        "request": request(each),
        "response": response(each),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
    }


def request(each: Recorded) -> dict[str, Any]:
    """The request."""
    url = clean_url(each.url)
    query = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    content: dict[str, Any] = {
        "method": each.method,
        "url": url,
        "httpVersion": VERSION,
        "cookies": [],
        "headers": pairs(each.headers),
        "queryString": [{"name": name, "value": value} for name, value in query],
        "headersSize": UNKNOWN,
        "bodySize": UNKNOWN if each.sent is None else len(each.sent),
    }
    if each.sent:
        content["postData"] = {"mimeType": each.sent_type, **text_of(each.sent, "_encoding")}
    return content


def response(each: Recorded) -> dict[str, Any]:
    """The answer; status 0 if there was none."""
    body = each.answered
    content = {"size": len(body or b""), "mimeType": each.answered_type or "x-unknown"}
    return {
        "status": each.status,
        "statusText": PHRASES.get(each.status, ""),
        "httpVersion": VERSION,
        "cookies": [],
        "headers": pairs(each.answered_headers),
        "content": content if body is None else {**content, **text_of(body, "encoding")},
        "redirectURL": "",
        "headersSize": UNKNOWN,
        "bodySize": UNKNOWN,
    }


def text_of(body: bytes, encoding: str) -> dict[str, str]:
    """A body as text, or as base64 if it is not UTF-8."""
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"text": b64encode(body).decode(), encoding: "base64"}


def pairs(headers: Headers) -> list[dict[str, str]]:
    """The headers, without secrets."""
    return [
        {"name": name, "value": REMOVED if SECRET.search(name) else value}
        for name, value in headers
    ]


def clean_url(url: str) -> str:
    """A URL without user information, and without secrets in its query."""
    parts = urlsplit(url)
    clauses = (clause.partition("=") for clause in parts.query.split("&"))
    query = "&".join(
        f"{name}{sign}{REMOVED if value and SECRET.search(name) else value}"
        for name, sign, value in clauses
    )
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=query))
