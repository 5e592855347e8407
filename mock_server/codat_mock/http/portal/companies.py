"""A company as its developer sees it: connections, configuration, datasets, records."""

from __future__ import annotations

from difflib import Differ
from typing import Any, Final

import msgspec
from flask import Blueprint, request
from msgspec import UNSET, Struct

from codat_mock.clock import format_moment
from codat_mock.http import request_context
from codat_mock.http.portal import developer_page
from codat_mock.models.datasets import LIST_NAMES, DataType
from codat_mock.models.errors import Conflict, NotFound
from codat_mock.sandbox import books_view, companies, dataset_views, ground_truth
from codat_mock.sandbox.session import Session

blueprint = Blueprint("portal_companies", __name__)

MAX_DATASETS: Final = 50
MAX_RECORDS: Final = 100
PATH: Final = "/portal/companies/<company_id>"


class ShownVersion(Struct, frozen=True, kw_only=True):
    """One version of a record.

    Args:
        pushed: when it arrived, UTC, ISO 8601.
        request: the number of the request that brought it.
        status: of its dataset.
        synced: when the sync ran that took it; None where none has.
        lines: its JSON, indented, each line with whether it is new, gone or the same.
    """

    pushed: str
    request: int
    status: str
    is_delete: bool
    synced: str | None
    lines: list[tuple[str, str]]


@blueprint.get(PATH)
@developer_page.page("company.html")
def show(session: Session, company_id: str) -> dict[str, Any]:
    """Its connections, configuration, datasets, next sync, and what the books lack or double."""
    row = session.company(company_id)
    datasets = dataset_views.unread_histories(session, company_id)
    books = books_view.books_of(session, row)
    try:
        [compared] = ground_truth.comparisons(session, company_id).companies
    except Conflict:
        compared = None
    return {
        "company": row.company,
        "configuration": companies.configured(row),
        "configuration_json": pretty(request_context.encode(companies.configured(row))),
        "datasets": datasets[:MAX_DATASETS],
        "hidden": max(0, len(datasets) - MAX_DATASETS),
        "next_sync": format_moment(row.due) if row.due else None,
        "books": books,
        "compared": compared,
        "list_names": LIST_NAMES,
        "unset": UNSET,
    }


@blueprint.get(f"{PATH}/records")
@developer_page.page("records.html")
def show_records(session: Session, company_id: str) -> dict[str, Any]:
    """The keys of its records, those that hold what is searched for."""
    row = session.company(company_id)
    search = request.args.get("search", "").strip()
    keys = session.tables.versions.keys(row.number, search, MAX_RECORDS + 1)
    return {
        "company": row.company,
        "search": search,
        "keys": keys[:MAX_RECORDS],
        "has_more": len(keys) > MAX_RECORDS,
        "list_names": LIST_NAMES,
    }


@blueprint.get(f"{PATH}/records/<data_type>/<path:key>")
@developer_page.page("record.html")
def show_record(session: Session, company_id: str, data_type: DataType, key: str) -> dict[str, Any]:
    """The versions of a record, each beside the one before.

    Raises:
        NotFound: there is no such company or record.
    """
    row = session.company(company_id)
    history = session.tables.versions.history(row.number, data_type, key)
    if not history:
        raise NotFound(f"No record '{key}' of {data_type} was pushed to company '{company_id}'.")
    syncs = {each.number: each for each in session.tables.syncs.all(row.number)}
    shown, before = list[ShownVersion](), ""
    for number, position, is_delete, sync in history:
        dataset = session.tables.datasets.by_number(number)
        text = pretty(session.tables.datasets.raw_records(number)[position])
        shown.append(
            ShownVersion(
                pushed=format_moment(dataset.requested),
                request=dataset.request.number,
                status=dataset_views.history_of(session, company_id, dataset).status,
                is_delete=is_delete,
                synced=format_moment(syncs[sync].ran) if sync in syncs else None,
                lines=compared_lines(before, text),
            )
        )
        before = text
    return {"company": row.company, "data_type": data_type, "key": key, "versions": shown}


def pretty(raw: bytes) -> str:
    """JSON with indented lines; what is no JSON as it is."""
    try:
        return msgspec.json.format(raw, indent=2).decode(errors="replace")
    except msgspec.DecodeError:
        return raw.decode(errors="replace")


def compared_lines(before: str, after: str) -> list[tuple[str, str]]:
    """The lines of a text, and those of the text before that are gone: `same`, `new`, `gone`."""
    if not before:
        return [("same", line) for line in after.splitlines()]
    kinds = {"  ": "same", "+ ": "new", "- ": "gone"}
    compared = Differ().compare(before.splitlines(), after.splitlines())
    return [(kinds[line[:2]], line[2:]) for line in compared if line[:2] in kinds]
