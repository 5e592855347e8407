"""A company's configuration of Sync for Commerce."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response

from codat_mock.http import request_context
from codat_mock.http.api import examples
from codat_mock.http.operations import serve
from codat_mock.models.configuration import Configuration
from codat_mock.sandbox import companies

blueprint = Blueprint("configuration", __name__)

GROUP: Final = "Configuration"
PATH = "/config/companies/{companyId}/sync/commerce"


@serve(
    blueprint, "GET", PATH, name="get-configuration", group=GROUP, source="reference",
    answers=Configuration, shows=examples.CONFIGURATION,
)  # fmt: skip
def show(company_id: str) -> Response:
    """Show a company's options and its current configuration."""
    return request_context.answer(companies.configuration(request_context.session(), company_id))


@serve(
    blueprint, "POST", PATH, name="set-configuration", group=GROUP, source="reference",
    answers=Configuration, shows=examples.CONFIGURATION, takes=Configuration,
    sent=examples.CONFIGURATION,
    assumed="An incomplete configuration is stored too, and makes a sync fail with 4000.",
)  # fmt: skip
def store(company_id: str) -> Response:
    """Store a company's configuration."""
    configuration = request_context.body(Configuration)
    session = request_context.session()
    return request_context.answer(companies.configure(session, company_id, configuration))
