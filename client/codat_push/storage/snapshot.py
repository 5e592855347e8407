"""A snapshot: which of the known records it lacks, so that they are deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from codat_push.push_policy import SHARED_ID
from codat_push.storage.database import PAGE, Database
from codat_push.storage.queue import Known

READ_PAGE: Final = 5_000  # known records looked at before others have the file


class Snapshot:
    """The keys of all the merchant's records of one company and data type.

    What was recorded or accepted after a revision is newer than the snapshot, and left alone. What
    was queued up to it is parked, and forgotten at the end.

    Args:
        database: the ledger's file.
        stream: the company and data type.
        revision: of the file when the snapshot began.
    """

    def __init__(self, database: Database, stream: int, revision: int) -> None:
        self._database = database
        self._stream = stream
        self._revision = revision
        self._is_first = False
        self._seen = f"temp.seen_{stream}"
        self._lacking = f"temp.lacking_{stream}"

    def begin(self) -> None:
        """Park what is queued, and start to note what the snapshot contains."""
        park = (
            "UPDATE queue SET push = -1 WHERE place IN (SELECT place FROM queue"
            " WHERE stream = ? AND push IS NULL AND revision <= ? LIMIT ?) RETURNING 1"
        )
        values = (self._stream, self._revision, PAGE)
        self._database.in_pages(lambda: len(self._database.run(park, *values)))
        find = "SELECT 1 FROM known WHERE stream = ? LIMIT 1"
        self._is_first = not self._database.run(find, self._stream)
        self._drop()
        for create in (
            f"CREATE TABLE {self._seen} (id TEXT, kind TEXT, PRIMARY KEY (id, kind)) WITHOUT ROWID",
            f"CREATE TABLE {self._lacking} (place INTEGER PRIMARY KEY, id TEXT, kind TEXT, seen)",
        ):
            self._database.run(create)

    def see(self, keys: Iterable[tuple[str, str]]) -> None:
        """Note the keys (id and kind) of records that the snapshot contains."""
        if self._is_first:
            return  # it can lack nothing
        with self._database.temporary():
            self._database.run_many(f"INSERT OR IGNORE INTO {self._seen} VALUES (?, ?)", keys)

    def is_older(
        self,
        key: tuple[str, str],
        known: Known | None,
        queued: Mapping[tuple[str, str | None], int],
    ) -> bool:
        """Whether a record was queued, deleted or accepted after the snapshot began.

        Args:
            key: its id and kind.
            known: what is known of it.
            queued: the latest revision of what is queued, by id and kind (None: a delete).
        """
        moments = (known and known.revision, queued.get(key), queued.get((key[0], None)))
        return any(moment is not None and moment > self._revision for moment in moments)

    def find_lacking(self) -> tuple[int, int]:
        """Find what the snapshot lacks; returns how many ids that are, and how many are known."""
        lacking = known = 0
        if self._is_first:
            return lacking, known
        after: str | None = ""
        while after is not None:
            with self._database.temporary():
                end = self._database.run(
                    "SELECT id FROM known WHERE stream = ? AND id > ? ORDER BY id LIMIT 1 OFFSET ?",
                    *(self._stream, after, READ_PAGE),
                ).first()
                clause = "" if end is None else " AND k.id <= ?"
                page = (self._stream, after, *(end or ()))
                self._find(clause, page)
                known += self._count(f"FROM known k WHERE k.stream = ? AND k.id > ?{clause}", *page)
                after = end and end[0]
            self._database.pause()
        lacking = self._count(f"FROM {self._lacking} WHERE NOT seen")
        return lacking, known

    def _find(self, clause: str, page: tuple[object, ...]) -> None:
        """Note the keys that the snapshot lacks, and whether it has another of the same id."""
        is_seen = f"EXISTS (SELECT 1 FROM {self._seen} s WHERE s.id = k.id)"
        self._database.run(
            f"INSERT INTO {self._lacking} (id, kind, seen) SELECT id, kind, {is_seen} FROM known k"
            f" WHERE k.stream = ? AND k.id > ?{clause} AND k.revision <= ?"
            f" AND NOT EXISTS (SELECT 1 FROM {self._seen} s WHERE s.id = k.id AND s.kind = k.kind)"
            # Of a seen id, the snapshot queues records itself; only the same key is newer.
            " AND NOT EXISTS (SELECT 1 FROM queue q WHERE q.stream = k.stream AND q.id = k.id"
            f" AND q.revision > ? AND (q.kind = k.kind OR NOT {is_seen}))",
            *(*page, self._revision, self._revision),
        )

    def _count(self, rows: str, *values: object) -> int:
        (count,) = self._database.run(f"SELECT count(DISTINCT id) {rows}", *values).first()
        return int(count)

    def delete_lacking(self, now: float, revision: int) -> None:
        """Queue deletes of what the snapshot lacks; refuse those that would delete too much.

        Args:
            now: seconds since 1970.
            revision: of this change, from `Queue.next_revision`.
        """
        after = 0

        def queue_page() -> int:
            nonlocal after
            page = (after, after + PAGE)
            self._database.run(
                "INSERT INTO queue (stream, id, kind, recorded, revision)"
                f" SELECT DISTINCT ?, id, '', ?, ? FROM {self._lacking} k"
                " WHERE place > ? AND place <= ? AND NOT seen"
                " AND NOT EXISTS (SELECT 1 FROM known WHERE stream = ? AND id = k.id"
                " AND revision > ?)"
                " AND NOT EXISTS (SELECT 1 FROM queue WHERE stream = ? AND id = k.id"
                " AND revision > ?)",
                *(self._stream, now, revision, *page),
                *(self._stream, self._revision, self._stream, self._revision),
            )
            self._database.run(
                "INSERT OR REPLACE INTO refused SELECT ?, id, kind, NULL, 'shared-id', ?"
                f" FROM {self._lacking} WHERE place > ? AND place <= ? AND seen",
                *(self._stream, SHARED_ID, *page),
            )
            after += PAGE
            find = f"SELECT 1 FROM {self._lacking} WHERE place > ? LIMIT 1"
            return PAGE if self._database.run(find, after) else 0

        self._database.in_pages(queue_page)

    def end(self) -> None:
        """Forget what was parked: the snapshot has it, or it is no longer so."""
        forget = (
            "DELETE FROM queue WHERE place IN (SELECT place FROM queue"
            " WHERE stream = ? AND push = -1 LIMIT ?) RETURNING 1"
        )
        self._database.in_pages(lambda: len(self._database.run(forget, self._stream, PAGE)))
        self._drop()

    def _drop(self) -> None:
        for table in (self._seen, self._lacking):
            self._database.run(f"DROP TABLE IF EXISTS {table}")
