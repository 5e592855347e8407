"""What is told of the syncs that ran."""

from __future__ import annotations

from codat_mock.books.outcomes import OUTCOMES
from codat_mock.clock import format_moment
from codat_mock.records.errors import Unknown
from codat_mock.records.syncs import SyncSummary
from codat_mock.sandbox.turn import Turn


def all_syncs(turn: Turn, company_id: str) -> list[SyncSummary]:
    """A company's syncs, the latest first.

    Raises:
        Unknown: there is no such company.
    """
    row = turn.company(company_id)
    return [sync.summary for sync in reversed(turn.shelf.syncs.all(row.number))]


def latest(turn: Turn, company_id: str) -> SyncSummary:
    """The company's latest sync.

    Raises:
        Unknown: there is no such company, or it has not been synced yet.
    """
    row = turn.company(company_id)
    found = turn.shelf.syncs.latest(row.number)
    if found is None:
        due = f"; the next is due at {format_moment(row.due)}" if row.due else ""
        raise Unknown(f"Company '{company_id}' has not been synced yet{due}.")
    return found.summary


def last_successful(turn: Turn, company_id: str) -> SyncSummary:
    """The company's latest sync that succeeded.

    Raises:
        Unknown: there is no such company, or none of its syncs has succeeded yet.
    """
    for summary in all_syncs(turn, company_id):
        if OUTCOMES[summary.sync_status_code].is_success:
            return summary
    raise Unknown(f"No sync of company '{company_id}' has succeeded yet.")


def sync(turn: Turn, company_id: str, sync_id: str) -> SyncSummary:
    """One sync.

    Raises:
        Unknown: there is no such company or sync.
    """
    for summary in all_syncs(turn, company_id):
        if summary.sync_id == sync_id:
            return summary
    raise Unknown(f"Sync '{sync_id}' does not exist in company '{company_id}'.")
