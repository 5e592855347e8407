"""Logs every request of the integration, and names on its answer the rules it broke."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Final

from flask import Flask, Response

from codat_mock.domain.redaction import without_secrets
from codat_mock.http import middleware_faults, request_context
from codat_mock.http.operations import OPERATIONS
from codat_mock.http.served_request import ServedRequest, served_request
from codat_mock.models.request_log import CausedFinding, LoggedBodies, LoggedRequest
from codat_mock.sandbox import request_log

FINDINGS: Final = "Codat-Mock-Findings"
MAX_COMPARED_CHARACTERS: Final = 300
CUTOFF: Final = 0.5  # of similarity
# Requests of people and tests, not of the integration.
OTHERS: Final = (
    request_context.CONTROL,
    *request_context.PAGES,
    "/swagger",
    "/static/",
    "/favicon.ico",
)


def register(app: Flask) -> None:
    """Log requests. Registered early, so that its end sees the answer as it will be sent."""
    app.before_request(before)
    app.after_request(after)


def before() -> None:
    """Give the request its number."""
    request = served_request()
    path = request.path
    if path == "/" or path.startswith(OTHERS):
        return
    here = request_context.likely_sandbox()
    if here is not None:
        request.logged_by = here
        request.number = next(here.request_numbers)


def note_push(dataset_id: str, records: int) -> None:
    """Remember the dataset that the request created, and how many records it has."""
    request = served_request()
    request.dataset_id = dataset_id
    request.pushed_records = records


def keep_with_dataset() -> None:
    """Leave the bodies out of the log: they are stored with the dataset."""
    served_request().is_kept_with_dataset = True


def skip() -> None:
    """Leave the request out of the log, which cannot be written."""
    served_request().logged_by = None


def after(response: Response) -> Response:
    """Log the request, and name the rules it broke."""
    request = served_request()
    sandbox = request.logged_by
    if sandbox is None:
        return response
    bodies = LoggedBodies(b"", b"")
    if not (request.is_kept_with_dataset and response.status_code == 200):
        bodies = LoggedBodies(request.readable_body, response.get_data())
    entry = entry_of(request, response)
    session = request_context.session_of(sandbox)
    if session is None:  # it was reset meanwhile, and the request belongs to the old one
        return response
    caused = request_log.record(session, entry, bodies, request_context.arrived())
    if caused:
        request.broken_rules = [each.code for each in caused]
        response.headers.add(FINDINGS, findings_header(caused))
    return response


def findings_header(caused: list[CausedFinding]) -> str:
    """The header's value: `S03;count=12, U02;count=1`."""
    return ", ".join(f"{each.code};count={each.count}" for each in caused)


def entry_of(request: ServedRequest, response: Response) -> LoggedRequest:
    """The log entry of a request, without its time and findings."""
    operation = request.operation if response.status_code != 405 else None
    named = {name: without_secrets(each) for name, each in request.named.items()}
    return LoggedRequest(
        number=request.number or 0,
        at="",
        seconds=0,
        method=request.method,
        path=without_secrets(request.path),
        query=without_secrets(request.query_string.decode("latin-1")),
        status=response.status_code,
        is_planned=request.fault_hit is not None,
        operation=operation,
        nearest=None if operation else nearest(request.method, request.path),
        company_id=named.get("company_id"),
        dataset_id=request.dataset_id or named.get("dataset_id"),
        sent_bytes=request.content_length or 0,
        answered_bytes=response.content_length or 0,
        sent_type=request.mimetype,
        answered_type=response.mimetype or "",
        findings=[],
        caller=without_secrets(request_context.caller()),
        is_lost=middleware_faults.loses_answer(),
        retry_after=retry_after(response),
    )


def nearest(method: str, path: str) -> str | None:
    """The operation most similar to a request for none; None where none is similar.

    One of the same path goes first, then those of the same method. No path of an operation is
    long, and the comparison's time grows with the square of the length.
    """
    path = path[:MAX_COMPARED_CHARACTERS]
    known = {f"{each.method} {each.path}": each for each in OPERATIONS.values()}
    shapes = {shape(name, path): name for name in known}
    own = [each for each in shapes if each.partition(" ")[2] == path.rstrip("/")]
    own = own or [each for each in shapes if each.startswith(f"{method} ")]
    found = get_close_matches(f"{method} {path}", own, 1, CUTOFF) or get_close_matches(
        f"{method} {path}", shapes, 1, CUTOFF
    )
    return shapes[found[0]] if found else None


def shape(operation: str, path: str) -> str:
    """An operation with the ids of a path in place of its parameters, so that the two compare."""
    method, _, template = operation.partition(" ")
    steps = path.split("/")
    filled = [
        steps[place] if step.startswith("{") and place < len(steps) else step
        for place, step in enumerate(template.split("/"))
    ]
    return f"{method} {'/'.join(filled)}"


def retry_after(response: Response) -> float | None:
    """The seconds of an answer's Retry-After, None without one; a date counts from its `Date`."""
    if response.status_code < 300:  # no answer to what was carried out asks for a wait
        return None
    try:
        return float(response.headers.get("Retry-After", ""))
    except ValueError:
        until, sent = response.retry_after, response.date
        return (until - sent).total_seconds() if until and sent else None
