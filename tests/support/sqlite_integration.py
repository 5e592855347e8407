"""A correct integration with a SQLite outbox; each planted bug overrides one of its methods."""

from __future__ import annotations

import fcntl
import json
import sqlite3
from collections.abc import Iterable
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from codat_mock.clock import format_moment, parse_moment
from codat_mock.models.datasets import LIST_NAMES
from codat_scenarios.machine import Scenario
from codat_scenarios.merchants import encode
from codat_scenarios.sandbox_driver import authorization

SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    type TEXT, key TEXT, id TEXT, body TEXT, version INTEGER, is_deleted INTEGER DEFAULT 0,
    created TEXT, sent INTEGER DEFAULT 0, done INTEGER DEFAULT 0, dataset TEXT,
    is_known INTEGER DEFAULT 0, content TEXT, sent_content TEXT, known_content TEXT,
    PRIMARY KEY (type, key));
CREATE TABLE IF NOT EXISTS batches (
    type TEXT, dataset TEXT, started TEXT, state TEXT, rows TEXT);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT);
"""
STUCK_AFTER = timedelta(hours=1)
LARGEST_SKEW = timedelta(minutes=5)  # between the clocks of the integration and the service
ENDED = "completed"  # this property of a dataset exists once its status is final


class Unavailable(Exception):
    """The service did not answer as it should; what is left is pushed the next time."""


class SqliteIntegration:
    """Stores every record, pushes what changed, and survives faults, kills and overlapping runs.

    A record has a version that grows with each change; `sent` and `done` are the versions last sent
    and last processed. A version with the content last processed is not sent: a price that was
    raised and lowered again has not changed. A batch is written before it is sent, so that after a
    kill or a lost answer its dataset can be found in the history.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.http = httpx.Client(
            base_url=scenario.base_url,
            headers={
                "Authorization": authorization(scenario.api_key),
                "Content-Type": "application/json",
            },
            timeout=3,  # a busy machine must not look like a fault
        )
        self.company = scenario.company_id
        self.db = sqlite3.connect(scenario.folder / "outbox.sqlite")
        self.db.row_factory = sqlite3.Row
        self.db.execute("PRAGMA synchronous = OFF")  # a kill of the process loses nothing by it
        self.db.executescript(SCHEMA)

    # What the point of sale calls

    def save(self, data_type: str, record: dict[str, Any]) -> None:
        kind = record["type"] if data_type == "commerce-transactions" else ""
        with self.db:
            self.db.execute(
                "INSERT INTO records (type, key, id, body, version, created, content)"
                " VALUES (?, ?, ?, ?, 1, ?, ?)"
                " ON CONFLICT DO UPDATE SET body = excluded.body, version = version + 1,"
                " content = excluded.content",
                (
                    data_type,
                    f"{record['id']}/{kind}",
                    record["id"],
                    self.encoded(record),
                    record["createdDate"],
                    self.encoded(record | {"sourceModifiedDate": None}),
                ),
            )

    def delete(self, data_type: str, record_id: str) -> None:
        with self.db:
            self.db.execute(
                "UPDATE records SET is_deleted = 1 WHERE type = ? AND id = ?",
                (data_type, record_id),
            )
            self.forget_unsent()

    def forget_unsent(self) -> None:
        """Drop deleted records that were never sent."""
        self.db.execute("DELETE FROM records WHERE is_deleted = 1 AND sent = 0")

    def encoded(self, record: dict[str, Any]) -> str:
        return encode(record).decode()

    def close(self) -> None:
        self.http.close()
        self.db.close()

    # A run

    def push(self) -> None:
        lock = (self.scenario.folder / "lock").open("w")
        try:
            if self.lock(lock):
                self.push_all()
        except Unavailable:
            pass  # the next run goes on
        finally:
            lock.close()

    def lock(self, file: Any) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def push_all(self) -> None:
        if self.must_wait():
            return
        self.adopt_lost_batches()
        self.read_datasets()
        if not self.is_linked():
            return
        self.note_synced(self.synced_until())
        for data_type in LIST_NAMES:
            if not self.is_busy(data_type):
                self.push_type(data_type)

    def push_type(self, data_type: str) -> None:
        with self.db:  # reading and marking is one step: a change in between is not lost
            rows = self.pending(data_type)
            number = self.start_batch(data_type, rows)
        self.scenario.checkpoint()
        if rows or self.is_first(data_type):
            self.send(data_type, rows, number)
        else:
            with self.db:
                self.db.execute("DELETE FROM batches WHERE rowid = ?", (number,))

    def pending(self, data_type: str) -> list[sqlite3.Row]:
        """The rows whose current version is not processed; deletes wait for an unknown one."""
        return self.db.execute(
            "SELECT * FROM records WHERE type = ? AND (created >= ?)"
            " AND (is_deleted = 1 OR is_known = 0"
            " OR version > done AND content IS NOT known_content)",
            (data_type, self.setting("synced_until", "")),
        ).fetchall()

    def body_of(self, row: sqlite3.Row) -> dict[str, Any]:
        if row["is_deleted"] and row["is_known"]:
            return {"id": row["id"]}
        return dict(json.loads(row["body"]))

    def send(self, data_type: str, rows: list[sqlite3.Row], number: int) -> None:
        bodies, seen = [], set()
        for row in rows:
            body = self.body_of(row)
            if len(body) > 1 or body["id"] not in seen:
                bodies.append(body)
            if len(body) == 1:
                seen.add(body["id"])
        path = f"/data/companies/{self.company}/sync/{data_type}"
        answer = self.request("POST", path, {LIST_NAMES[data_type]: bodies})
        with self.db:
            self.note_dataset(number, str(answer["datasetId"]))

    def start_batch(self, data_type: str, rows: Iterable[sqlite3.Row]) -> int:
        rows = list(rows)
        for row in rows:
            self.db.execute(
                "UPDATE records SET sent = ?, sent_content = content WHERE type = ? AND key = ?",
                (row["version"], data_type, row["key"]),
            )
        keys = [[row["key"], row["version"], row["is_deleted"] and row["is_known"]] for row in rows]
        started = format_moment(self.scenario.now())
        made = self.db.execute(
            "INSERT INTO batches VALUES (?, NULL, ?, 'sent', ?)",
            (data_type, started, json.dumps(keys)),
        )
        return int(made.lastrowid or 0)

    def note_dataset(self, number: int, dataset: str) -> None:
        self.db.execute(
            "UPDATE batches SET dataset = ?, state = 'answered' WHERE rowid = ?", (dataset, number)
        )

    # Datasets

    def adopt_lost_batches(self) -> None:
        """Find out whether a batch without an answer reached the service."""
        lost = self.db.execute("SELECT rowid, * FROM batches WHERE state = 'sent'").fetchall()
        if not lost:
            return
        path = f"/companies/{self.company}/data/history?pageSize=2000"
        found = self.request("GET", path)["results"]
        known = {row[0] for row in self.db.execute("SELECT dataset FROM batches")}
        for batch in lost:
            match = [
                each["id"]
                for each in found
                if each["dataType"] == batch["type"]
                and each["id"] not in known
                and parse_moment(each["requested"]) >= parse_moment(batch["started"]) - LARGEST_SKEW
            ]
            with self.db:
                if match:
                    self.note_dataset(batch["rowid"], match[0])
                else:
                    self.end_batch(batch["rowid"], "failed")

    def read_datasets(self) -> None:
        for batch in self.db.execute("SELECT rowid, * FROM batches WHERE state = 'answered'"):
            path = f"/meta/companies/{self.company}/pull/history/{batch['dataset']}"
            status = self.request("GET", path)
            state = self.state_of(status, batch)
            if state:
                with self.db:
                    self.end_batch(batch["rowid"], state)

    def state_of(self, status: dict[str, Any], batch: sqlite3.Row) -> str:
        """How a batch ended: `done`, `failed`, or empty while it is in progress."""
        if status["isCompleted"]:
            return "done"
        if ENDED in status or self.is_stuck(batch):
            return "failed"
        return ""

    def is_stuck(self, batch: sqlite3.Row) -> bool:
        return self.scenario.now() - parse_moment(batch["started"]) >= STUCK_AFTER

    def end_batch(self, number: int, state: str) -> None:
        batch = self.db.execute("SELECT * FROM batches WHERE rowid = ?", (number,)).fetchone()
        self.db.execute("UPDATE batches SET state = ? WHERE rowid = ?", (state, number))
        if state != "done":
            return
        for key, version, is_delete in json.loads(batch["rows"]):
            if is_delete:
                self.db.execute(
                    "DELETE FROM records WHERE type = ? AND key = ?", (batch["type"], key)
                )
            else:
                self.db.execute(
                    "UPDATE records SET done = ?, is_known = 1, known_content = sent_content"
                    " WHERE type = ? AND key = ?",
                    (version, batch["type"], key),
                )

    def is_busy(self, data_type: str) -> bool:
        return bool(
            self.db.execute(
                "SELECT 1 FROM batches WHERE type = ? AND state IN ('sent', 'answered')",
                (data_type,),
            ).fetchone()
        )

    def is_first(self, data_type: str) -> bool:
        """Whether no push of a data type succeeded yet: the first one may be empty (rule R01)."""
        return not self.db.execute(
            "SELECT 1 FROM batches WHERE type = ? AND state = 'done'", (data_type,)
        ).fetchone()

    # The company

    def is_linked(self) -> bool:
        found = self.request("GET", f"/meta/companies/{self.company}/connections")["results"]
        return all(each["status"] == "Linked" for each in found if each["sourceType"] == "Commerce")

    def synced_until(self) -> str:
        """When the last successful sync ran; what was created before is in the books."""
        path = f"/companies/{self.company}/sync/commerce/syncs/lastSuccessful/status"
        found = self.request("GET", path, missing={})
        return str(found["syncUtc"]) if found else ""

    def note_synced(self, moment: str) -> None:
        with self.db:
            self.set("synced_until", moment)

    # Requests

    def must_wait(self) -> bool:
        until = self.setting("retry_at", "")
        return bool(until) and self.scenario.now() < parse_moment(until)

    def request(self, method: str, path: str, body: Any = None, missing: Any = None) -> Any:
        content = None if body is None else json.dumps(body).encode()
        try:
            answer = self.http.request(method, path, content=content)
        except httpx.TransportError as error:
            raise Unavailable(str(error)) from None
        if answer.status_code == 404 and missing is not None:
            return missing
        if not answer.is_success:
            self.note_retry_after(answer)
            raise Unavailable(str(answer.status_code))
        return self.decoded(answer)

    def decoded(self, answer: httpx.Response) -> Any:
        try:
            found = answer.json()
        except ValueError:
            raise Unavailable("an unreadable response") from None
        if not isinstance(found, dict) or not self.is_expected(found):
            raise Unavailable("an unexpected response")
        return found

    def is_expected(self, found: dict[str, Any]) -> bool:
        return not found.keys().isdisjoint({"datasetId", "isCompleted", "results", "syncUtc"})

    def note_retry_after(self, answer: httpx.Response) -> None:
        value = answer.headers.get("Retry-After")
        if value:
            with self.db:
                self.set("retry_at", format_moment(self.scenario.now() + wait_of(answer, value)))

    def setting(self, name: str, default: str) -> str:
        row = self.db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else default

    def set(self, name: str, value: str) -> None:
        self.db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))


def wait_of(answer: httpx.Response, value: str) -> timedelta:
    """How long a Retry-After of seconds or a date asks to wait, by no clock but the service's."""
    if value.isdecimal():
        return timedelta(seconds=int(value))
    return parsedate_to_datetime(value) - parsedate_to_datetime(answer.headers["Date"])
