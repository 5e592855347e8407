"""The verbs of a sandbox, each in a session of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from codat_mock.clock import format_moment, machine_seconds
from codat_mock.http.request_context import encode
from codat_mock.models.datasets import DataType
from codat_mock.models.decoding import decoder
from codat_mock.rules.contexts import Request
from codat_mock.sandbox import Sandbox, books_view, pushes
from codat_mock.sandbox.books_view import Books, CompanyBooks
from codat_mock.sandbox.session import Session

Given = ParamSpec("Given")
Result = TypeVar("Result")


def run(
    sandbox: Sandbox,
    verb: Callable[Concatenate[Session, Given], Result],
    *arguments: Given.args,
    **options: Given.kwargs,
) -> Result:
    """Run a verb in a session of its own."""
    with sandbox.session() as session:
        return verb(session, *arguments, **options)


read_books = decoder(Books)


def company_books(sandbox: Sandbox, company_id: str) -> CompanyBooks:
    """One merchant's books, as a client reads them."""
    stored = run(sandbox, books_view.books, company_id)
    found: Books = read_books(encode(Books(companies=stored)))
    return found.companies[0]


def push(sandbox: Sandbox, company_id: str, data_type: DataType, body: bytes) -> str:
    """Push a body as the endpoint does; returns the dataset's id."""
    with sandbox.in_flight.enter(company_id, data_type, machine_seconds()) as in_flight:
        received = pushes.receive(company_id, data_type, body)
        with sandbox.session() as session:
            number = next(sandbox.request_numbers)
            request = Request(number, format_moment(session.now), "POST", "/")
            overlaps = sandbox.in_flight.overlaps(in_flight, company_id, data_type, request)
            return pushes.accept(session, received, request, overlaps)
