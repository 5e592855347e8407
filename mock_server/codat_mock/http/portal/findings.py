"""The findings of a sandbox, by rule, each with its requests."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import Blueprint

from codat_mock.http.portal import developer_page
from codat_mock.models.errors import NotFound
from codat_mock.reports import verdict, wording
from codat_mock.reports.collect import in_order
from codat_mock.reports.run import Run
from codat_mock.rules import rulebook
from codat_mock.rules.registry import describe
from codat_mock.sandbox import evaluation
from codat_mock.sandbox.session import Session

blueprint = Blueprint("portal_findings", __name__)


@blueprint.get("/portal/findings")
@developer_page.page("findings.html")
def show(session: Session) -> dict[str, Any]:
    """The broken rules first, then which rules were exercised, and which were not."""
    judgement = in_order(evaluation.findings(session))
    rules = {rule.code: describe(rule) for rule in rulebook()}
    run = Run(now="", judgement=judgement, rules=[*rules.values()], companies=[], failures=[])
    return {
        "run": run,
        "verdict": verdict,
        "wording": wording,
        "rules": rules,
        "groups": [
            (rules.get(code), [*found])
            for code, found in groupby(judgement.findings, lambda each: each.code)
        ],
    }


@blueprint.get("/portal/rules/<code>")
@developer_page.page("rule.html")
def show_rule(session: Session, code: str) -> dict[str, Any]:
    """One rule, and whether it is kept here.

    Raises:
        NotFound: there is no such rule.
    """
    rule = next((rule for rule in rulebook() if rule.code == code), None)
    if rule is None:
        raise NotFound(f"There is no rule '{code}'.")
    judgement = evaluation.findings(session)
    return {
        "rule": describe(rule),
        "found": sum(finding.code == code for finding in judgement.findings),
        "is_exercised": code in judgement.exercised,
    }
