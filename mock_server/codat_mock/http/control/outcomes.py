"""How coming datasets and syncs end."""

from __future__ import annotations

from flask import Blueprint, Response

from codat_mock.http import request_context
from codat_mock.http.control import resolve_sandbox
from codat_mock.models.planned_outcomes import PlannedOutcome

blueprint = Blueprint("outcomes", __name__)


@blueprint.post("/outcomes")
def plan() -> Response:
    """Plan how coming datasets or syncs end."""
    here = resolve_sandbox.sandbox()
    return request_context.answer(here.trouble.plan_outcome(request_context.body(PlannedOutcome)))


@blueprint.get("/outcomes")
def planned() -> Response:
    """The outcomes that are still to come."""
    return request_context.answer(resolve_sandbox.sandbox().trouble.outcomes())


@blueprint.delete("/outcomes")
def clear() -> Response:
    """Let everything go its own way again."""
    return request_context.answer(resolve_sandbox.sandbox().trouble.clear_outcomes())
