"""The pages: a merchant's (authorising a platform, the Sync Flow), and of alerts. No script."""

from __future__ import annotations

from typing import Final

from flask import Flask, Response, render_template, request

from codat_mock.http import request_context
from codat_mock.http.portal import alerts, flow, link

HEADERS: Final = {
    # A redirect after the last form leads to the shop's own page, hence any target for forms.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:;"
    " form-action http: https:; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    # Not "no-referrer", with which browsers hide where a form comes from: see check_origin.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def register(app: Flask) -> None:
    """Serve the pages."""
    for module in (link, flow, alerts):
        app.register_blueprint(module.blueprint)

    @app.after_request
    def protect(response: Response) -> Response:
        if request.path.startswith(request_context.PAGES):
            response.headers.update(HEADERS)
        return response


def refusal(status: int, message: str) -> Response:
    """Say no on a page."""
    return Response(render_template("refusal.html", message=message), status)
