"""The vendor's API: one file a resource, each endpoint parse, one verb, render."""

from __future__ import annotations

from flask import Flask

from codat_mock.api import companies, configuration, connections, datasets, pushes, syncs


def register(app: Flask) -> None:
    """Serve the API."""
    for module in (companies, connections, configuration, pushes, datasets, syncs):
        app.register_blueprint(module.blueprint)
