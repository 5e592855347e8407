"""What the pages of the developer's portal share: the sandbox, the bar at the top, the token."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import wraps
from secrets import token_urlsafe
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from flask import Response, current_app, render_template, request

from codat_mock.clock import format_moment
from codat_mock.http import request_context
from codat_mock.models.errors import Forbidden
from codat_mock.sandbox import clock_control, companies, evaluation
from codat_mock.sandbox.session import Session

TOKEN: Final = "codat_mock.portal_token"  # noqa: S105  (the app's setting that holds it)

POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src data:; script-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

Arguments = ParamSpec("Arguments")
Content = TypeVar("Content", bound="dict[str, Any]")


def sandbox_name() -> str | None:
    """The sandbox that the URL names, or the only one; None where it is not clear."""
    return request_context.chosen_name() or request_context.sole_name()


def label(name: str) -> str:
    """The name of a sandbox as its owner knows it: a test's name, or the start of the API key."""
    return request_context.registry().labels.get(name, name)


def page(
    template: str,
) -> Callable[
    [Callable[Concatenate[Session, Arguments], dict[str, Any]]], Callable[Arguments, Response]
]:
    """A page of one sandbox: the function gives what its template shows.

    Where it is not clear which sandbox, the page lists the sandboxes.
    """

    def decorate(
        content_of: Callable[Concatenate[Session, Arguments], dict[str, Any]],
    ) -> Callable[Arguments, Response]:
        @wraps(content_of)
        def show(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Response:
            name = sandbox_name()
            if name is None:
                return choice()
            with request_context.registry().session(name) as session:
                content = content_of(session, *args, **kwargs)
                content |= bar_of(session, name)
            return render(template, **content)

        return show

    return decorate


def render(template: str, **content: Any) -> Response:
    """A page of the portal, which may run the portal's own script."""
    text = render_template(f"portal/{template}", **content)
    return Response(text, headers={"Content-Security-Policy": POLICY})


def bar_of(session: Session, name: str) -> dict[str, Any]:
    """What the bar at the top shows: the sandbox, its clock and companies, and the findings."""
    severities = Counter(finding.severity for finding in evaluation.findings(session).findings)
    return {
        "sandbox": name,
        "label": label(name),
        "clock": clock_control.read(session),
        "severities": severities,
        "companies": companies.all_companies(session),
        "token": token(),
        "pulse": pulse_of(session),
    }


def pulse_of(session: Session) -> str:
    """A text that changes whenever a page has something new to show."""
    numbers = (
        session.tables.row.requests,
        session.tables.row.minted,
        session.tables.findings.count(),
    )
    is_processing = any(
        session.tables.datasets.unfinished(row.number, session.now)
        for row in session.tables.companies.all()
    )
    # The progress of datasets changes every second, and the clock's minute is enough otherwise.
    moment = format_moment(session.now)[: 19 if is_processing else 16]
    return "-".join(map(str, (*numbers, moment)))


def choice(path: str | None = None) -> Response:
    """The sandboxes, each leading to its own page."""
    registry = request_context.registry()
    found = {}
    for name in registry.names():
        with registry.session(name) as session:
            found[name] = companies.all_companies(session)
    return render("sandboxes.html", sandboxes=found, page=path or request.path, label_of=label)


def token() -> str:
    """The token that every form of the portal carries; another page cannot know it."""
    made: str = current_app.config.setdefault(TOKEN, token_urlsafe(16))
    return made


def check_token() -> None:
    """Make sure that a form is one of the portal's own.

    Raises:
        Forbidden: it carries no token, or one of before the server's start.
    """
    if not request_context.is_equal(request.form.get("token", ""), token()):
        raise Forbidden("This form is of before the server's start. Load the page again.")
