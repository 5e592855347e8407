"""Sync health: every sync of a sandbox, as the vendor's page of that name has it.

Source: contract part 2, section D.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any, Final

from flask import Blueprint, Response, request, url_for
from msgspec import Struct
from msgspec.structs import replace

from codat_mock.accounting.sync_codes import SYNC_CODES
from codat_mock.clock import format_moment
from codat_mock.http import request_context
from codat_mock.http.portal import developer_page
from codat_mock.http.portal.companies import pretty
from codat_mock.models.companies import Company
from codat_mock.models.configuration import Configuration
from codat_mock.models.errors import NotFound
from codat_mock.models.syncs import SyncSummary
from codat_mock.sandbox import companies, sync_views
from codat_mock.sandbox.session import Session
from codat_mock.storage import CompanyRow, SyncRow

blueprint = Blueprint("portal_sync_health", __name__)

ROWS: Final = 50  # of a page
ORDERS: Final = {
    "started": lambda each: each.started,
    "company": lambda each: each.company.name,
    "status": lambda each: each.summary.sync_status_code,
}


class ShownSync(Struct, frozen=True, kw_only=True):
    """A sync as the page shows it.

    Args:
        started: UTC, ISO 8601.
        ended: likewise; None while it runs.
        kind: scheduled, latest or historic.
    """

    company: Company
    summary: SyncSummary
    started: str
    ended: str | None
    kind: str

    @property
    def state(self) -> str:
        """`good`, `bad`, or `open` while it runs."""
        code = SYNC_CODES[self.summary.sync_status_code]
        if self.ended is None:
            return "open"
        return "good" if code.is_success else "bad"


class Filter(Struct, frozen=True):
    """Which syncs to show, and in which order; empty texts for all.

    Args:
        search: a part of the id of a sync or company, or of the company's name.
        since: the first day, ISO 8601.
        until: the last day, ISO 8601.
        code: a status code.
        order: a column, after `-` from the end.
        page: counted from 1.
    """

    search: str = ""
    since: str = ""
    until: str = ""
    code: str = ""
    order: str = "-started"
    page: int = 1

    def takes(self, sync: ShownSync) -> bool:
        """Whether to show a sync."""
        texts = (sync.summary.sync_id, sync.company.id, sync.company.name)
        day = sync.started[:10]
        return (
            any(self.search.lower() in text.lower() for text in texts)
            and (not self.since or day >= self.since)
            and (not self.until or day <= self.until)
            and (not self.code or str(sync.summary.sync_status_code) == self.code)
        )

    def url(self, **changes: object) -> str:
        """The page with another order or page."""
        chosen = replace(self, **changes)
        given = {name: getattr(chosen, name) for name in self.__struct_fields__}
        usual = Filter()
        return url_for(
            "portal_sync_health.show",
            **{name: value for name, value in given.items() if value != getattr(usual, name)},
        )


def read_filter() -> Filter:
    """The filter that the query string names; what is no day, column or number is ignored."""
    given = {name: request.args.get(name, "").strip() for name in Filter.__struct_fields__}
    for name in ("since", "until"):
        try:
            date.fromisoformat(given[name])
        except ValueError:
            given[name] = ""
    order = given["order"]
    number = given["page"]
    return Filter(
        search=given["search"],
        since=given["since"],
        until=given["until"],
        code=given["code"],
        order=order if order.removeprefix("-") in ORDERS else "-started",
        page=int(number) if number.isascii() and number.isdecimal() and len(number) < 7 else 1,
    )


@blueprint.get("/portal/syncs")
@developer_page.page("sync_health.html")
def show(session: Session) -> dict[str, Any]:
    """The syncs of all companies: totals, filters, and a page of the history."""
    asked = read_filter()
    everything = [
        shown(session, row, sync)
        for row in session.tables.companies.all()
        for sync in session.tables.syncs.all(row.number)
    ]
    found = [each for each in everything if asked.takes(each)]
    column = asked.order.removeprefix("-")
    found.sort(key=ORDERS[column], reverse=asked.order.startswith("-"))
    pages = max(1, -(-len(found) // ROWS))
    asked = replace(asked, page=min(max(asked.page, 1), pages))
    first = (asked.page - 1) * ROWS
    return {
        "filter": asked,
        "found": len(found),
        "syncs": found[first : first + ROWS],
        "pages": pages,
        "codes": sorted({each.summary.sync_status_code for each in everything}),
        "totals": Counter(each.state for each in everything),
        "total": len(everything),
    }


@blueprint.get("/portal/companies/<company_id>/syncs/<sync_id>")
@developer_page.page("sync.html")
def show_sync(session: Session, company_id: str, sync_id: str) -> dict[str, Any]:
    """One sync: what it covered, how it ended, what is left to reconcile, the configuration.

    Raises:
        NotFound: there is no such company or sync.
    """
    row = session.company(company_id)
    found = session.tables.syncs.find(row.number, sync_id)
    if found is None:
        raise NotFound(f"Sync '{sync_id}' does not exist in company '{company_id}'.")
    return {
        "company": row.company,
        "sync": shown(session, row, found),
        "code": SYNC_CODES[found.summary.sync_status_code],
        "documents": [
            each for each in session.tables.documents.all(row.number) if each.sync_id == found.id
        ],
        "unreconciled": session.tables.syncs.left_by(found.number),
        "configuration": pretty(request_context.encode(companies.configured(row))),
    }


@blueprint.get("/portal/companies/<company_id>/configuration.json")
def download_configuration(company_id: str) -> Response:
    """The company's configuration as a file."""
    name = developer_page.sandbox_name()
    if name is None:
        return developer_page.choice()
    with request_context.registry().session(name) as session:
        configuration: Configuration = companies.configured(session.company(company_id))
    disposition = {"Content-Disposition": "attachment; filename=configuration.json"}
    return request_context.raw_answer(request_context.encode(configuration), headers=disposition)


def shown(session: Session, row: CompanyRow, sync: SyncRow) -> ShownSync:
    """A sync as the page shows it.

    Args:
        session: the session.
        row: the company's row.
        sync: as it is stored.
    """
    return ShownSync(
        company=row.company,
        summary=sync_views.to_summary(sync, session.now),
        started=format_moment(sync.ran),
        ended=format_moment(sync.ends) if session.now >= sync.ends else None,
        kind=sync.kind,
    )
