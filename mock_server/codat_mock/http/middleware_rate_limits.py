"""The published limits on requests, enforced by `--rate-limits`."""

from __future__ import annotations

from functools import partial

from flask import Flask, Response

from codat_mock.http import request_context
from codat_mock.http.error_bodies import error_body
from codat_mock.http.served_request import served_request
from codat_mock.sandbox import companies


def register(app: Flask) -> None:
    """Enforce the limits on requests to the API."""
    app.before_request(before)
    app.after_request(add_headers)
    app.teardown_request(leave)


def before() -> Response | None:
    """Count the request, and refuse it where a limit is exceeded."""
    request = served_request()
    if not request.operation:
        return None
    sandbox = request_context.sandbox()
    limiter, company_id = sandbox.rate_limiter, request.named.get("company_id")
    is_entered = limiter.enter(company_id)
    request.leave = partial(limiter.leave, company_id)
    # A transaction of its own, since the limits are off by default: the body of the request can
    # then be decoded while others work.
    with request_context.registry().session(sandbox.name) as session:
        request.rate_limit = status = limiter.spend(
            session.now,
            companies.connected_count(session),
            request.remote_addr or "",
            is_entered=is_entered,
        )
    if not status.refused:
        return None
    message = (
        "You have made too many requests in a given amount of time; please retry later:"
        f" no more than {status.refused}."
    )
    return request_context.answer(error_body(429, message, request_context.correlation_id()), 429)


def add_headers(response: Response) -> Response:
    """Add what is left of the limits to every answer."""
    status = served_request().rate_limit
    if status:
        response.headers.update(status.headers)
    return response


def leave(_error: BaseException | None) -> None:
    """Count the request as ended, unless its answer is held back, whose end does that."""
    end = served_request().leave
    if end:
        end()
