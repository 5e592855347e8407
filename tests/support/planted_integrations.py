"""Bugs planted in `SqliteIntegration`, one each: what integrations really get wrong.

`PLANTED` holds the classes by name; the docstring of a class describes its bug.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any, Final
from unicodedata import normalize

from sqlite_integration import SqliteIntegration, Unavailable

from codat_mock.clock import format_moment
from codat_mock.models.datasets import LIST_NAMES
from codat_scenarios.merchants import encode

PLANTED: Final[dict[str, type[SqliteIntegration]]] = {}


def planted(integration: type[SqliteIntegration]) -> type[SqliteIntegration]:
    """Add a class to the set."""
    PLANTED[integration.__name__] = integration
    return integration


def rewrite(
    change: Callable[[str, dict[str, Any]], dict[str, Any]],
) -> Callable[[Any, str, dict[str, Any]], None]:
    """A `save` that stores a changed record."""

    def save(self: SqliteIntegration, data_type: str, record: dict[str, Any]) -> None:
        SqliteIntegration.save(self, data_type, change(data_type, record))

    return save


# How datasets end


@planted
class TrustsIsErrored(SqliteIntegration):
    """Takes a dataset that ended without `isErrored` for processed, also a cancelled one."""

    def state_of(self, status, batch):
        if status["isErrored"]:
            return "failed"
        return "done" if "completed" in status else super().state_of(status, batch)


@planted
class WaitsForErrors(SqliteIntegration):
    """Repeats a batch only after `isErrored`; it waits for a cancelled dataset for ever."""

    def state_of(self, status, batch):
        if status["isCompleted"]:
            return "done"
        return "failed" if status["isErrored"] else ""


@planted
class WaitsForStuckDatasets(SqliteIntegration):
    """Never gives a dataset up that does not end."""

    def is_stuck(self, batch):
        return False


@planted
class ForgetsFailures(SqliteIntegration):
    """Takes every ended dataset for processed."""

    def state_of(self, status, batch):
        return "done" if "completed" in status else super().state_of(status, batch)


@planted
class TrustsTheAnswer(SqliteIntegration):
    """Takes the answer of a push for the end of its dataset."""

    def note_dataset(self, number, dataset):
        super().note_dataset(number, dataset)
        self.end_batch(number, "done")


@planted
class DoesNotWait(SqliteIntegration):
    """Pushes although the dataset before is in progress."""

    def is_busy(self, data_type):
        return False


@planted
class LooksOnce(SqliteIntegration):
    """Reads each dataset once and takes it for processed unless it has failed by then."""

    def state_of(self, status, batch):
        return super().state_of(status, batch) or "done"


# Answers that are lost, refused or unreadable


@planted
class DropsOnError(SqliteIntegration):
    """Takes a batch for done when its answer is lost."""

    def adopt_lost_batches(self):
        for batch in self.db.execute("SELECT rowid FROM batches WHERE state = 'sent'").fetchall():
            with self.db:
                self.end_batch(batch["rowid"], "done")


@planted
class RepeatsUnderNewIds(SqliteIntegration):
    """Gives orders new ids when it repeats a batch."""

    def body_of(self, row):
        body = super().body_of(row)
        if row["sent"] and not row["is_known"] and "orderLineItems" in body:
            body["id"] += "-2"
        return body


@planted
class IgnoresRetryAfter(SqliteIntegration):
    """Does not wait for a Retry-After."""

    def must_wait(self):
        return False


@planted
class WaitsInMemory(SqliteIntegration):
    """Forgets a Retry-After when it is started again, and asks every data type first."""

    retry_at = ""

    def note_retry_after(self, answer):
        pass

    def push_all(self):
        for data_type in LIST_NAMES:
            try:
                if not self.is_busy(data_type):
                    self.push_type(data_type)
            except Unavailable:
                continue
        super().push_all()


@planted
class GoesOnAfterRefusal(SqliteIntegration):
    """Goes on with the next data type when one is refused."""

    def push_type(self, data_type):
        with suppress(Unavailable):
            super().push_type(data_type)


@planted
class BelievesAnyJson(SqliteIntegration):
    """Takes an answer with other JSON for success."""

    def is_expected(self, found):
        return True

    def send(self, data_type, rows, number):
        try:
            super().send(data_type, rows, number)
        except KeyError:
            with self.db:
                self.end_batch(number, "done")


@planted
class GivesUpOn401(SqliteIntegration):
    """Stops for ever after a 401."""

    def must_wait(self):
        return bool(self.setting("is_stopped", "")) or super().must_wait()

    def note_retry_after(self, answer):
        super().note_retry_after(answer)
        if answer.status_code == 401:
            with self.db:
                self.set("is_stopped", "yes")


@planted
class FailedSyncCounts(SqliteIntegration):
    """Takes the end of a failed sync for synced, and never pushes what it left out."""

    def synced_until(self):
        path = f"/meta/companies/{self.company}/sync/commerce/status"
        found = self.request("GET", path, missing={})
        return str(found["syncDateRangeUtc"]["finish"]) if found else ""


@planted
class UnreadSyncMeansNone(SqliteIntegration):
    """Takes an unavailable sync status for no sync at all."""

    def synced_until(self):
        try:
            return super().synced_until()
        except Unavailable:
            return ""


# Kills and overlapping runs


@planted
class MarksBeforeSending(SqliteIntegration):
    """Marks records as done before they are sent."""

    def start_batch(self, data_type, rows):
        number = super().start_batch(data_type, rows)
        self.end_batch(number, "done")
        self.db.execute("UPDATE batches SET state = 'sent' WHERE rowid = ?", (number,))
        return number

    def adopt_lost_batches(self):
        pass

    def is_busy(self, data_type):
        return False


@planted
class MarksAfterSending(SqliteIntegration):
    """Writes a batch down only once its answer is there, so that a kill sends it twice."""

    def send(self, data_type, rows, number):
        with self.db:
            self.db.execute("UPDATE batches SET state = 'ready' WHERE rowid = ?", (number,))
        super().send(data_type, rows, number)


@planted
class KeepsItInMemory(SqliteIntegration):
    """Keeps changes in memory until it pushes."""

    def __init__(self, scenario):
        super().__init__(scenario)
        self.waiting = []

    def save(self, data_type, record):
        self.waiting.append((data_type, record))

    def delete(self, data_type, record_id):
        self.take_over()
        super().delete(data_type, record_id)

    def take_over(self):
        while self.waiting:
            super().save(*self.waiting.pop(0))

    def push(self):
        super().push()
        self.take_over()
        super().push()


@planted
class DoesNotLock(SqliteIntegration):
    """Lets two runs overlap."""

    def lock(self, file):
        return True


@planted
class LocksForEver(SqliteIntegration):
    """Leaves a lock file behind when it is killed."""

    def lock(self, file):
        try:
            (self.scenario.folder / "running").touch(exist_ok=False)
        except FileExistsError:
            return False
        return True

    def push_all(self):
        with suppress(Unavailable):
            super().push_all()
        (self.scenario.folder / "running").unlink()


@planted
class MarksByVersionNow(SqliteIntegration):
    """Marks the version at the answer as done, not the one that was sent."""

    def end_batch(self, number, state):
        super().end_batch(number, state)
        batch = self.db.execute("SELECT * FROM batches WHERE rowid = ?", (number,)).fetchone()
        if state == "done":
            for key, _, _ in json.loads(batch["rows"]):
                self.db.execute(
                    "UPDATE records SET done = version WHERE type = ? AND key = ?",
                    (batch["type"], key),
                )


@planted
class Watermark(SqliteIntegration):
    """Pushes what was saved since the last run began, and loses what comes while it reads."""

    def push_type(self, data_type):
        rows = self.pending(data_type)
        self.scenario.checkpoint()
        if rows or self.is_first(data_type):
            with self.db:
                number = self.start_batch(data_type, rows)
                self.db.execute(
                    "UPDATE records SET done = version, is_known = 1 WHERE type = ?", (data_type,)
                )
            self.send(data_type, rows, number)


# Money and text, which go wrong in every run


@planted
class LosesTips(SqliteIntegration):
    """Leaves the tip out of the order."""

    save = rewrite(
        lambda _, record: {**record, "totalGratuity": 0} if "totalGratuity" in record else record
    )


@planted
class KnowsOneLine(SqliteIntegration):
    """Sends the first line of an order only."""

    save = rewrite(
        lambda _, record: (
            {**record, "orderLineItems": record["orderLineItems"][:1]}
            if "orderLineItems" in record
            else record
        )
    )


@planted
class ForgetsRefunds(SqliteIntegration):
    """Knows no refunds: payments and transactions below zero are left out."""

    def save(self, data_type, record):
        if data_type == "commerce-payments" and record["amount"] < 0:
            return
        super().save(data_type, record)


@planted
class ForgetsFees(SqliteIntegration):
    """Does not push the provider's fees."""

    def save(self, data_type, record):
        if record.get("type") != "PaymentFee":
            super().save(data_type, record)


