"""What has to be sent, in the order in which it came; and what a snapshot lacks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from codat_push.push_policy import SHARED_ID, Candidate
from codat_push.schema import DataType
from codat_push.storage.database import Database
from codat_push.versions import Version


class Queue:
    """The queue of each stream.

    At most one version of each record waits in it, and at most one delete of each id, which is
    older than the versions of that id. A transaction is identified by its id and type, while a
    delete has an id only; so a version does not take the place of a delete, which may be meant for
    others too: what becomes of the two is judged once the chunk is made.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, stream: int, change: Version | str, now: float) -> None:
        """Let a version (or the delete of an id) wait, in the place of older ones of its record."""
        gone = isinstance(change, str)
        identity, kind = (change, "") if isinstance(change, str) else (change.id, change.kind)
        older = self._database.run(
            "DELETE FROM waiting WHERE stream = ? AND id = ?"
            " AND (kind = ? AND body IS NOT NULL OR ?)"
            " AND (push IS NULL OR push IN (SELECT push FROM push WHERE stream = ? AND failed))"
            " RETURNING place, recorded",
            *(stream, identity, kind, gone, stream),
        ).fetchall()
        place = min((place for place, _ in older), default=None)
        recorded = min((moment for _, moment in older), default=now)
        values = (
            (None,) * 5
            if isinstance(change, str)
            else (change.body, change.digest, change.created, change.modified, change.properties)
        )
        self._database.run(
            "INSERT INTO waiting (place, stream, id, kind, body, digest, created, modified,"
            " properties, recorded) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(place, stream, identity, kind, *values, recorded),
        )

    def holds(self, stream: int, identity: str, kind: str) -> bool:
        """Whether a version of a record or a delete of its id waits, or is on its way."""
        row = self._database.run(
            "SELECT 1 FROM waiting WHERE stream = ? AND id = ? AND (kind = ? OR body IS NULL)",
            *(stream, identity, kind),
        ).fetchone()
        return row is not None

    def compare(self, stream: int, versions: Sequence[Version]) -> list[Version]:
        """Those that differ from the known version, or of whose record something waits already."""
        ids = [version.id for version in versions]
        marks = ", ".join("?" * len(ids))
        where = f"WHERE stream = ? AND id IN ({marks})"
        found = self._database.run(f"SELECT id, kind, digest FROM known {where}", stream, *ids)
        known = {(identity, kind): digest for identity, kind, digest in found}
        found = self._database.run(f"SELECT id FROM waiting {where}", stream, *ids)
        waiting = {identity for (identity,) in found}
        differing = []
        for version in versions:
            is_new = known.get((version.id, version.kind)) != version.digest
            if is_new or version.id in waiting:
                differing.append(version)
                waiting.add(version.id)
        return differing

    def weight(self, stream: int) -> tuple[int, int]:
        """How many records wait, and their bytes."""
        row = self._database.run(
            "SELECT count(*), total(length(body)) FROM waiting WHERE stream = ? AND push IS NULL",
            stream,
        ).fetchone()
        return row[0], int(row[1])

    def fills(self, stream: int, records: int, size: int) -> bool:
        """Whether as many records wait, or as many bytes of them."""
        count, weight = self.weight(stream)
        return count >= records or weight >= size

    def candidates(self, stream: int) -> Iterator[Candidate]:
        """What waits, the longest first, each beside the version known."""
        rows = self._database.run(
            "SELECT w.place, w.id, w.kind, length(w.body), w.digest, w.created, w.modified,"
            " w.properties, k.digest, k.created, k.modified, k.properties, k.accepted,"
            " d.id IS NOT NULL FROM waiting w"
            " LEFT JOIN known k ON k.stream = w.stream AND k.id = w.id AND k.kind = w.kind"
            " LEFT JOIN deleted d ON d.stream = w.stream AND d.id = w.id AND d.kind = w.kind"
            " WHERE w.stream = ? AND w.push IS NULL ORDER BY w.place",
            stream,
        )
        return map(Candidate._make, rows)

    def goners(self, stream: int, identity: str) -> tuple[list[tuple[int | None, int]], bool]:
        """What a delete of an id is meant for: the known records that no newer version follows.

        Returns:
            When each was created and accepted; and whether any version of the id follows.
        """
        newer = "waiting w WHERE w.stream = ? AND w.id = ? AND w.push IS NULL AND w.body NOT NULL"
        meant = self._database.run(
            "SELECT created, accepted FROM known k WHERE stream = ? AND id = ?"
            f" AND NOT EXISTS (SELECT 1 FROM {newer} AND w.kind = k.kind)",
            *(stream, identity, stream, identity),
        ).fetchall()
        follows = self._database.run(f"SELECT 1 FROM {newer}", stream, identity).fetchone()
        return meant, follows is not None

    def discard(self, stream: int, candidate: Candidate) -> None:
        """Take off what needs no push, and what was refused of it before."""
        self._database.run("DELETE FROM waiting WHERE place = ?", candidate.place)
        self._database.run(
            "DELETE FROM refused WHERE stream = ? AND id = ? AND kind = ?",
            *(stream, candidate.id, candidate.kind),
        )

    def begin_snapshot(self, stream: int) -> None:
        """Forget what waits, since the snapshot tells it anew; from now on note what is seen."""
        self._database.run("DELETE FROM waiting WHERE stream = ? AND push IS NULL", stream)
        self._database.run(
            "CREATE TEMP TABLE IF NOT EXISTS seen (stream INTEGER, id TEXT, kind TEXT,"
            " PRIMARY KEY (stream, id, kind)) WITHOUT ROWID"
        )
        self._database.run("DELETE FROM seen WHERE stream = ?", stream)

    def see(self, stream: int, versions: Iterable[Version]) -> None:
        """Note records that stand in the snapshot."""
        rows = ((stream, version.id, version.kind) for version in versions)
        self._database.run_many("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", rows)

    def end_snapshot(self, stream: int, now: float) -> None:
        """Let deletes of what the snapshot lacked wait; refuse those that would take too much."""
        lacking = (
            "FROM known k WHERE stream = ? AND {} EXISTS"
            " (SELECT 1 FROM seen s WHERE s.stream = k.stream AND s.id = k.id)"
        )
        self._database.run(
            "INSERT INTO waiting (stream, id, kind, recorded) SELECT DISTINCT stream, id, '', ? "
            + lacking.format("NOT"),
            *(now, stream),
        )
        self._database.run(
            "INSERT OR REPLACE INTO refused SELECT stream, id, kind, NULL, 'shared-id', ? "
            + lacking.format("")
            + " AND NOT EXISTS (SELECT 1 FROM seen s"
            " WHERE s.stream = k.stream AND s.id = k.id AND s.kind = k.kind)",
            *(SHARED_ID, stream),
        )
        self._database.run("DELETE FROM seen WHERE stream = ?", stream)

    def busy_streams(self) -> list[tuple[str, DataType]]:
        """The streams of which anything waits or is on its way.

        Of one company first its orders, then payments, then transactions: what a transaction names
        as its source goes before it (rule R02).
        """
        rows = self._database.run(
            "SELECT company, data_type FROM stream s"
            " WHERE EXISTS (SELECT 1 FROM waiting w WHERE w.stream = s.stream)"
            " ORDER BY company, data_type"
        )
        return rows.fetchall()

    def depth(self) -> tuple[int, float | None]:
        """How many records wait or are on their way, and since when the oldest (s since 1970)."""
        count, oldest = self._database.run("SELECT count(*), min(recorded) FROM waiting").fetchone()
        return count, oldest
