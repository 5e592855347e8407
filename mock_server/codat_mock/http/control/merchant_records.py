"""What the merchant really has, declared by a test."""

from __future__ import annotations

from flask import Blueprint, Response, request

from codat_mock.http import request_context
from codat_mock.http.control import resolve_sandbox
from codat_mock.models.merchant_records import read_declaration

blueprint = Blueprint("merchant_records", __name__)


@blueprint.route("/companies/<company_id>/merchant-records", methods=["PUT", "POST"])
def declare(company_id: str) -> Response:
    """Declare the merchant's records: all of them (PUT), or more and newer ones (POST)."""
    here = resolve_sandbox.sandbox()
    told = read_declaration(request_context.body_bytes())
    return request_context.answer(here.declare(company_id, told, anew=request.method == "PUT"))
