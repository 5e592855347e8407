"""Writes HAR 1.2, without secrets."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import msgspec

from codat_mock.clock import format_moment
from codat_mock.domain.redaction import body_without_secrets, clean_headers, clean_url
from codat_mock.har.exchange import Headers, Recorded

VERSION: Final = "HTTP/1.1"
PHRASES: Final = {each.value: each.phrase for each in HTTPStatus}
UNKNOWN: Final = -1
encode: Final = msgspec.json.encode


def write_har(recorded: Iterable[Recorded]) -> bytes:
    """The requests as a HAR file, without secrets.

    The values of headers, query parameters, form fields and properties are removed if the name
    suggests a secret (`Authorization`, `X-Api-Key`, `client_secret` …).
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
    """A body without secrets as text, or as base64 if it is not UTF-8."""
    cleaned = body_without_secrets(body)
    try:
        return {"text": cleaned.decode()}
    except UnicodeDecodeError:
        return {"text": b64encode(cleaned).decode(), encoding: "base64"}


def pairs(headers: Headers) -> list[dict[str, str]]:
    """The headers, without secrets."""
    return [{"name": name, "value": value} for name, value in clean_headers(headers)]
