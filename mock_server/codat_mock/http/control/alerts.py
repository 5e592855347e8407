"""Alerts: the rules that ask for them, the log of every try, and once more."""

from __future__ import annotations

from flask import Blueprint, Response

from codat_mock.http import request_context
from codat_mock.http.control import resolve_sandbox
from codat_mock.models.alerts import AlertRule

blueprint = Blueprint("alerts", __name__)


@blueprint.post("/alerts/rules")
def add_rule() -> Response:
    """Ask for alerts."""
    here = resolve_sandbox.sandbox()
    return request_context.answer(here.alerts.add_rules([request_context.body(AlertRule)]))


@blueprint.get("/alerts/rules")
def rules() -> Response:
    """All rules."""
    return request_context.answer(resolve_sandbox.sandbox().alerts.rules())


@blueprint.put("/alerts/rules/<rule_id>")
def change_rule(rule_id: str) -> Response:
    """Change a rule, such as its secrets."""
    here = resolve_sandbox.sandbox()
    return request_context.answer(here.alerts.change_rule(rule_id, request_context.body(AlertRule)))


@blueprint.delete("/alerts/rules/<rule_id>")
def remove_rule(rule_id: str) -> Response:
    """Forget a rule."""
    return request_context.answer(resolve_sandbox.sandbox().alerts.remove_rule(rule_id))


@blueprint.delete("/alerts/rules")
def clear_rules() -> Response:
    """Forget all rules."""
    return request_context.answer(resolve_sandbox.sandbox().alerts.clear_rules())


@blueprint.get("/alerts")
def alerts() -> Response:
    """All alerts, with every try to deliver them."""
    return request_context.answer(resolve_sandbox.sandbox().alerts.alerts())


@blueprint.post("/alerts/<alert_id>/resend")
def resend(alert_id: str) -> Response:
    """Deliver an alert once more."""
    return request_context.answer(resolve_sandbox.sandbox().alerts.resend(alert_id))
