"""Rows of what an integration prefers for the Sync Flow."""

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

    def find(self, name: str, kind: type[Kind]) -> Kind | None:
        """The preference of that name."""
        found = self._db.execute(
            "SELECT preference FROM preferences WHERE sandbox = ? AND name = ?",
            (self._sandbox, name),
        ).fetchone()
        return msgspec.json.decode(found[0], type=kind) if found else None

    def save(self, name: str, preference: object) -> None:
        """Store a preference."""
        self._db.execute(
            "INSERT OR REPLACE INTO preferences (sandbox, name, preference) VALUES (?, ?, ?)",
            (self._sandbox, name, encode(preference)),
        )
