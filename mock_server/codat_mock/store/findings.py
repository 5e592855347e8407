"""Rows of findings, and of the rules that had an occasion."""

from __future__ import annotations

import sqlite3

import msgspec

from codat_mock.rules.judging import Finding, Judgement

encode = msgspec.json.Encoder(decimal_format="number").encode
decode_finding = msgspec.json.Decoder(Finding).decode


class Findings:
    """What the rules found in one sandbox."""

    def __init__(self, db: sqlite3.Connection, sandbox: int) -> None:
        self._db = db
        self._sandbox = sandbox

    def add(self, judgement: Judgement) -> None:
        """Store a judgement."""
        self._db.executemany(
            "INSERT OR IGNORE INTO exercised (sandbox, code) VALUES (?, ?)",
            ((self._sandbox, code) for code in judgement.exercised),
        )
        self._db.executemany(
            "INSERT INTO findings (sandbox, finding) VALUES (?, ?)",
            ((self._sandbox, encode(finding)) for finding in judgement.findings),
        )

    def all(self) -> list[Finding]:
        """The findings in the order they were made."""
        found = self._db.execute(
            "SELECT finding FROM findings WHERE sandbox = ? ORDER BY number", (self._sandbox,)
        )
        return [decode_finding(finding) for (finding,) in found]

    def exercised(self) -> list[str]:
        """The codes of the rules that had an occasion."""
        found = self._db.execute("SELECT code FROM exercised WHERE sandbox = ?", (self._sandbox,))
        return [code for (code,) in found]
