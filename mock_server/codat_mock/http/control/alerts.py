"""Alerts: their rules, the log of every delivery, and resending."""

from __future__ import annotations

from flask import Blueprint, Response

from codat_mock.http import request_context
from codat_mock.http.control import resolve_sandbox
from codat_mock.models.alerts import AlertRule
from codat_mock.sandbox import webhooks

blueprint = Blueprint("alerts", __name__)


@blueprint.post("/alerts/rules")
def add_rule() -> Response:
    """Add a rule, which asks for alerts."""
    rule = request_context.body(AlertRule)
    with resolve_sandbox.session() as session:
        found = webhooks.add_rules(session, [rule])
    return request_context.answer(found)


@blueprint.get("/alerts/rules")
def rules() -> Response:
    """All rules."""
    with resolve_sandbox.session() as session:
        found = webhooks.rules(session)
    return request_context.answer(found)


@blueprint.put("/alerts/rules/<rule_id>")
def change_rule(rule_id: str) -> Response:
    """Change a rule, such as its secrets."""
    rule = request_context.body(AlertRule)
    with resolve_sandbox.session() as session:
        found = webhooks.change_rule(session, rule_id, rule)
    return request_context.answer(found)


@blueprint.delete("/alerts/rules/<rule_id>")
def remove_rule(rule_id: str) -> Response:
    """Delete a rule."""
    with resolve_sandbox.session() as session:
        left = webhooks.remove_rule(session, rule_id)
    return request_context.answer(left)


@blueprint.delete("/alerts/rules")
def clear_rules() -> Response:
    """Delete all rules."""
    with resolve_sandbox.session() as session:
        left = webhooks.clear_rules(session)
    return request_context.answer(left)


@blueprint.get("/alerts")
def alerts() -> Response:
    """All alerts, with every attempt to deliver them."""
    with resolve_sandbox.session() as session:
        found = webhooks.alerts(session)
    return request_context.answer(found)


@blueprint.post("/alerts/<alert_id>/resend")
def resend(alert_id: str) -> Response:
    """Send an alert once more."""
    with resolve_sandbox.session() as session:
        found = webhooks.resend(session, alert_id)
    return request_context.answer(found)
