"""What the merchant really has, declared by a test."""

from __future__ import annotations

from flask import Blueprint, Response, request

from codat_mock import wire
from codat_mock.control import who
from codat_mock.records.declarations import read_declaration

blueprint = Blueprint("merchant_records", __name__)


@blueprint.route("/companies/<company_id>/merchant-records", methods=["PUT", "POST"])
def declare(company_id: str) -> Response:
    """Declare the merchant's records: all of them (PUT), or more and newer ones (POST)."""
    here = who.sandbox()
    told = read_declaration(wire.body_bytes())
    return wire.answer(here.declare(company_id, told, anew=request.method == "PUT"))
