"""A company's configuration of Sync for Commerce."""

from __future__ import annotations

from flask import Blueprint, Response

from codat_mock import wire
from codat_mock.records.configuration import Configuration

blueprint = Blueprint("configuration", __name__)


@blueprint.get("/config/companies/<company_id>/sync/commerce")
def show(company_id: str) -> Response:
    """The options and the current configuration."""
    return wire.answer(wire.sandbox().configuration(company_id))


@blueprint.post("/config/companies/<company_id>/sync/commerce")
def store(company_id: str) -> Response:
    """Store a configuration."""
    here = wire.sandbox()
    return wire.answer(here.configure(company_id, wire.body(Configuration)))
