"""The log of the integration's requests."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import quote

from flask import Blueprint, Response, request

from codat_mock.clock import parse_moment
from codat_mock.domain.redaction import readable_without_secrets
from codat_mock.har.exchange import Recorded, decode_body
from codat_mock.har.unpacking import Budget
from codat_mock.har.writer import write_har
from codat_mock.http import request_context
from codat_mock.http.control import resolve_sandbox
from codat_mock.models.errors import Malformed, Problem
from codat_mock.models.request_log import LoggedBodies, LoggedRequest
from codat_mock.sandbox import request_log

blueprint = Blueprint("requests", __name__)

MAX_SHOWN_REQUESTS: Final = 100
MAX_SHOWN_BYTES: Final = 500_000  # of a body; to look for secrets takes long
MAGIC: Final = b"\x1f\x8b"
GZIP: Final = (("Content-Encoding", "gzip"),)
FILTERS: Final = {
    "method": "method",
    "path": "path",
    "status": "status",
    "operation": "operation",
    "companyId": "company_id",
    "datasetId": "dataset_id",
    "code": "findings",
}


@blueprint.get("/requests")
def index() -> Response:
    """Find requests, and count them: by method, path, status, operation, companyId, code."""
    if request.args.get("format") == "har":
        return archive()
    filters = {name: value for name, value in request.args.items() if name != "limit"}
    for name in filters:
        if name not in FILTERS:
            message = f"Unknown filter '{name}'; known: {', '.join(FILTERS)}, limit."
            raise Malformed(message, [Problem(f"query.{name}", message)])

    def is_match(entry: LoggedRequest) -> bool:
        return all(matches(entry, name, value) for name, value in filters.items())

    return request_context.answer(request_log.find(resolve_sandbox.sandbox(), is_match, limit()))


def archive() -> Response:
    """The whole log as a HAR, in the sandbox's time.

    Raises:
        Malformed: something is to be found, too.
    """
    if len(request.args) > 1:
        message = "format=har exports all requests and takes no filters."
        raise Malformed(message, [Problem("query.format", message)])
    address = request.host_url.rstrip("/")
    found = request_log.exchanges(resolve_sandbox.sandbox())
    budget = Budget()
    return request_context.raw_answer(write_har(recorded(address, *each, budget) for each in found))


def recorded(address: str, entry: LoggedRequest, bodies: LoggedBodies, budget: Budget) -> Recorded:
    """A logged request as it would have been recorded; its headers are not kept.

    Args:
        address: the mock's, without a slash at its end.
        entry: the request as it is logged.
        bodies: what was sent and answered.
        budget: how many bytes may be unpacked.
    """
    query = f"?{entry.query}" if entry.query else ""
    wait = "" if entry.retry_after is None else f"{entry.retry_after:g}"
    headers = {"Content-Type": entry.answered_type, "Retry-After": wait}
    # Whether a body came packed shows in its first bytes.
    is_packed = bodies.sent.startswith(MAGIC)
    sent = decode_body(bodies.sent, GZIP, budget) if is_packed else bodies.sent
    return Recorded(
        started=parse_moment(entry.at),
        seconds=0.0,
        method=entry.method,
        url=f"{address}{quote(entry.path)}{query}",
        status=0 if entry.is_lost else entry.status,
        sent=sent,
        answered=b"" if entry.is_lost else bodies.answered,
        sent_type=entry.sent_type,
        answered_type=entry.answered_type,
        headers=((request_context.CALLER, entry.caller),) if entry.caller else (),
        answered_headers=tuple((name, value) for name, value in headers.items() if value),
    )


def limit() -> int:
    """How many requests to return at most.

    Raises:
        Malformed: it is no number.
    """
    given = request.args.get("limit", str(MAX_SHOWN_REQUESTS))
    if not re.fullmatch(r"\d{1,6}", given):
        message = f"limit must be a whole number of up to 6 digits, not '{given}'."
        raise Malformed(message, [Problem("query.limit", message)])
    return int(given)


def matches(entry: LoggedRequest, name: str, value: str) -> bool:
    """Whether a request is one of those that a filter finds.

    Args:
        entry: the request as it is logged.
        name: of a filter, one of `FILTERS`.
        value: what it asks for; `*` in a path stands for any characters.
    """
    found: Any = getattr(entry, FILTERS[name])
    if name == "code":
        return any(each.code == value for each in found)
    if name == "method":
        return bool(found == value.upper())
    if name == "path" and "*" in value:
        return matches_wildcards(found, value)
    return str(found) == value


def matches_wildcards(text: str, pattern: str) -> bool:
    """Whether a text matches a pattern in which each `*` stands for any characters.

    Its time grows with the text and the pattern, never with their product: a request chooses both.
    """
    first, *middle, last = pattern.split("*")
    if len(text) < len(first) + len(last):
        return False
    if not (text.startswith(first) and text.endswith(last)):
        return False
    place, end = len(first), len(text) - len(last)
    for part in middle:
        found = text.find(part, place, end)
        if found < 0:
            return False
        place = found + len(part)
    return True


@blueprint.get("/requests/<int:number>")
def show(number: int) -> Response:
    """One request, with the start of the bodies that were sent and answered, without secrets."""
    with resolve_sandbox.session() as session:
        entry, bodies = request_log.get(session, number)
    shown = {"sent": bodies.sent, "answered": bodies.answered}
    cut = [name for name, body in shown.items() if len(body) > MAX_SHOWN_BYTES]
    texts = {name: readable_without_secrets(body[:MAX_SHOWN_BYTES]) for name, body in shown.items()}
    return request_context.answer({"request": entry, "bodies": texts, "cut": cut})
