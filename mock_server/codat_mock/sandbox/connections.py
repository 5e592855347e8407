"""Connections of companies, and the platforms they lead to."""

from __future__ import annotations

from msgspec.structs import replace

from codat_mock.accounting.catalogue import NO_PRODUCTS
from codat_mock.clock import format_moment
from codat_mock.configuration.integrations import INTEGRATIONS, find_integration
from codat_mock.models.companies import Company, Connection, ConnectionStatus, LinkError, SourceKind
from codat_mock.models.errors import Conflict, NotFound
from codat_mock.models.integrations import Integration
from codat_mock.sandbox import webhooks
from codat_mock.sandbox.session import Session
from codat_mock.storage import CompanyRow


def connect(session: Session, company_id: str, key: str) -> Connection:
    """Add a connection to a platform, which the merchant has still to authorise.

    Args:
        session: the session.
        company_id: the company's id.
        key: the platform's.

    Raises:
        NotFound: there is no such company or integration.
    """
    row = session.company(company_id)
    connection = new_connection(session, company_id, integration(key), "PendingAuth")
    row.company.data_connections.append(connection)
    session.tables.companies.save(row)
    return connection


def integration(key: str, source_type: SourceKind | None = None) -> Integration:
    """The integration of that key or id, and of that kind where one is given.

    Raises:
        NotFound: there is none.
    """
    offered = [each for each in INTEGRATIONS if source_type in (None, each.source_type)]
    found = find_integration(key)
    if found not in offered:
        kind = f"{source_type} integration" if source_type else "Integration"
        known = ", ".join(each.key for each in offered)
        raise NotFound(f"{kind} '{key}' does not exist; known: {known}.")
    return found


def integrations(session: Session) -> list[Integration]:
    """All integrations, with how many connections the sandbox has to each."""
    connections = [
        connection
        for row in session.tables.companies.all()
        for connection in row.company.data_connections
    ]
    return [
        replace(
            each,
            linked_connections_count=sum(
                connection.integration_key == each.key and connection.status == "Linked"
                for connection in connections
            ),
            total_connections_count=sum(
                connection.integration_key == each.key for connection in connections
            ),
        )
        for each in INTEGRATIONS
    ]


def new_connection(
    session: Session, company_id: str, platform: Integration, status: ConnectionStatus
) -> Connection:
    """A connection to that platform, not stored yet.

    Args:
        session: the session.
        company_id: the company's id.
        platform: what it is a connection to.
        status: its first one.
    """
    connection_id = session.new_id()
    return Connection(
        id=connection_id,
        integration_id=platform.integration_id,
        integration_key=platform.key,
        source_id=platform.source_id,
        source_type=platform.source_type,
        platform_name=platform.name,
        link_url=f"{session.settings.address}/link/company/{company_id}/connection/{connection_id}",
        status=status,
        created=format_moment(session.now),
    )


def connection_of(row: CompanyRow, connection_id: str) -> Connection:
    """A company's connection of that id.

    Raises:
        NotFound: it has none.
    """
    for connection in row.company.data_connections:
        if connection.id == connection_id:
            return connection
    raise NotFound(f"Data connection {connection_id} not found in company {row.company.id}.")


def connection(session: Session, company_id: str, connection_id: str) -> Connection:
    """A company's connection.

    Args:
        session: the session.
        company_id: the company's id.
        connection_id: the connection's id.

    Raises:
        NotFound: there is no such company or connection.
    """
    return connection_of(session.company(company_id), connection_id)


def delete(session: Session, company_id: str, connection_id: str) -> None:
    """Delete a connection, and with it the company's configuration and what was pushed over it.

    Args:
        session: the session.
        company_id: the company's id.
        connection_id: the connection's id.

    Source: contract part 2, section E. Syncs and the books are kept (assumed).

    Raises:
        NotFound: there is no such company or connection.
    """
    row = session.company(company_id)
    deleted = connection_of(row, connection_id)
    if deleted.source_type == "Commerce":
        webhooks.record_deletion(session, row)
        row.catalogue = NO_PRODUCTS
        session.tables.datasets.delete(row.number, connection_id)
    row.company.data_connections.remove(deleted)
    if not any(each.source_type == "Commerce" for each in row.company.data_connections):
        row.rates = set()  # those of orders over another connection are known still
    row.configuration, row.due = None, None
    session.tables.companies.save(row)


def update_connection(
    session: Session, company_id: str, connection_id: str, status: ConnectionStatus
) -> Connection:
    """Set a connection's status.

    Args:
        session: the session.
        company_id: the company's id.
        connection_id: the connection's id.
        status: the new one.

    Raises:
        NotFound: there is no such company or connection.
        Conflict: it is to be unlinked and is not linked (contract part 2, section A13).
    """
    row = session.company(company_id)
    connection = connection_of(row, connection_id)
    if status == "Unlinked" and connection.status not in ("Linked", "Unlinked"):
        raise Conflict(
            "Only a connection that is Linked can be unlinked;"
            f" connection '{connection_id}' is {connection.status}."
        )
    webhooks.record_status(session, company_id, connection, status)
    connection.status = status
    if status == "Linked":
        connection.data_connection_errors = []
    session.tables.companies.save(row)
    return connection


def refuse(session: Session, company_id: str, connection_id: str) -> Connection:
    """Do what follows when a merchant does not authorise a connection.

    Args:
        session: the session.
        company_id: the company's id.
        connection_id: the connection's id.

    Raises:
        NotFound: there is no such company or connection.
    """
    row = session.company(company_id)
    connection = connection_of(row, connection_id)
    webhooks.record_status(session, company_id, connection, "Deauthorized")
    connection.status = "Deauthorized"
    connection.data_connection_errors.append(
        LinkError(
            status_code="401",
            status_text="Unauthorized",
            error_message="The merchant did not authorise the connection.",
            errored_on_utc=format_moment(session.now),
        )
    )
    session.tables.companies.save(row)
    return connection


def authorise(session: Session, company_id: str, connection_id: str | None = None) -> Company:
    """Do the merchant's part: link what waits for authorisation, or one connection of them.

    Args:
        session: the session.
        company_id: the company's id.
        connection_id: of the one; None for all.

    Raises:
        NotFound: there is no such company or connection.
        Conflict: nothing waits for authorisation.
    """
    row = session.company(company_id)
    waiting = [
        connection
        for connection in row.company.data_connections
        if connection.status == "PendingAuth" and connection_id in (None, connection.id)
    ]
    if not waiting:
        raise Conflict(
            "No connection of the company waits for authorisation; add one with"
            f" POST /meta/companies/{company_id}/connections first."
        )
    for connection in waiting:
        webhooks.record_status(session, company_id, connection, "Linked")
        connection.status = "Linked"
    session.tables.companies.save(row)
    return row.company


def delete_sync_connection(session: Session, company_id: str) -> Company:
    """Do what follows when a merchant deletes the sync connection.

    Pushes end in AuthError from now on; the next sync fails, and none follows (contract section 6).

    Raises:
        NotFound: there is no such company.
        Conflict: it has no linked commerce connection.
    """
    row = session.company(company_id)
    linked = [
        connection
        for connection in row.company.data_connections
        if connection.source_type == "Commerce" and connection.status == "Linked"
    ]
    if not linked:
        raise Conflict("The company has no linked commerce connection that could be deleted.")
    for connection in linked:
        webhooks.record_deletion(session, row)
        webhooks.record_status(session, company_id, connection, "Unlinked")
        connection.status = "Unlinked"
    session.tables.companies.save(row)
    return row.company
