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


@serve(
    blueprint, "GET", "/companies/{companyId}/connections", name="list-connections-later",
    group=GROUP, source="reference", answers=Connections, shows=examples.CONNECTIONS, query=PAGING,
)  # fmt: skip
@serve(
    blueprint, "GET", "/meta/companies/{companyId}/connections", name="list-connections",
    group=GROUP, source="reference", answers=Connections, shows=examples.CONNECTIONS, query=PAGING,
)  # fmt: skip
def index(company_id: str) -> Response:
    """List a company's connections."""
    company = companies.company(request_context.session(), company_id)
    return request_context.answer(page(Connections, Connection, company.data_connections))


@serve(
    blueprint, "POST", "/meta/companies/{companyId}/connections", name="create-connection",
    group=GROUP, source="reference", answers=Connection, shows=examples.ACCOUNTING, takes=str,
    sent="gbol",
)  # fmt: skip
def add(company_id: str) -> Response:
    """Add a connection, by the integration's key or id as a JSON string."""
    key = request_context.body(str)
    return request_context.answer(connections.connect(request_context.session(), company_id, key))


@serve(
    blueprint, "POST", "/companies/{companyId}/connections", name="create-connection-later",
    group=GROUP, source="reference", answers=Connection, shows=examples.ACCOUNTING,
    takes=NewConnection | str, sent={"platformKey": "gbol"},
    assumed="The integration's id is taken in place of its key.",
)  # fmt: skip
def add_later(company_id: str) -> Response:
    """Add a connection, by the integration's key in an object or as a JSON string."""
    body: NewConnection | str = request_context.body(NewConnection | str)  # type: ignore[arg-type]  # a union is no type to mypy
    key = body if isinstance(body, str) else body.platform_key
    return request_context.answer(connections.connect(request_context.session(), company_id, key))


@serve(
    blueprint, "PATCH", "/companies/{companyId}/connections/{connectionId}",
    name="update-connection-later", group=GROUP, source="reference", answers=Connection,
    shows=examples.COMMERCE, takes=ConnectionUpdate, sent={"status": "Unlinked"},
    assumed="Any status may follow any other.",
)  # fmt: skip
@serve(
    blueprint, "PATCH", "/meta/companies/{companyId}/connections/{connectionId}",
    name="update-connection", group=GROUP, source="reference", answers=Connection,
    shows=examples.COMMERCE, takes=ConnectionUpdate, sent={"status": "Unlinked"},
    assumed="Any status may follow any other.",
)  # fmt: skip
def update(company_id: str, connection_id: str) -> Response:
    """Change a connection's status."""
    status = request_context.body(ConnectionUpdate).status
    session = request_context.session()
    connection = connections.update_connection(session, company_id, connection_id, status)
    return request_context.answer(connection)


@serve(
    blueprint, "PUT", "/companies/{companyId}/connections/{connectionId}/authorization",
    name="update-connection-authorization", group=GROUP, source="reference", answers=Connection,
    shows=examples.COMMERCE, takes=dict[str, str], sent={"accessToken": "not-a-real-token"},
    assumed="Any credentials authorise the connection, and are not kept.",
)  # fmt: skip
def authorise(company_id: str, connection_id: str) -> Response:
    """Authorise a connection with new credentials."""
    request_context.body(dict[str, str])
    session = request_context.session()
    connection = connections.update_connection(session, company_id, connection_id, "Linked")
    return request_context.answer(connection)
