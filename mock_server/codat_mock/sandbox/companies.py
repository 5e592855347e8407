"""Companies and their connections."""

from __future__ import annotations

from codat_mock import schedule
from codat_mock.clock import format_moment
from codat_mock.configuration.checks import problems
from codat_mock.configuration.integrations import Integration, find_integration
from codat_mock.configuration.options import with_options
from codat_mock.records.companies import Company, Connection, ConnectionStatus
from codat_mock.records.configuration import Configuration
from codat_mock.records.errors import Conflict, Malformed, Problem, Unknown
from codat_mock.sandbox.turn import Turn
from codat_mock.store import CompanyRow

COMMERCE = "lqai"


def create(turn: Turn, name: str) -> Company:
    """Make a company that has its commerce connection already.

    Raises:
        Malformed: the name is blank.
    """
    if not name.strip():
        raise Malformed("A company needs a name.", [Problem("$.name", "The name is empty.")])
    company_id = turn.new_id()
    company = Company(
        id=company_id,
        name=name,
        platform="Partner Commerce",
        redirect=f"{turn.settings.address}/link/company/{company_id}",
        created=format_moment(turn.now),
    )
    connection = new_connection(turn, company_id, integration(COMMERCE), "Linked")
    company.data_connections.append(connection)
    turn.shelf.companies.add(company)
    return company


def connect(turn: Turn, company_id: str, key: str) -> Connection:
    """Add a connection to a platform, which the merchant has still to authorise.

    Raises:
        Unknown: there is no such company or integration.
    """
    row = turn.company(company_id)
    connection = new_connection(turn, company_id, integration(key), "PendingAuth")
    row.company.data_connections.append(connection)
    turn.shelf.companies.save(row)
    return connection


def integration(key: str) -> Integration:
    """The integration of that key or id.

    Raises:
        Unknown: there is none.
    """
    found = find_integration(key)
    if found is None:
        raise Unknown(f"Integration '{key}' does not exist; known are lqai, gbol, qhyg and tdfo.")
    return found


def new_connection(
    turn: Turn, company_id: str, platform: Integration, status: ConnectionStatus
) -> Connection:
    """A connection to that platform, not stored yet."""
    connection_id = turn.new_id()
    return Connection(
        id=connection_id,
        integration_id=platform.integration_id,
        integration_key=platform.key,
        source_id=platform.source_id,
        source_type=platform.source_type,
        platform_name=platform.name,
        link_url=f"{turn.settings.address}/link/company/{company_id}/connection/{connection_id}",
        status=status,
        created=format_moment(turn.now),
    )


def update_connection(
    turn: Turn, company_id: str, connection_id: str, status: ConnectionStatus
) -> Connection:
    """Set a connection's status.

    Raises:
        Unknown: there is no such company or connection.
    """
    row = turn.company(company_id)
    for connection in row.company.data_connections:
        if connection.id == connection_id:
            connection.status = status
            turn.shelf.companies.save(row)
            return connection
    raise Unknown(f"Connection '{connection_id}' does not exist in company '{company_id}'.")


def authorise(turn: Turn, company_id: str, connection_id: str | None = None) -> Company:
    """Do the merchant's part: link what waits for authorisation, or one connection of them.

    Raises:
        Unknown: there is no such company or connection.
        Conflict: nothing waits for authorisation.
    """
    row = turn.company(company_id)
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
        connection.status = "Linked"
    turn.shelf.companies.save(row)
    return row.company


def linked(row: CompanyRow, source_type: str) -> Connection | None:
    """The company's linked connection of that kind (`Commerce`, `Accounting`)."""
    return next(
        (
            connection
            for connection in row.company.data_connections
            if connection.source_type == source_type and connection.status == "Linked"
        ),
        None,
    )


def configuration(turn: Turn, company_id: str) -> Configuration:
    """The options for a company's configuration, and what is selected.

    Raises:
        Unknown: there is no such company.
    """
    return configured(turn.company(company_id))


def configured(row: CompanyRow) -> Configuration:
    """A company's configuration with the options of its accounting platform."""
    accounting = linked(row, "Accounting")
    platform = accounting.integration_key if accounting else None
    stored = row.configuration or Configuration()
    return with_options(row.company.id, platform, stored, row.rates)


def configure(turn: Turn, company_id: str, wanted: Configuration) -> Configuration:
    """Store a company's configuration, and plan its next sync.

    Raises:
        Unknown: there is no such company.
    """
    row = turn.company(company_id)
    row.configuration = wanted
    row.due = schedule.next_due(wanted.schedule, turn.now) if wanted.enabled else None
    turn.shelf.companies.save(row)
    return configured(row)


def configuration_problems(row: CompanyRow) -> list[str]:
    """Why a sync of the company cannot run."""
    return problems(configured(row), row.company.data_connections)
