"""Syncs with the accounting platform."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, request
from msgspec import UNSET

from codat_mock.http import request_context
from codat_mock.http.api import examples
from codat_mock.http.operations import serve
from codat_mock.models.syncs import HistoricSyncRequest, SyncRequest, SyncSummary
from codat_mock.rules.contexts import Request
from codat_mock.sandbox import Sandbox

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
    here = request_context.sandbox()
    wanted = request_context.body(SyncRequest) if request_context.body_bytes() else SyncRequest()
    sync_to = None if wanted.sync_to is UNSET else wanted.sync_to
    return request_context.answer(here.sync_latest(company_id, sync_to, arrival(here)))


@serve(
    blueprint, "POST", "/meta/companies/{companyId}/sync/commerce/historic",
    name="run-historic-sync", group=GROUP, source="reference", answers=SyncSummary,
    shows=examples.SYNC, takes=HistoricSyncRequest, sent=examples.RANGE,
    assumed="A range overlaps if it shares a moment with the period of a successful sync; the"
    " refusal is itself a failed sync, with code 5080. A range that is still to come is refused.",
)  # fmt: skip
def run_historic(company_id: str) -> Response:
    """Run a sync of a given range."""
    here = request_context.sandbox()
    wanted = request_context.body(HistoricSyncRequest).date_range
    sync = here.sync_historic(company_id, wanted.start, wanted.finish, arrival(here))
    return request_context.answer(sync)


def arrival(here: Sandbox) -> Request:
    """The request as findings refer to it."""
    return here.arrive(
        request.method, request.path, request_context.caller(), request_context.number()
    )


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
    return request_context.answer(request_context.sandbox().sync_status(company_id))


@serve(
    blueprint, "GET", SYNCS + "/lastSuccessful/status", name="get-last-successful-sync",
    group=GROUP, source="reference", answers=SyncSummary, shows=examples.SYNC,
    assumed="404 before the first success.",
)  # fmt: skip
def last_successful(company_id: str) -> Response:
    """Show the latest sync that succeeded."""
    return request_context.answer(request_context.sandbox().last_successful_sync(company_id))


@serve(
    blueprint, "GET", SYNCS + "/list/status", name="list-syncs", group=GROUP, source="reference",
    answers=list[SyncSummary], shows=[examples.SYNC],
    assumed="The latest comes first; before the first sync the list is empty.",
)  # fmt: skip
def index(company_id: str) -> Response:
    """List a company's syncs."""
    return request_context.answer(request_context.sandbox().syncs(company_id))


@serve(
    blueprint, "GET", SYNCS + "/{syncId}/status", name="get-sync", group=GROUP,
    source="reference", answers=SyncSummary, shows=examples.SYNC,
)  # fmt: skip
def show(company_id: str, sync_id: str) -> Response:
    """Show one sync."""
    return request_context.answer(request_context.sandbox().sync(company_id, sync_id))
