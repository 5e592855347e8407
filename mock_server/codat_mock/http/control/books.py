"""The books: as JSON, as a table, as a page to print, and beside the merchant's own records."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, render_template, request

from codat_mock.http import request_context
from codat_mock.http.control import books_csv, resolve_sandbox
from codat_mock.models.errors import Malformed, Problem
from codat_mock.sandbox import books_view, ground_truth
from codat_mock.sandbox.books_view import Books

blueprint = Blueprint("books", __name__)

FORMATS: Final = {"json": "application/json", "csv": "text/csv", "html": "text/html"}


@blueprint.get("/books")
def show() -> Response:
    """The books in the accounting software, or of them the documents of one record."""
    content_type = negotiated_type()
    company_id, record = request.args.get("companyId"), request.args.get("record") or None
    with resolve_sandbox.session() as session:
        if content_type == "text/html":
            listed = books_view.listed(session, company_id, record)
            return Response(render_template("books.html", books=listed))
        books = books_view.books(session, company_id, record)
    if content_type == "text/csv":
        return request_context.raw_answer(books_csv.to_csv(books), content_type="text/csv")
    return request_context.answer(Books(companies=books))


@blueprint.get("/books/compare")
def compare() -> Response:
    """The books beside the merchant's own records."""
    with resolve_sandbox.session() as session:
        found = ground_truth.comparisons(session, request.args.get("companyId"))
    return request_context.answer(found)


def negotiated_type() -> str | None:
    """The content type that the request asks for, by `?format=` or by its Accept header.

    Raises:
        Malformed: there is no such format.
    """
    named = request.args.get("format")
    if named is None:
        return request.accept_mimetypes.best_match([*FORMATS.values()])
    if named not in FORMATS:
        message = f"The books have no format '{named}'; known: {', '.join(FORMATS)}."
        raise Malformed(message, [Problem("format", message)])
    return FORMATS[named]
