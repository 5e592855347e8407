"""The pages: a merchant's (authorising a platform, the Sync Flow), and of alerts. No script."""

from __future__ import annotations

from typing import Final

from flask import Flask, Response, render_template, request

from codat_mock.http import request_context
from codat_mock.http.portal import alerts, flow, link

SWAGGER: Final = "/swagger"

# No answer with HTML runs a script but Swagger UI, which has one in its page, or is framed.
POLICY: Final = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src data:; form-action 'none';"
    " base-uri 'none'; frame-ancestors 'none'"
)
SWAGGER_POLICY: Final = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'"
)
HTML_HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
HEADERS: Final = {
    # A redirect after the last form leads to the shop's own page, hence any target for forms.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:;"
    " form-action http: https:; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    # Not "no-referrer", with which browsers hide where a form comes from: see check_origin.
    "Referrer-Policy": "same-origin",
}


def register(app: Flask) -> None:
    """Serve the pages."""
    for module in (link, flow, alerts):
        app.register_blueprint(module.blueprint)

    @app.after_request
    def protect(response: Response) -> Response:
        if response.mimetype == "text/html":
            response.headers.update(HTML_HEADERS)
            if request.path.startswith(SWAGGER):
                response.headers["Content-Security-Policy"] = SWAGGER_POLICY
        if request.path.startswith(request_context.PAGES):
            response.headers.update(HEADERS)
        return response


def refusal(status: int, message: str) -> Response:
    """An error answer as a page."""
    return Response(render_template("refusal.html", message=message), status)
