"""Rows of findings, and of the rules that have applied to something."""

from __future__ import annotations

import sqlite3

import msgspec

from codat_mock.rules.judge import Finding, Judgement, StoredFinding, joined
from codat_mock.storage.deferred import Deferred

encode = msgspec.json.Encoder(decimal_format="number").encode
decode_found = msgspec.json.Decoder(StoredFinding).decode


class Findings:
    """What the rules found in one sandbox.

    Attributes:
        waiting: findings that later ones were joined to, and that are still to be written, by code
            and deduplication key; each with the number of its row.
    """

    def __init__(self, db: sqlite3.Connection, sandbox: int) -> None:
        self._db = db
        self._sandbox = sandbox
        self._exercised: set[str] | None = None  # until it is read
        self.waiting: Deferred[tuple[str, str], tuple[int, StoredFinding]] = Deferred()

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
        key = (found.finding.code, found.dedup_key)
        stored = self.waiting.rows.get(key) or self._find(*key)
        if stored is None:
            return False
        number, earlier = stored
        self.waiting.rows[key] = number, joined(earlier, found)
        return True

    def _find(self, code: str, dedup_key: str) -> tuple[int, StoredFinding] | None:
        stored = self._db.execute(
            "SELECT number, finding FROM findings WHERE sandbox = ? AND code = ? AND dedup_key = ?",
            (self._sandbox, code, dedup_key),
        ).fetchone()
        return (stored[0], decode_found(stored[1])) if stored else None

    def flush(self) -> None:
        """Write the findings that later ones were joined to."""
        if self.waiting.rows:
            rows = [(encode(finding), number) for number, finding in self.waiting.rows.values()]
            self.waiting.rows.clear()
            self._db.executemany("UPDATE findings SET finding = ? WHERE number = ?", rows)

    def _insert(self, found: StoredFinding) -> None:
        self._db.execute(
            "INSERT INTO findings (sandbox, code, dedup_key, finding) VALUES (?, ?, ?, ?)",
            (self._sandbox, found.finding.code, found.dedup_key or None, encode(found)),
        )

    def all(self) -> list[Finding]:
        """The findings in the order they were made."""
        self.flush()
        found = self._db.execute(
            "SELECT finding FROM findings WHERE sandbox = ? ORDER BY number", (self._sandbox,)
        )
        return [decode_found(stored).finding for (stored,) in found]

    def count(self) -> int:
        """How many findings there are."""
        found = self._db.execute(
            "SELECT count(*) FROM findings WHERE sandbox = ?", (self._sandbox,)
        )
        return int(found.fetchone()[0])

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
