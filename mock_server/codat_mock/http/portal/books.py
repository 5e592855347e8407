"""The books, and beside them what the merchant has."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import Blueprint, request

from codat_mock.http.portal import developer_page
from codat_mock.models.errors import Conflict
from codat_mock.sandbox import books_view, ground_truth
from codat_mock.sandbox.session import Session

blueprint = Blueprint("portal_books", __name__)


@blueprint.get("/portal/books")
@developer_page.page("books.html")
def show(session: Session) -> dict[str, Any]:
    """The books of one company, or of all."""
    company_id = request.args.get("companyId") or None
    books = books_view.books(session, company_id)
    try:
        compared = ground_truth.comparisons(session, company_id).companies
    except Conflict:
        compared = []
    return {
        "books": books,
        "compared": {each.company_id: each for each in compared},
        "doubled": {
            each.company_id: {
                key
                for key, count in Counter(
                    record.key for document in each.documents for record in document.records
                ).items()
                if count > 1
            }
            for each in books.companies
        },
    }
