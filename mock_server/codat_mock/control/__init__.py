"""The control API under `/_mock/`: what a test needs and the vendor does not offer."""

from __future__ import annotations

from flask import Blueprint, Flask

from codat_mock import wire
from codat_mock.control import (
    alerts,
    books,
    clock,
    documents,
    faults,
    judgement,
    merchant_records,
    outcomes,
    reports,
    requests,
    state,
)

PREFIX = wire.CONTROL


def register(app: Flask) -> None:
    """Serve the control API."""
    whole = Blueprint("control", __name__, url_prefix=PREFIX)
    faces = (
        state, clock, judgement, reports, requests, books, merchant_records, outcomes, faults,
        alerts, documents,
    )  # fmt: skip
    for module in faces:
        whole.register_blueprint(module.blueprint)
    app.register_blueprint(whole)
