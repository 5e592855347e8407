"""What merchants do in a browser: authorise a platform, and go through the Sync Flow.

A merchant has no key. A code leads into the Sync Flow once, and is exchanged for one that
lasts until the mapping is saved; from then on the first code opens the settings. Every form that
is shown carries a code of its own, which is accepted once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from codat_mock.configuration.account_purposes import CATEGORY
from codat_mock.configuration.checks import selection_problems
from codat_mock.configuration.suggestions import suggest
from codat_mock.models.companies import Company, Connection, ConnectionStatus, allowed_name
from codat_mock.models.configuration import Configuration
from codat_mock.models.errors import Malformed, Problem, Unauthorised
from codat_mock.models.syncs import SyncSummary
from codat_mock.sandbox import companies, connections, sync_views
from codat_mock.sandbox.session import Session
from codat_mock.storage import CompanyRow, LinkSession

CODE_LASTS: Final = timedelta(seconds=30)
MAX_URL_CHARACTERS: Final = 2048
MIDNIGHT: Final = 0
SYNCS_SHOWN: Final = 10
THIS_MACHINE: Final = ("127.0.0.1", "localhost")  # has no TLS
# A host without a scheme; a single word is one only if it is this machine's name.
HOST: Final = re.compile(
    r"(?P<host>localhost|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+)(:\d+)?([/?#]|$)", re.IGNORECASE
)


class LinkForm(Struct, frozen=True):
    """What a form shows to a merchant.

    Args:
        code: what the answer has to carry.
        configuration: the merchant's, with suggestions where nothing is selected.
        now: the sandbox's time, UTC.
        is_format_open: whether invoices or journal entries can still be chosen.
        is_set_up: whether settings are changed that were saved before.
        is_enabled: whether syncs are on.
        syncs: the latest, the last one first.
        next_due: when the next one is, UTC; None where none is planned.
    """

    company: Company
    connection: Connection
    code: str
    configuration: Configuration
    now: datetime
    is_format_open: bool
    is_set_up: bool
    is_enabled: bool
    syncs: list[SyncSummary]
    next_due: datetime | None

    @property
    def output_format(self) -> str:
        """Whether syncs write `Invoice` or `JournalEntry`."""
        return companies.output_format(self.configuration)


def start(
    session: Session,
    commerce_key: str,
    accounting_key: str,
    merchant: str | None,
    redirect_url: str | None,
) -> str:
    """Begin a Sync Flow; gives the URL for the merchant's browser.

    Args:
        session: the session.
        commerce_key: the commerce platform's.
        accounting_key: the accounting platform's.
        merchant: the company's id or name; one of that name is made where there is none. None
            where the sandbox has one company only.
        redirect_url: where the merchant is sent in the end.

    Raises:
        NotFound: there is no such commerce or accounting platform.
        Malformed: the company is ambiguous, or the URL is not that of a web page.
    """
    commerce = connections.integration(commerce_key, "Commerce")
    accounting = connections.integration(accounting_key, "Accounting")
    check_url(redirect_url)
    row = company_of(session, merchant)
    known = {connection.integration_key: connection for connection in row.company.data_connections}
    for platform in (commerce, accounting):
        if platform.key not in known:
            status: ConnectionStatus = "Linked" if platform is commerce else "PendingAuth"
            added = connections.new_connection(session, row.company.id, platform, status)
            known[platform.key] = added
            row.company.data_connections.append(added)
    session.tables.companies.save(row)
    session.tables.codes.delete_expired(session.now)
    code = session.new_id()
    link = LinkSession(row.company.id, known[accounting.key].id, redirect_url)
    session.tables.codes.add(code, "start", link, session.now + CODE_LASTS)
    query = {"merchantIdentifier": merchant or row.company.id, "otp": one_time_password(code)}
    if redirect_url:
        query["redirectUrl"] = redirect_url
    return (
        f"{session.settings.address}/flow/{code}/{commerce.key}/{accounting.key}/start"
        f"?{urlencode(query)}"
    )


def one_time_password(code: str) -> str:
    """The six digits that the vendor's URL carries; here the code before them is what counts."""
    return f"{UUID(code).int % 1_000_000:06}"


def company_of(session: Session, merchant: str | None) -> CompanyRow:
    """The company that a merchant's identifier means.

    Raises:
        Malformed: it is missing, and there is not exactly one company.
    """
    rows = session.tables.companies.all()
    if merchant:
        names = (merchant, allowed_name(merchant))
        named = (row for row in rows if row.company.id == merchant or row.company.name in names)
        return next(named, None) or session.company(companies.create(session, merchant).id)
    if len(rows) == 1:
        return rows[0]
    message = (
        f"There are {len(rows)} companies: name one, by its name or id, as merchantIdentifier."
    )
    raise Malformed(message, [Problem("merchantIdentifier", message)])


def check_url(url: str | None) -> None:
    """Make sure that a URL is one of a web page.

    Raises:
        Malformed: it is not.
    """
    if not url:
        return
    try:
        parts = urlsplit(absolute(url))
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname)
        is_good = is_good and not re.search(r"\s", url[0] + parts.netloc) and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good or len(url) > MAX_URL_CHARACTERS or not url.isprintable() or "\\" in url:
        message = "The parameter 'redirectUrl' must be the http or https URL of a page, or a host."
        raise Malformed(message, [Problem("redirectUrl", message)])


def absolute(url: str) -> str:
    """A URL with its scheme: `app.codat.io`, as in the documentation's sample, has none."""
    found = HOST.match(url)
    if not found:
        return url
    return f"http://{url}" if found["host"].lower() in THIS_MACHINE else f"https://{url}"


