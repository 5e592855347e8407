"""What has to be sent, in the order in which it was recorded; and what a snapshot lacks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain
from typing import Any, Final, NamedTuple

from codat_push.push_policy import Candidate
from codat_push.schema import DataType
from codat_push.storage.database import PAGE, Database
from codat_push.storage.joined_bodies import MAX_BYTES, JoinedBodies, positions
from codat_push.versions import Version

ADD = (
    "INSERT INTO queue (place, stream, id, kind, body, digest, created, modified, properties,"
    " source, recorded, push, revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
ROWS: Final = 100  # of one statement that appends versions: by one row each, it takes longer


class Known(NamedTuple):
    """What a ledger knows of a record; the fields of a row."""

    id: str
    kind: str
    digest: bytes
    created: int | None
    modified: int | None
    properties: int
    accepted: int
    revision: int
    source: bytes | None


class Queue:
    """The queue of each stream.

    It holds at most one version of each record and at most one delete of each id, which is older
    than the versions of that id. A transaction is identified by its id and type, but a delete has
    only an id. So a version does not replace a delete, which may apply to other transactions too;
    what happens to the two is decided when the chunk is made.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._joined = JoinedBodies(database)

    def revision(self) -> int:
        """How many changes of the file have been counted."""
        row = self._database.run("SELECT value FROM revision").first()
        return int(row[0]) if row else 0

    def next_revision(self) -> int:
        """Count a change of the file."""
        (value,) = self._database.run(
            "INSERT INTO revision VALUES (1, 1)"
            " ON CONFLICT (one) DO UPDATE SET value = value + 1 RETURNING value"
        ).first()
        return int(value)

    def put(self, stream: int, change: Version | str, now: float, revision: int) -> None:
        """Queue a version (or the delete of an id) in place of older ones of its record.

        Args:
            stream: the company and data type.
            change: the version, or the id of what is deleted.
            now: seconds since 1970.
            revision: of the change, from `next_revision`.
        """
        is_delete = isinstance(change, str)
        identity, kind = (change, "") if isinstance(change, str) else (change.id, change.kind)
        older = self._database.run(
            "DELETE FROM queue WHERE stream = ? AND id = ?"
            " AND (kind = ? AND body IS NOT NULL OR ?)"
            " AND (push IS NULL OR push < 0"
            " OR push IN (SELECT push FROM push WHERE stream = ? AND failed))"
            " RETURNING place, recorded",
            *(stream, identity, kind, is_delete, stream),
        )
        place = min((place for place, _ in older), default=None)
        recorded = min((moment for _, moment in older), default=now)
        values = (None,) * 6 if isinstance(change, str) else values_of(change)
        self._database.run(ADD, place, stream, identity, kind, *values, recorded, None, revision)

    def append(
        self, stream: int, versions: Sequence[Version], push: int | None, now: float, revision: int
    ) -> None:
        """Queue versions of records of which nothing is queued.

        Args:
            stream: the company and data type.
            versions: of them.
            push: the push that they are put into, or None.
            now: seconds since 1970.
            revision: of the change, from `next_revision`.
        """
        for start in range(0, len(versions), ROWS):
            page = versions[start : start + ROWS]
            bodies = [each.body for each in page]
            joined_to = push if sum(map(len, bodies)) <= MAX_BYTES else None
            held = bodies if joined_to is None else positions(bodies)
            rows = (
                (
                    each.id,
                    each.kind,
                    body,
                    each.digest,
                    each.created,
                    each.modified,
                    each.properties,
                    each.source,
                )
                for each, body in zip(page, held, strict=True)
            )
            values = chain.from_iterable(rows)
            self._database.run(append_statement(len(page)), stream, now, push, revision, *values)
            if joined_to is not None:
                self._joined.add(joined_to, bodies)

    def holds(self, stream: int, identity: str, kind: str) -> bool:
        """Whether a version of a record or a delete of its id is queued or on its way.

        Args:
            stream: the company and data type.
            identity: the record's id.
            kind: a transaction's type; else empty.
        """
        row = self._database.run(
            "SELECT 1 FROM queue WHERE stream = ? AND id = ? AND (kind = ? OR body IS NULL)",
            *(stream, identity, kind),
        ).first()
        return row is not None

    def knows_any(self, stream: int) -> bool:
        """Whether any record of a stream is known."""
        return bool(self._database.run("SELECT 1 FROM known WHERE stream = ? LIMIT 1", stream))

    def known(self, stream: int, ids: Iterable[str]) -> dict[tuple[str, str], Known]:
        """What is known of the records with those ids, by id and kind."""
        columns = ", ".join(Known._fields)
        rows = self._of_ids(f"SELECT {columns} FROM known", stream, ids)
        return {(row[0], row[1]): Known._make(row) for row in rows}

    def queued(self, stream: int, ids: Iterable[str]) -> dict[tuple[str, str | None], int]:
        """The latest revision of what is queued or on its way, by id and kind (None: a delete)."""
        columns = "id, CASE WHEN body IS NULL THEN NULL ELSE kind END, max(revision)"
        rows = self._of_ids(f"SELECT {columns} FROM queue", stream, ids, "GROUP BY 1, 2")
        return {(identity, kind): revision for identity, kind, revision in rows}

    def deleted(self, stream: int, ids: Iterable[str]) -> set[tuple[str, str]]:
        """The keys among those ids whose delete the service has accepted."""
        return set(self._of_ids("SELECT id, kind FROM deleted", stream, ids))

    def _of_ids(
        self, select: str, stream: int, ids: Iterable[str], group: str = ""
    ) -> Sequence[tuple[Any, ...]]:
        """The rows of a stream with some ids.

        Args:
            select: the statement up to its WHERE.
            stream: the company and data type.
            ids: of records.
            group: the rest of the statement.
        """
        table = select.rpartition(" ")[2]
        if not self._database.run(f"SELECT 1 FROM {table} WHERE stream = ? LIMIT 1", stream):
            return ()
        given = list(ids)
        marks = ", ".join("?" * len(given))
        where = f"WHERE stream = ? AND id IN ({marks})"
        return self._database.run(f"{select} {where} {group}", stream, *given)

    def forget_known(self, stream: int, created: int, accepted: int) -> int:
        """Forget known records that were created before a moment and accepted by another.

        Args:
            stream: the company and data type.
            created: microseconds since 1970.
            accepted: likewise.

        Returns:
            How many there were.
        """
        count, after = 0, ""

        def forget_page() -> int:
            nonlocal count, after
            end = self._database.run(
                "SELECT id FROM known WHERE stream = ? AND id > ? ORDER BY id LIMIT 1 OFFSET ?",
                *(stream, after, PAGE - 1),
            ).first()
            up_to = "" if end is None else " AND id <= ?"
            rows = self._database.run(
                f"DELETE FROM known WHERE stream = ? AND created < ? AND accepted <= ?"
                f" AND id > ?{up_to} RETURNING 1",
                *(stream, created, accepted, after, *(end or ())),
            )
            count += len(rows)
            after = end[0] if end else after
            return PAGE if end else 0

        self._database.in_pages(forget_page)
        return count

    def note_sources(self, stream: int, versions: Iterable[Version]) -> None:
        """Note how known versions were given now, so that they are known at once next time."""
        self._database.run_many(
            "UPDATE known SET source = ? WHERE stream = ? AND id = ? AND kind = ?",
            ((each.source, stream, each.id, each.kind) for each in versions if each.source),
        )

    def is_new(self, stream: int) -> bool:
        """Whether nothing of a stream is known, queued or on its way."""
        tables = ("known", "deleted", "queue", "push")
        find = " UNION ALL ".join(f"SELECT 1 FROM {table} WHERE stream = ?" for table in tables)
        return not self._database.run(f"{find} LIMIT 1", *[stream] * len(tables))

    def learn(self, stream: int, version: Version, accepted: int, revision: int) -> None:
        """Make a version known that the service has accepted.

        Args:
            stream: the company and data type.
            version: of a record.
            accepted: when, in microseconds since 1970.
            revision: of this change, from `next_revision`.
        """
        self._database.run(
            "INSERT OR REPLACE INTO known (stream, id, kind, digest, created, modified, properties,"
            " accepted, revision, source) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(stream, version.id, version.kind, version.digest, version.created, version.modified),
            *(version.properties, accepted, revision, version.source),
        )

    def is_waiting(self, stream: int) -> bool:
        """Whether anything of a stream is queued and not on its way."""
        find = "SELECT 1 FROM queue WHERE stream = ? AND push IS NULL LIMIT 1"
        return bool(self._database.run(find, stream))

    def candidates(self, stream: int, after: int, revision: int) -> list[Candidate]:
        """At most `PAGE` queued changes, oldest first, each beside the known version.

        Args:
            stream: the company and data type.
            after: the place in the queue before the first.
            revision: what was queued after it is left out.
        """
        rows = self._database.run(
            "SELECT w.place, w.id, w.kind, length(w.body), w.digest, w.created, w.modified,"
            " w.properties, k.digest, k.created, k.modified, k.properties, k.accepted,"
            " d.id IS NOT NULL FROM queue w"
            " LEFT JOIN known k ON k.stream = w.stream AND k.id = w.id AND k.kind = w.kind"
            " LEFT JOIN deleted d ON d.stream = w.stream AND d.id = w.id AND d.kind = w.kind"
            " WHERE w.stream = ? AND w.push IS NULL AND w.place > ? AND w.revision <= ?"
            " ORDER BY w.place LIMIT ?",
            *(stream, after, revision, PAGE),
        )
        return [Candidate._make(row) for row in rows]

    def body(self, place: int) -> bytes:
        """The JSON of the version at a place."""
        (body,) = self._database.run("SELECT body FROM queue WHERE place = ?", place).first()
        return bytes(body)

    def pending_deletes(
        self, stream: int, identity: str
    ) -> tuple[list[tuple[int | None, int]], bool]:
        """The known records that a delete of an id applies to: those without a newer version.

        Returns:
            When each was created and accepted; and whether any newer version has the id.
        """
        newer = "queue w WHERE w.stream = ? AND w.id = ? AND +w.push IS NULL AND w.body NOT NULL"
        deleted = self._database.run(
            "SELECT created, accepted FROM known k WHERE stream = ? AND id = ?"
            f" AND NOT EXISTS (SELECT 1 FROM {newer} AND w.kind = k.kind)",
            *(stream, identity, stream, identity),
        )
        follows = self._database.run(f"SELECT 1 FROM {newer}", stream, identity).first()
        return deleted, follows is not None

    def discard(self, place: int) -> None:
        """Remove what is queued at a place."""
        self._database.run("DELETE FROM queue WHERE place = ?", place)

    def allow_again(self, stream: int, identity: str, kind: str) -> None:
        """Forget that a key was deleted, so that it may be pushed again.

        Args:
            stream: the company and data type.
            identity: the record's id.
            kind: a transaction's type; else empty.
        """
        forget = "DELETE FROM deleted WHERE stream = ? AND id = ? AND kind = ?"
        self._database.run(forget, stream, identity, kind)

    def busy_streams(self) -> list[tuple[str, DataType]]:
        """The streams with anything queued or on its way.

        Orders of a company come before its payments and these before its transactions, because a
        transaction refers to its source (rule R02).
        """
        rows = self._database.run(
            "SELECT company, data_type FROM stream s"
            " WHERE EXISTS (SELECT 1 FROM queue w WHERE w.stream = s.stream)"
            " ORDER BY company, data_type"
        )
        return [(company, data_type) for company, data_type in rows]

    def depth(self) -> tuple[int, float | None]:
        """How many records are queued or on their way, and when the oldest was recorded."""
        (count,) = self._database.run("SELECT count(*) FROM queue").first()
        oldest = self._database.run("SELECT recorded FROM queue ORDER BY place LIMIT 1").first()
        return count, oldest and oldest[0]


def values_of(version: Version) -> tuple[Any, ...]:
    """The columns of a version between `kind` and `recorded`."""
    return (
        *(version.body, version.digest, version.created, version.modified),
        *(version.properties, version.source),
    )


@cache
def append_statement(count: int) -> str:
    """Insert that many versions; its values are those that they share, then those of each."""
    fields = Version.__struct_fields__
    row = f"({', '.join('?' * len(fields))})"
    return (
        f"INSERT INTO queue (stream, recorded, push, revision, {', '.join(fields)})"
        f" SELECT ?, ?, ?, ?, * FROM (VALUES {', '.join([row] * count)})"
    )
