"""Syncs with the accounting platform."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response
from msgspec import UNSET

from codat_mock.http import request_context
from codat_mock.http.api import examples
from codat_mock.http.operations import serve
from codat_mock.models.syncs import HistoricSyncRequest, SyncRequest, SyncSummary
from codat_mock.sandbox import sync_views, syncs

blueprint = Blueprint("syncs", __name__)

GROUP: Final = "Syncs"
SYNCS = "/companies/{companyId}/sync/commerce/syncs"


@serve(
    blueprint, "POST", "/companies/{companyId}/sync/commerce/latest", name="run-sync",
    group=GROUP, source="reference", answers=SyncSummary, shows=examples.SYNC, takes=SyncRequest,
    sent={}, needs_body=False, refusals=(409,),
    assumed="The sync has ended when it is answered, unless a long one is planned. It cannot reach"
    " beyond now; a start date that is not set, or still to come, is a conflict.",
)  # fmt: skip
def run(company_id: str) -> Response:
    """Run a sync now."""
    body = request_context.body(SyncRequest) if request_context.body_bytes() else SyncRequest()
    sync_to = None if body.sync_to is UNSET else body.sync_to
    session = request_context.session()
    request = request_context.as_request(session)
    return request_context.answer(syncs.run_latest(session, company_id, sync_to, request))


@serve(
    blueprint, "POST", "/meta/companies/{companyId}/sync/commerce/historic",
    name="run-historic-sync", group=GROUP, source="reference", answers=SyncSummary,
    shows=examples.SYNC, takes=HistoricSyncRequest, sent=examples.RANGE,
    assumed="A range overlaps if it shares a moment with the period of a successful sync; the"
    " refusal is itself a failed sync, with code 5080. A range that is still to come is refused.",
)  # fmt: skip
def run_historic(company_id: str) -> Response:
    """Run a sync of a given range."""
    asked = request_context.body(HistoricSyncRequest).date_range
    session = request_context.session()
    request = request_context.as_request(session)
    sync = syncs.run_historic(session, company_id, asked.start, asked.finish, request)
    return request_context.answer(sync)


@serve(
    blueprint, "GET", SYNCS + "/latest/status", name="get-latest-sync", group=GROUP,
    source="reference", answers=SyncSummary, shows=examples.SYNC, assumed="404 before the first.",
)  # fmt: skip
@serve(
    blueprint, "GET", "/meta/companies/{companyId}/sync/commerce/status", name="get-sync-status",
    group=GROUP, source="guide", answers=SyncSummary, shows=examples.SYNC,
    assumed="One object, that of the latest sync; 404 before the first.",
)  # fmt: skip
def status(company_id: str) -> Response:
    """Show the latest sync."""
    return request_context.answer(sync_views.latest(request_context.session(), company_id))


@serve(
    blueprint, "GET", SYNCS + "/lastSuccessful/status", name="get-last-successful-sync",
    group=GROUP, source="reference", answers=SyncSummary, shows=examples.SYNC,
    assumed="404 before the first success.",
)  # fmt: skip
def last_successful(company_id: str) -> Response:
    """Show the latest sync that succeeded."""
    return request_context.answer(sync_views.last_successful(request_context.session(), company_id))


@serve(
    blueprint, "GET", SYNCS + "/list/status", name="list-syncs", group=GROUP, source="reference",
    answers=list[SyncSummary], shows=[examples.SYNC],
    assumed="The latest comes first; before the first sync the list is empty.",
)  # fmt: skip
def index(company_id: str) -> Response:
    """List a company's syncs."""
    return request_context.answer(sync_views.all_syncs(request_context.session(), company_id))


@serve(
    blueprint, "GET", SYNCS + "/{syncId}/status", name="get-sync", group=GROUP,
    source="reference", answers=SyncSummary, shows=examples.SYNC,
)  # fmt: skip
def show(company_id: str, sync_id: str) -> Response:
    """Show one sync."""
    return request_context.answer(sync_views.sync(request_context.session(), company_id, sync_id))
