"""The entry page: sandboxes, companies, and the first steps with this server's address."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Response, request

from codat_mock.http import request_context
from codat_mock.http.portal import developer_page
from codat_mock.models.errors import NotFound
from codat_mock.sandbox import companies

blueprint = Blueprint("portal_overview", __name__)

EXAMPLE_KEY: Final = "my-test-key"


@blueprint.get("/")
def root() -> Response:
    """The entry page for browsers; anything else asks for an operation.

    Raises:
        NotFound: it is not a browser that asks.
    """
    if request.accept_mimetypes.best_match(["application/json", "text/html"]) != "text/html":
        raise NotFound("There is no operation GET /. The pages are at /portal.")
    return show()


@blueprint.get("/portal")
@blueprint.get("/portal/")
def show() -> Response:
    """The sandboxes with their companies, and the first steps."""
    registry = request_context.registry()
    chosen = request_context.chosen_name()
    found: dict[str, Any] = {}
    for name in [chosen] if chosen else registry.names():
        with registry.session(name) as session:
            found[name] = {
                "label": developer_page.label(name),
                "companies": companies.all_companies(session),
                **developer_page.bar_of(session, name),
            }
    known = registry.settings.api_keys
    return developer_page.render(
        "overview.html",
        sandboxes=found,
        address=request.host_url.rstrip("/"),
        key=known[0] if known else EXAMPLE_KEY,
        token=developer_page.token(),
        pulse="-".join(each["pulse"] for each in found.values()),
    )
