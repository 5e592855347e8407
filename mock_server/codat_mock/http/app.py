"""The WSGI application: the API, the control API and the pages, and their error answers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from random import Random
from typing import Any, Final, cast
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Response, request
from werkzeug import Request
from werkzeug.exceptions import HTTPException, InternalServerError

from codat_mock.http import (
    api,
    control,
    middleware_faults,
    middleware_log,
    middleware_metrics,
    middleware_rate_limits,
    middleware_session,
    portal,
    request_context,
    swagger,
)
from codat_mock.http.error_bodies import error_body, problem_body
from codat_mock.models.errors import ApiError, Forbidden, Problem
from codat_mock.sandbox import SandboxRegistry
from codat_mock.storage import StorageError, storage_error

NAMED: Final = re.compile(r"/sandbox/([^/]+)(/.*)")
LOCAL: Final = re.compile(r"(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?", re.IGNORECASE)
GUID: Final = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
RETRY_AFTER_SECONDS: Final = "5"
HTTP_MESSAGES: Final = {
    404: "There is no operation {method} {path}.",
    405: "{path} does not take {method}.",
    413: "The body is larger than this server takes; push fewer records at a time.",
    500: "codat-mock failed: a fault of the mock, not of the request. Its log says more.",
}


def create_app(registry: SandboxRegistry | None = None, *, is_open: bool = False) -> Flask:
    """Make the application that serves the sandboxes of a registry.

    Args:
        registry: the sandboxes; None for new ones in memory.
        is_open: whether requests may name any host, for a server bound beyond loopback.
    """
    app = Flask("codat_mock", static_url_path="/static")
    served = registry or SandboxRegistry()
    app.config[request_context.REGISTRY] = served
    app.config["MAX_CONTENT_LENGTH"] = served.settings.largest_body
    app.url_map.merge_slashes = False  # an empty id is not found, rather than redirected
    app.url_value_preprocessor(lower_ids)
    register_error_handlers(app)
    middleware_metrics.register(app)
    correlate(app, served.settings.seed)

    @app.before_request
    def guard() -> None:
        check_origin(is_open=is_open)

    middleware_session.register(app)
    middleware_log.register(app)
    app.before_request(middleware_session.authenticate)  # once the request has its number
    if served.settings.rate_limits:
        middleware_rate_limits.register(app)
    middleware_faults.register(app)
    for part in (api, control, portal):
        part.register(app)
    app.register_blueprint(swagger.blueprint())
    app.wsgi_app = with_prefix(app.wsgi_app)  # type: ignore[assignment]  # Flask's documented way
    return app


def lower_ids(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Write the ids of a path in lower case: a GUID is the same in capitals."""
    for name, value in (values or {}).items():
        if isinstance(value, str) and GUID.fullmatch(value):
            cast(dict[str, Any], values)[name] = value.lower()


def correlate(app: Flask, seed: int) -> None:
    """Give every answer its correlation id."""
    app.config[request_context.CHANCE] = Random(seed)  # noqa: S311  (ids of answers, nothing secret)

    @app.after_request
    def add_header(response: Response) -> Response:
        response.headers[request_context.CORRELATION] = request_context.correlation_id()
        return response


def register_error_handlers(app: Flask) -> None:
    """Answer errors in the vendor's shape, in ours under `/_mock/`, or as a page."""

    @app.errorhandler(ApiError)
    def answer_api_error(error: ApiError) -> Response:
        request_context.roll_back()
        return refused(error.status, error.message, error.problems, error.validator)

    @app.errorhandler(StorageError)
    def answer_storage_error(error: StorageError) -> Response:
        request_context.abort(error)
        middleware_log.skip()
        response = refused(
            503 if error.is_passing else 500, f"{error.message[0].upper()}{error.message[1:]}."
        )
        if error.is_passing:
            response.headers["Retry-After"] = RETRY_AFTER_SECONDS
        return response

    @app.errorhandler(HTTPException)
    def answer_http_error(error: HTTPException) -> Response:
        status = error.code or 500
        original = error.original_exception if isinstance(error, InternalServerError) else None
        if cause := storage_error(original):
            return answer_storage_error(cause)
        if original:
            request_context.abort(original)
            where = f"{request.method} {request.path}"
            request_context.registry().failures.note(where, original)
        else:
            request_context.roll_back()
        known = HTTP_MESSAGES.get(status, "{description}")
        message = known.format(
            method=request.method, path=request.path, description=error.description
        )
        response = refused(status, message)
        allowed = dict(error.get_headers()).get("Allow")
        if allowed:
            response.headers["Allow"] = allowed
        return response


def refused(
    status: int,
    message: str,
    problems: Iterable[Problem] = (),
    validator: str = "RequestBody",
) -> Response:
    """The error answer of the API, the control API or a page, by the path of the request.

    Args:
        status: the HTTP status.
        message: the text for a person.
        problems: what is wrong, with the place of each.
        validator: the `validatorName` of the problems.
    """
    if request.path.startswith(request_context.PAGES):
        return portal.refusal(status, message)
    if request.path.startswith(control.PREFIX):
        body = problem_body(status, message, problems)
        return request_context.answer(body, status, "application/problem+json")
    correlation_id = request_context.correlation_id()
    return request_context.answer(
        error_body(status, message, correlation_id, problems, validator), status
    )


def check_origin(*, is_open: bool) -> None:
    """Keep pages in a browser from driving the mock.

    Raises:
        Forbidden: the request names a host that is not this machine, or comes from another page.
    """
    if not is_open and not is_local(request):
        raise Forbidden(f"Host '{request.host}' is not this machine; use 127.0.0.1 or localhost.")
    if not is_own_page(request):
        named = request.headers.get("Origin") or request.headers.get("Referer") or "another site"
        raise Forbidden(f"Pages of '{named}' may not use this server.")


def is_local(request: Request) -> bool:
    """Whether the host that a request names is this machine."""
    return LOCAL.fullmatch(request.host) is not None


def is_own_page(request: Request) -> bool:
    """Whether a request comes from no page in a browser, or from one of this server's own.

    A link of another page may lead a person to the pages for people, and to nothing else.
    """
    own = f"{request.scheme}://{request.host}"
    is_link = request.method == "GET" and portal.is_page(request.path)
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        return is_link and request.headers.get("Sec-Fetch-Mode") == "navigate"
    if origin := request.headers.get("Origin"):
        return origin == own
    referrer = request.headers.get("Referer")
    return not referrer or is_link or f"{referrer}/".startswith(f"{own}/")


def with_prefix(inner: WSGIApplication) -> WSGIApplication:
    """Take `/sandbox/{name}` off the path, and remember the name."""

    def prefixed(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        found = NAMED.fullmatch(environ.get("PATH_INFO", ""))
        if found:
            environ[request_context.PREFIXED] = found[1]
            environ["SCRIPT_NAME"] = f"{environ.get('SCRIPT_NAME', '')}/sandbox/{found[1]}"
            environ["PATH_INFO"] = found[2]
        return inner(environ, start_response)

    return prefixed
