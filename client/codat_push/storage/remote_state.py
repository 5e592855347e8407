"""What is known of the service: the set-up and syncs of companies, and datasets.

The latest sync covers a period. If it succeeded, the boundary is the finish of that period; if it
failed, its start, because the next success covers a failed period. A record that was created before
the boundary and accepted by the time the sync ran is in the books, or will never be: it came too
late for its period, or lies before the merchant's start date. An update or delete of it would
double it or do nothing, so it is refused, and so is a new record from before the boundary.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from codat_push.content import EPOCH, MICROSECOND
from codat_push.models import Dataset, SyncStatus
from codat_push.operations import PAGE_SIZE
from codat_push.push_policy import Synced
from codat_push.storage.database import Database

KEPT_DATASETS: Final = 2 * PAGE_SIZE


class RemoteState:
    """What the client remembers of the service between requests."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def is_set_up(self, company: str) -> bool:
        """Whether a company was found linked and mapped."""
        find = "SELECT 1 FROM company WHERE company = ?"
        return self._database.run(find, company).first() is not None

    def note_set_up(self, company: str) -> None:
        """Note that a company is linked and mapped."""
        self._database.run("INSERT OR IGNORE INTO company VALUES (?)", company)

    def note_sync(self, company: str, status: SyncStatus) -> bool:
        """Update what is known of a company's syncs; returns whether anything changed.

        A success that does not give its period has synced all that was created before it.
        """
        before = self.synced(company)
        period = status.sync_date_range_utc
        finish = period.finish or status.sync_utc
        boundary = finish if status.is_successful else period.start
        ran = status.sync_utc or period.finish
        self._database.run(
            "INSERT INTO sync VALUES (?, ?, ?, ?) ON CONFLICT (company) DO UPDATE SET"
            " boundary = max(boundary, excluded.boundary), ran = max(ran, excluded.ran),"
            " running_to = excluded.running_to",
            company,
            before.boundary if boundary is None else (boundary - EPOCH) // MICROSECOND,
            before.ran if ran is None else (ran - EPOCH) // MICROSECOND,
            (finish - EPOCH) // MICROSECOND if finish and status.is_running else None,
        )
        return self.synced(company) != before

    def synced(self, company: str) -> Synced:
        """What is known of a company's syncs."""
        find = "SELECT boundary, ran, running_to FROM sync WHERE company = ?"
        row = self._database.run(find, company).first()
        return Synced._make(row) if row else Synced()

    def lists_datasets(self, stream: int) -> bool | None:
        """Whether the service lists its datasets; None: not asked yet."""
        find = "SELECT history FROM stream WHERE stream = ?"
        (noted,) = self._database.run(find, stream).first()
        return None if noted is None else bool(noted)

    def note_datasets(self, stream: int, datasets: Iterable[Dataset] | None) -> None:
        """Note the datasets that the service lists; None: it does not offer the list."""
        note = "UPDATE stream SET history = ? WHERE stream = ?"
        self._database.run(note, datasets is not None, stream)
        for dataset in datasets or ():
            self.note_dataset(stream, dataset.id, dataset.requested)

    def forget_datasets(self, company: str) -> None:
        """Ask for a company's datasets again, because the service did not know the company."""
        self._database.run("UPDATE stream SET history = NULL WHERE company = ?", company)

    def note_dataset(self, stream: int, identity: str, requested: datetime | None = None) -> None:
        """Note a dataset, so that a new one is recognised, and when it was requested.

        Args:
            stream: the company and data type.
            identity: the dataset's id.
            requested: when it was requested, by the service's clock; None keeps what is known.
        """
        moment = None if requested is None else (requested - EPOCH) // MICROSECOND
        self._database.run(
            "INSERT INTO dataset VALUES (?, ?, ?) ON CONFLICT (stream, id) DO UPDATE SET"
            " requested = coalesce(excluded.requested, requested)",
            *(stream, identity, moment),
        )

    def forget_old_datasets(self, stream: int) -> None:
        """Forget datasets that the service's list of the newest will not show again."""
        self._database.run(
            "DELETE FROM dataset WHERE stream = ? AND requested < (SELECT requested FROM dataset"
            " WHERE stream = ? AND requested IS NOT NULL ORDER BY requested DESC LIMIT 1 OFFSET ?)",
            *(stream, stream, KEPT_DATASETS - 1),
        )

    def latest_request(self, stream: int) -> datetime | None:
        """When the latest of the datasets seen so far was requested, by the service's clock."""
        find = "SELECT max(requested) FROM dataset WHERE stream = ?"
        (moment,) = self._database.run(find, stream).first()
        return None if moment is None else EPOCH + moment * MICROSECOND

    def datasets(self, stream: int) -> frozenset[str]:
        """Ids of the datasets seen so far."""
        rows = self._database.run("SELECT id FROM dataset WHERE stream = ?", stream)
        return frozenset(identity for (identity,) in rows)
