"""What is on its way, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterable

from codat_push.storage.database import Database

# A row that waits makes an older one void: a version one of the same record, a delete all of its
# id. An older delete stays, which may be meant for other transactions with its id too.
VOID = (
    "EXISTS (SELECT 1 FROM waiting w WHERE w.stream = waiting.stream AND w.id = waiting.id"
    " AND w.push IS NULL"
    " AND (w.body IS NULL OR w.kind = waiting.kind AND waiting.body IS NOT NULL))"
)


class Pushes:
    """The pushes of each stream, of which one at most is open, and the records known by them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, stream: int, places: Iterable[int]) -> int:
        """Put what waits at those places into a push; gives its number."""
        add = "INSERT INTO push (stream) VALUES (?) RETURNING push"
        (push,) = self._database.run(add, stream).fetchone()
        rows = ((push, place) for place in places)
        self._database.run_many("UPDATE waiting SET push = ? WHERE place = ?", rows)
        return int(push)

    def name(self, push: int, dataset_id: str) -> None:
        """Note which dataset a push has become."""
        self._database.run("UPDATE push SET dataset = ? WHERE push = ?", dataset_id, push)

    def drop(self, push: int) -> None:
        """Forget a push."""
        self._database.run("DELETE FROM push WHERE push = ?", push)

    def find_open(self, stream: int) -> tuple[int, str | None, int] | None:
        """Number, dataset and size of the push that is open."""
        row: tuple[int, str | None, int] | None = self._database.run(
            "SELECT push, dataset, (SELECT count(*) FROM waiting w"
            " WHERE w.stream = p.stream AND w.push = p.push)"
            " FROM push p WHERE stream = ? AND NOT failed",
            stream,
        ).fetchone()
        return row

    def bodies(self, stream: int, push: int) -> list[bytes]:
        """The JSON of each record of a push; a delete holds an id and nothing else (rule D01)."""
        rows = self._database.run(
            "SELECT coalesce(body, CAST(json_object('id', id) AS BLOB)) FROM waiting"
            " WHERE stream = ? AND push = ? ORDER BY place",
            *(stream, push),
        )
        return [body for (body,) in rows]

    def accept(self, stream: int, push: int, completed: int) -> None:
        """Make the records of a push known; of each, the first acceptance counts for syncs."""
        of_push = "FROM waiting WHERE stream = ? AND push = ?"
        deletes = f"(SELECT id {of_push} AND body IS NULL)"
        self._database.run(
            "INSERT INTO known SELECT stream, id, kind, digest, created, modified, properties, ?"
            f" {of_push} AND body IS NOT NULL"
            " ON CONFLICT (stream, id, kind) DO UPDATE SET digest = excluded.digest,"
            " created = excluded.created, modified = excluded.modified,"
            " properties = excluded.properties",
            *(completed, stream, push),
        )
        for statement in (
            "INSERT OR IGNORE INTO deleted SELECT stream, id, kind FROM known"
            f" WHERE stream = ? AND id IN {deletes}",
            f"DELETE FROM known WHERE stream = ? AND id IN {deletes}",
            f"DELETE FROM refused WHERE stream = ? AND id IN {deletes}",
            f"DELETE FROM refused WHERE stream = ? AND (id, kind) IN (SELECT id, kind {of_push})",
        ):
            self._database.run(statement, stream, stream, push)
        self._database.run(f"DELETE {of_push}", stream, push)
        self.drop(push)

    def fail(self, stream: int, push: int) -> None:
        """Mark a push as failed, and drop of it what has a newer version waiting."""
        of_push = "waiting WHERE stream = ? AND push = ?"
        self._database.run(f"DELETE FROM {of_push} AND {VOID}", stream, push)
        self._database.run("UPDATE push SET failed = 1 WHERE push = ?", push)

    def mend(self, stream: int) -> None:
        """Let what stood in failed pushes wait again."""
        failed = "(SELECT push FROM push WHERE stream = ? AND failed)"
        wait = f"UPDATE waiting SET push = NULL WHERE stream = ? AND push IN {failed}"
        self._database.run(wait, stream, stream)
        self._database.run("DELETE FROM push WHERE stream = ? AND failed", stream)
