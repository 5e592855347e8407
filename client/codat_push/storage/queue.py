"""What has to be sent, in the order in which it was recorded; and what a snapshot lacks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from codat_push.push_policy import SHARED_ID, Candidate
from codat_push.schema import DataType
from codat_push.storage.database import Database
from codat_push.versions import Version, is_same

# The known records that are (not) in the snapshot, and were not changed since it began.
LACKING = (
    "FROM known k WHERE stream = ? AND k.revision <= ? AND {} EXISTS"
    " (SELECT 1 FROM seen s WHERE s.stream = k.stream AND s.id = k.id)"
    " AND NOT EXISTS (SELECT 1 FROM queue q"
    " WHERE q.stream = k.stream AND q.id = k.id AND +q.push IS NULL AND q.revision > ?)"
)


class Queue:
    """The queue of each stream.

    It holds at most one version of each record and at most one delete of each id, which is older
    than the versions of that id. A transaction is identified by its id and type, but a delete has
    only an id. So a version does not replace a delete, which may apply to other transactions too;
    what happens to the two is decided when the chunk is made.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

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
        values = (
            (None,) * 6
            if isinstance(change, str)
            else (
                *(change.body, change.digest, change.created, change.modified),
                *(change.properties, change.source),
            )
        )
        self._database.run(
            "INSERT INTO queue (place, stream, id, kind, body, digest, created, modified,"
            " properties, source, recorded, revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(place, stream, identity, kind, *values, recorded, revision),
        )

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

    def unchanged(self, stream: int, keys: Sequence[tuple[str, str, bytes]]) -> set[str]:
        """The ids of records that are exactly as they were when the service accepted them.

        Args:
            stream: the company and data type.
            keys: the id, kind and fingerprint of at most one chunk of records.
        """
        ids = [identity for identity, _, _ in keys]
        marks = ", ".join("?" * len(ids))
        where = f"WHERE stream = ? AND id IN ({marks})"
        found = self._database.run(f"SELECT id, kind, source FROM known {where}", stream, *ids)
        known = {(identity, kind): source for identity, kind, source in found}
        queued = self._database.run(f"SELECT id FROM queue {where}", stream, *ids)
        differ = {
            identity for identity, kind, source in keys if known.get((identity, kind)) != source
        }
        return set(ids) - differ - {identity for (identity,) in queued}

    def note_sources(self, stream: int, versions: Iterable[Version]) -> None:
        """Note how known versions were given now, so that they are known at once next time."""
        self._database.run_many(
            "UPDATE known SET source = ? WHERE stream = ? AND id = ? AND kind = ?",
            ((each.source, stream, each.id, each.kind) for each in versions if each.source),
        )

    def compare(
        self, stream: int, data_type: DataType, versions: Sequence[Version]
    ) -> list[Version]:
        """The versions that differ from the known one, or whose record is queued already.

        Of the others, how they were given is noted.

        Args:
            stream: the company and data type.
            data_type: of the stream.
            versions: at most one chunk of them.
        """
        ids = [version.id for version in versions]
        marks = ", ".join("?" * len(ids))
        where = f"WHERE stream = ? AND id IN ({marks})"
        found = self._database.run(f"SELECT id, kind, digest FROM known {where}", stream, *ids)
        known = {(identity, kind): digest for identity, kind, digest in found}
        found = self._database.run(f"SELECT id FROM queue {where}", stream, *ids)
        queued = {identity for (identity,) in found}
        differing, same = [], []
        for version in versions:
            digest = known.get((version.id, version.kind))
            is_known = is_same(data_type, version.body, version.digest, digest)
            if not is_known or version.id in queued:
                differing.append(version)
                queued.add(version.id)
            else:
                same.append(version)
        self.note_sources(stream, same)
        return differing

    def size(self, stream: int) -> tuple[int, int]:
        """How many records are queued, and their bytes."""
        row = self._database.run(
            "SELECT count(*), total(length(body)) FROM queue WHERE stream = ? AND push IS NULL",
            stream,
        ).first()
        return row[0], int(row[1])

    def fills(self, stream: int, records: int, size: int) -> bool:
        """Whether at least so many records, or bytes of records, are queued.

        Args:
            stream: the company and data type.
            records: their number, deletes included.
            size: bytes of JSON; a delete counts none.
        """
        queued, queued_bytes = self.size(stream)
        return queued >= records or queued_bytes >= size

    def candidates(self, stream: int) -> Iterator[Candidate]:
        """What is queued, oldest first, each beside the known version; in a transaction."""
        rows = self._database.each(
            "SELECT w.place, w.id, w.kind, length(w.body), w.digest, w.created, w.modified,"
            " w.properties, k.digest, k.created, k.modified, k.properties, k.accepted,"
            " d.id IS NOT NULL FROM queue w"
            " LEFT JOIN known k ON k.stream = w.stream AND k.id = w.id AND k.kind = w.kind"
            " LEFT JOIN deleted d ON d.stream = w.stream AND d.id = w.id AND d.kind = w.kind"
            " WHERE w.stream = ? AND w.push IS NULL ORDER BY w.place",
            stream,
        )
        return map(Candidate._make, rows)

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

    def discard(self, stream: int, candidate: Candidate) -> None:
        """Remove what needs no push, and an earlier refusal of the same record."""
        self._database.run("DELETE FROM queue WHERE place = ?", candidate.place)
        self._database.run(
            "DELETE FROM refused WHERE stream = ? AND id = ? AND kind = ?",
            *(stream, candidate.id, candidate.kind),
        )

    def newer(self, stream: int, versions: Sequence[Version], revision: int) -> set[str]:
        """The ids among versions that were queued, or accepted, after a revision.

        Args:
            stream: the company and data type.
            versions: of any ids, at most one chunk of them.
            revision: from `revision` or `next_revision`.
        """
        ids = [version.id for version in versions]
        marks = ", ".join("?" * len(ids))
        rows = self._database.run(
            f"SELECT id FROM queue WHERE stream = ? AND revision > ? AND id IN ({marks})"
            f" UNION SELECT id FROM known WHERE stream = ? AND revision > ? AND id IN ({marks})",
            *(stream, revision, *ids, stream, revision, *ids),
        )
        return {identity for (identity,) in rows}

    def begin_snapshot(self, stream: int, revision: int) -> None:
        """Park what was queued up to a revision, and start to note what the snapshot contains."""
        self._database.run(
            "UPDATE queue SET push = -1 WHERE stream = ? AND push IS NULL AND revision <= ?",
            *(stream, revision),
        )
        self._database.run(
            "CREATE TEMP TABLE IF NOT EXISTS seen (stream INTEGER, id TEXT, kind TEXT,"
            " PRIMARY KEY (stream, id, kind)) WITHOUT ROWID"
        )
        self._database.run("DELETE FROM seen WHERE stream = ?", stream)

    def see(self, stream: int, keys: Iterable[tuple[str, str]]) -> None:
        """Note the keys (id and kind) of records that the snapshot contains."""
        rows = ((stream, identity, kind) for identity, kind in keys)
        self._database.run_many("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", rows)

    def count_lacking(self, stream: int, revision: int) -> tuple[int, int]:
        """How many known ids the snapshot lacks, and how many are known."""
        (lacking,) = self._database.run(
            f"SELECT count(DISTINCT id) {LACKING.format('NOT')}", *(stream, revision, revision)
        ).first()
        find = "SELECT count(DISTINCT id) FROM known WHERE stream = ?"
        (known,) = self._database.run(find, stream).first()
        return lacking, known

    def end_snapshot(self, stream: int, revision: int, now: float) -> None:
        """Queue deletes of what the snapshot lacks; refuse those that would delete too much.

        Args:
            stream: the company and data type.
            revision: what was recorded or accepted after it is left alone.
            now: seconds since 1970.
        """
        self._database.run(
            "INSERT INTO queue (stream, id, kind, recorded, revision)"
            f" SELECT DISTINCT stream, id, '', ?, ? {LACKING.format('NOT')}",
            *(now, self.next_revision(), stream, revision, revision),
        )
        self._database.run(
            "INSERT OR REPLACE INTO refused SELECT stream, id, kind, NULL, 'shared-id', ? "
            # A snapshot queues its own records of the id; only a newer version of the key counts.
            + LACKING.format("").replace("q.id = k.id", "q.id = k.id AND q.kind = k.kind")
            + " AND NOT EXISTS (SELECT 1 FROM seen s"
            " WHERE s.stream = k.stream AND s.id = k.id AND s.kind = k.kind)",
            *(SHARED_ID, stream, revision, revision),
        )
        self._database.run("DELETE FROM queue WHERE stream = ? AND push = -1", stream)
        self._database.run("DELETE FROM seen WHERE stream = ?", stream)

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
        count, oldest = self._database.run("SELECT count(*), min(recorded) FROM queue").first()
        return count, oldest
