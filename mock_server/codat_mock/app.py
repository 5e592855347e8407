"""The WSGI application: both faces of one world, and how each says no."""

from __future__ import annotations

import re
from collections.abc import Iterable
from random import Random
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from codat_mock import api, control, wire
from codat_mock.records.commerce import Wire
from codat_mock.records.errors import Forbidden, Problem, Refused
from codat_mock.sandbox import World

NAMED: Final = re.compile(r"/sandbox/([^/]+)(/.*)")
LOCAL: Final = re.compile(r"(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?", re.IGNORECASE)
HTTP_MESSAGES: Final = {
    404: "There is no operation {method} {path}.",
    405: "{path} does not take {method}.",
}


class ValidationItem(Wire, omit_defaults=False):
    """One thing wrong with a request, in the vendor's words."""

    item_id: str
    message: str
    validator_name: str


class Validation(Wire, omit_defaults=False):
    """All that is wrong with a request, in the vendor's words."""

    errors: list[ValidationItem]
    warnings: list[ValidationItem]


class ErrorBody(Wire, omit_defaults=False, kw_only=True):
    """The vendor's answer to what it does not carry out (contract section 1)."""

    status_code: int
    service: str = "PublicApi"
    error: str
    correlation_id: str
    validation: Validation | None = None
    can_be_retried: str = "False"
    detailed_error_code: int = 0


class ProblemBody(Wire, kw_only=True):
    """Our own answer under `/_mock/`, as RFC 9457 has it."""

    title: str
    status: int
    detail: str
    problems: list[Problem]


def create_app(world: World | None = None, *, is_open: bool = False) -> Flask:
    """Make the application that serves a world.

    Args:
        world: its sandboxes; a new world in memory where none is given.
        is_open: whether requests may name any host, for a server bound beyond loopback.
    """
    app = Flask(__name__, static_folder=None)
    served = world or World()
    app.config[wire.WORLD] = served
    chance = Random(served.settings.seed)  # noqa: S311  (ids of errors, nothing secret)

    def refused(status: int, message: str, problems: Iterable[Problem] = ()) -> Response:
        if request.path.startswith(control.PREFIX):
            return as_problem(status, message, problems)
        return as_error(
            status, message, problems, str(UUID(int=chance.getrandbits(128), version=4))
        )

    @app.before_request
    def guard() -> None:
        check_origin(is_open=is_open)

    @app.errorhandler(Refused)
    def refuse(error: Refused) -> Response:
        return refused(error.status, error.message, error.problems)

    @app.errorhandler(HTTPException)
    def refuse_http(error: HTTPException) -> Response:
        status = error.code or 500
        known = HTTP_MESSAGES.get(status, "{description}")
        told = known.format(method=request.method, path=request.path, description=error.description)
        response = refused(status, told)
        allowed = dict(error.get_headers()).get("Allow")
        if allowed:
            response.headers["Allow"] = allowed
        return response

    api.register(app)
    control.register(app)
    app.wsgi_app = with_prefix(app.wsgi_app)  # type: ignore[assignment]  # Flask's documented way
    return app


def as_error(status: int, message: str, problems: Iterable[Problem], id_: str) -> Response:
    """Say no in the vendor's shape."""
    items = [ValidationItem(p.item, str(p), "RequestBody") for p in problems]
    body = ErrorBody(
        status_code=status,
        error=message,
        correlation_id=id_,
        validation=Validation(items, []) if items else None,
    )
    response = wire.answer(body, status)
    response.headers["X-Correlation-Id"] = id_
    return response


def as_problem(status: int, message: str, problems: Iterable[Problem]) -> Response:
    """Say no in our own shape."""
    title = {400: "Bad request", 401: "Unauthorised", 403: "Forbidden", 404: "Not found"}
    body = ProblemBody(
        title=title.get(status, "Refused"), status=status, detail=message, problems=[*problems]
    )
    return wire.answer(body, status, "application/problem+json")


def check_origin(*, is_open: bool) -> None:
    """Keep pages in a browser from driving the mock.

    Raises:
        Forbidden: the request names a host that is not this machine, or comes from another page.
    """
    if not is_open and not LOCAL.fullmatch(request.host):
        raise Forbidden(f"Host '{request.host}' is not this machine; use 127.0.0.1 or localhost.")
    origin = request.headers.get("Origin")
    if origin and urlsplit(origin).netloc != request.host:
        raise Forbidden(f"Pages of '{origin}' may not use this server.")


def with_prefix(inner: WSGIApplication) -> WSGIApplication:
    """Take `/sandbox/{name}` off the path, and remember the name."""

    def prefixed(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        found = NAMED.fullmatch(environ.get("PATH_INFO", ""))
        if found:
            environ[wire.PREFIXED] = found[1]
            environ["SCRIPT_NAME"] = f"{environ.get('SCRIPT_NAME', '')}/sandbox/{found[1]}"
            environ["PATH_INFO"] = found[2]
        return inner(environ, start_response)

    return prefixed
