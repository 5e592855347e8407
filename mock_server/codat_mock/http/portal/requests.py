"""The requests of the integration, with their bodies, and what each broke."""

from __future__ import annotations

from shlex import quote
from typing import Any, Final

from flask import Blueprint, Response, request

from codat_mock.domain.redaction import body_without_secrets, readable_without_secrets
from codat_mock.http import request_context
from codat_mock.http.control.requests import matches_wildcards
from codat_mock.http.portal import developer_page
from codat_mock.http.portal.companies import pretty
from codat_mock.models.request_log import LoggedRequest
from codat_mock.sandbox import request_log
from codat_mock.sandbox.session import Session

blueprint = Blueprint("portal_requests", __name__)

ROWS: Final = 100
MAX_BODY_BYTES: Final = 200_000  # of a body are shown


@blueprint.get("/portal/requests")
def show() -> Response:
    """The last requests that match the form."""
    name = developer_page.sandbox_name()
    if name is None:
        return developer_page.choice()
    asked = {
        field: request.args.get(field, "").strip() for field in ("method", "path", "status", "code")
    }

    def is_match(entry: LoggedRequest) -> bool:
        return (
            (not asked["method"] or entry.method == asked["method"].upper())
            and (not asked["path"] or matches_wildcards(entry.path, f"*{asked['path']}*"))
            and (not asked["status"] or str(entry.status).startswith(asked["status"]))
            and (
                not asked["code"]
                or any(each.code == asked["code"].upper() for each in entry.findings)
                or (asked["code"] == "any" and bool(entry.findings))
            )
        )

    found = request_log.find(request_context.registry().sandbox(name), is_match, ROWS)
    with request_context.registry().session(name) as session:
        bar = developer_page.bar_of(session, name)
    return developer_page.render(
        "requests.html", filter=asked, page=found, shown=found.requests[::-1], **bar
    )


@blueprint.get("/portal/requests/<int:number>")
@developer_page.page("request.html")
def show_request(session: Session, number: int) -> dict[str, Any]:
    """One request with its bodies, and as a command of curl."""
    entry, bodies = request_log.get(session, number)
    return {
        "entry": entry,
        "sent": shown_body(bodies.sent),
        "answered": shown_body(bodies.answered),
        "curl": curl(entry, bodies.sent),
    }


def shown_body(body: bytes) -> str:
    """The start of a body without secrets, with indented lines."""
    cleaned = body_without_secrets(body[:MAX_BODY_BYTES])
    is_whole = len(body) <= MAX_BODY_BYTES
    text = pretty(cleaned) if is_whole else cleaned.decode(errors="replace")
    if not is_whole or len(text) > MAX_BODY_BYTES:
        return f"{text[:MAX_BODY_BYTES]}\n… {len(body):,} bytes in all"
    return text


def curl(entry: LoggedRequest, sent: bytes) -> str:
    """The request as a command of curl; the API key is left to whoever runs it."""
    query = f"?{entry.query}" if entry.query else ""
    parts = [
        f"curl -X {entry.method} {quote(request.host_url.rstrip('/') + entry.path + query)}",
        '-H "Authorization: Basic $(printf %s "$CODAT_API_KEY" | base64 -w0)"',
    ]
    if sent:
        parts.append(f"-H {quote('Content-Type: ' + (entry.sent_type or 'application/json'))}")
        text = readable_without_secrets(sent[:MAX_BODY_BYTES])
        parts.append(f"-d {quote(text)}")
    return " \\\n  ".join(parts)
