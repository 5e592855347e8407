"""How coming datasets and syncs end."""

from __future__ import annotations

from flask import Blueprint, Response

from codat_mock.http import request_context
from codat_mock.http.control import resolve_sandbox
from codat_mock.models.planned_outcomes import PlannedOutcome
from codat_mock.sandbox import planned_outcomes

blueprint = Blueprint("outcomes", __name__)


@blueprint.post("/outcomes")
def plan() -> Response:
    """Plan how coming datasets or syncs end."""
    outcome = request_context.body(PlannedOutcome)
    with resolve_sandbox.session() as session:
        planned = planned_outcomes.plan(session, outcome)
    return request_context.answer(planned)


@blueprint.get("/outcomes")
def planned() -> Response:
    """The outcomes that are still to come."""
    with resolve_sandbox.session() as session:
        found = planned_outcomes.planned(session)
    return request_context.answer(found)


@blueprint.delete("/outcomes")
def clear() -> Response:
    """Delete all planned outcomes."""
    with resolve_sandbox.session() as session:
        left = planned_outcomes.clear(session)
    return request_context.answer(left)
