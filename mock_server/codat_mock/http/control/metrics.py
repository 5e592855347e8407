"""The server's metrics, in the text format of Prometheus."""

from __future__ import annotations

from flask import Blueprint, Response, current_app

import codat_mock
from codat_mock.http import request_context
from codat_mock.http.middleware_metrics import METRICS

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
def metrics() -> Response:
    """The metrics of the whole server; no sandbox is needed or made."""
    from prometheus_client import CollectorRegistry, Gauge, ProcessCollector, generate_latest
    from prometheus_client.exposition import CONTENT_TYPE_LATEST

    collected = CollectorRegistry()
    collected.register(current_app.config[METRICS])
    ProcessCollector(registry=collected)
    build = Gauge("codat_mock_build_info", "The version.", ["version"], registry=collected)
    build.labels(codat_mock.__version__).set(1)
    registry = request_context.registry()
    sandboxes = Gauge("codat_mock_sandboxes", "Sandboxes there are.", registry=collected)
    sandboxes.set(len(registry.names()))
    errors = Gauge("codat_mock_internal_errors", "Faults of the mock itself.", registry=collected)
    errors.set(len(registry.failures.all()))
    return Response(generate_latest(collected), content_type=CONTENT_TYPE_LATEST)
