"""Keeps every request of the integration, and tells with its answer what it broke."""

from __future__ import annotations

from contextlib import suppress
from difflib import get_close_matches
from typing import Final

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from codat_mock.http import middleware_faults, request_context
from codat_mock.http.operations import OPERATIONS
from codat_mock.models.request_log import CausedFinding, LoggedRequest
from codat_mock.sandbox import Sandbox

FINDINGS: Final = "Codat-Mock-Findings"
# What people and tests ask, not the integration.
OTHERS: Final = (
    request_context.CONTROL,
    *request_context.PAGES,
    "/swagger",
    "/static/",
    "/favicon.ico",
)


def register(app: Flask) -> None:
    """Keep the journal. It comes first, so that its end is the last to see an answer."""
    app.before_request(before)
    app.after_request(after)


def before() -> None:
    """Give the request its number."""
    if request.path == "/" or request.path.startswith(OTHERS):
        return
    here = request_context.likely_sandbox()
    if here is not None:
        g.journal = here
        g.number = here.journal.number()


def note_dataset(dataset_id: str) -> None:
    """Remember the dataset that the request made."""
    g.dataset_id = dataset_id


def keep_with_dataset() -> None:
    """Leave the bodies out of the journal: they are the dataset's own."""
    g.is_kept = True


def after(response: Response) -> Response:
    """Keep the request, and tell what it broke."""
    here: Sandbox | None = g.get("journal")
    if here is None:
        return response
    is_kept = g.get("is_kept", False) and response.status_code == 200
    caused = here.journal.note(
        entry_of(response),
        b"" if is_kept else sent(),
        b"" if is_kept else response.get_data(),
        request_context.arrived(),
    )
    if caused:
        response.headers[FINDINGS] = told(caused)
    return response


def sent() -> bytes:
    """The request's body, as far as it was taken."""
    with suppress(HTTPException):
        return request.get_data()
    return b""


def told(caused: list[CausedFinding]) -> str:
    """What a request broke, as the header tells it: `S03;count=12, U02;count=1`."""
    return ", ".join(f"{each.code};count={each.count}" for each in caused)


def entry_of(response: Response) -> LoggedRequest:
    """What is known of a request and its answer; the journal adds the time and the findings."""
    operation = (request.endpoint or "").rpartition(".")[2]
    # Flask answers OPTIONS by itself, under the name of the operation that was not carried out.
    is_carried_out = response.status_code != 405 and request.method != "OPTIONS"
    is_known = operation in OPERATIONS and is_carried_out
    named = request.view_args or {}
    return LoggedRequest(
        number=request_context.number() or 0,
        at="",
        seconds=0,
        method=request.method,
        path=request.path,
        query=request.query_string.decode("latin-1"),
        status=response.status_code,
        is_planned=g.get("meeting") is not None,
        operation=operation if is_known else None,
        nearest=None if is_known else nearest(request.method, request.path),
        company_id=named.get("company_id"),
        dataset_id=g.get("dataset_id") or named.get("dataset_id"),
        sent_bytes=request.content_length or 0,
        answered_bytes=response.content_length or 0,
        sent_type=request.mimetype,
        answered_type=response.mimetype or "",
        findings=[],
        caller=request_context.caller(),
        is_lost=middleware_faults.loses_answer(),
        retry_after=retry_after(response),
    )


def nearest(method: str, path: str) -> str | None:
    """The operation that is most like what was asked for; None where none is."""
    known = {f"{each.method} {each.path}": each for each in OPERATIONS.values()}
    shapes = {shape(name, path): name for name in known}
    found = get_close_matches(f"{method} {path}", shapes, 1, cutoff=0.5)
    return shapes[found[0]] if found else None


def shape(operation: str, path: str) -> str:
    """An operation with the ids of a path put where it names its own, so that the two compare."""
    method, _, template = operation.partition(" ")
    steps = path.split("/")
    filled = [
        steps[place] if step.startswith("{") and place < len(steps) else step
        for place, step in enumerate(template.split("/"))
    ]
    return f"{method} {'/'.join(filled)}"


def retry_after(response: Response) -> float | None:
    """The seconds that an answer asks to wait."""
    try:
        return float(response.headers.get("Retry-After", ""))
    except ValueError:
        return None
