"""More bugs planted in `SqliteIntegration`: of changes, clocks, days and kills.

`PLANTED` holds those of `planted_integrations`, too.
"""

from __future__ import annotations

import json
import sqlite3
from datetime import timedelta
from email.utils import parsedate_to_datetime

from planted_integrations import PLANTED, planted, rewrite
from sqlite_integration import SqliteIntegration

from codat_mock.clock import format_moment

__all__ = ["PLANTED"]

# Deletes and corrections


@planted
class DeletesUnknown(SqliteIntegration):
    """Sends a delete for what was never pushed."""

    def forget_unsent(self):
        self.db.execute("UPDATE records SET is_known = 1 WHERE is_deleted = 1")


@planted
class ForgetsDeletes(SqliteIntegration):
    """Does not push deletes of what was pushed already."""

    def delete(self, data_type, record_id):
        with self.db:
            self.db.execute("DELETE FROM records WHERE type = ? AND id = ?", (data_type, record_id))


@planted
class DropsDeletesInFlight(SqliteIntegration):
    """Forgets a deleted record whose first push has not been answered or has failed."""

    def forget_unsent(self):
        self.db.execute("DELETE FROM records WHERE is_deleted = 1 AND is_known = 0")


@planted
class FatDelete(SqliteIntegration):
    """Deletes with the whole record."""

    def body_of(self, row):
        if row["is_deleted"] and row["is_known"]:
            return json.loads(row["body"]) | {"isDeleted": True}
        return super().body_of(row)


@planted
class DeletesTwice(SqliteIntegration):
    """Sends a delete with every push of the day."""

    def end_batch(self, number, state):
        batch = self.db.execute("SELECT * FROM batches WHERE rowid = ?", (number,)).fetchone()
        rows = json.loads(batch["rows"])
        kept = [[key, version, 0] for key, version, _ in rows]
        self.db.execute("UPDATE batches SET rows = ? WHERE rowid = ?", (json.dumps(kept), number))
        super().end_batch(number, state)


@planted
class CorrectsAfterSync(SqliteIntegration):
    """Pushes corrections of what has been synced."""

    def note_synced(self, moment):
        pass


@planted
class ReadsTheSyncOnce(SqliteIntegration):
    """Reads only once how far it was synced, and pushes later days' corrections too late."""

    def synced_until(self):
        return self.setting("synced_until", "") or super().synced_until()


@planted
class KeepsTheSourceDate(SqliteIntegration):
    """Keeps the first `sourceModifiedDate` of a record."""

    def save(self, data_type, record):
        kind = record["type"] if data_type == "commerce-transactions" else ""
        row = self.db.execute(
            "SELECT body FROM records WHERE type = ? AND key = ?",
            (data_type, f"{record['id']}/{kind}"),
        ).fetchone()
        if row:
            record = record | {"sourceModifiedDate": json.loads(row[0])["sourceModifiedDate"]}
        super().save(data_type, record)


@planted
class MovesTheCreation(SqliteIntegration):
    """Dates a record by its last change."""

    save = rewrite(lambda _, record: {**record, "createdDate": record["sourceModifiedDate"]})


@planted
class PushesChangesOnly(SqliteIntegration):
    """Pushes only the changed properties of a known order."""

    def body_of(self, row):
        body = super().body_of(row)
        if row["is_known"] and "orderLineItems" in body:
            del body["orderLineItems"]
        return body


@planted
class ComparesSeconds(SqliteIntegration):
    """Takes a record for unchanged if its `sourceModifiedDate`, in whole seconds, is the same."""

    def save(self, data_type, record):
        kind = record["type"] if data_type == "commerce-transactions" else ""
        row = self.db.execute(
            "SELECT body FROM records WHERE type = ? AND key = ?",
            (data_type, f"{record['id']}/{kind}"),
        ).fetchone()
        before = json.loads(row[0])["sourceModifiedDate"] if row else None
        if before is None or before[:19] != record["sourceModifiedDate"][:19]:
            super().save(data_type, record)


@planted
class ForgetsLateDeletes(SqliteIntegration):
    """At the end of a batch drops every deleted record, also one deleted since it was read."""

    def end_batch(self, number, state):
        super().end_batch(number, state)
        if state == "done":
            self.db.execute("DELETE FROM records WHERE is_deleted = 1")


# Clocks, days and kills


@planted
class KnowsSecondsOnly(SqliteIntegration):
    """Does not wait if `Retry-After` is a date."""

    def note_retry_after(self, answer):
        if answer.headers.get("Retry-After", "").isdecimal():
            super().note_retry_after(answer)


@planted
class TrustsItsClock(SqliteIntegration):
    """Takes a `Retry-After` that is a date by its own clock, which may be fast."""

    def note_retry_after(self, answer):
        value = answer.headers.get("Retry-After", "")
        if not value or value.isdecimal():
            super().note_retry_after(answer)
            return
        wait = parsedate_to_datetime(value) - self.scenario.now()
        with self.db:
            slept = format_moment(self.scenario.now() + max(wait, timedelta(0)))
            self.set("retry_at", slept)


@planted
class WatermarkByItsClock(SqliteIntegration):
    """Pushes what has changed since its last run, by its own clock."""

    def pending(self, data_type):
        since = self.setting("since", "")
        rows: list[sqlite3.Row] = super().pending(data_type)
        return [
            row
            for row in rows
            if row["sent"] or json.loads(row["body"])["sourceModifiedDate"] >= since
        ]

    def push_all(self):
        super().push_all()
        with self.db:
            self.set("since", format_moment(self.scenario.now()))


@planted
class SyncedByMidnight(SqliteIntegration):
    """Takes what was created before today for synced, also after a sync that failed."""

    def synced_until(self):
        return format_moment(self.scenario.now())[:10]


@planted
class WaitsForLostBatches(SqliteIntegration):
    """Takes a batch without an answer for one in progress, which it stays."""

    def adopt_lost_batches(self):
        pass


@planted
class StuckIsDone(SqliteIntegration):
    """Takes a dataset that does not end for processed."""

    def state_of(self, status, batch):
        if "completed" not in status and self.is_stuck(batch):
            return "done"
        return super().state_of(status, batch)


@planted
class OnlyUnlinkedIsLost(SqliteIntegration):
    """Knows no connection that is lost but one that is Unlinked."""

    def is_linked(self):
        found = self.request("GET", f"/meta/companies/{self.company}/connections")["results"]
        return all(each["status"] != "Unlinked" for each in found)


@planted
class PaysTwice(SqliteIntegration):
    """Gives payments new ids when it repeats a batch without an answer."""

    def body_of(self, row):
        body = super().body_of(row)
        if row["sent"] and not row["is_known"] and row["type"] == "commerce-payments":
            body["id"] += "-again"
        return body


@planted
class ForgetsCash(SqliteIntegration):
    """Pushes payments by card only."""

    def save(self, data_type, record):
        if data_type != "commerce-payments" or record["type"] == "Card":
            super().save(data_type, record)


@planted
class StartsWithoutState(SqliteIntegration):
    """Empties its outbox when it starts, as if nothing could be left in it."""

    def __init__(self, scenario):
        super().__init__(scenario)
        with self.db:
            self.db.execute("DELETE FROM records WHERE is_known = 0")
