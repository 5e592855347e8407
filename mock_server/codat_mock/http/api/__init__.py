"""The vendor's API: one file per resource; an endpoint decodes, calls one verb and encodes."""

from __future__ import annotations

from flask import Flask

from codat_mock.http.api import (
    alert_rules,
    companies,
    configuration,
    connections,
    datasets,
    flow,
    integrations,
    partner_data,
    pushes,
    syncs,
)

# In the order of the document.
RESOURCES = (
    companies,
    connections,
    integrations,
    flow,
    configuration,
    pushes,
    partner_data,
    datasets,
    syncs,
    alert_rules,
)


def register(app: Flask) -> None:
    """Serve the API."""
    for module in RESOURCES:
        app.register_blueprint(module.blueprint)
