"""Rows of planned outcomes, each kept until it has applied as often as planned."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Literal

import msgspec

from codat_mock.models.planned_outcomes import PlannedOutcome

encode = msgspec.json.encode
decode_outcome = msgspec.json.Decoder(PlannedOutcome).decode


class Outcomes:
    """One sandbox's planned outcomes."""

    def __init__(self, db: sqlite3.Connection, sandbox: int) -> None:
        self._db = db
        self._sandbox = sandbox

    def add(self, outcome: PlannedOutcome) -> None:
        """Store an outcome."""
        self._db.execute(
            "INSERT INTO outcomes (sandbox, outcome, remaining) VALUES (?, ?, ?)",
            (self._sandbox, encode(outcome), outcome.count),
        )

    def all(self) -> Iterator[tuple[int, PlannedOutcome]]:
        """What is still to come, by number and in order; counts are what is left."""
        found = self._db.execute(
            "SELECT number, outcome, remaining FROM outcomes WHERE sandbox = ? ORDER BY number",
            (self._sandbox,),
        ).fetchall()
        for number, stored, remaining in found:
            outcome = decode_outcome(stored)
            outcome.count = remaining
            yield number, outcome

    def take(
        self, target: Literal["dataset", "sync"], company_id: str, data_type: str | None
    ) -> PlannedOutcome | None:
        """The outcome that is the next one's, which is then one fewer.

        Args:
            target: what is about to begin.
            company_id: its company's.
            data_type: a dataset's; None for a sync.

        Returns:
            The first one planned that is for this company or any, and for this data type or any;
            None where nothing is planned.
        """
        for number, outcome in self.all():
            applies = (
                outcome.target == target
                and outcome.company_id in (None, company_id)
                and outcome.data_type in (None, data_type)
            )
            if applies:
                self._db.execute(
                    "UPDATE outcomes SET remaining = remaining - 1 WHERE number = ?", (number,)
                )
                self._db.execute("DELETE FROM outcomes WHERE remaining = 0")
                return outcome
        return None

    def clear(self) -> None:
        """Forget them all."""
        self._db.execute("DELETE FROM outcomes WHERE sandbox = ?", (self._sandbox,))
