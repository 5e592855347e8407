"""Sync health: every sync of a sandbox, as the vendor's page of that name has it.

Source: contract part 2, section D.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
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
from codat_mock.models.errors import NotFound
from codat_mock.models.syncs import SyncSummary
from codat_mock.sandbox import companies, sync_views
from codat_mock.sandbox.books_digest import digest
from codat_mock.sandbox.session import Session
from codat_mock.storage import CompanyRow, SyncRow
from codat_mock.storage.syncs import ORDERS, SyncSearch

blueprint = Blueprint("portal_sync_health", __name__)

ROWS: Final = 50  # of a page
RUNNING: Final = (1000, 1010)


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
        return state_of(self.summary.sync_status_code)


class Filter(Struct, frozen=True):
    """Which syncs to show, and in which order; empty texts for all.

    Args:
        search: a part of the id of a sync or company, or of the name of a company or platform.
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
    rows = session.tables.companies.all()
    everything = SyncSearch(companies=numbers_by_name(rows), now=session.now)
    chosen = search_of(asked, rows, session.now)
    found = session.tables.syncs.count_found(chosen)
    tally = session.tables.syncs.tally(everything)
    pages = max(1, -(-found // ROWS))
    asked = replace(asked, page=min(max(asked.page, 1), pages))
    of_number = {row.number: row for row in rows}
    page = session.tables.syncs.search(chosen, (asked.page - 1) * ROWS, ROWS)
    totals = Counter[str]()
    for code, count in tally.items():
        totals[state_of(code)] += count
    return {
        "filter": asked,
        "found": found,
        "syncs": [shown(session, of_number[number], sync) for number, sync in page],
        "pages": pages,
        "codes": sorted(tally),
        "totals": totals,
        "total": totals.total(),
    }


def numbers_by_name(rows: Iterable[CompanyRow]) -> list[int]:
    """The numbers of companies, in the order of their names."""
    return [row.number for row in sorted(rows, key=lambda row: row.company.name)]


def search_of(asked: Filter, rows: Sequence[CompanyRow], now: datetime) -> SyncSearch:
    """What the form asks for.

    Args:
        asked: the form.
        rows: all companies.
        now: the sandbox's time, UTC.
    """
    text = asked.search.lower()
    named = [
        row.number
        for row in rows
        if text in row.company.id.lower() or text in row.company.name.lower()
    ]
    return SyncSearch(
        companies=numbers_by_name(rows),
        named=named,
        text=text,
        first=start_of(asked.since),
        last=start_of(asked.until, days=1),
        code=int(asked.code) if re.fullmatch("[0-9]{1,9}", asked.code) else None,
        order=asked.order.removeprefix("-"),
        is_descending=asked.order.startswith("-"),
        now=now,
    )


def start_of(day: str, days: int = 0) -> datetime | None:
    """When a day begins, UTC; None where none is chosen.

    Args:
        day: ISO 8601.
        days: how many days later.
    """
    if not day:
        return None
    with suppress(OverflowError):
        return datetime.combine(date.fromisoformat(day), time(), UTC) + timedelta(days=days)
    return None


def state_of(code: int) -> str:
    """`good`, `bad`, or `open` while the sync runs."""
    if code in RUNNING:
        return "open"
    return "good" if SYNC_CODES[code].is_success else "bad"


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
            written.document
            for written in digest(session, row).documents
            if found.id in written.sync_ids
        ],
        "unreconciled": session.tables.syncs.left_by(found.number),
        "configuration": pretty(request_context.encode(companies.configured(row))),
    }


@blueprint.get("/portal/companies/<company_id>/configuration.json")
def download_configuration(company_id: str) -> Response:
    """The company's configuration as a file."""
    return download(
        "configuration.json",
        lambda session: companies.configured(session.company(company_id)),
    )


@blueprint.get("/portal/companies/<company_id>/syncs/<sync_id>/summary.json")
def download_summary(company_id: str, sync_id: str) -> Response:
    """What a sync did, as the API answers it, as a file."""
    return download("summary.json", lambda session: sync_views.sync(session, company_id, sync_id))


def download(filename: str, content_of: Callable[[Session], Struct]) -> Response:
    """A file of JSON.

    Args:
        filename: the name that the browser suggests.
        content_of: reads what the file holds.
    """
    name = developer_page.sandbox_name()
    if name is None:
        return developer_page.choice()
    with request_context.registry().session(name) as session:
        content = content_of(session)
    disposition = {"Content-Disposition": f"attachment; filename={filename}"}
    return request_context.raw_answer(request_context.encode(content), headers=disposition)


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
