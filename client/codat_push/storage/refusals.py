"""What may not be pushed and was set aside, for people to see to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from codat_push.batches import Reason, Refusal
from codat_push.encoding import read_json
from codat_push.storage.database import Database


class Refusals:
    """The changes that were set aside, the newest of each record."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def at(self, stream: int, place: int, reason: Reason, detail: str) -> None:
        """Set aside what waits at a place."""
        self._move(stream, "place = ?", [place], reason, detail)

    def push(self, stream: int, push: int, reason: Reason, detail: str) -> None:
        """Set aside what stands in a push."""
        self._move(stream, "push = ?", [push], reason, detail)

    def all_waiting(self, stream: int, reason: Reason, detail: str) -> None:
        """Set aside all that waits."""
        self._move(stream, "push IS NULL", [], reason, detail)

    def _move(
        self, stream: int, which: str, values: Sequence[int], reason: Reason, detail: str
    ) -> None:
        rows = f"FROM waiting WHERE stream = ? AND {which}"
        with self._database.transaction():
            self._database.run(
                f"INSERT OR REPLACE INTO refused SELECT stream, id, kind, body, ?, ? {rows}"
                " ORDER BY place",
                *(reason, detail, stream, *values),
            )
            self._database.run(f"DELETE {rows}", stream, *values)

    def share(self, stream: int, identity: str, detail: str) -> None:
        """Note the known transactions with an id that are gone while another is not."""
        self._database.run(
            "INSERT OR REPLACE INTO refused SELECT stream, id, kind, NULL, 'shared-id', ?"
            " FROM known k WHERE stream = ? AND id = ? AND NOT EXISTS (SELECT 1 FROM waiting w"
            " WHERE w.stream = k.stream AND w.id = k.id AND w.kind = k.kind"
            " AND w.push IS NULL AND w.body IS NOT NULL)",
            *(detail, stream, identity),
        )

    def all(self) -> Iterator[Refusal]:
        """All that was set aside."""
        rows = self._database.run(
            "SELECT company, data_type, id, kind, body, reason, detail FROM refused"
            " JOIN stream USING (stream) ORDER BY stream, id, kind"
        )
        for company, data_type, identity, kind, body, reason, detail in rows:
            record = None if body is None else read_json(body)
            yield Refusal(company, data_type, identity, kind, record, reason, detail)

    def count(self) -> int:
        """How many were set aside."""
        (count,) = self._database.run("SELECT count(*) FROM refused").fetchone()
        return int(count)

    def forget(self, stream: int, refusal: Refusal) -> bool:
        """Forget what was set aside of a record; whether there was anything."""
        row = self._database.run(
            "DELETE FROM refused WHERE stream = ? AND id = ? AND kind = ? RETURNING 1",
            *(stream, refusal.id, refusal.kind),
        ).fetchone()
        return row is not None
