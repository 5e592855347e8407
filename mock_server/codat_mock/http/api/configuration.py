"""A company's configuration of Sync for Commerce."""

from __future__ import annotations

from typing import Final

import msgspec
from flask import Blueprint, Response

from codat_mock.http import request_context
from codat_mock.http.api import examples
from codat_mock.http.operations import serve
from codat_mock.models.configuration import Configuration, from_wire, has_later_names, to_wire
from codat_mock.models.decoding import anything, as_written, decoder
from codat_mock.sandbox import companies
from codat_mock.sandbox.session import Session

blueprint = Blueprint("configuration", __name__)

GROUP: Final = "Configuration"
PATH: Final = "/config/companies/{companyId}/sync/commerce"
NAMES: Final = (
    "Later documents have enable and syncHour in place of enabled and syncHourUtc; a company"
    " created or configured with them is answered both."
)
decode_configuration = decoder(Configuration)


@serve(
    blueprint, "GET", PATH, name="get-configuration", group=GROUP,
    section="contract 1 §5; contract 2 §A4-A10",
    answers=Configuration, shows=examples.CONFIGURATION, contradicted=NAMES,
)  # fmt: skip
def show(company_id: str) -> Response:
    """Show a company's options and its current configuration."""
    session = request_context.session()
    return answer(session, company_id)


@serve(
    blueprint, "POST", PATH, name="set-configuration", group=GROUP,
    section="contract 1 §5; contract 2 §A4-A10",
    answers=Configuration, shows=examples.CONFIGURATION, takes=Configuration,
    sent=examples.CONFIGURATION, needs_body=False,
    assumed="An incomplete configuration is stored too, and makes a sync fail with 4000; null is"
    " accepted wherever a property may be absent; without a body nothing changes, and without"
    " schedule and configuration both stay; a start date may lie in the past.",
    contradicted=NAMES,
)  # fmt: skip
def store(company_id: str) -> Response:
    """Store a company's configuration."""
    body = request_context.body_bytes()
    has_body = request_context.has_body()
    session = request_context.session()
    if has_body:
        read(session, company_id, body)
    return answer(session, company_id)


def read(session: Session, company_id: str, body: bytes) -> None:
    """Store a configuration as it was sent.

    Args:
        session: the session.
        company_id: the company's id.
        body: the JSON of the configuration, in either generation.

    Raises:
        Malformed: the body is not a configuration; names the first mistake.
        NotFound: there is no such company.
    """
    row = session.company(company_id)
    request_context.decode(body, anything)  # which is stricter than the other reader
    sent = as_written(body)
    plain = from_wire(sent, row.configuration or Configuration())
    configuration = request_context.decode(msgspec.json.encode(plain), decode_configuration)
    if has_later_names(sent):
        row.company.has_later_names = True
        session.tables.companies.save(row)
    companies.configure(session, company_id, configuration)


def answer(session: Session, company_id: str) -> Response:
    """A company's configuration."""
    row = session.company(company_id)
    return request_context.answer(
        to_wire(companies.configured(row), has_later_names=row.company.has_later_names)
    )
