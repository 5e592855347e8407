"""Rows of findings, and of the rules that have applied to something."""

from __future__ import annotations

import sqlite3

import msgspec

from codat_mock.rules.judge import Finding, Judgement, StoredFinding, joined

encode = msgspec.json.Encoder(decimal_format="number").encode
decode_found = msgspec.json.Decoder(StoredFinding).decode


class Findings:
    """What the rules found in one sandbox."""

    def __init__(self, db: sqlite3.Connection, sandbox: int) -> None:
        self._db = db
        self._sandbox = sandbox
        self._exercised: set[str] | None = None  # until it is read

    def forget(self) -> None:
        """Hold nothing in memory: what was written has been rolled back."""
        self._exercised = None

    def add(self, judgement: Judgement) -> None:
        """Store a judgement; a finding is joined to an earlier one with its deduplication key."""
        new = set(judgement.exercised) - self._known()
        if new:
            self._db.executemany(
                "INSERT INTO exercised (sandbox, code) VALUES (?, ?)",
                [(self._sandbox, code) for code in new],
            )
            self._known().update(new)
        for found in judgement.found:
            if not (found.dedup_key and self._join(found)):
                self._insert(found)

    def _join(self, found: StoredFinding) -> bool:
        stored = self._db.execute(
            "SELECT number, finding FROM findings WHERE sandbox = ? AND code = ? AND dedup_key = ?",
            (self._sandbox, found.finding.code, found.dedup_key),
        ).fetchone()
        if stored is None:
            return False
        number, earlier = stored
        self._db.execute(
            "UPDATE findings SET finding = ? WHERE number = ?",
            (encode(joined(decode_found(earlier), found)), number),
        )
        return True

    def _insert(self, found: StoredFinding) -> None:
        self._db.execute(
            "INSERT INTO findings (sandbox, code, dedup_key, finding) VALUES (?, ?, ?, ?)",
            (self._sandbox, found.finding.code, found.dedup_key or None, encode(found)),
        )

    def all(self) -> list[Finding]:
        """The findings in the order they were made."""
        found = self._db.execute(
            "SELECT finding FROM findings WHERE sandbox = ? ORDER BY number", (self._sandbox,)
        )
        return [decode_found(stored).finding for (stored,) in found]

    def exercised(self) -> set[str]:
        """The codes of the rules that have applied to something."""
        return self._known().copy()

    def _known(self) -> set[str]:
        if self._exercised is None:
            found = self._db.execute(
                "SELECT code FROM exercised WHERE sandbox = ?", (self._sandbox,)
            )
            self._exercised = {code for (code,) in found}
        return self._exercised
