"""A company's connections."""

from __future__ import annotations

from flask import Blueprint, Response

from codat_mock import wire
from codat_mock.records.companies import ConnectionUpdate

blueprint = Blueprint("connections", __name__)


@blueprint.post("/meta/companies/<company_id>/connections")
def add(company_id: str) -> Response:
    """Add a connection, by the integration's key or id as a JSON string."""
    here = wire.sandbox()
    return wire.answer(here.connect(company_id, wire.body(str)))


@blueprint.patch("/meta/companies/<company_id>/connections/<connection_id>")
def update(company_id: str, connection_id: str) -> Response:
    """Change a connection's status."""
    here = wire.sandbox()
    wanted = wire.body(ConnectionUpdate)
    return wire.answer(here.update_connection(company_id, connection_id, wanted.status))
