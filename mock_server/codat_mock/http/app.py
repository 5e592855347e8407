"""The WSGI application: the API, the control API and the pages, and their error answers."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from copy import copy
from functools import cache, lru_cache, partial
from random import Random
from typing import Any, Final, cast
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Request, Response
from flask.sessions import NullSession, SessionInterface, SessionMixin
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.routing import Map, MapAdapter, Rule

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
from codat_mock.http.access import ACCESS, Access, check
from codat_mock.http.error_bodies import error_body, problem_body
from codat_mock.http.served_request import CARRIED_OUT, ServedRequest, served_request
from codat_mock.models.errors import ApiError, Problem
from codat_mock.sandbox import SandboxRegistry
from codat_mock.storage import StorageError, storage_error

logger = logging.getLogger("codat_mock")
NO_SESSION: Final = NullSession()
NAMED: Final = re.compile(r"/sandbox/([^/\x00-\x1f\x7f]+)(/.*)")
GUID: Final = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
KNOWN_PATHS: Final = 1000
LONG_PATH: Final = 200  # characters; no path of an operation is longer
HTTP_MESSAGES: Final = {
    404: "There is no operation {method} {path}.",
    405: "{path} does not take {method}.",
    413: "The body is larger than this server takes; push fewer records at a time.",
    500: "codat-mock failed: a fault of the mock, not of the request. GET /_mock/health"
    " has a report on it.",
}


class NoSessions(SessionInterface):
    """No cookies of Flask's own."""

    def open_session(self, app: Flask, request: Request) -> SessionMixin:  # noqa: ARG002
        """The one session of nobody."""
        return NO_SESSION

    def is_null_session(self, obj: object) -> bool:
        """Whether it is none: always."""
        return obj is NO_SESSION


class Route(Rule):
    """A rule that learns to build its URLs when it is first asked for one.

    Few are ever asked, and learning takes nine tenths of the time in which the application is made.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        learn = cache(partial(super()._compile_builder, append_unknown))

        def build(rule: Rule, **values: Any) -> tuple[str, str]:
            return learn()(rule, **values)

        return build


class Adapter(MapAdapter):
    """Finds the route of a request.

    Args:
        routes: of the application.
        environ: of the request.
    """

    def __init__(self, routes: Map, environ: WSGIEnvironment) -> None:
        path, prefix = (
            environ.get(name, "").encode("latin-1").decode(errors="replace")
            for name in ("PATH_INFO", "SCRIPT_NAME")
        )
        super().__init__(
            routes,
            environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}",
            prefix,
            "",
            environ["wsgi.url_scheme"],
            path,
            environ["REQUEST_METHOD"],
            environ.get("QUERY_STRING", ""),
        )

    def match(self, *arguments: Any, **options: Any) -> Any:
        """The route, and what the path names: those of a path are known from its last request."""
        if not arguments and options == {"return_rule": True} and len(self.path_info) <= LONG_PATH:
            with suppress(HTTPException):  # a redirect, which needs the host
                rule, named = route_of(self.map, self.path_info, self.default_method)
                return rule, {**named}
        return super().match(*arguments, **options)


@lru_cache(maxsize=KNOWN_PATHS)
def route_of(routes: Map, path: str, method: str) -> tuple[Rule, Mapping[str, Any]]:
    """The route of a request, and what its path names.

    Args:
        routes: of the application.
        path: the request's.
        method: the request's.

    Raises:
        HTTPException: there is none, or the path is redirected.
    """
    return routes.bind("").match(path, method, return_rule=True)


class Application(Flask):
    """Flask, which logs no exception as it is: its message may hold secrets (see `note_fault`).

    What Flask does for asynchronous functions, signals and sessions is left out: there are none,
    and it takes a fifth of the time of a poll.
    """

    request_class = ServedRequest
    url_rule_class = Route
    session_interface = NoSessions()

    def ensure_sync(self, func: Any) -> Any:
        """The function itself: none here is asynchronous."""
        return func

    def wsgi_app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, which `served_request` gives until its answer is made."""
        context = self.request_context(environ)
        request = cast(ServedRequest, context.request)
        request.app = self
        token = CARRIED_OUT.set(request)
        error: BaseException | None = None
        try:
            try:
                context.push()
                answer = self.full_dispatch_request()
            except Exception as raised:  # noqa: BLE001  (it is answered, or raised again)
                error = raised
                answer = self.handle_exception(raised)
            return answer(environ, start_response)
        except BaseException as raised:
            error = raised
            raise
        finally:
            context.pop(error)
            CARRIED_OUT.reset(token)

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """What finds the operation of a request; None outside of one."""
        return Adapter(self.url_map, request.environ) if request else None

    def full_dispatch_request(self) -> Response:
        """Answer the request, by an error's answer where it fails."""
        try:
            answer = self.preprocess_request()
            if answer is None:
                answer = self.dispatch_request()
        except Exception as error:  # noqa: BLE001  (it has a handler, or is raised again by Flask)
            answer = self.handle_user_exception(error)
        return self.process_response(
            answer if isinstance(answer, Response) else self.make_response(answer)
        )

    def log_exception(self, exc_info: Any) -> None:
        """Leave the log to `note_fault`, and to a `StorageError`, which is the machine's."""


