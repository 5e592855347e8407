"""Findings and the rulebook."""

from __future__ import annotations

from flask import Blueprint, Response

from codat_mock import wire
from codat_mock.control import who
from codat_mock.rules import rulebook
from codat_mock.rules.registry import told

blueprint = Blueprint("judgement", __name__)


@blueprint.get("/findings")
def findings() -> Response:
    """What the rules found."""
    return wire.answer(who.sandbox().findings())


@blueprint.get("/rules")
def rules() -> Response:
    """The rulebook."""
    return wire.answer({"rules": [told(rule) for rule in rulebook()]})
