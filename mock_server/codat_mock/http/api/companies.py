"""Companies."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response

from codat_mock.http import request_context
from codat_mock.http.api import examples
from codat_mock.http.operations import serve
from codat_mock.http.pagination import PAGING, page
from codat_mock.models.companies import Company, NewCompany
from codat_mock.models.pages import Companies
from codat_mock.sandbox import companies

blueprint = Blueprint("companies", __name__)

GROUP: Final = "Companies"


@serve(
    blueprint, "GET", "/companies", name="list-companies-later", group=GROUP, source="reference",
    answers=Companies, shows=examples.COMPANIES, query=PAGING,
)  # fmt: skip
@serve(
    blueprint, "GET", "/meta/companies", name="list-companies", group=GROUP, source="reference",
    answers=Companies, shows=examples.COMPANIES, query=PAGING,
)  # fmt: skip
def index() -> Response:
    """List the companies."""
    return request_context.answer(
        page(Companies, Company, companies.all_companies(request_context.session()))
    )


@serve(
    blueprint, "POST", "/meta/companies/sync", name="create-sync-company", group=GROUP,
    source="reference", answers=Company, shows=examples.COMPANY, takes=NewCompany,
    sent=examples.NEW_COMPANY, refusals=(402,),
    assumed="Two companies may have the same name.",
)  # fmt: skip
def create() -> Response:
    """Create a company that already has its commerce connection."""
    name = request_context.body(NewCompany).name
    return request_context.answer(companies.create(request_context.session(), name))


@serve(
    blueprint, "POST", "/companies", name="create-company", group=GROUP, source="reference",
    answers=Company, shows=examples.BARE_COMPANY, takes=NewCompany, sent=examples.NEW_COMPANY,
    refusals=(402,), assumed="The company has no connection yet.",
)  # fmt: skip
def add() -> Response:
    """Create a company without a connection."""
    name = request_context.body(NewCompany).name
    session = request_context.session()
    return request_context.answer(companies.create(session, name, is_connected=False))


@serve(
    blueprint, "GET", "/companies/{companyId}", name="get-company", group=GROUP,
    source="reference", answers=Company, shows=examples.COMPANY,
)  # fmt: skip
def show(company_id: str) -> Response:
    """Show a company."""
    return request_context.answer(companies.company(request_context.session(), company_id))
