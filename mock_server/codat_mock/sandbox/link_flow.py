"""What merchants do in a browser: authorise a platform, and go through the Sync Flow.

A merchant has no key. A code leads into the Sync Flow once, and is exchanged for a visit, which
lasts until the mapping is saved. Every form that is shown carries a code of its own, which is
accepted once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from msgspec import Struct

from codat_mock.configuration.checks import selection_problems
from codat_mock.configuration.suggestions import suggest
from codat_mock.models.companies import Company, Connection, ConnectionStatus
from codat_mock.models.configuration import Configuration
from codat_mock.models.errors import Malformed, Problem, Unauthorised
from codat_mock.sandbox import companies, connections
from codat_mock.sandbox.session import Session
from codat_mock.storage import CompanyRow, LinkSession

CODE_LASTS: Final = timedelta(seconds=30)
LONGEST_URL: Final = 2048
HOST: Final = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:\d+)?([/?#]|$)")  # and no scheme


class LinkForm(Struct, frozen=True):
    """What a form shows to a merchant.

    Args:
        code: what the answer has to carry.
        configuration: the merchant's, with suggestions where nothing is selected.
        now: the sandbox's time, UTC.
    """

    company: Company
    connection: Connection
    code: str
    configuration: Configuration
    now: datetime


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
    visit = LinkSession(row.company.id, known[accounting.key].id, redirect_url)
    session.tables.codes.add(code, "start", visit, session.now + CODE_LASTS)
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
        named = (row for row in rows if merchant in (row.company.id, row.company.name))
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
    if not is_good or len(url) > LONGEST_URL or not url.isprintable() or "\\" in url:
        message = "The parameter 'redirectUrl' must be the http or https URL of a page, or a host."
        raise Malformed(message, [Problem("redirectUrl", message)])


def absolute(url: str) -> str:
    """A URL with its scheme: `app.codat.io`, as in the documentation's sample, has none."""
    return f"https://{url}" if HOST.match(url) else url


def enter(session: Session, code: str) -> str:
    """Change the code of a URL for a visit; gives the visit's own code.

    Raises:
        Unauthorised: the code was used already, or its time is over.
    """
    visit = session.tables.codes.find(code, "start", session.now)
    if visit is None:
        raise Unauthorised(
            "This link was used already, or is older than 30 seconds. Please ask for a new one."
        )
    session.tables.codes.delete(code)
    visit_code = session.new_id()
    session.tables.codes.add(visit_code, "visit", visit)
    return visit_code


def visit_of(session: Session, visit_code: str) -> LinkSession:
    """The visit that a code stands for.

    Raises:
        Unauthorised: there is none, or the mapping was saved.
    """
    visit = session.tables.codes.find(visit_code, "visit", session.now)
    if visit is None:
        raise Unauthorised("These settings were saved already. Please ask for a new link.")
    return visit


def form(session: Session, visit: LinkSession) -> LinkForm:
    """A form for a merchant; those shown before for the same are good no more.

    Raises:
        NotFound: there is no such company or connection.
    """
    row = session.company(visit.company_id)
    connection = connections.connection_of(row, visit.connection_id)
    code = session.new_id()
    session.tables.codes.delete_forms(visit)
    session.tables.codes.add(code, "form", visit)
    return LinkForm(row.company, connection, code, suggested(row), session.now)


def suggested(row: CompanyRow) -> Configuration:
    """A company's configuration, with suggestions where nothing is selected."""
    return suggest(companies.configured(row))


def take_answer(session: Session, visit: LinkSession, code: str) -> None:
    """Take the answer to a form, once.

    Raises:
        Unauthorised: the code is not that of a form shown for the same.
    """
    if session.tables.codes.find(code, "form", session.now) != visit:
        raise Unauthorised(
            "This form was answered already, or is out of date. Please open it again."
        )
    session.tables.codes.delete(code)


def decide(session: Session, visit: LinkSession, code: str, *, is_allowed: bool) -> None:
    """Authorise a connection, or refuse to.

    Raises:
        Unauthorised: the form is not good any more.
    """
    take_answer(session, visit, code)
    if is_allowed:
        connections.update_connection(session, visit.company_id, visit.connection_id, "Linked")
    else:
        connections.refuse(session, visit.company_id, visit.connection_id)


def save(
    session: Session, visit_code: str, code: str, read: Callable[[Configuration], Configuration]
) -> str | None:
    """Store the mapping that a merchant made; gives where to send the merchant.

    Args:
        session: the session.
        visit_code: the visit's code.
        code: the form's.
        read: makes the merchant's configuration of the one that the form showed.

    Raises:
        Unauthorised: the visit is over, or the form is not good any more.
        Malformed: the mapping is not complete.
    """
    visit = visit_of(session, visit_code)
    take_answer(session, visit, code)
    configuration = read(suggested(session.company(visit.company_id)))
    if reasons := selection_problems(configuration):
        raise Malformed(
            "The settings are not complete.", [Problem("$", str(why)) for why in reasons]
        )
    companies.configure(session, visit.company_id, configuration)
    session.tables.codes.delete(visit_code)
    return absolute(visit.redirect_url) if visit.redirect_url else None
