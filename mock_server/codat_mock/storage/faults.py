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
    seen: int = 0
    hits: int = 0


class PlannedFaults:
    """One sandbox's faults."""

    def __init__(self, db: sqlite3.Connection, sandbox: int) -> None:
        self._db = db
        self._sandbox = sandbox

    def add(self, fault: Fault, planned: datetime) -> None:
        """Store a fault."""
        self._db.execute(
            "INSERT INTO faults (sandbox, fault, planned) VALUES (?, ?, ?)",
            (self._sandbox, encode(fault), to_microseconds(planned)),
        )

    def all(self) -> list[FaultRow]:
        """The faults in the order they were planned."""
        found = self._db.execute(
            "SELECT number, fault, planned, seen, hits FROM faults WHERE sandbox = ?"
            " ORDER BY number",
            (self._sandbox,),
        )
        return [
            FaultRow(number, decode_fault(fault), from_microseconds(planned), seen, hits)
            for number, fault, planned, seen, hits in found
        ]

    def save(self, row: FaultRow) -> None:
        """Write a fault's counts."""
        self._db.execute(
            "UPDATE faults SET seen = ?, hits = ? WHERE number = ?",
            (row.seen, row.hits, row.number),
        )

    def clear(self) -> None:
        """Forget them all."""
        self._db.execute("DELETE FROM faults WHERE sandbox = ?", (self._sandbox,))
