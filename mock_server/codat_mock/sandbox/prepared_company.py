"""What a rehearsal begins and ends with: a company that is ready, and the end of its day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from typing import Final

from codat_mock.clock import LAST
from codat_mock.configuration.suggestions import suggest
from codat_mock.models.companies import Company
from codat_mock.sandbox import companies, connections
from codat_mock.sandbox.session import Session


def prepare(session: Session, name: str, accounting: str, company_id: str | None = None) -> Company:
    """Make a company whose accounting is linked and whose mapping is configured.

    It syncs daily, and what it sold since the beginning of the day, UTC.

    Args:
        session: the turn.
        name: the company's.
        accounting: the key or id of its accounting platform.
        company_id: the company's id; None for one of ours.

    Raises:
        Malformed: the name is blank.
        Unknown: there is no such platform.
    """
    connections.integration(accounting, "Accounting")
    company_id = companies.create(session, name, company_id=company_id).id
    connections.connect(session, company_id, accounting)
    connections.authorise(session, company_id)
    wanted = suggest(companies.configuration(session, company_id))
    wanted.schedule.start_date = datetime.combine(session.now, time(0), session.now.tzinfo)
    companies.configure(session, company_id, wanted)
    return companies.company(session, company_id)


def datasets_end(session: Session) -> datetime:
    """When the datasets under way have ended, but for those that never will."""
    rows = session.tables.companies.all()
    unfinished = (
        dataset
        for row in rows
        for dataset in session.tables.datasets.unfinished(row.number, session.now)
    )
    return max((each.ends for each in unfinished if each.ends < LAST), default=session.now)


def next_syncs(session: Session) -> datetime:
    """When the next sync of every company has been due."""
    due = (row.due for row in session.tables.companies.all() if row.due and row.due <= LAST)
    return max((each + session.settings.sync_delay for each in due), default=session.now)


def syncs_end(session: Session) -> datetime:
    """When the syncs under way have ended."""
    rows = session.tables.companies.all()
    running = (
        sync for row in rows for sync in session.tables.syncs.running(row.number, session.now)
    )
    return max((sync.ends for sync in running), default=session.now)


# Each is asked once the one before has come: a dataset may end after the sync it was meant for.
DAY_END: Final[tuple[Callable[[Session], datetime], ...]] = (datasets_end, next_syncs, syncs_end)
