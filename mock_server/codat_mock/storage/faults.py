"""Rows of planned faults, with their counts."""

from __future__ import annotations

import sqlite3
from datetime import datetime

import msgspec
from msgspec import Struct

from codat_mock.clock import from_microseconds, to_microseconds
from codat_mock.models.faults import Fault

encode = msgspec.json.encode
decode_fault = msgspec.json.Decoder(Fault).decode


class FaultRow(Struct):
    """A fault, when it was planned, and how many requests it has seen and hit."""

    number: int
    fault: Fault
    planned: datetime
    seen: int
    hits: int


class PlannedFaults:
    """One sandbox's faults.

    Attributes:
        is_any: False where there is certainly none, which spares a request the look.
    """

    def __init__(self, db: sqlite3.Connection, sandbox: int) -> None:
        self._db = db
        self._sandbox = sandbox
        self.is_any = True  # until it is known better

    def forget(self) -> None:
        """Hold nothing in memory: what was written has been rolled back."""
        self.is_any = True

    def add(self, fault: Fault, planned: datetime) -> None:
        """Store a fault."""
        self._db.execute(
            "INSERT INTO faults (sandbox, fault, planned) VALUES (?, ?, ?)",
            (self._sandbox, encode(fault), to_microseconds(planned)),
        )
        self.is_any = True

    def all(self) -> list[FaultRow]:
        """The faults in the order they were planned."""
        found = self._db.execute(
            "SELECT number, fault, planned, seen, hits FROM faults WHERE sandbox = ?"
            " ORDER BY number",
            (self._sandbox,),
        )
        rows = [
            FaultRow(number, decode_fault(fault), from_microseconds(planned), seen, hits)
            for number, fault, planned, seen, hits in found
        ]
        self.is_any = bool(rows)
        return rows

    def save(self, row: FaultRow) -> None:
        """Write a fault's counts."""
        self._db.execute(
            "UPDATE faults SET seen = ?, hits = ? WHERE number = ?",
            (row.seen, row.hits, row.number),
        )

    def clear(self) -> None:
        """Delete all faults."""
        self._db.execute("DELETE FROM faults WHERE sandbox = ?", (self._sandbox,))