def enter(session: Session, code: str) -> str:
    """Change the code of a URL for the code of a link session, which it returns.

    Source: contract part 2, section E ("the same URL later opens settings"); that it does so once
    the mapping is saved is assumed.

    Raises:
        Unauthorised: the code was used already and nothing saved, or its time is over.
    """
    if settings := session.tables.codes.find(code, "settings", session.now):
        return begin(session, settings)
    link = session.tables.codes.find(code, "start", session.now)
    if link is None:
        raise Unauthorised(
            "This link was used already, or is older than 30 seconds. Please ask for a new one."
        )
    session.tables.codes.delete(code)
    return begin(session, replace(link, entered_by=code))


def begin(session: Session, link: LinkSession) -> str:
    """Begin a link session; gives its code."""
    flow_code = session.new_id()
    session.tables.codes.add(flow_code, "flow", link)
    return flow_code


def link_session_of(session: Session, flow_code: str) -> LinkSession:
    """The link session that a code stands for.

    Raises:
        Unauthorised: there is none, or the mapping was saved.
    """
    link = session.tables.codes.find(flow_code, "flow", session.now)
    if link is None:
        raise Unauthorised("These settings were saved already. Please ask for a new link.")
    return link


def form(session: Session, link: LinkSession) -> LinkForm:
    """A form for a merchant; those shown before for the same are good no more.

    Raises:
        NotFound: there is no such company or connection.
    """
    row = session.company(link.company_id)
    connection = connections.connection_of(row, link.connection_id)
    code = session.new_id()
    session.tables.codes.delete_forms(link)
    session.tables.codes.add(code, "form", link)
    return LinkForm(
        company=row.company,
        connection=connection,
        code=code,
        configuration=without_deleted_categories(suggested(row), row.catalogue.names),
        now=session.now,
        is_format_open=not companies.has_written(session, row),
        is_set_up=row.configuration is not None,
        is_enabled=row.configuration is None or row.configuration.enabled,
        # Source: contract part 2, section D ("each sync's range and status; last and next sync").
        syncs=sync_views.all_syncs(session, row.company.id)[:SYNCS_SHOWN],
        next_due=row.due,
    )


def suggested(row: CompanyRow) -> Configuration:
    """A company's configuration, with suggestions where nothing is selected.

    Source: contract part 2, section E ("the flow sets 00:00 merchant time").
    """
    return suggest(companies.configured(row), sync_hour=MIDNIGHT)


def without_deleted_categories(
    configuration: Configuration, categories: Container[str]
) -> Configuration:
    """A configuration without the accounts of product categories that were deleted.

    Args:
        configuration: with its options.
        categories: the ids of those that there are.

    Source: contract part 2, section B ("off the screen, mapping stays").
    """
    mapping = configuration.configuration
    shown = {
        name: account
        for name, account in mapping.sales.accounts.items()
        if not name.startswith(CATEGORY) or name.removeprefix(CATEGORY) in categories
    }
    sales = replace(mapping.sales, accounts=shown)
    return replace(configuration, configuration=replace(mapping, sales=sales))


def take_answer(session: Session, link: LinkSession, code: str) -> None:
    """Take the answer to a form, once.

    Args:
        session: the session.
        link: what the form is for.
        code: the one-time code of the form.

    Raises:
        Unauthorised: the code is not that of a form shown for the same.
    """
    if session.tables.codes.find(code, "form", session.now) != link:
        raise Unauthorised(
            "This form was answered already, or is out of date. Please open it again."
        )
    session.tables.codes.delete(code)


def decide(session: Session, link: LinkSession, code: str, *, is_allowed: bool) -> None:
    """Authorise a connection, or refuse to.

    Args:
        session: the session.
        link: what the form is for.
        code: the one-time code of the form.
        is_allowed: whether the merchant authorises it.

    Raises:
        Unauthorised: the form is not good any more.
    """
    take_answer(session, link, code)
    if is_allowed:
        connections.update_connection(session, link.company_id, link.connection_id, "Linked")
    else:
        connections.refuse(session, link.company_id, link.connection_id)


def deauthorise(session: Session, flow_code: str, code: str) -> LinkSession:
    """Withdraw the authorisation of the accounting platform; gives the link session.

    Source: contract part 2, sections E and I.

    Args:
        session: the session.
        flow_code: the link session's code.
        code: the form's.

    Raises:
        Unauthorised: the link session is over, or the form is not good any more.
    """
    link = link_session_of(session, flow_code)
    take_answer(session, link, code)
    connections.update_connection(session, link.company_id, link.connection_id, "Deauthorized")
    return link


def save(
    session: Session, flow_code: str, code: str, read: Callable[[Configuration], Configuration]
) -> str | None:
    """Store the mapping that a merchant made; gives where to send the merchant.

    Args:
        session: the session.
        flow_code: the link session's code.
        code: the form's.
        read: makes the merchant's configuration of the one that the form showed.

    Raises:
        Unauthorised: the link session is over, or the form is not good any more.
        Malformed: the mapping is not complete.
    """
    link = link_session_of(session, flow_code)
    take_answer(session, link, code)
    configuration = read(suggested(session.company(link.company_id)))
    if reasons := selection_problems(configuration):
        raise Malformed(
            "The settings are not complete.", [Problem("$", str(why)) for why in reasons]
        )
    companies.configure(session, link.company_id, configuration)
    session.tables.codes.delete(flow_code)
    if session.tables.codes.find(link.entered_by, "settings", session.now) is None:
        session.tables.codes.add(link.entered_by, "settings", link)
    return absolute(link.redirect_url) if link.redirect_url else None
