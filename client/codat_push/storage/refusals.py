"""Changes that may not be pushed, kept for a person to resolve."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from codat_push.encoding import read_json
from codat_push.models import Reason, Refusal
from codat_push.storage.database import PAGE, Database
from codat_push.storage.joined_bodies import BODY
from codat_push.versions import Version


class Refusals:
    """The changes that were refused, the newest of each record."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def refuse_place(self, stream: int, place: int, reason: Reason, detail: str) -> None:
        """Refuse what is queued at a place.

        Args:
            stream: the company and data type.
            place: in the queue.
            reason: why, as a code.
            detail: why, and what to do, for a person.
        """
        self._move(stream, "place = ?", [place], reason, detail)

    def refuse_push(self, stream: int, push: int, reason: Reason, detail: str) -> None:
        """Refuse all records of a push.

        Args:
            stream: the company and data type.
            push: its number.
            reason: why, as a code.
            detail: why, and what to do, for a person.
        """
        self._move(stream, "push = ?", [push], reason, detail)

    def refuse_queue(self, stream: int, reason: Reason, detail: str) -> None:
        """Refuse all that is queued.

        Args:
            stream: the company and data type.
            reason: why, as a code.
            detail: why, and what to do, for a person.
        """
        self._move(stream, "push IS NULL", [], reason, detail)

    def _move(
        self, stream: int, which: str, values: Sequence[int], reason: Reason, detail: str
    ) -> None:
        page = f"(SELECT place FROM queue WHERE stream = ? AND {which} ORDER BY place LIMIT ?)"
        values = (stream, *values, PAGE)

        def move_page() -> int:
            moved = self._database.run(
                f"INSERT OR REPLACE INTO refused SELECT stream, id, kind, {BODY}, ?, ? FROM queue"
                f" WHERE place IN {page} ORDER BY place RETURNING 1",
                *(reason, detail, *values),
            )
            self._database.run(f"DELETE FROM queue WHERE place IN {page}", *values)
            return len(moved)

        self._database.in_pages(move_page)

    def refuse_version(self, stream: int, version: Version, reason: Reason, detail: str) -> None:
        """Refuse a version that is not queued.

        Args:
            stream: the company and data type.
            version: of a record.
            reason: why, as a code.
            detail: why, and what to do, for a person.
        """
        self._database.run(
            "INSERT OR REPLACE INTO refused VALUES (?, ?, ?, ?, ?, ?)",
            *(stream, version.id, version.kind, version.body, reason, detail),
        )

    def refuse_invalid(self, stream: int, identity: str, kind: str, detail: str) -> None:
        """Refuse a record that cannot be sent; one without an id is named by its JSON path.

        Args:
            stream: the company and data type.
            identity: the record's id, or its JSON path.
            kind: a transaction's type; else empty.
            detail: what is wrong with it, for a person.
        """
        self._database.run(
            "INSERT OR REPLACE INTO refused VALUES (?, ?, ?, NULL, 'invalid', ?)",
            *(stream, identity, kind, detail),
        )

    def refuse_shared(self, stream: int, identity: str, detail: str) -> None:
        """Refuse deletes of the known transactions with an id that another one still has.

        Args:
            stream: the company and data type.
            identity: the transactions' id.
            detail: why, and what to do, for a person.
        """
        self._database.run(
            "INSERT OR REPLACE INTO refused SELECT stream, id, kind, NULL, 'shared-id', ?"
            " FROM known k WHERE stream = ? AND id = ? AND NOT EXISTS (SELECT 1 FROM queue w"
            " WHERE w.stream = k.stream AND w.id = k.id AND w.kind = k.kind"
            " AND +w.push IS NULL AND w.body IS NOT NULL)",
            *(detail, stream, identity),
        )

    def all(self) -> Iterator[Refusal]:
        """Every refusal."""
        rows = self._database.run(
            "SELECT company, data_type, id, kind, body, reason, detail FROM refused"
            " JOIN stream USING (stream) ORDER BY stream, id, kind"
        )
        for company, data_type, identity, kind, body, reason, detail in rows:
            record = None if body is None else read_json(body)
            yield Refusal(company, data_type, identity, kind, record, reason, detail)

    def count(self) -> int:
        """How many there are."""
        (count,) = self._database.run("SELECT count(*) FROM refused").first()
        return int(count)

    def resolve(self, stream: int, identity: str, kind: str) -> None:
        """Forget the refusal of a record, if there is one.

        Args:
            stream: the company and data type.
            identity: the record's id.
            kind: a transaction's type; else empty.
        """
        resolve = "DELETE FROM refused WHERE stream = ? AND id = ? AND kind = ?"
        self._database.run(resolve, stream, identity, kind)

    def forget(self, stream: int, refusal: Refusal) -> bool:
        """Forget the refusal of a record; returns whether there was one."""
        row = self._database.run(
            "DELETE FROM refused WHERE stream = ? AND id = ? AND kind = ? RETURNING 1",
            *(stream, refusal.id, refusal.kind),
        ).first()
        return row is not None
