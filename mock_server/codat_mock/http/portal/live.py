"""Tells an open page that there is something new, by server-sent events.

Each answer holds one event and ends: the browser asks again after two seconds, and no thread of
the server waits meanwhile.
"""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response

from codat_mock.http import request_context
from codat_mock.http.portal import developer_page

blueprint = Blueprint("portal_live", __name__)

RETRY_MILLISECONDS: Final = 2000


@blueprint.get("/portal/live")
def show() -> Response:
    """The pulse of the sandbox: a text that changes with what its pages show."""
    registry = request_context.registry()
    chosen = developer_page.sandbox_name()
    pulses = []
    for name in [chosen] if chosen else registry.names():
        with registry.session(name) as session:
            pulses.append(developer_page.pulse_of(session))
    content = f"retry: {RETRY_MILLISECONDS}\ndata: {'-'.join(pulses)}\n\n"
    return Response(content, content_type="text/event-stream; charset=utf-8")
