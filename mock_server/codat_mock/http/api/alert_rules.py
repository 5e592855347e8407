"""Rules that send alerts, as the vendor's own API has them."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response

from codat_mock.http import request_context
from codat_mock.http.api import examples
from codat_mock.http.operations import serve
from codat_mock.http.pagination import PAGING, page
from codat_mock.models.alerts import VendorRule, VendorRuleRequest
from codat_mock.models.pages import VendorRules
from codat_mock.sandbox import webhooks

blueprint = Blueprint("alert_rules", __name__)

GROUP: Final = "Alerts"
ASSUMED: Final = (
    "Its answer's shape; webhooks lead to this machine or to an --alert-host only; no mail is sent."
)


@serve(
    blueprint, "GET", "/rules", name="list-rules", group=GROUP, section="contract 2 §F",
    answers=VendorRules, shows=examples.RULES, query=PAGING, assumed=ASSUMED,
)  # fmt: skip
def index() -> Response:
    """List the alert rules."""
    session = request_context.session()
    found = webhooks.vendor_rules(session)
    return request_context.answer(page(VendorRules, VendorRule, found))


@serve(
    blueprint, "POST", "/rules", name="create-rule", group=GROUP, section="contract 2 §F",
    answers=VendorRule, shows=examples.RULE, takes=VendorRuleRequest, sent=examples.NEW_RULE,
    refusals=(404,), assumed=ASSUMED,
)  # fmt: skip
def create() -> Response:
    """Create an alert rule."""
    asked = request_context.body(VendorRuleRequest)
    session = request_context.session()
    return request_context.answer(webhooks.save_vendor_rule(session, asked))


@serve(
    blueprint, "PUT", "/rules/{ruleId}", name="update-rule", group=GROUP, section="contract 2 §F",
    answers=VendorRule, shows=examples.RULE, takes=VendorRuleRequest, sent=examples.NEW_RULE,
    assumed=ASSUMED,
)  # fmt: skip
def update(rule_id: str) -> Response:
    """Change an alert rule."""
    asked = request_context.body(VendorRuleRequest)
    session = request_context.session()
    return request_context.answer(webhooks.save_vendor_rule(session, asked, rule_id))
