"""Rows of preferences: texts and accounts of the Sync Flow, rule settings, step durations."""

from __future__ import annotations

import sqlite3
from typing import TypeVar

import msgspec

encode = msgspec.json.encode
Kind = TypeVar("Kind")


class Preferences:
    """One sandbox's preferences, by name."""

    def __init__(self, db: sqlite3.Connection, sandbox: int) -> None:
        self._db = db
        self._sandbox = sandbox
        self._held: dict[str, bytes | None] = {}

    def forget(self) -> None:
        """Hold nothing in memory: what was written has been rolled back."""
        self._held.clear()

    def find(self, name: str, kind: type[Kind]) -> Kind | None:
        """The preference of that name."""
        if name not in self._held:
            found = self._db.execute(
                "SELECT preference FROM preferences WHERE sandbox = ? AND name = ?",
                (self._sandbox, name),
            ).fetchone()
            self._held[name] = found[0] if found else None
        stored = self._held[name]
        return None if stored is None else msgspec.json.decode(stored, type=kind)

    def save(self, name: str, preference: object) -> None:
        """Store a preference."""
        stored = self._held[name] = encode(preference)
        self._db.execute(
            "INSERT OR REPLACE INTO preferences (sandbox, name, preference) VALUES (?, ?, ?)",
            (self._sandbox, name, stored),
        )

    def delete(self, name: str) -> None:
        """Delete a preference."""
        self._held[name] = None
        self._db.execute(
            "DELETE FROM preferences WHERE sandbox = ? AND name = ?", (self._sandbox, name)
        )
