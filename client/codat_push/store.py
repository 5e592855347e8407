"""The statements that a ledger works its file with; a stream is a company and data type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from codat_push.chunks import SHARED_ID, Candidate, Reason, Refusal, Synced
from codat_push.database import Database
from codat_push.encoding import read_json
from codat_push.shapes import DataType
from codat_push.versions import Version

# A row that waits makes an older one of the same id void: of the same kind, or where either is a
# delete (which, of transactions, takes all kinds).
VOID = (
    "EXISTS (SELECT 1 FROM waiting w WHERE w.stream = waiting.stream AND w.id = waiting.id"
    " AND w.push IS NULL AND (w.kind = waiting.kind OR w.body IS NULL OR waiting.body IS NULL))"
)


class Store(Database):
    """A ledger's file, by what is done with it."""

    def stream(self, company: str, data_type: DataType) -> int:
        """The number of a company and data type."""
        find = "SELECT stream FROM stream WHERE company = ? AND data_type = ?"
        row = self.run(find, company, data_type).fetchone()
        if row is None:
            add = "INSERT OR IGNORE INTO stream (company, data_type) VALUES (?, ?)"
            self.run(add, company, data_type)
            row = self.run(find, company, data_type).fetchone()
        return int(row[0])

    def put(self, stream: int, change: Version | str, now: float) -> None:
        """Let a version (or the delete of an id) wait, in the place of older ones of its record."""
        gone = isinstance(change, str)
        identity, kind = (change, "") if isinstance(change, str) else (change.id, change.kind)
        older = self.run(
            "DELETE FROM waiting WHERE stream = ? AND id = ? AND (kind = ? OR body IS NULL OR ?)"
            " AND (push IS NULL OR push IN (SELECT push FROM push WHERE stream = ? AND failed))"
            " RETURNING place, recorded",
            *(stream, identity, kind, gone, stream),
        ).fetchall()
        place = min((place for place, _ in older), default=None)
        recorded = min((moment for _, moment in older), default=now)
        values = (
            (None, None, None, None)
            if isinstance(change, str)
            else (change.body, change.digest, change.created, change.properties)
        )
        self.run(
            "INSERT INTO waiting (place, stream, id, kind, body, digest, created, properties,"
            " recorded) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(place, stream, identity, kind, *values, recorded),
        )

    def compare(self, stream: int, versions: Sequence[Version]) -> list[Version]:
        """Those that differ from the known version, or of whose record something waits already."""
        ids = [version.id for version in versions]
        marks = ", ".join("?" * len(ids))
        where = f"WHERE stream = ? AND id IN ({marks})"
        found = self.run(f"SELECT id, kind, digest FROM known {where}", stream, *ids)
        known = {(identity, kind): digest for identity, kind, digest in found}
        found = self.run(f"SELECT id FROM waiting {where}", stream, *ids)
        waiting = {identity for (identity,) in found}
        differing = []
        for version in versions:
            is_new = known.get((version.id, version.kind)) != version.digest
            if is_new or version.id in waiting:
                differing.append(version)
                waiting.add(version.id)
        return differing

    def begin_snapshot(self, stream: int) -> None:
        """Forget what waits, since the snapshot tells it anew; from now on note what is seen."""
        self.run("DELETE FROM waiting WHERE stream = ? AND push IS NULL", stream)
        self.run(
            "CREATE TEMP TABLE IF NOT EXISTS seen (stream INTEGER, id TEXT, kind TEXT,"
            " PRIMARY KEY (stream, id, kind)) WITHOUT ROWID"
        )
        self.run("DELETE FROM seen WHERE stream = ?", stream)

    def see(self, stream: int, versions: Iterable[Version]) -> None:
        """Note records that stand in the snapshot."""
        rows = ((stream, version.id, version.kind) for version in versions)
        self.run_many("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", rows)

    def end_snapshot(self, stream: int, now: float) -> None:
        """Let deletes of what the snapshot lacked wait; refuse those that would take too much."""
        lacking = (
            "FROM known k WHERE stream = ? AND {} EXISTS"
            " (SELECT 1 FROM seen s WHERE s.stream = k.stream AND s.id = k.id)"
        )
        self.run(
            "INSERT INTO waiting (stream, id, kind, recorded) SELECT DISTINCT stream, id, '', ? "
            + lacking.format("NOT"),
            *(now, stream),
        )
        self.run(
            "INSERT OR REPLACE INTO refused SELECT stream, id, kind, NULL, 'shared-id', ? "
            + lacking.format("")
            + " AND NOT EXISTS (SELECT 1 FROM seen s"
            " WHERE s.stream = k.stream AND s.id = k.id AND s.kind = k.kind)",
            *(SHARED_ID, stream),
        )
        self.run("DELETE FROM seen WHERE stream = ?", stream)

    def weight(self, stream: int) -> tuple[int, int]:
        """How many records wait, and their bytes."""
        row = self.run(
            "SELECT count(*), total(length(body)) FROM waiting WHERE stream = ? AND push IS NULL",
            stream,
        ).fetchone()
        return row[0], int(row[1])

    def candidates(self, stream: int) -> Iterator[Candidate]:
        """What waits, the longest first, each beside the version known."""
        rows = self.run(
            "SELECT w.place, w.id, w.kind, length(w.body), w.digest, w.properties,"
            " k.digest, k.created, k.accepted, k.properties FROM waiting w"
            " LEFT JOIN known k ON k.stream = w.stream AND k.id = w.id AND k.kind = w.kind"
            " WHERE w.stream = ? AND w.push IS NULL ORDER BY w.place",
            stream,
        )
        return map(Candidate._make, rows)

    def known(self, stream: int, identity: str) -> list[tuple[int | None, int]]:
        """When the known records with an id were created and accepted."""
        find = "SELECT created, accepted FROM known WHERE stream = ? AND id = ?"
        return self.run(find, stream, identity).fetchall()

    def discard(self, stream: int, candidate: Candidate) -> None:
        """Take off what needs no push, and what was refused of it before."""
        self.run("DELETE FROM waiting WHERE place = ?", candidate.place)
        self.run(
            "DELETE FROM refused WHERE stream = ? AND id = ? AND kind = ?",
            *(stream, candidate.id, candidate.kind),
        )

    def open_push(self, stream: int, places: Iterable[int]) -> int:
        """Put what waits at those places into a push; gives its number."""
        (push,) = self.run("INSERT INTO push (stream) VALUES (?) RETURNING push", stream).fetchone()
        self.run_many("UPDATE waiting SET push = ? WHERE place = ?", ((push, p) for p in places))
        return int(push)

    def name_push(self, push: int, dataset_id: str) -> None:
        """Note which dataset a push has become."""
        self.run("UPDATE push SET dataset = ? WHERE push = ?", dataset_id, push)

    def drop_push(self, push: int) -> None:
        """Forget a push."""
        self.run("DELETE FROM push WHERE push = ?", push)

    def find_open(self, stream: int) -> tuple[int, str | None, int] | None:
        """Number, dataset and size of the push that is open."""
        row: tuple[int, str | None, int] | None = self.run(
            "SELECT push, dataset, (SELECT count(*) FROM waiting w"
            " WHERE w.stream = p.stream AND w.push = p.push)"
            " FROM push p WHERE stream = ? AND NOT failed",
            stream,
        ).fetchone()
        return row

    def bodies(self, stream: int, push: int) -> list[bytes]:
        """The JSON of each record of a push; a delete holds an id and nothing else (rule D01)."""
        rows = self.run(
            "SELECT coalesce(body, CAST(json_object('id', id) AS BLOB)) FROM waiting"
            " WHERE stream = ? AND push = ? ORDER BY place",
            *(stream, push),
        )
        return [body for (body,) in rows]

    def accept(self, stream: int, push: int, completed: int) -> None:
        """Make the records of a push known; of each, the first acceptance counts for syncs."""
        of_push = "FROM waiting WHERE stream = ? AND push = ?"
        self.run(
            "INSERT INTO known SELECT stream, id, kind, digest, created, ?, properties"
            f" {of_push} AND body IS NOT NULL"
            " ON CONFLICT (stream, id, kind) DO UPDATE SET digest = excluded.digest,"
            " created = excluded.created, properties = excluded.properties",
            *(completed, stream, push),
        )
        self.run(
            f"DELETE FROM known WHERE stream = ? AND id IN (SELECT id {of_push} AND body IS NULL)",
            *(stream, stream, push),
        )
        self.run(
            "DELETE FROM refused WHERE stream = ? AND ((id, kind) IN"
            f" (SELECT id, kind {of_push}) OR id IN (SELECT id {of_push} AND body IS NULL))",
            *(stream, stream, push, stream, push),
        )
        self.run(f"DELETE {of_push}", stream, push)
        self.drop_push(push)

    def fail(self, stream: int, push: int) -> None:
        """Mark a push as failed, and drop of it what has a newer version waiting."""
        self.run(f"DELETE FROM waiting WHERE stream = ? AND push = ? AND {VOID}", stream, push)
        self.run("UPDATE push SET failed = 1 WHERE push = ?", push)

    def mend(self, stream: int) -> None:
        """Let what stood in failed pushes wait again."""
        failed = "(SELECT push FROM push WHERE stream = ? AND failed)"
        self.run(
            f"UPDATE waiting SET push = NULL WHERE stream = ? AND push IN {failed}", stream, stream
        )
        self.run("DELETE FROM push WHERE stream = ? AND failed", stream)

    def refuse(self, stream: int, column: str, value: int, reason: Reason, detail: str) -> None:
        """Set aside what waits at a `place` or stands in a `push`."""
        rows = f"FROM waiting WHERE stream = ? AND {column} = ?"
        self.run(
            f"INSERT OR REPLACE INTO refused SELECT stream, id, kind, body, ?, ? {rows}",
            *(reason, detail, stream, value),
        )
        self.run(f"DELETE {rows}", stream, value)

    def refusals(self) -> Iterator[Refusal]:
        """All that was set aside."""
        rows = self.run(
            "SELECT company, data_type, id, kind, body, reason, detail FROM refused"
            " JOIN stream USING (stream) ORDER BY stream, id, kind"
        )
        for company, data_type, identity, kind, body, reason, detail in rows:
            record = None if body is None else read_json(body)
            yield Refusal(company, data_type, identity, kind, record, reason, detail)

    def count_refusals(self) -> int:
        """How many were set aside."""
        (count,) = self.run("SELECT count(*) FROM refused").fetchone()
        return int(count)

    def dismiss(self, refusal: Refusal) -> None:
        """Forget what was set aside of a record."""
        self.run(
            "DELETE FROM refused WHERE stream = ? AND id = ? AND kind = ?",
            self.stream(refusal.company, refusal.data_type),
            *(refusal.id, refusal.kind),
        )

    def note_sync(self, company: str, synced: Synced) -> None:
        """Move on what is known of a company's syncs."""
        self.run(
            "INSERT INTO sync VALUES (?, ?, ?, ?) ON CONFLICT (company) DO UPDATE SET"
            " boundary = max(boundary, excluded.boundary), ran = max(ran, excluded.ran),"
            " is_running = excluded.is_running",
            *(company, *synced),
        )

    def synced(self, company: str) -> Synced:
        """What is known of a company's syncs."""
        find = "SELECT boundary, ran, is_running FROM sync WHERE company = ?"
        row = self.run(find, company).fetchone()
        return Synced(row[0], row[1], bool(row[2])) if row else Synced()

    def changes_known(self, stream: int) -> bool:
        """Whether anything that waits has a known record's id."""
        row = self.run(
            "SELECT 1 FROM waiting w JOIN known k ON k.stream = w.stream AND k.id = w.id"
            " WHERE w.stream = ? AND w.push IS NULL LIMIT 1",
            stream,
        ).fetchone()
        return row is not None

    def history(self, stream: int) -> bool | None:
        """Whether the service lists its datasets; None where it was not asked yet."""
        (noted,) = self.run("SELECT history FROM stream WHERE stream = ?", stream).fetchone()
        return None if noted is None else bool(noted)

    def note_history(self, stream: int, ids: Iterable[str] | None) -> None:
        """Note the datasets that the service lists, or that it lists none at all."""
        self.run("UPDATE stream SET history = ? WHERE stream = ?", ids is not None, stream)
        for identity in ids or ():
            self.note_dataset(stream, identity)

    def note_dataset(self, stream: int, identity: str) -> None:
        """Note a dataset, to know a new one by."""
        self.run("INSERT OR IGNORE INTO dataset VALUES (?, ?)", stream, identity)

    def datasets(self, stream: int) -> frozenset[str]:
        """Ids of the datasets seen so far."""
        rows = self.run("SELECT id FROM dataset WHERE stream = ?", stream)
        return frozenset(identity for (identity,) in rows)

    def busy_streams(self) -> list[tuple[str, DataType]]:
        """The streams of which anything waits or is on its way."""
        rows = self.run(
            "SELECT company, data_type FROM stream s"
            " WHERE EXISTS (SELECT 1 FROM waiting w WHERE w.stream = s.stream) ORDER BY stream"
        )
        return rows.fetchall()

    def depth(self) -> tuple[int, float | None]:
        """How many records wait or are on their way, and since when the oldest (s since 1970)."""
        count, oldest = self.run("SELECT count(*), min(recorded) FROM waiting").fetchone()
        return count, oldest
