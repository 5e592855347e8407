"""Findings, the rulebook, and what is chosen about rules."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response
from msgspec import Struct

from codat_mock import wire
from codat_mock.control import who
from codat_mock.rules import rulebook
from codat_mock.rules.registry import told
from codat_mock.sandbox.verdicts import Probe

blueprint = Blueprint("judgement", __name__)


class WantedRules(Struct, forbid_unknown_fields=True):
    """What is to be chosen about rules, by code."""

    rules: dict[str, Any]


@blueprint.get("/findings")
def findings() -> Response:
    """What the rules found."""
    return wire.answer(who.sandbox().findings())


@blueprint.get("/rules")
def rules() -> Response:
    """The rulebook."""
    return wire.answer({"rules": [told(rule) for rule in rulebook()]})


@blueprint.put("/rules")
def choose() -> Response:
    """Choose which rules judge, how severely and by which thresholds."""
    return wire.answer(who.sandbox().choose_rules(wire.body(WantedRules).rules))


@blueprint.get("/rules/chosen")
def chosen() -> Response:
    """What is chosen about rules."""
    return wire.answer(who.sandbox().chosen_rules())


@blueprint.post("/decoupling")
def probe() -> Response:
    """Judge what a decoupling probe has measured."""
    return wire.answer({"findings": who.sandbox().take_probe(wire.body(Probe))})
