"""Rows of alert rules, of what will happen, and of alerts."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import Struct

from codat_mock.clock import from_microseconds, to_microseconds
from codat_mock.models.alerts import (
    AlertPayload,
    AlertRule,
    AlertState,
    DeliveryAttempt,
    RuleType,
    StoredRule,
)

EARLIEST: Final = -(2**63)  # as a moment: look, since something may be due
NEVER: Final = 2**63 - 1

encode = msgspec.json.encode
decode_rule = msgspec.json.Decoder(AlertRule).decode


class Event(Struct, frozen=True):
    """Something that raises alerts, at its moment."""

    type: RuleType
    company_id: str
    connection_id: str | None
    message: str
    data: dict[str, Any]


class AlertRow(Struct):
    """An alert.

    Args:
        rule: the id of its rule.
        first: when it was tried first, or was sent again, UTC.
        tries: how often since then.
    """

    rule: str
    raised: datetime
    due: datetime | None
    body: AlertPayload
    first: datetime
    state: AlertState = "pending"
    tries: int = 0
    attempts: list[DeliveryAttempt] = msgspec.field(default_factory=list)
    number: int = 0


decode_event = msgspec.json.Decoder(Event).decode
decode_alert = msgspec.json.Decoder(AlertRow).decode


class StoredAlerts:
    """One sandbox's alerts."""

    def __init__(self, db: sqlite3.Connection, sandbox: int) -> None:
        self._db = db
        self._sandbox = sandbox
        self.forget()

    def forget(self) -> None:
        """Hold nothing in memory: what was written has been rolled back."""
        self._next_event = EARLIEST
        self._next_try = EARLIEST

    def add_rule(self, rule_id: str, rule: AlertRule) -> None:
        """Store a rule."""
        self._db.execute(
            "INSERT INTO alert_rules (sandbox, id, rule) VALUES (?, ?, ?)",
            (self._sandbox, rule_id, encode(rule)),
        )

    def save_rule(self, rule_id: str, rule: AlertRule) -> None:
        """Update a rule."""
        self._db.execute(
            "UPDATE alert_rules SET rule = ? WHERE sandbox = ? AND id = ?",
            (encode(rule), self._sandbox, rule_id),
        )

    def rules(self) -> list[StoredRule]:
        """The rules in the order they were made."""
        found = self._db.execute(
            "SELECT id, rule FROM alert_rules WHERE sandbox = ? ORDER BY number", (self._sandbox,)
        )
        return [StoredRule(rule_id, decode_rule(rule)) for rule_id, rule in found]

    def remove_rule(self, rule_id: str) -> None:
        """Forget a rule, and what is still to be tried for it."""
        self._db.execute(
            "DELETE FROM alert_rules WHERE sandbox = ? AND id = ?", (self._sandbox, rule_id)
        )
        for row in self.all():
            if row.due and row.rule == rule_id:
                row.state, row.due = "failed", None
                self.save(row)

    def expect(self, moment: datetime, event: Event) -> None:
        """Store what will happen then."""
        self._db.execute(
            "INSERT INTO events (sandbox, moment, event) VALUES (?, ?, ?)",
            (self._sandbox, to_microseconds(moment), encode(event)),
        )
        self._next_event = min(self._next_event, to_microseconds(moment))

    def happened(self, now: datetime) -> list[tuple[datetime, Event]]:
        """What has happened until now and was not taken yet, in order; it is taken by this."""
        if to_microseconds(now) < self._next_event:
            return []
        found = self._db.execute(
            "SELECT moment, event FROM events WHERE sandbox = ? AND moment <= ?"
            " ORDER BY moment, number",
            (self._sandbox, to_microseconds(now)),
        ).fetchall()
        if found:
            self._db.execute(
                "DELETE FROM events WHERE sandbox = ? AND moment <= ?",
                (self._sandbox, to_microseconds(now)),
            )
        self._next_event = self._least("moment", "events")
        return [(from_microseconds(moment), decode_event(stored)) for moment, stored in found]

    def add(self, row: AlertRow) -> None:
        """Store an alert."""
        self._db.execute(
            "INSERT INTO alerts (sandbox, rule, due, alert) VALUES (?, ?, ?, ?)",
            (self._sandbox, row.rule, moment_or_none(row.due), encode(row)),
        )
        self._next_try = EARLIEST

    def save(self, row: AlertRow) -> None:
        """Update an alert."""
        self._db.execute(
            "UPDATE alerts SET due = ?, alert = ? WHERE number = ?",
            (moment_or_none(row.due), encode(row), row.number),
        )
        self._next_try = EARLIEST

    def all(self) -> list[AlertRow]:
        """All alerts, in the order they were raised."""
        return self._where("1 ORDER BY number")

    def of_rule(self, rule_id: str) -> int:
        """How many alerts a rule has raised."""
        (count,) = self._db.execute(
            "SELECT count(*) FROM alerts WHERE sandbox = ? AND rule = ?", (self._sandbox, rule_id)
        ).fetchone()
        return int(count)

    def due(self, now: datetime) -> AlertRow | None:
        """The alert that is to be tried first of those that are due."""
        if to_microseconds(now) < self._next_try:
            return None
        found = self._where("due <= ? ORDER BY due, number LIMIT 1", to_microseconds(now))
        if not found:
            self._next_try = self._least("due", "alerts")
        return found[0] if found else None

    def find(self, number: int) -> AlertRow | None:
        """The alert of that number."""
        found = self._where("number = ?", number)
        return found[0] if found else None

    def next_due(self, now: datetime) -> datetime | None:
        """When an alert is tried next after now."""
        (due,) = self._db.execute(
            "SELECT min(due) FROM alerts WHERE sandbox = ? AND due > ?",
            (self._sandbox, to_microseconds(now)),
        ).fetchone()
        return None if due is None else from_microseconds(due)

    def _least(self, column: str, table: str) -> int:
        (least,) = self._db.execute(
            f"SELECT min({column}) FROM {table} WHERE sandbox = ?",  # noqa: S608  (constant names)
            (self._sandbox,),
        ).fetchone()
        return NEVER if least is None else int(least)

    def _where(self, condition: str, *values: int) -> list[AlertRow]:
        found = self._db.execute(
            f"SELECT number, alert FROM alerts WHERE sandbox = ? AND {condition}",  # noqa: S608  (constant conditions)
            (self._sandbox, *values),
        ).fetchall()
        rows = []
        for number, stored in found:
            row = decode_alert(stored)
            row.number = number
            rows.append(row)
        return rows


def moment_or_none(moment: datetime | None) -> int | None:
    """A moment as it is stored."""
    return None if moment is None else to_microseconds(moment)
