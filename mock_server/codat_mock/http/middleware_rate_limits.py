"""The published limits on requests, kept where the server is told to."""

from __future__ import annotations

from functools import partial

from flask import Flask, Response, g, request

from codat_mock.http import request_context
from codat_mock.http.error_bodies import error_body
from codat_mock.http.operations import OPERATIONS
from codat_mock.models.errors import Unauthorised


def register(app: Flask) -> None:
    """Keep the limits on requests to the API."""
    app.before_request(before)
    app.after_request(tell)
    app.teardown_request(leave)


def before() -> Response | None:
    """Count the request, and refuse it where a limit is exceeded."""
    if (request.endpoint or "").rpartition(".")[2] not in OPERATIONS:
        return None
    try:
        here = request_context.sandbox()
    except Unauthorised:
        return None
    company_id = (request.view_args or {}).get("company_id")
    is_entered = here.quotas.enter(company_id)
    g.leave = partial(here.quotas.leave, company_id)
    g.standing = standing = here.spend(request.remote_addr or "", is_entered=is_entered)
    if not standing.refused:
        return None
    told = f"Too many requests: no more than {standing.refused}."
    return request_context.answer(error_body(429, told, request_context.correlation_id()), 429)


def tell(response: Response) -> Response:
    """Tell how much is left."""
    if "standing" in g:
        response.headers.update(g.standing.headers)
    return response


def leave(_error: BaseException | None) -> None:
    """Count the request as ended; not where its answer is held back, which then does that."""
    if "leave" in g:
        g.leave()
