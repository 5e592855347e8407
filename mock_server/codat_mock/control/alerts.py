"""Alerts: the rules that ask for them, the log of every try, and once more."""

from __future__ import annotations

from flask import Blueprint, Response

from codat_mock import wire
from codat_mock.control import who
from codat_mock.records.alerts import AlertRule

blueprint = Blueprint("alerts", __name__)


@blueprint.post("/alerts/rules")
def add_rule() -> Response:
    """Ask for alerts."""
    here = who.sandbox()
    return wire.answer(here.alerts.add_rules([wire.body(AlertRule)]))


@blueprint.get("/alerts/rules")
def rules() -> Response:
    """All rules."""
    return wire.answer(who.sandbox().alerts.rules())


@blueprint.put("/alerts/rules/<rule_id>")
def change_rule(rule_id: str) -> Response:
    """Change a rule, such as its secrets."""
    here = who.sandbox()
    return wire.answer(here.alerts.change_rule(rule_id, wire.body(AlertRule)))


@blueprint.delete("/alerts/rules/<rule_id>")
def remove_rule(rule_id: str) -> Response:
    """Forget a rule."""
    return wire.answer(who.sandbox().alerts.remove_rule(rule_id))


@blueprint.delete("/alerts/rules")
def clear_rules() -> Response:
    """Forget all rules."""
    return wire.answer(who.sandbox().alerts.clear_rules())


@blueprint.get("/alerts")
def alerts() -> Response:
    """All alerts, with every try to deliver them."""
    return wire.answer(who.sandbox().alerts.alerts())


@blueprint.post("/alerts/<alert_id>/resend")
def resend(alert_id: str) -> Response:
    """Deliver an alert once more."""
    return wire.answer(who.sandbox().alerts.resend(alert_id))
