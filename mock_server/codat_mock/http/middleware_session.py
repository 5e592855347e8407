"""One session per request to the API: authenticated first, committed before the answer is sent.

A push, its findings and its log entry are one transaction. See `request_context.session`.
"""

from __future__ import annotations

from flask import Flask, Response

from codat_mock.http import middleware_faults, request_context
from codat_mock.http.served_request import served_request


def register(app: Flask) -> None:
    """Open and end sessions. Registered before the log, so that it ends after the log entry."""
    app.after_request(commit)
    app.teardown_request(abandon)


def authenticate() -> None:
    """Refuse a request to the API without a valid key before anything else is done.

    Raises:
        Unauthorised: the key is missing, malformed or unknown.
    """
    if served_request().operation:
        request_context.sandbox()


def commit(response: Response) -> Response:
    """Write all that the request did; only then may the server send or lose the answer."""
    request_context.commit()
    middleware_faults.deliver()
    return response


def abandon(error: BaseException | None) -> None:
    """Leave nothing open: the answer could not even be made."""
    request_context.abort(error or RuntimeError("the request ended without an answer"))
