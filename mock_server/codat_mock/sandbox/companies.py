"""Companies, and their configuration."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time
from decimal import Decimal

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from codat_mock.clock import format_moment
from codat_mock.configuration.options import with_options
from codat_mock.configuration.rates import rate_key
from codat_mock.configuration.suggestions import keep_payment_types, map_rates, suggest
from codat_mock.domain import sync_schedule
from codat_mock.models.companies import Company, Connection, allowed_name
from codat_mock.models.configuration import Configuration, TaxRate
from codat_mock.models.errors import LimitExceeded, Malformed, Problem
from codat_mock.sandbox.connections import authorise, connect, integration, new_connection
from codat_mock.sandbox.session import Session
from codat_mock.storage import CompanyRow

COMMERCE = "lqai"
PREPARED = "prepared"  # the ids of companies whose merchants map what they meet
# Source: contract part 2, section C (402).
LIMIT_MESSAGE = "Company limit exceeded. Learn more at https://docs.codat.io/using-the-api/errors"


def create(
    session: Session,
    name: str,
    *,
    is_connected: bool = True,
    company_id: str | None = None,
    description: str | UnsetType = UNSET,
) -> Company:
    """Create a company, with its commerce connection or without any connection.

    Args:
        session: the session.
        name: the characters that the service does not allow are removed.
        is_connected: whether it has its commerce connection already, as in the beta.
        company_id: its id; None for a new one.
        description: the client's own text.

    Raises:
        Malformed: the name is blank.
        LimitExceeded: there are as many companies as the account may have.
    """
    allowed = allowed_name(name)
    if not allowed:
        message = f"The name '{name}' has no letter, digit or other character that is allowed."
        raise Malformed("A company needs a name.", [Problem("$.name", message)])
    limit = session.settings.company_limit
    if limit is not None and len(session.tables.companies.all()) >= limit:
        raise LimitExceeded(
            f"CompanyValidationException: Company limit exceeded. The account may have {limit}.",
            [Problem("", LIMIT_MESSAGE, "Company")],
        )
    company_id = company_id or session.new_id()
    platform = integration(COMMERCE)
    company = Company(
        id=company_id,
        name=allowed,
        description=description,
        has_later_names=not is_connected,
        platform=platform.name if is_connected else "",
        redirect=f"{session.settings.address}/link/company/{company_id}",
        created=format_moment(session.now),
    )
    if is_connected:
        connection = new_connection(session, company_id, platform, "Linked")
        company.data_connections.append(connection)
    session.tables.companies.add(company)
    return company


def prepare(session: Session, name: str, accounting: str, company_id: str | None = None) -> Company:
    """Create a company that is ready to be pushed to: accounting linked, mapping configured.

    It syncs daily, from the beginning of the present day, UTC. Its merchant maps each tax rate as
    it first appears, unless the settings say which.

    Args:
        session: the session.
        name: the company's name.
        accounting: the key or id of its accounting platform.
        company_id: the company's id; None for a new one.

    Raises:
        Malformed: the name is blank.
        NotFound: there is no such platform.
    """
    integration(accounting, "Accounting")
    company_id = create(session, name, company_id=company_id).id
    connect(session, company_id, accounting)
    authorise(session, company_id)
    suggested = suggest(configuration(session, company_id))
    suggested.schedule.start_date = datetime.combine(session.now, time(0), session.now.tzinfo)
    configure(session, company_id, with_fixed_mapping(session, suggested))
    prepared = session.tables.preferences.find(PREPARED, list[str]) or []
    session.tables.preferences.save(PREPARED, [*prepared, company_id])
    return company(session, company_id)


def with_fixed_mapping(session: Session, suggested: Configuration) -> Configuration:
    """A configuration with the tax rates and payment types mapped that the settings name."""
    rates, types = session.settings.tax_rates, session.settings.payment_types
    mapping = suggested.configuration
    if rates is not None:
        options = next(iter(mapping.sales.tax_rates.values())).tax_rate_options
        shown = {rate_key(each): TaxRate(tax_rate_options=options) for each in rates}
        mapping.sales.tax_rates = map_rates({}, shown, rates)
    if types is not None:
        mapping.payments = keep_payment_types(mapping.payments, types)
    return suggested


def map_new_rates(session: Session, row: CompanyRow, rates: Iterable[Decimal]) -> None:
    """Map tax rates that have just appeared, as the merchant of a prepared company does.

    Args:
        session: the session.
        row: the company; the caller saves it.
        rates: percentages; `row.rates` has them already.
    """
    prepared = session.tables.preferences.find(PREPARED, list[str]) or []
    stored = row.configuration
    is_fixed = session.settings.tax_rates is not None
    if stored is None or is_fixed or row.company.id not in prepared:
        return
    sales = stored.configuration.sales
    unmapped = [each for each in sorted(rates) if rate_key(each) not in sales.tax_rates]
    shown = configured(row).configuration.sales.tax_rates
    sales = replace(sales, tax_rates=map_rates(sales.tax_rates, shown, unmapped))
    row.configuration = replace(stored, configuration=replace(stored.configuration, sales=sales))


def connected_count(session: Session) -> int:
    """How many companies have a linked commerce connection."""
    rows = session.tables.companies.all()
    return sum(linked(row, "Commerce") is not None for row in rows)


def delete(session: Session, company_id: str) -> None:
    """Delete a company with everything that belongs to it; there is no way back.

    Raises:
        NotFound: there is no such company.
    """
    session.tables.companies.delete(session.company(company_id))


def all_companies(session: Session) -> list[Company]:
    """All companies, in the order they were made."""
    return [shown(session, row) for row in session.tables.companies.all()]


def company(session: Session, company_id: str) -> Company:
    """One company.

    Raises:
        NotFound: there is no such company.
    """
    return shown(session, session.company(company_id))


def shown(session: Session, row: CompanyRow) -> Company:
    """A company and its connections, each with when it was synced last.

    A commerce connection's last sync is the end of its last dataset, an accounting connection's
    the last successful sync (our choice).
    """
    synced = session.tables.syncs.last_successful(row.number, session.now)
    moments = {
        "Commerce": session.tables.datasets.last_end(row.number, session.now),
        "Accounting": synced.ran if synced else None,
    }
    connections = [
        replace(connection, last_sync=moment_or_unset(moments.get(connection.source_type)))
        for connection in row.company.data_connections
    ]
    last = max((moment for moment in moments.values() if moment), default=None)
    return replace(row.company, last_sync=moment_or_unset(last), data_connections=connections)


def moment_or_unset(moment: datetime | None) -> str | UnsetType:
    """A moment as answers show it, absent where there is none."""
    return UNSET if moment is None else format_moment(moment)


def linked(row: CompanyRow, source_type: str) -> Connection | None:
    """The company's linked connection of that kind (`Commerce`, `Accounting`), the newest one."""
    return next(
        (
            connection
            for connection in reversed(row.company.data_connections)
            if connection.source_type == source_type and connection.status == "Linked"
        ),
        None,
    )


