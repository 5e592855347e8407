"""Pushes of commerce data."""

from __future__ import annotations

from flask import Blueprint, Response, request

from codat_mock import wire

blueprint = Blueprint("pushes", __name__)


@blueprint.post("/data/companies/<company_id>/sync/<data_type>")
def push(company_id: str, data_type: str) -> Response:
    """Push orders, payments or transactions."""
    here = wire.sandbox()
    kind = wire.data_type(data_type)
    call = here.arrive(request.method, request.path)
    body = request.get_data()
    dataset_id = here.push(company_id, kind, body, call, wire.arrived())
    if wire.is_abandoned():
        here.forget_answer(company_id, dataset_id)
    # The data goes back as it came: spliced in, not encoded again.
    return wire.raw_answer(b'{"data":%b,"datasetId":"%b"}' % (body, dataset_id.encode()))
