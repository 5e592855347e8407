"""The merchant's own records, declared by a test."""

from __future__ import annotations

from flask import Blueprint, Response, request

from codat_mock.http import request_context
from codat_mock.http.control import resolve_sandbox
from codat_mock.models.merchant_records import read_declaration
from codat_mock.sandbox import ground_truth

blueprint = Blueprint("merchant_records", __name__)


@blueprint.route("/companies/<company_id>/merchant-records", methods=["PUT", "POST"])
def declare(company_id: str) -> Response:
    """Declare the merchant's records: all of them (PUT), or more and newer ones (POST)."""
    declared = read_declaration(request_context.body_bytes())
    replaces = request.method == "PUT"
    with resolve_sandbox.session() as session:
        counts = ground_truth.declare(session, company_id, declared, replaces=replaces)
    return request_context.answer(counts)
