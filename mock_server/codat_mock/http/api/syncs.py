"""Syncs with the accounting platform."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response
from msgspec import UNSET

from codat_mock.http import request_context
from codat_mock.http.api import examples
from codat_mock.http.operations import serve
from codat_mock.models.decoding import parts
from codat_mock.models.syncs import (
    CompanySyncStatus,
    HistoricSyncRequest,
    RequestedRange,
    StartedSync,
    SyncRequest,
    SyncSummary,
    WrappedRange,
    company_sync_status,
    started_sync,
)
from codat_mock.sandbox import sync_views, syncs

blueprint = Blueprint("syncs", __name__)

GROUP: Final = "Syncs"
NULL: Final = b"null"
SYNCS: Final = "/companies/{companyId}/sync/commerce/syncs"
TEXTS: Final = "The vendor's documents have no list of the values of syncStatus for the beta."
DATE_RANGE: Final = (
    "The range is {start, finish} in the beta, the same in dateRange later, and its end is named"
    " `end` in the newest documentation; both forms are read, `end` is not."
)


@serve(
    blueprint, "POST", "/companies/{companyId}/sync/commerce/latest", name="run-sync",
    group=GROUP, section="contract 1 §6; contract 2 §A7, §A15", answers=StartedSync,
    shows=examples.STARTED_SYNC,
    takes=SyncRequest, sent={}, needs_body=False, refusals=(409,),
    assumed="The sync has ended when it is answered, unless a long one is planned. It cannot reach"
    " beyond now; without a start date it is a conflict, and before that date has come a 500.",
    contradicted="A manual sync beside the schedule makes duplicates on one page, and an overlap"
    " error on another; here the overlap is refused.",
)  # fmt: skip
def run(company_id: str) -> Response:
    """Run a sync now."""
    asked = request_context.body(SyncRequest) if request_context.has_body() else SyncRequest()
    sync_to = None if asked.sync_to is UNSET else asked.sync_to
    session = request_context.session()
    request = request_context.as_request(session)
    sync = syncs.run_latest(session, company_id, sync_to, request)
    return request_context.answer(started_sync(sync))


@serve(
    blueprint, "POST", "/companies/{companyId}/sync/historic", name="run-historic-sync-journey",
    group=GROUP, section="contract 2 §H", answers=StartedSync, shows=examples.STARTED_SYNC,
    takes=HistoricSyncRequest, sent=examples.RANGE,
    assumed="The same as the operation under /meta.", contradicted=DATE_RANGE,
)  # fmt: skip
@serve(
    blueprint, "POST", "/meta/companies/{companyId}/sync/commerce/historic",
    name="run-historic-sync", group=GROUP, section="contract 1 §6; contract 2 §A7, §H",
    answers=StartedSync,
    shows=examples.STARTED_SYNC, takes=HistoricSyncRequest, sent=examples.RANGE,
    assumed="A range overlaps if it shares a moment with the period of a successful sync; the"
    " refusal is itself a failed sync, with code 5080. A range in the future is refused, and any"
    " range before the start date has come is a 500.",
    contradicted=DATE_RANGE,
)  # fmt: skip
def run_historic(company_id: str) -> Response:
    """Run a sync of a given range."""
    asked = requested_range()
    session = request_context.session()
    request = request_context.as_request(session)
    sync = syncs.run_historic(session, company_id, asked.start, asked.finish, request)
    return request_context.answer(started_sync(sync))


def requested_range() -> RequestedRange:
    """The range in the request's body, bare or in `dateRange`.

    Raises:
        Malformed: there is none.
    """
    body = request_context.body_bytes()
    sent = request_context.decode(body, parts)
    is_wrapped = bytes(sent.get("dateRange", NULL)) != NULL
    if not is_wrapped and sent.keys() & {"start", "finish"}:
        return request_context.body(RequestedRange)
    return request_context.body(WrappedRange).date_range


@serve(
    blueprint, "GET", "/meta/companies/{companyId}/sync/commerce/status", name="get-sync-status",
    group=GROUP, section="guide, step 4; contract 1 §6; contract 2 §C", answers=SyncSummary,
    shows=examples.SYNC,
    assumed="404 before the first sync; the period and the connections of the sync are answered,"
    " as the request that runs a sync answers them.",
    contradicted="It is a list in the documents' words, one object in their schema and sample.",
)  # fmt: skip
def status(company_id: str) -> Response:
    """Show the latest sync."""
    return request_context.answer(sync_views.latest(request_context.session(), company_id))


@serve(
    blueprint, "GET", SYNCS + "/latest/status", name="get-latest-sync", group=GROUP,
    section="contract 1 §2; contract 2 §C", answers=CompanySyncStatus, shows=examples.SYNC_STATUS,
    assumed="404 before the first sync.", contradicted=TEXTS,
)  # fmt: skip
def latest(company_id: str) -> Response:
    """Show the latest sync."""
    sync = sync_views.latest(request_context.session(), company_id)
    return request_context.answer(company_sync_status(sync))


@serve(
    blueprint, "GET", "/companies/{companyId}/sync/status/lastSuccessful",
    name="get-last-successful-sync-journey", group=GROUP, section="contract 2 §H",
    answers=CompanySyncStatus, shows=examples.SYNC_STATUS,
    assumed="The same as the operation under sync/commerce.",
)  # fmt: skip
@serve(
    blueprint, "GET", SYNCS + "/lastSuccessful/status", name="get-last-successful-sync",
    group=GROUP, section="contract 1 §2; contract 2 §C", answers=CompanySyncStatus,
    shows=examples.SYNC_STATUS,
    assumed="404 before the first success.",
)  # fmt: skip
def last_successful(company_id: str) -> Response:
    """Show the latest sync that succeeded."""
    sync = sync_views.last_successful(request_context.session(), company_id)
    return request_context.answer(company_sync_status(sync))


@serve(
    blueprint, "GET", SYNCS + "/list/status", name="list-syncs", group=GROUP,
    section="contract 1 §2; contract 2 §C",
    answers=list[CompanySyncStatus], shows=[examples.SYNC_STATUS],
    assumed="The latest comes first; before the first sync the list is empty.",
)  # fmt: skip
def index(company_id: str) -> Response:
    """List a company's syncs."""
    found = sync_views.all_syncs(request_context.session(), company_id)
    return request_context.answer([company_sync_status(sync) for sync in found])


@serve(
    blueprint, "GET", SYNCS + "/{syncId}/status", name="get-sync", group=GROUP,
    section="contract 1 §2; contract 2 §C", answers=CompanySyncStatus, shows=examples.SYNC_STATUS,
)  # fmt: skip
def show(company_id: str, sync_id: str) -> Response:
    """Show one sync."""
    sync = sync_views.sync(request_context.session(), company_id, sync_id)
    return request_context.answer(company_sync_status(sync))