def create_app(registry: SandboxRegistry | None = None, access: Access | None = None) -> Flask:
    """Make the application that serves the sandboxes of a registry.

    It shares its routes and templates with the others of this process: nothing can be added to it.

    Args:
        registry: the sandboxes; None for new ones in memory.
        access: who may use it; None for this machine.
    """
    served = registry or SandboxRegistry()
    app = copy(without_sandboxes(has_rate_limits=served.settings.rate_limits))
    app.config = app.make_config()
    app.config |= {
        request_context.REGISTRY: served,
        request_context.CHANCE: Random(served.settings.seed),  # noqa: S311  (ids, nothing secret)
        middleware_metrics.METRICS: middleware_metrics.Metrics(),
        ACCESS: access or Access(),
        "MAX_CONTENT_LENGTH": served.settings.largest_body,
    }
    app.wsgi_app = with_prefix(app.wsgi_app)  # type: ignore[assignment]  # Flask's documented way
    return app


@cache
def without_sandboxes(*, has_rate_limits: bool) -> Application:
    """What is the same for all registries, and takes nine tenths of the time to make.

    Args:
        has_rate_limits: whether the API refuses more requests than the service takes.
    """
    app = Application("codat_mock", static_url_path="/static")
    app.url_map.merge_slashes = False  # an empty id is not found, rather than redirected
    app.url_value_preprocessor(lower_ids)
    register_error_handlers(app)
    middleware_metrics.register(app)
    app.after_request(correlate)

    app.before_request(check)
    middleware_session.register(app)
    middleware_log.register(app)
    app.before_request(middleware_session.authenticate)  # once the request has its number
    if has_rate_limits:
        middleware_rate_limits.register(app)
    middleware_faults.register(app)
    app.before_request(request_context.check_body_depth)
    for part in (api, control, portal):
        part.register(app)
    for pages in swagger.blueprints():
        app.register_blueprint(pages)
    return app


def lower_ids(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Write the ids of a path in lower case: a GUID is the same in capitals."""
    for name, value in (values or {}).items():
        if isinstance(value, str) and GUID.fullmatch(value):
            cast(dict[str, Any], values)[name] = value.lower()


def correlate(response: Response) -> Response:
    """Give the answer its correlation id."""
    response.headers.add(request_context.CORRELATION, request_context.correlation_id())
    return response


def register_error_handlers(app: Flask) -> None:
    """Answer errors in the vendor's shape, in ours under `/_mock/`, or as a page."""

    @app.errorhandler(ApiError)
    def answer_api_error(error: ApiError) -> Response:
        request_context.roll_back()
        return refused(error.status, error.message, error.problems, error.validator)

    @app.errorhandler(StorageError)
    def answer_storage_error(error: StorageError) -> Response:
        request = served_request()
        logger.warning("%s %s: %s", request.method, request.path, error.message)
        request_context.abort(error)
        middleware_log.skip()
        response = refused(
            503 if error.is_passing else 500, f"{error.message[0].upper()}{error.message[1:]}."
        )
        if error.is_passing:
            response.headers["Retry-After"] = request_context.RETRY_AFTER_SECONDS
        return response

    @app.errorhandler(HTTPException)
    def answer_http_error(error: HTTPException) -> Response:
        request = served_request()
        status = error.code or 500
        original = error.original_exception if isinstance(error, InternalServerError) else None
        if cause := storage_error(original):
            return answer_storage_error(cause)
        if original:
            request_context.abort(original)
            note_fault(original)
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


def note_fault(error: BaseException) -> None:
    """Note and log a fault of the mock in the request that is carried out."""
    request = served_request()
    operation = f" ({request.operation})" if request.operation else ""
    where = f"{request.method} {request.path}{operation}"
    fault = request_context.registry().failures.note(where, error, request_context.secrets())
    logger.error("%s\n%s", HTTP_MESSAGES[500], fault.report)


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
    path = served_request().path
    if path.startswith(request_context.PAGES):
        return portal.refusal(status, message)
    if path.startswith(control.PREFIX):
        body = problem_body(status, message, problems)
        return request_context.answer(body, status, "application/problem+json")
    correlation_id = request_context.correlation_id()
    return request_context.answer(
        error_body(status, message, correlation_id, problems, validator), status
    )


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
