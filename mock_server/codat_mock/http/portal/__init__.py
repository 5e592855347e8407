"""The pages: a merchant's (authorising a platform, the Sync Flow), and the developer's portal."""

from __future__ import annotations

from typing import Final

from flask import Flask, Response, render_template, request
from markupsafe import Markup, escape

from codat_mock.http.access import is_page
from codat_mock.http.portal import (
    alerts,
    books,
    companies,
    controls,
    findings,
    flow,
    link,
    live,
    overview,
    presentation,
    requests,
    sync_health,
    timeline,
)

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
    # Not "no-referrer", with which browsers hide where a form comes from: see access.
    "Referrer-Policy": "same-origin",
}


def register(app: Flask) -> None:
    """Serve the pages."""
    modules = (
        link, flow, alerts, overview, sync_health, companies, timeline, books, findings, requests,
        controls, live, presentation,
    )  # fmt: skip
    for module in modules:
        app.register_blueprint(module.blueprint)

    app.template_filter("with_code")(with_code)
    app.context_processor(lambda: {"presentation": presentation.shown()})

    @app.after_request
    def protect(response: Response) -> Response:
        is_html, is_ours = response.mimetype == "text/html", is_page(request.path)
        if not (is_html or is_ours):
            return response
        given = response.headers.get("Content-Security-Policy")  # a page with a script has its own
        if is_html:
            response.headers.update(HTML_HEADERS)
            if request.path.startswith(SWAGGER):
                response.headers["Content-Security-Policy"] = SWAGGER_POLICY
        if is_ours:
            response.headers.update(HEADERS)
            if is_html and presentation.shown():
                given = presentation.POLICY
        if given:
            response.headers["Content-Security-Policy"] = given
        return response


def with_code(text: str) -> Markup:
    """A text whose words in backticks are shown as code."""
    parts = [escape(part) for part in text.split("`")]
    parts[1::2] = [Markup("<code>{}</code>").format(part) for part in parts[1::2]]
    return Markup("").join(parts)


def refusal(status: int, message: str) -> Response:
    """An error answer as a page."""
    return Response(render_template("refusal.html", message=message), status)
