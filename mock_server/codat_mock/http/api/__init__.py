"""The vendor's API: one file a resource, each endpoint declared, parse, one verb, render."""

from __future__ import annotations

from flask import Flask

from codat_mock.http.api import (
    companies,
    configuration,
    connections,
    datasets,
    flow,
    integrations,
    pushes,
    syncs,
)

# In the order in which an integration meets them, which is the document's.
RESOURCES = (companies, connections, integrations, flow, configuration, pushes, datasets, syncs)


def register(app: Flask) -> None:
    """Serve the API."""
    for module in RESOURCES:
        app.register_blueprint(module.blueprint)
