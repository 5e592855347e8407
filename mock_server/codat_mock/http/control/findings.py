"""Findings, the rulebook, and the settings of rules."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response
from msgspec import Struct

from codat_mock.http import request_context
from codat_mock.http.control import resolve_sandbox
from codat_mock.rules import rulebook
from codat_mock.rules.registry import describe
from codat_mock.sandbox import evaluation
from codat_mock.sandbox.evaluation import Probe

blueprint = Blueprint("findings", __name__)


class RuleSettingsRequest(Struct, forbid_unknown_fields=True):
    """The settings of rules, by code."""

    rules: dict[str, Any]


@blueprint.get("/findings")
def findings() -> Response:
    """What the rules found."""
    with resolve_sandbox.session() as session:
        found = evaluation.findings(session)
    return request_context.answer(found)


@blueprint.get("/rules")
def rules() -> Response:
    """The rulebook."""
    return request_context.answer({"rules": [describe(rule) for rule in rulebook()]})


@blueprint.put("/rules")
def choose() -> Response:
    """Choose which rules judge, how severely and by which thresholds."""
    settings = request_context.body(RuleSettingsRequest).rules
    with resolve_sandbox.session() as session:
        chosen = evaluation.choose(session, settings)
    return request_context.answer(chosen)


@blueprint.get("/rules/chosen")
def chosen() -> Response:
    """The settings of rules that are in force."""
    with resolve_sandbox.session() as session:
        in_force = evaluation.chosen_rules(session)
    return request_context.answer(in_force)


@blueprint.post("/decoupling")
def probe() -> Response:
    """Judge what a decoupling probe has measured."""
    measured = request_context.body(Probe)
    with resolve_sandbox.session() as session:
        found = evaluation.take_probe(session, measured)
    return request_context.answer({"findings": found})
