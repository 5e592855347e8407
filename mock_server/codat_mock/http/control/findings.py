"""Findings, the rulebook, and what is chosen about rules."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response
from msgspec import Struct

from codat_mock.http import request_context
from codat_mock.http.control import resolve_sandbox
from codat_mock.rules import rulebook
from codat_mock.rules.registry import describe
from codat_mock.sandbox.evaluation import Probe

blueprint = Blueprint("judgement", __name__)


class RuleSettingsRequest(Struct, forbid_unknown_fields=True):
    """What is to be chosen about rules, by code."""

    rules: dict[str, Any]


@blueprint.get("/findings")
def findings() -> Response:
    """What the rules found."""
    return request_context.answer(resolve_sandbox.sandbox().findings())


@blueprint.get("/rules")
def rules() -> Response:
    """The rulebook."""
    return request_context.answer({"rules": [describe(rule) for rule in rulebook()]})


@blueprint.put("/rules")
def choose() -> Response:
    """Choose which rules judge, how severely and by which thresholds."""
    return request_context.answer(
        resolve_sandbox.sandbox().choose_rules(request_context.body(RuleSettingsRequest).rules)
    )


@blueprint.get("/rules/chosen")
def chosen() -> Response:
    """What is chosen about rules."""
    return request_context.answer(resolve_sandbox.sandbox().chosen_rules())


@blueprint.post("/decoupling")
def probe() -> Response:
    """Judge what a decoupling probe has measured."""
    return request_context.answer(
        {"findings": resolve_sandbox.sandbox().take_probe(request_context.body(Probe))}
    )
