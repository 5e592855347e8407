"""A company's connections."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response

from codat_mock.http import request_context
from codat_mock.http.api import examples
from codat_mock.http.operations import serve
from codat_mock.http.pagination import PAGING, page
from codat_mock.models.companies import Connection, ConnectionUpdate, NewConnection
from codat_mock.models.pages import Connections
from codat_mock.sandbox import companies, connections

blueprint = Blueprint("connections", __name__)

GROUP: Final = "Connections"
ONE: Final = "/companies/{companyId}/connections/{connectionId}"
KEY: Final = (
    "The property integrationKey is in the documentation's sample and in later documents, not in"
    " the beta's."
)
Credentials = dict[str, str | None]
PAGE: Final = f"The beta's document requires page. {KEY}"
STATUS: Final = "Any other status may follow any other; an Unlinked connection may be sent again."


@serve(
    blueprint, "GET", "/companies/{companyId}/connections", name="list-connections-later",
    group=GROUP, section="contract 1 §2, §7", answers=Connections, shows=examples.CONNECTIONS,
    query=PAGING,
)  # fmt: skip
@serve(
    blueprint, "GET", "/meta/companies/{companyId}/connections", name="list-connections",
    group=GROUP, section="contract 1 §2, §7; contract 2 §A12, §A13", answers=Connections,
    shows=examples.CONNECTIONS, query=PAGING,
    contradicted=PAGE,
)  # fmt: skip
def index(company_id: str) -> Response:
    """List a company's connections."""
    session = request_context.session()
    found = companies.company(session, company_id).data_connections
    return request_context.answer(page(Connections, Connection, found))


@serve(
    blueprint, "POST", "/meta/companies/{companyId}/connections", name="create-connection",
    group=GROUP, section="contract 1 §2, §7; contract 2 §A13", answers=Connection,
    shows=examples.ACCOUNTING, takes=str,
    sent="gbol", contradicted=KEY,
)  # fmt: skip
def add(company_id: str) -> Response:
    """Add a connection, by the integration's key or id as a JSON string."""
    key = request_context.body(str)
    session = request_context.session()
    return request_context.answer(connections.connect(session, company_id, key))


@serve(
    blueprint, "POST", "/companies/{companyId}/connections", name="create-connection-later",
    group=GROUP, section="contract 1 §2", answers=Connection, shows=examples.ACCOUNTING,
    takes=NewConnection | str, sent={"platformKey": "gbol"},
    assumed="The integration's id is accepted in place of its key.",
)  # fmt: skip
def add_later(company_id: str) -> Response:
    """Add a connection, by the integration's key in an object or as a JSON string."""
    asked: NewConnection | str = request_context.body(NewConnection | str)  # type: ignore[arg-type]  # a union is no type to mypy
    key = asked if isinstance(asked, str) else asked.platform_key
    session = request_context.session()
    return request_context.answer(connections.connect(session, company_id, key))


@serve(
    blueprint, "GET", ONE, name="get-connection", group=GROUP, section="contract 2 §H",
    answers=Connection, shows=examples.COMMERCE,
)  # fmt: skip
def show(company_id: str, connection_id: str) -> Response:
    """Show a connection."""
    session = request_context.session()
    return request_context.answer(connections.connection(session, company_id, connection_id))


@serve(
    blueprint, "PATCH", ONE, name="update-connection-later", group=GROUP,
    section="contract 1 §2; contract 2 §A13",
    answers=Connection, shows=examples.COMMERCE, takes=ConnectionUpdate,
    sent={"status": "Unlinked"}, refusals=(409,), assumed=STATUS,
)  # fmt: skip
@serve(
    blueprint, "PATCH", "/meta/companies/{companyId}/connections/{connectionId}",
    name="update-connection", group=GROUP, section="contract 1 §2; contract 2 §A13, §E",
    answers=Connection,
    shows=examples.COMMERCE, takes=ConnectionUpdate, sent={"status": "Unlinked"}, refusals=(409,),
    assumed=STATUS, contradicted=KEY,
)  # fmt: skip
def update(company_id: str, connection_id: str) -> Response:
    """Change a connection's status; only a linked one can be unlinked."""
    status = request_context.body(ConnectionUpdate).status
    session = request_context.session()
    return request_context.answer(
        connections.update_connection(session, company_id, connection_id, status)
    )


@serve(
    blueprint, "DELETE", ONE, name="delete-connection", group=GROUP, section="contract 2 §E, §H",
    answers=None,
    assumed="It removes the company's configuration and what was pushed over the connection, and"
    " keeps its syncs and the books; the answer has no body.",
    contradicted="The Sync Flow can de-authorise a connection on one page, and only delete it on"
    " another.",
)  # fmt: skip
def delete(company_id: str, connection_id: str) -> Response:
    """Delete a connection."""
    session = request_context.session()
    connections.delete(session, company_id, connection_id)
    return request_context.empty_answer(200)


@serve(
    blueprint, "PUT", ONE + "/authorization", name="update-connection-authorization", group=GROUP,
    section="contract 1 §2", answers=Connection, shows=examples.COMMERCE, takes=Credentials,
    sent={"accessToken": "not-a-real-token"},
    assumed="Any credentials authorise the connection, and are not kept.",
)  # fmt: skip
def authorise(company_id: str, connection_id: str) -> Response:
    """Authorise a connection with new credentials."""
    request_context.body(Credentials)
    session = request_context.session()
    return request_context.answer(
        connections.update_connection(session, company_id, connection_id, "Linked")
    )
