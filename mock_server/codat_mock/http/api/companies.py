"""Companies."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response
from msgspec import UNSET

from codat_mock.http import request_context
from codat_mock.http.api import examples
from codat_mock.http.operations import serve
from codat_mock.http.pagination import PAGING, page
from codat_mock.models.companies import BetaCompany, LaterCompany, NewCompany
from codat_mock.models.pages import BetaCompanies, LaterCompanies
from codat_mock.sandbox import companies

blueprint = Blueprint("companies", __name__)

GROUP: Final = "Companies"
NAMES: Final = "Two companies may have the same name."
PLATFORM: Final = (
    "The documentation of the beta shows a platform here, too; the later document does not."
)


@serve(
    blueprint, "GET", "/meta/companies", name="list-companies", group=GROUP,
    section="contract 1 §2, §7; contract 2 §A12",
    answers=BetaCompanies, shows=examples.BETA_COMPANIES, query=PAGING,
    contradicted="The beta's document requires page, and its connections have no integrationKey;"
    " later ones and the documentation's sample differ.",
)  # fmt: skip
def index() -> Response:
    """List the companies."""
    session = request_context.session()
    found = companies.all_companies(session)
    return request_context.answer(page(BetaCompanies, BetaCompany, [each.beta for each in found]))


@serve(
    blueprint, "GET", "/companies", name="list-companies-later", group=GROUP,
    section="contract 1 §2, §7",
    answers=LaterCompanies, shows=examples.LATER_COMPANIES, query=PAGING, contradicted=PLATFORM,
)  # fmt: skip
def index_later() -> Response:
    """List the companies."""
    session = request_context.session()
    found = companies.all_companies(session)
    return request_context.answer(
        page(LaterCompanies, LaterCompany, [each.later for each in found])
    )


@serve(
    blueprint, "POST", "/meta/companies/sync", name="create-sync-company", group=GROUP,
    section="contract 1 §2; contract 2 §A14", answers=BetaCompany, shows=examples.COMPANY.beta,
    takes=NewCompany,
    sent=examples.NEW_COMPANY, refusals=(402,), assumed=NAMES,
)  # fmt: skip
def create() -> Response:
    """Create a company that already has its commerce connection."""
    asked = request_context.body(NewCompany)
    session = request_context.session()
    return request_context.answer(companies.create(session, asked.name).beta)


@serve(
    blueprint, "POST", "/companies", name="create-company", group=GROUP,
    section="contract 1 §2; contract 2 §A14",
    answers=LaterCompany, shows=examples.BARE_COMPANY.later, takes=NewCompany,
    sent=examples.NEW_COMPANY, refusals=(402,), assumed="The company has no connection yet.",
    contradicted=PLATFORM,
)  # fmt: skip
def add() -> Response:
    """Create a company without a connection."""
    asked = request_context.body(NewCompany)
    session = request_context.session()
    made = companies.create(
        session, asked.name, is_connected=False, description=asked.description or UNSET
    )
    return request_context.answer(made.later)


@serve(
    blueprint, "GET", "/companies/{companyId}", name="get-company", group=GROUP,
    section="contract 1 §2; contract 2 §I", answers=LaterCompany, shows=examples.COMPANY.later,
    contradicted=PLATFORM,
)  # fmt: skip
def show(company_id: str) -> Response:
    """Show a company."""
    session = request_context.session()
    return request_context.answer(companies.company(session, company_id).later)


@serve(
    blueprint, "DELETE", "/companies/{companyId}", name="delete-company", group=GROUP,
    section="contract 2 §E, §H", answers=None, status=204,
    assumed="Its datasets, syncs and books go with it, without an alert.",
)  # fmt: skip
def delete(company_id: str) -> Response:
    """Delete a company, for good."""
    session = request_context.session()
    companies.delete(session, company_id)
    return request_context.empty_answer(204)
