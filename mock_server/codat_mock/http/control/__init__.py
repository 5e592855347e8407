"""The control API under `/_mock/`: what a test needs and the vendor does not offer."""

from __future__ import annotations

from flask import Blueprint, Flask

from codat_mock.http import request_context
from codat_mock.http.control import (
    admin,
    alerts,
    books,
    clock,
    faults,
    findings,
    merchant_records,
    meta,
    metrics,
    outcomes,
    reports,
    requests,
    snapshots,
)

PREFIX = request_context.CONTROL


def register(app: Flask) -> None:
    """Serve the control API."""
    whole = Blueprint("control", __name__, url_prefix=PREFIX)
    modules = (
        admin, clock, findings, reports, requests, books, merchant_records, outcomes, faults,
        alerts, meta, metrics, snapshots,
    )  # fmt: skip
    for module in modules:
        whole.register_blueprint(module.blueprint)
    app.register_blueprint(whole)
