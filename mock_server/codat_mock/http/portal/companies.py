"""A company as its developer sees it: connections, configuration, datasets, records."""

from __future__ import annotations

from difflib import Differ
from itertools import groupby
from typing import Any, Final

import msgspec
from flask import Blueprint, request
from msgspec import UNSET, Struct

from codat_mock.clock import format_moment
from codat_mock.http import request_context
from codat_mock.http.portal import developer_page
from codat_mock.models.datasets import LIST_NAMES, DataType
from codat_mock.models.errors import NotFound
from codat_mock.sandbox import books_view, companies, dataset_views, ground_truth, syncs
from codat_mock.sandbox.books_digest import digest
from codat_mock.sandbox.ground_truth import CompanyComparison
from codat_mock.sandbox.session import Session
from codat_mock.storage import CompanyRow

blueprint = Blueprint("portal_companies", __name__)

MAX_DATASETS: Final = 50
MAX_RECORDS: Final = 100
MAX_LISTED: Final = 50
NEAR: Final = 3  # unchanged lines that are shown before and after a changed one
PATH: Final = "/portal/companies/<company_id>"


class ShownVersion(Struct, frozen=True, kw_only=True):
    """One version of a record.

    Args:
        pushed: when it arrived, UTC, ISO 8601.
        request: the number of the request that brought it.
        status: of its dataset.
        synced: when the sync ran that took it; None where none has.
        whole: its JSON, indented.
        lines: of what changed, each with whether it is new, gone, the same or left out; empty for
            the first version.
    """

    pushed: str
    request: int
    status: str
    is_delete: bool
    synced: str | None
    whole: str
    lines: list[tuple[str, str]]


@blueprint.get(PATH)
@developer_page.page("company.html")
def show(session: Session, company_id: str) -> dict[str, Any]:
    """Its connections, configuration, datasets, next sync, and what the books lack or double."""
    row = session.company(company_id)
    datasets = session.tables.datasets
    missed = syncs.missed(session, row)
    return {
        "company": row.company,
        "configuration": companies.configured(row),
        "configuration_json": pretty(request_context.encode(companies.configured(row))),
        "datasets": [
            dataset_views.history_of(session, company_id, each)
            for each in datasets.last(row.number, MAX_DATASETS)
        ],
        "hidden": max(0, datasets.count(row.number) - MAX_DATASETS),
        "next_sync": format_moment(row.due) if row.due else None,
        "documents": len(digest(session, row).documents),
        "missed": [*books_view.as_missed(session, row, missed[:MAX_LISTED])],
        "missed_count": len(missed),
        "unreconciled": session.tables.syncs.unreconciled(row.number),
        "compared": compared_with(session, row),
        "most": MAX_LISTED,
        "list_names": LIST_NAMES,
        "unset": UNSET,
    }


def compared_with(session: Session, row: CompanyRow) -> CompanyComparison | None:
    """A company's books compared with its declared records; None where there are none.

    Args:
        session: the session.
        row: the company's row.
    """
    if not session.tables.declared.has_any(row.number):
        return None
    return ground_truth.comparison(session, row)


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
    """The versions of a record, each beside the one before, and the documents that contain it.

    Raises:
        NotFound: there is no such company or record.
    """
    row = session.company(company_id)
    history = session.tables.versions.history(row.number, data_type, key)
    if not history:
        raise NotFound(f"No record '{key}' of {data_type} was pushed to company '{company_id}'.")
    ran = {number: session.tables.syncs.ran(number) for *_, number in history if number}
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
                synced=format_moment(ran[sync]) if sync else None,
                whole=text,
                lines=compared_lines(before, text) if before else [],
            )
        )
        before = text
    numbers = {*session.tables.documents.with_record(row.number, data_type, key)}
    documents = [
        written.document
        for written in digest(session, row).documents
        if written.document.number in numbers
    ]
    return {
        "company": row.company,
        "data_type": data_type,
        "key": key,
        "versions": shown,
        "documents": documents,
    }


def pretty(raw: bytes) -> str:
    """JSON with indented lines; what is no JSON as it is."""
    try:
        return msgspec.json.format(raw, indent=2).decode(errors="replace")
    except msgspec.DecodeError:
        return raw.decode(errors="replace")


def compared_lines(before: str, after: str) -> list[tuple[str, str]]:
    """What changed between two texts: lines that are `new` or `gone`, and the `same` near them.

    The other lines are `left-out`, each run of them as one line that counts them.
    """
    kinds = {"  ": "same", "+ ": "new", "- ": "gone"}
    compared = Differ().compare(before.splitlines(), after.splitlines())
    lines = [(kinds[line[:2]], line[2:]) for line in compared if line[:2] in kinds]
    near = {
        place + step
        for place, (kind, _) in enumerate(lines)
        if kind != "same"
        for step in range(-NEAR, NEAR + 1)
    }
    shown = list[tuple[str, str]]()
    for is_near, run in groupby(range(len(lines)), near.__contains__):
        places = [*run]
        if is_near:
            shown += [lines[place] for place in places]
        else:
            count = len(places)
            shown.append(("left-out", f"… {count} unchanged {'line' if count == 1 else 'lines'}"))
    return shown