def has_been_linked(row: CompanyRow, source_type: str) -> bool:
    """Whether a connection of that kind is or was linked: only what waits never has been."""
    return any(
        connection.source_type == source_type and connection.status != "PendingAuth"
        for connection in row.company.data_connections
    )


def configuration(session: Session, company_id: str) -> Configuration:
    """The options for a company's configuration, and what is selected.

    Raises:
        NotFound: there is no such company.
    """
    return configured(session.company(company_id))


def configured(row: CompanyRow) -> Configuration:
    """A company's configuration with the options of its accounting platform."""
    accounting = linked(row, "Accounting")
    platform = accounting.integration_key if accounting else None
    stored = row.configuration or Configuration()
    name = f"{row.company.name} ({accounting.platform_name})" if accounting else None
    return with_options(
        row.company.id,
        platform,
        stored,
        row.rates,
        name,
        categories=row.catalogue.names,
        components=row.catalogue.tax_components,
    )


def check_output_format(session: Session, row: CompanyRow, configuration: Configuration) -> None:
    """Make sure that invoices or journal entries are chosen once.

    Args:
        session: the session.
        row: the company's row.
        configuration: the one to store.

    Source: contract part 2, section B ("for good"); that the choice is open until a sync has
    written something is assumed.

    Raises:
        Malformed: another form is chosen than the configuration had.
    """
    chosen, stored = output_format(configuration), row.configuration
    is_changed = stored is not None and output_format(stored) != chosen
    if stored and is_changed and has_written(session, row):
        message = (
            f"Syncs have written in the output format {output_format(stored)}, which cannot be"
            " changed any more: create another company to sync in the other form."
        )
        raise Malformed(message, [Problem("$.configuration.mapSettings.outputFormat", message)])


def has_written(session: Session, row: CompanyRow) -> bool:
    """Whether a sync has written a document for a company."""
    return bool(session.tables.documents.last_numbers(row.number))


def output_format(configuration: Configuration) -> str:
    """Whether syncs write `Invoice` or `JournalEntry`."""
    settings = configuration.configuration.map_settings
    return (settings.output_format if settings else None) or "Invoice"


def configure(session: Session, company_id: str, configuration: Configuration) -> Configuration:
    """Store a company's configuration, and plan its next sync.

    Args:
        session: the session.
        company_id: the company's id.
        configuration: what it becomes.

    Raises:
        NotFound: there is no such company.
        Malformed: invoices were chosen before, and journal entries now, or the reverse.
    """
    row = session.company(company_id)
    check_output_format(session, row, configuration)
    row.configuration = configuration
    due = sync_schedule.next_due(configuration.schedule, session.now)
    row.due = due if configuration.enabled else None
    row.failures = 0
    session.tables.companies.save(row)
    return configured(row)
