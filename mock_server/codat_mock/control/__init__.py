"""The control API under `/_mock/`: what a test needs and the vendor does not offer."""

from __future__ import annotations

from flask import Blueprint, Flask

from codat_mock import wire
from codat_mock.control import alerts, clock, documents, faults, judgement, outcomes, state

PREFIX = wire.CONTROL


def register(app: Flask) -> None:
    """Serve the control API."""
    whole = Blueprint("control", __name__, url_prefix=PREFIX)
    for module in (state, clock, judgement, outcomes, faults, alerts, documents):
        whole.register_blueprint(module.blueprint)
    app.register_blueprint(whole)
