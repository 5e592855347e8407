"""The history of datasets."""

from __future__ import annotations

from flask import Blueprint, Response

from codat_mock import wire

blueprint = Blueprint("datasets", __name__)


@blueprint.get("/meta/companies/<company_id>/pull/history/<dataset_id>")
def show(company_id: str, dataset_id: str) -> Response:
    """A dataset's status."""
    return wire.answer(wire.sandbox().dataset(company_id, dataset_id))