@planted
class SpeaksLatin1(SqliteIntegration):
    """Encodes names in Latin-1."""

    def encoded(self, record):
        return encode(record).decode().encode("latin-1").decode("latin-1")


@planted
class RoundsToTens(SqliteIntegration):
    """Rounds payments to ten pence."""

    save = rewrite(
        lambda data_type, record: (
            {**record, "amount": round(record["amount"], 1)}
            if data_type == "commerce-payments"
            else record
        )
    )


@planted
class PushesUnlinked(SqliteIntegration):
    """Does not look whether the shop is linked."""

    def is_linked(self):
        return True


@planted
class StopsWhenUnlinked(SqliteIntegration):
    """Stops for ever once the shop was unlinked."""

    def is_linked(self):
        is_linked = super().is_linked() and not self.setting("was_unlinked", "")
        if not is_linked:
            with self.db:
                self.set("was_unlinked", format_moment(self.scenario.now()))
        return is_linked


@planted
class OneDayOnly(SqliteIntegration):
    """Pushes only what was created on the current day."""

    def pending(self, data_type):
        today = format_moment(self.scenario.now())[:10]
        rows: list[sqlite3.Row] = super().pending(data_type)
        return [row for row in rows if row["created"][:10] == today]


@planted
class KnowsTwoDigits(SqliteIntegration):
    """Rounds every amount to two digits, also where the currency has three."""

    save = rewrite(
        lambda _, record: {
            name: round(value, 2) if isinstance(value, Decimal) else value
            for name, value in record.items()
        }
    )


@planted
class KnowsOneCurrency(SqliteIntegration):
    """Leaves out the currency, which is then that of the books."""

    save = rewrite(lambda _, record: {**record, "currency": None})


@planted
class NormalisesIds(SqliteIntegration):
    """Stores ids in Unicode's composed form, and so pushes them under another id."""

    save = rewrite(lambda _, record: {**record, "id": normalize("NFC", record["id"])})
