"""The books, and beside them what the merchant has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from flask import Blueprint, request
from msgspec import Struct

from codat_mock.accounting.ledger import Balance
from codat_mock.http.portal import developer_page
from codat_mock.http.portal.companies import compared_with
from codat_mock.sandbox import books_view, companies, syncs
from codat_mock.sandbox.books_digest import BooksDigest, WrittenDocument, digest
from codat_mock.sandbox.ground_truth import CompanyComparison
from codat_mock.sandbox.session import Session
from codat_mock.storage import CompanyRow

blueprint = Blueprint("portal_books", __name__)

MAX_DOCUMENTS: Final = 100  # of a company on a page


class ShownBooks(Struct, frozen=True, kw_only=True):
    """One company's books as the page shows them.

    Args:
        documents: those of the page.
        count: of all documents.
        doubled: the keys of the records that several syncs booked.
        missed: how many records no sync will pick.
        unreconciled: how many records no sync could join to the others.
        compared: with the declared records; None where there are none.
    """

    company_id: str
    company_name: str
    platform: str | None
    documents: Sequence[WrittenDocument]
    count: int
    doubled: set[str]
    trial_balance: Sequence[Balance]
    missed: int
    unreconciled: int
    compared: CompanyComparison | None


@blueprint.get("/portal/books")
@developer_page.page("books.html")
def show(session: Session) -> dict[str, Any]:
    """The books of one company, or of all, the last documents first where there are many."""
    company_id = request.args.get("companyId") or None
    rows = [session.company(company_id)] if company_id else session.tables.companies.all()
    number = request.args.get("page", "1")
    asked = int(number) if number.isascii() and number.isdecimal() and len(number) < 7 else 1
    shown = [shown_books(session, row, asked if company_id else 1) for row in rows]
    pages = max((-(-each.count // MAX_DOCUMENTS) for each in shown), default=1)
    return {
        "books": shown,
        "company_id": company_id,
        "page": min(max(asked, 1), max(pages, 1)),
        "pages": pages,
        "most": MAX_DOCUMENTS,
    }


def shown_books(session: Session, row: CompanyRow, page: int) -> ShownBooks:
    """One company's books.

    Args:
        session: the session.
        row: the company's row.
        page: of its documents, counted from 1.
    """
    books = digest(session, row)
    compared = compared_with(session, row)
    accounting = companies.linked(row, "Accounting")
    return ShownBooks(
        company_id=row.company.id,
        company_name=row.company.name,
        platform=accounting.platform_name if accounting else None,
        documents=page_of(books, compared, page),
        count=len(books.documents),
        doubled={key for _, key in books.doubled},
        trial_balance=books.trial_balance,
        missed=len(syncs.missed(session, row)),
        unreconciled=len(session.tables.syncs.unreconciled(row.number)),
        compared=compared,
    )


def page_of(
    books: BooksDigest, compared: CompanyComparison | None, page: int
) -> Sequence[WrittenDocument]:
    """The documents of a page, each with a note on those of its records that nobody declared.

    Args:
        books: all documents.
        compared: with the declared records; None where there are none.
        page: counted from 1; one that does not exist is the last.
    """
    last = max(0, (len(books.documents) - 1) // MAX_DOCUMENTS)
    first = min(max(page - 1, 0), last) * MAX_DOCUMENTS
    return books_view.with_surplus(books.documents[first : first + MAX_DOCUMENTS], compared)
