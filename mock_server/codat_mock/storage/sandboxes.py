"""Rows of sandboxes."""

from __future__ import annotations

import sqlite3

import msgspec
from msgspec import Struct

from codat_mock.clock import Clock
from codat_mock.storage.discarded import IS_NONE, Discarded
from codat_mock.storage.request_log import SizeMeter

encode = msgspec.json.encode
decode_clock = msgspec.json.Decoder(Clock).decode


class SandboxRow(Struct):
    """A sandbox: its clock, how many ids it has minted, the number of its last request."""

    number: int
    name: str
    clock: Clock
    minted: int = 0
    requests: int = 0


class Sandboxes:
    """The table of sandboxes.

    Attributes:
        discarded: what is to be deleted of them, and of their companies.
    """

    def __init__(self, db: sqlite3.Connection, meter: SizeMeter) -> None:
        self._db = db
        self._meter = meter
        self.discarded = Discarded(db)
        self.discarded.put_unfinished()

    def names(self) -> list[str]:
        """The names of all sandboxes, in the order they were made."""
        found = self._db.execute(
            f"SELECT name FROM sandboxes WHERE NOT {IS_NONE} ORDER BY number"  # noqa: S608  (constant)
        )
        return [name for (name,) in found]

    def name_of_company(self, company_id: str) -> str | None:
        """The name of the sandbox that the company of that id is in."""
        return self._name_by("companies c ON c.sandbox = s.number WHERE c.id = ?", company_id)

    def name_of_code(self, code: str) -> str | None:
        """The name of the sandbox that a code is valid in."""
        return self._name_by("codes c ON c.sandbox = s.number WHERE c.code = ?", code)

    def get_or_add(self, name: str, clock: Clock) -> SandboxRow:
        """The sandbox of that name, made with that clock if there is none."""
        found = self._db.execute(
            "SELECT number, clock, minted, requests FROM sandboxes WHERE name = ?", (name,)
        ).fetchone()
        if found:
            number, stored, minted, requests = found
            return SandboxRow(number, name, decode_clock(stored), minted, requests)
        added = self._db.execute(
            "INSERT INTO sandboxes (name, clock) VALUES (?, ?)", (name, encode(clock))
        )
        return SandboxRow(added.lastrowid or 0, name, clock)

    def save(self, row: SandboxRow) -> None:
        """Write a sandbox's clock and counts."""
        self._db.execute(
            "UPDATE sandboxes SET clock = ?, minted = ?, requests = ? WHERE number = ?",
            (encode(row.clock), row.minted, row.requests, row.number),
        )

    def delete(self, name: str) -> None:
        """Delete a sandbox with everything in it; the rows go by `delete_portion`."""
        self.discarded.put_sandbox(name)

    def delete_portion(self) -> bool:
        """Delete some rows of deleted sandboxes and companies; whether there were any."""
        is_there = self.discarded.delete_portion()
        if is_there:
            self._meter.held = None
        return is_there

    def _name_by(self, condition: str, value: str) -> str | None:
        found = self._db.execute(
            f"SELECT s.name FROM sandboxes s JOIN {condition} AND NOT {IS_NONE}",  # noqa: S608  (constant conditions)
            (value,),
        ).fetchone()
        return found[0] if found else None
