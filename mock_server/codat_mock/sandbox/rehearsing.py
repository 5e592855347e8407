"""What a rehearsal begins and ends with: a company that is ready, and the end of its day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from typing import Final

from codat_mock.clock import LAST
from codat_mock.configuration.suggestions import suggest
from codat_mock.records.companies import Company
from codat_mock.sandbox import companies, connections
from codat_mock.sandbox.turn import Turn


def prepare(turn: Turn, name: str, accounting: str, company_id: str | None = None) -> Company:
    """Make a company whose accounting is linked and whose mapping is configured.

    It syncs daily, and what it sold since the beginning of the day, UTC.

    Args:
        turn: the turn.
        name: the company's.
        accounting: the key or id of its accounting platform.
        company_id: the company's id; None for one of ours.

    Raises:
        Malformed: the name is blank.
        Unknown: there is no such platform.
    """
    connections.integration(accounting, "Accounting")
    company_id = companies.create(turn, name, company_id=company_id).id
    connections.connect(turn, company_id, accounting)
    connections.authorise(turn, company_id)
    wanted = suggest(companies.configuration(turn, company_id))
    wanted.schedule.start_date = datetime.combine(turn.now, time(0), turn.now.tzinfo)
    companies.configure(turn, company_id, wanted)
    return companies.company(turn, company_id)


def datasets_end(turn: Turn) -> datetime:
    """When the datasets under way have ended, but for those that never will."""
    rows = turn.shelf.companies.all()
    unfinished = (
        dataset for row in rows for dataset in turn.shelf.datasets.unfinished(row.number, turn.now)
    )
    return max((each.ends for each in unfinished if each.ends < LAST), default=turn.now)


def next_syncs(turn: Turn) -> datetime:
    """When the next sync of every company has been due."""
    due = (row.due for row in turn.shelf.companies.all() if row.due and row.due <= LAST)
    return max((each + turn.settings.sync_delay for each in due), default=turn.now)


def syncs_end(turn: Turn) -> datetime:
    """When the syncs under way have ended."""
    rows = turn.shelf.companies.all()
    running = (sync for row in rows for sync in turn.shelf.syncs.running(row.number, turn.now))
    return max((sync.ends for sync in running), default=turn.now)


# Each is asked once the one before has come: a dataset may end after the sync it was meant for.
DAY_END: Final[tuple[Callable[[Turn], datetime], ...]] = (datasets_end, next_syncs, syncs_end)
