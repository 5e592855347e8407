"""The document of the API, and the page of what is known of it."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, render_template, request

from codat_mock.http import request_context
from codat_mock.http.control import document as control_document
from codat_mock.http.limits import limits
from codat_mock.http.openapi import document

blueprint = Blueprint("documents", __name__)


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """The OpenAPI document of the vendor's API."""
    return request_context.answer(document(request.script_root))


@blueprint.get("/control-openapi.json")
def control_openapi() -> Response:
    """The OpenAPI document of the control API."""
    return request_context.answer(control_document.document(current_app, request.script_root))


@blueprint.get("/limits")
def show_limits() -> Response:
    """What is known of the real service, and what is assumed, as JSON or as a page."""
    content_type = request.accept_mimetypes.best_match(["application/json", "text/html"])
    if content_type == "text/html":
        return Response(render_template("limits.html", limits=limits()))
    return request_context.answer(limits())
