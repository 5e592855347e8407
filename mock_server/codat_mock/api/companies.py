"""Companies."""

from __future__ import annotations

from flask import Blueprint, Response

from codat_mock import wire
from codat_mock.records.companies import NewCompany

blueprint = Blueprint("companies", __name__)


@blueprint.post("/meta/companies/sync")
def create() -> Response:
    """Create a company that already has its commerce connection."""
    here = wire.sandbox()
    return wire.answer(here.create_company(wire.body(NewCompany).name))
