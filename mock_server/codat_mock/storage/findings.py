"""Rows of findings, and of the rules that had an occasion."""

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

    def add(self, judgement: Judgement) -> None:
        """Store a judgement; what is found on a topic once more is told with what was found."""
        self._db.executemany(
            "INSERT OR IGNORE INTO exercised (sandbox, code) VALUES (?, ?)",
            ((self._sandbox, code) for code in judgement.exercised),
        )
        for found in judgement.found:
            if not (found.dedup_key and self._join(found)):
                self._insert(found)

    def _join(self, found: StoredFinding) -> bool:
        stored = self._db.execute(
            "SELECT number, finding FROM findings WHERE sandbox = ? AND code = ? AND topic = ?",
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
            "INSERT INTO findings (sandbox, code, topic, finding) VALUES (?, ?, ?, ?)",
            (self._sandbox, found.finding.code, found.dedup_key or None, encode(found)),
        )

    def all(self) -> list[Finding]:
        """The findings in the order they were made."""
        found = self._db.execute(
            "SELECT finding FROM findings WHERE sandbox = ? ORDER BY number", (self._sandbox,)
        )
        return [decode_found(stored).finding for (stored,) in found]

    def exercised(self) -> list[str]:
        """The codes of the rules that had an occasion."""
        found = self._db.execute("SELECT code FROM exercised WHERE sandbox = ?", (self._sandbox,))
        return [code for (code,) in found]
