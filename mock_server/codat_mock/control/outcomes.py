"""How coming datasets and syncs end."""

from __future__ import annotations

from flask import Blueprint, Response

from codat_mock import wire
from codat_mock.control import who
from codat_mock.records.outcomes import PlannedOutcome

blueprint = Blueprint("outcomes", __name__)


@blueprint.post("/outcomes")
def plan() -> Response:
    """Plan how coming datasets or syncs end."""
    here = who.sandbox()
    return wire.answer(here.trouble.plan_outcome(wire.body(PlannedOutcome)))


@blueprint.get("/outcomes")
def planned() -> Response:
    """The outcomes that are still to come."""
    return wire.answer(who.sandbox().trouble.outcomes())


@blueprint.delete("/outcomes")
def clear() -> Response:
    """Let everything go its own way again."""
    return wire.answer(who.sandbox().trouble.clear_outcomes())
