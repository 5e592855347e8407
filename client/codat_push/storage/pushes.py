"""The pushes on their way, and what happens to their records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from codat_push.storage.database import PAGE, Database
from codat_push.storage.joined_bodies import BODY, JoinedBodies

# A queued version supersedes an older one of its record, a queued delete all versions of its id.
# An older delete stays: it may apply to other transactions with its id.
SUPERSEDED = (
    "EXISTS (SELECT 1 FROM queue w WHERE w.stream = queue.stream AND w.id = queue.id"
    " AND +w.push IS NULL"
    " AND (w.body IS NULL OR w.kind = queue.kind AND queue.body IS NOT NULL))"
)


class Pushes:
    """The pushes of each stream, at most one of them open, and the versions known by them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._joined = JoinedBodies(database)

    def open(self, stream: int) -> int:
        """Open a push without records; returns its number."""
        add = "INSERT INTO push (stream) VALUES (?) RETURNING push"
        (push,) = self._database.run(add, stream).first()
        return int(push)

    def add(self, push: int, places: Iterable[int]) -> None:
        """Put the rows at those places of the queue into a push."""
        rows = ((push, place) for place in places)
        self._database.run_many("UPDATE queue SET push = ? WHERE place = ?", rows)

    def mark_posted(self, push: int, now: float) -> None:
        """Note that the request of a push is about to be sent."""
        self._database.run("UPDATE push SET posted = ? WHERE push = ?", now, push)

    def mark_answered(self, push: int) -> None:
        """Note that an answer came, so that the push cannot arrive later."""
        self._database.run("UPDATE push SET answered = 1 WHERE push = ?", push)

    def attempt(self, push: int) -> tuple[float | None, bool]:
        """When a push was posted (None: never, 0: unknown), and whether it was answered."""
        find = "SELECT posted, answered FROM push WHERE push = ?"
        posted, answered = self._database.run(find, push).first()
        return posted, bool(answered)

    def abandon(self, stream: int, push: int, posted: float) -> None:
        """Note a push that was given up although it may still arrive.

        Args:
            stream: the company and data type.
            push: its number.
            posted: when its request was sent, seconds since 1970.
        """
        note = "INSERT OR REPLACE INTO abandoned VALUES (?, ?, ?)"
        self._database.run(note, push, stream, posted)

    def abandoned(self, stream: int, since: float) -> int:
        """How many pushes posted since then may still arrive; older ones are forgotten."""
        forget = "DELETE FROM abandoned WHERE stream = ? AND posted < ?"
        self._database.run(forget, stream, since)
        find = "SELECT count(*) FROM abandoned WHERE stream = ?"
        (count,) = self._database.run(find, stream).first()
        return int(count)

    def forget_abandoned(self, stream: int, count: int) -> None:
        """Forget the oldest of the abandoned pushes, which have arrived."""
        self._database.run(
            "DELETE FROM abandoned WHERE push IN"
            " (SELECT push FROM abandoned WHERE stream = ? ORDER BY posted LIMIT ?)",
            *(stream, count),
        )

    def name(self, push: int, dataset_id: str) -> None:
        """Note the dataset of a push."""
        self._database.run("UPDATE push SET dataset = ? WHERE push = ?", dataset_id, push)

    def drop(self, push: int) -> None:
        """Forget a push."""
        with self._database.transaction():
            self._joined.forget(push)
            self._database.run("DELETE FROM push WHERE push = ?", push)

    def find_open(self, stream: int) -> tuple[int, str | None, int] | None:
        """Number, dataset and size of the open push."""
        row: tuple[int, str | None, int] | None = self._database.run(
            "SELECT push, dataset, (SELECT count(*) FROM queue w"
            " WHERE w.stream = p.stream AND w.push = p.push)"
            " FROM push p WHERE stream = ? AND NOT failed",
            stream,
        ).first()
        return row

    def bodies(self, stream: int, push: int) -> list[bytes]:
        """The JSON of each record of a push; a delete is an object with only an id (rule D01)."""
        return list(self._joined.read(stream, push))

    def accept(
        self, stream: int, push: int, completed: int, next_revision: Callable[[], int]
    ) -> None:
        """Make the records of a push known; the first acceptance of each counts for syncs.

        If the process dies in between, the rest are still in the push.

        Args:
            stream: the company and data type.
            push: its number.
            completed: when its dataset completed, microseconds since 1970.
            next_revision: counts a change of the file.
        """

        def accept_page() -> int:
            places = self._database.run(
                "SELECT place FROM queue WHERE stream = ? AND push = ? ORDER BY place LIMIT ?",
                *(stream, push, PAGE),
            )
            if places:
                self._accept_up_to(stream, push, places[-1][0], (completed, next_revision()))
            if len(places) < PAGE:
                self.drop(push)
            return len(places)

        self._database.in_pages(accept_page, is_repeatable=True)

    def _accept_up_to(self, stream: int, push: int, place: int, moments: tuple[int, int]) -> None:
        page = "FROM queue WHERE stream = ? AND push = ? AND place <= ?"
        values = (stream, push, place)
        self._database.run(
            "INSERT INTO known (stream, id, kind, digest, created, modified, properties, accepted,"
            " revision, source)"
            " SELECT stream, id, kind, digest, created, modified, properties, ?, ?, source"
            f" {page} AND body IS NOT NULL"
            " ON CONFLICT (stream, id, kind) DO UPDATE SET digest = excluded.digest,"
            " created = excluded.created, modified = excluded.modified,"
            " properties = excluded.properties, revision = excluded.revision,"
            " source = excluded.source",
            *(*moments, *values),
        )
        deletes = f"(SELECT id {page} AND body IS NULL)"
        if self._database.run(f"{deletes[1:-1]} LIMIT 1", *values):
            for statement in (
                "INSERT OR IGNORE INTO deleted SELECT stream, id, kind FROM known"
                f" WHERE stream = ? AND id IN {deletes}",
                f"DELETE FROM known WHERE stream = ? AND id IN {deletes}",
                f"DELETE FROM refused WHERE stream = ? AND id IN {deletes}",
            ):
                self._database.run(statement, stream, *values)
        if self._database.run("SELECT 1 FROM refused WHERE stream = ? LIMIT 1", stream):
            resolve = "DELETE FROM refused WHERE stream = ? AND (id, kind) IN"
            self._database.run(f"{resolve} (SELECT id, kind {page})", stream, *values)
        self._database.run(f"DELETE {page}", *values)

    def fail(self, stream: int, push: int) -> None:
        """Mark a push as failed, and drop those of its records that have a newer version queued.

        If they were kept until they are queued again, the newer version could be in another push
        by then, and the older one would follow it.
        """
        self._database.run("UPDATE push SET failed = 1 WHERE push = ?", push)
        after = 0

        def drop_page() -> int:
            nonlocal after
            page = self._database.run(
                "SELECT place FROM queue WHERE stream = ? AND push = ? AND place > ?"
                " ORDER BY place LIMIT ?",
                *(stream, push, after, PAGE),
            )
            self._drop_superseded([place for (place,) in page])
            after = page[-1][0] if page else after
            return len(page)

        self._database.in_pages(drop_page)

    def _drop_superseded(self, places: Sequence[int]) -> None:
        marks = ", ".join("?" * len(places))
        self._database.run(f"DELETE FROM queue WHERE place IN ({marks}) AND {SUPERSEDED}", *places)

    def requeue_failed(self, stream: int) -> None:
        """Put the records of failed pushes, and of an unfinished snapshot, back into the queue."""
        self._requeue(stream, "-1")
        self._requeue(stream, "SELECT push FROM push WHERE stream = queue.stream AND failed")
        for (push,) in self._database.run(
            "SELECT push FROM push WHERE stream = ? AND failed", stream
        ):
            self.drop(push)

    def _requeue(self, stream: int, push: str) -> None:
        """Put records back into the queue, but those of which a newer version is queued.

        Args:
            stream: the company and data type.
            push: the numbers of the pushes, as SQL.
        """
        find = f"SELECT place FROM queue WHERE stream = ? AND push IN ({push}) LIMIT ?"

        def requeue_page() -> int:
            places = self._database.run(find, stream, PAGE)
            marks = ", ".join("?" * len(places))
            given = [place for (place,) in places]
            self._drop_superseded(given)
            free = f"UPDATE queue SET push = NULL, body = {BODY} WHERE place IN ({marks})"
            self._database.run(free, *given)
            return len(places)

        self._database.in_pages(requeue_page)
