"""Syncs with the accounting platform."""

from __future__ import annotations

from flask import Blueprint, Response, request
from msgspec import UNSET

from codat_mock import wire
from codat_mock.records.syncs import SyncRequest

blueprint = Blueprint("syncs", __name__)


@blueprint.post("/companies/<company_id>/sync/commerce/latest")
def run(company_id: str) -> Response:
    """Run a sync now."""
    here = wire.sandbox()
    wanted = wire.body(SyncRequest) if request.get_data() else SyncRequest()
    sync_to = None if wanted.sync_to is UNSET else wanted.sync_to
    return wire.answer(here.sync_latest(company_id, sync_to))


@blueprint.get("/meta/companies/<company_id>/sync/commerce/status")
def status(company_id: str) -> Response:
    """The latest sync."""
    return wire.answer(wire.sandbox().sync_status(company_id))
