"""The journal of the integration's requests."""

from __future__ import annotations

import re
from typing import Any, Final

from flask import Blueprint, Response, request

from codat_mock import wire
from codat_mock.control import who
from codat_mock.records.errors import Malformed, Problem
from codat_mock.records.journal import JournalEntry

blueprint = Blueprint("requests", __name__)

MOST: Final = 100
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
    wanted = {name: value for name, value in request.args.items() if name != "limit"}
    for name in wanted:
        if name not in FILTERS:
            told = f"Requests are not found by '{name}'; known: {', '.join(FILTERS)}, limit."
            raise Malformed(told, [Problem(f"query.{name}", told)])

    def is_wanted(entry: JournalEntry) -> bool:
        return all(matches(entry, name, value) for name, value in wanted.items())

    return wire.answer(who.sandbox().journal.requests(is_wanted, limit()))


def limit() -> int:
    """How many requests are told at most.

    Raises:
        Malformed: it is no number.
    """
    given = request.args.get("limit", str(MOST))
    if not re.fullmatch(r"\d{1,6}", given):
        told = f"The limit is a number of requests, and not '{given}'."
        raise Malformed(told, [Problem("query.limit", told)])
    return int(given)


def matches(entry: JournalEntry, name: str, value: str) -> bool:
    """Whether a request is one of those that a filter finds."""
    found: Any = getattr(entry, FILTERS[name])
    if name == "code":
        return any(each.code == value for each in found)
    if name == "method":
        return bool(found == value.upper())
    if name == "path" and "*" in value:
        pattern = ".*".join(map(re.escape, value.split("*")))
        return re.fullmatch(pattern, found) is not None
    return str(found) == value


@blueprint.get("/requests/<int:number>")
def show(number: int) -> Response:
    """One request, with the bodies that were sent and answered."""
    entry, bodies = who.sandbox().journal.request(number)
    texts = {"sent": bodies.sent, "answered": bodies.answered}
    told = {name: body.decode(errors="replace") for name, body in texts.items()}
    return wire.answer({"request": entry, "bodies": told})
