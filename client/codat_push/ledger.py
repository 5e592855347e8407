"""The ledger: what the service has accepted, and what has to be sent to bring it up to date.

Changes enter a queue and leave it only by `take`, which compares each version with the one accepted
last and makes a chunk of what is new or changed. A chunk stays open until `settle` gets the dataset
in its final state; while it is open, there is no other chunk of that data type. The records of a
Complete dataset become known; those of any other go back into the queue.

`push_policy` decides what may be sent, from what is known of the service (`remote_state`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import islice
from math import ceil
from os import PathLike, fspath
from typing import Any, Final, Self

from codat_push.batching import select
from codat_push.clock import MACHINE, Clock
from codat_push.errors import BadRecord, LedgerError, TooManyDeletes
from codat_push.models import Chunk, Dataset, Refusal, SyncStatus
from codat_push.operations import MAX_RECORDS
from codat_push.schema import DataType, check_company, check_data_type
from codat_push.storage.lock import WorkerLock
from codat_push.storage.store import Store
from codat_push.versions import EPOCH, MICROSECOND, Version, fingerprint, key_of_bad, make_version

MAX_BYTES: Final = 10_000_000
DELETE_SHARE: Final = 0.2  # of the known records, that a snapshot may delete
BATCH: Final = 1_000  # records read before each look at the queue


class Ledger:
    """Remembers the version of every record that the service accepted last, in a durable file.

    Its methods may be called from several threads. Several processes may write to one file, but
    only one at a time may push from it. A file of an earlier version is brought forward.

    Args:
        path: an SQLite file, created if there is none, or `:memory:`.
        max_records: the most records in one chunk.
        max_bytes: the most bytes of JSON in one chunk (but at least one record).
        clock: reads the time.

    Raises:
        LedgerError: the file is of another kind, or cannot be used.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        max_records: int = MAX_RECORDS,
        max_bytes: int = MAX_BYTES,
        clock: Clock = MACHINE,
    ) -> None:
        if not 0 < max_records <= MAX_RECORDS:
            raise ValueError(f"max_records must be 1 to {MAX_RECORDS}, not {max_records}")
        self.store = Store(path)
        file = fspath(path)
        self._lock = None if file == ":memory:" else WorkerLock(file)
        self._max_records = max_records
        self._max_bytes = max_bytes
        self._limits: dict[int, int] = {}  # of streams in which a wrong record is looked for
        self._clock = clock

    def changes(
        self,
        company: str,
        data_type: str,
        records: Iterable[Any],
        *,
        snapshot: bool = False,
        allow_deletes: float = DELETE_SHARE,
    ) -> Iterator[Chunk]:
        """Compare the merchant's records with the ledger and return what differs, in chunks.

        Settle each chunk before asking for the next. What failed in an earlier run is returned
        again with the rest. A record that cannot be sent is refused (`invalid`), and the others go
        on. Keeps rules S03 to S08, S14, U01 to U04, D01 to D05.

        Args:
            company: its id.
            data_type: what the records are.
            records: mappings, dataclasses or msgspec Structs, whole; read as they are needed.
            snapshot: whether these are all of the merchant's records, so that a known record that
                is absent is deleted. What is recorded or accepted after this call, also by
                another process, is left alone.
            allow_deletes: the largest share of the known records, 0 to 1, that a snapshot may
                delete.

        Raises:
            ValueError: the company is not an id, or the data type is unknown.
            TooManyDeletes: the snapshot is empty or lacks too many records; it deletes nothing.
            LedgerError: a chunk is still open: the previous one, or one of an earlier run (call
                `PushClient.resume`).
        """
        company, kind = check_company(company), check_data_type(data_type)
        return self._changes(
            company, kind, records, self.store.queue.revision(), allow_deletes if snapshot else None
        )

    def _changes(
        self,
        company: str,
        kind: DataType,
        records: Iterable[Any],
        revision: int,
        allow_deletes: float | None,
    ) -> Iterator[Chunk]:
        queue = self.store.queue
        is_snapshot = allow_deletes is not None
        with self.store.transaction():
            stream = self.store.stream(company, kind)
            self._require_none_open(stream)
            self.store.pushes.requeue_failed(stream)
            self.store.pushes.unpark(stream)
            if is_snapshot:
                queue.begin_snapshot(stream, revision)
        count = 0
        numbered = enumerate(records)
        try:
            while batch := list(islice(numbered, BATCH)):
                count += len(batch)
                self._compare(stream, kind, batch, revision if is_snapshot else None)
                while queue.fills(stream, self._max_records, self._max_bytes):
                    if not (chunk := self.take(company, kind)):
                        break  # everything queued is held until a sync ends
                    yield chunk
            if allow_deletes is not None:
                with self.store.transaction():
                    self._check_deletes(stream, count, revision, allow_deletes)
                    queue.end_snapshot(stream, revision, self._clock.now())
        except TooManyDeletes:
            self.requeue_failed(company, kind)
            raise
        while chunk := self.take(company, kind):
            yield chunk

    def _compare(
        self,
        stream: int,
        kind: DataType,
        batch: Sequence[tuple[int, Any]],
        revision: int | None,
    ) -> None:
        """Queue the records of a batch that differ, and refuse those that cannot be sent."""
        queue, versions, bad = self.store.queue, [], []
        unchanged, differing = self._sift(stream, kind, batch)
        for index, record, source in differing:
            try:
                versions.append(make_version(kind, record, f"$[{index}]", source))
            except BadRecord as error:
                bad.append((*key_of_bad(kind, record, f"$[{index}]"), str(error)))
        with self.store.transaction():
            changed = self.store.queue.next_revision()
            keys = [(version.id, version.kind) for version in versions]
            if revision is not None:
                newer = queue.newer(stream, versions, revision)
                versions = [version for version in versions if version.id not in newer]
                refused = [(identity, of) for identity, of, _ in bad]
                queue.see(stream, [*unchanged, *keys, *refused])
            for version in queue.compare(stream, kind, versions):
                queue.put(stream, version, self._clock.now(), changed)
            for identity, of, detail in bad:
                self.store.refusals.refuse_invalid(stream, identity, of, detail)

    def _sift(
        self, stream: int, kind: DataType, batch: Sequence[tuple[int, Any]]
    ) -> tuple[list[tuple[str, str]], list[tuple[int, Any, bytes | None]]]:
        """Tell the records that did not change from those to be compared, without encoding them.

        Returns:
            The keys of the former; the number, record and fingerprint of the others.
        """
        keys: list[tuple[str, str, bytes]] = []
        places: list[tuple[int, Any, bytes | None]] = []
        has_kind = kind == "commerce-transactions"
        for index, record in batch:
            source = fingerprint(record)
            places.append((index, record, source))
            if source is not None:
                identity, of = record.get("id"), record.get("type", "") if has_kind else ""
                if type(identity) is str and type(of) is str:
                    keys.append((identity, of, source))
        ids = self.store.queue.unchanged(stream, keys)
        same = [(identity, of) for identity, of, _ in keys if identity in ids]
        if not same:
            return same, places
        others = [place for place in places if place[2] is None or place[1].get("id") not in ids]
        return same, others

    def _check_deletes(self, stream: int, count: int, revision: int, share: float) -> None:
        lacking, known = self.store.queue.count_lacking(stream, revision)
        if lacking and share < 1 and (not count or lacking > share * known):
            what = "would delete" if count else "is empty and would delete"
            raise TooManyDeletes(
                f"the snapshot {what} {lacking:,} of {known:,} known records "
                f"(allowed: {share:.0%}), so nothing was deleted; if that is right, pass "
                f"allow_deletes={min(1.0, ceil(lacking / known * 100) / 100):g}"
            )

    def lock(self) -> None:
        """Reserve the right to push from this file, until `unlock` or `close`.

        `PushClient.deliver` and `resume` do so, and an outbox's worker.

        Raises:
            LedgerError: another process or ledger pushes from the file.
        """
        if self._lock:
            self._lock.take()

    def unlock(self) -> None:
        """Give up the right to push from this file."""
        if self._lock:
            self._lock.release()

    def put(self, company: str, data_type: str, change: Version | str) -> None:
        """Queue a version (or the delete of an id) in place of older ones.

        Args:
            company: its id.
            data_type: of the change.
            change: the version, or the id of what is deleted.

        Raises:
            ValueError: the company is not an id, or the data type is unknown.
        """
        company, kind = check_company(company), check_data_type(data_type)
        with self.store.transaction():
            stream = self.store.stream(company, kind)
            queue = self.store.queue
            queue.put(stream, change, self._clock.now(), queue.next_revision())

    def take(
        self, company: str, data_type: DataType, max_records: int | None = None
    ) -> Chunk | None:
        """Make a chunk of the oldest queued changes; None if there is nothing to send.

        Keeps rules S03 to S05, S07, S08, U01 to U04, D02 to D05.

        Args:
            company: its id.
            data_type: of the chunk.
            max_records: a limit below the ledger's own.

        Raises:
            LedgerError: a chunk of that company and data type is still open.
        """
        with self.store.transaction():
            stream = self.store.stream(company, data_type)
            limit = self._limits.get(stream, self._max_records)
            limit = min(max_records or limit, limit)
            self._require_none_open(stream)
            synced = self.store.remote_state.synced(company)
            places = select(self.store, stream, data_type, synced, limit, self._max_bytes)
            if not places:
                return None
            return Chunk(self.store.pushes.open(stream, places), company, data_type, len(places))

    def open_chunk(self, company: str, data_type: DataType) -> Chunk | None:
        """The chunk that is not settled yet, None if there is none."""
        found = self.store.pushes.find_open(self.store.stream(company, data_type))
        if found is None:
            return None
        push, dataset, size = found
        return Chunk(push, company, data_type, size, dataset)

    def bodies(self, chunk: Chunk) -> list[bytes]:
        """The JSON of each record of an open chunk."""
        with self.store.transaction():
            return self.store.pushes.bodies(self._require_open(chunk), chunk.push)

    def mark_sent(self, chunk: Chunk, dataset_id: str) -> Chunk:
        """Note the dataset of a chunk."""
        with self.store.transaction():
            self.store.remote_state.note_dataset(self._require_open(chunk), dataset_id)
            self.store.pushes.name(chunk.push, dataset_id)
        return replace(chunk, dataset=dataset_id)

    def now(self) -> float:
        """Seconds since 1970, by the ledger's clock."""
        return self._clock.now()

    def mark_posted(self, chunk: Chunk) -> None:
        """Note that the request of a chunk is about to be sent."""
        self.store.pushes.mark_posted(chunk.push, self._clock.now())

    def mark_answered(self, chunk: Chunk) -> None:
        """Note that a chunk was answered, if not with its dataset, so it cannot arrive later."""
        self.store.pushes.mark_answered(chunk.push)

    def note_requested(self, chunk: Chunk, dataset: Dataset) -> None:
        """Note when a chunk's dataset was requested, by the service's clock."""
        stream = self.store.stream(chunk.company, chunk.data_type)
        self.store.remote_state.note_dataset(stream, dataset.id, dataset.requested)

    def settle(self, chunk: Chunk, dataset: Dataset) -> None:
        """Close a chunk: its records become known if the dataset is Complete, else are sent again.

        If the service blames the records, they are sent again in halves until the wrong one is
        found; it is refused.

        Raises:
            LedgerError: the dataset has not ended, or the chunk is not open.
        """
        if not dataset.has_ended:
            raise LedgerError(f"dataset {dataset.id} is still {dataset.status}; wait until it ends")
        with self.store.transaction():
            stream = self._require_open(chunk)
            if dataset.is_complete:
                moment = dataset.completed or dataset.requested or EPOCH
                accepted = (moment - EPOCH) // MICROSECOND
                revision = self.store.queue.next_revision()
                self.store.pushes.accept(stream, chunk.push, accepted, revision)
                if self._limits.get(stream, 0) * 2 >= self._max_records:
                    del self._limits[stream]
                elif stream in self._limits:
                    self._limits[stream] *= 2
            elif dataset.blames_records and chunk.size == 1:
                self.reject(chunk, dataset.error_message or dataset.status)
            elif dataset.blames_records:
                self.split(chunk)
            else:
                self.store.pushes.fail(stream, chunk.push)

    def release(self, chunk: Chunk) -> None:
        """Close a chunk that did not arrive: its records go back into the queue."""
        with self.store.transaction():
            stream = self._require_open(chunk)
            self.store.pushes.fail(stream, chunk.push)
            self.store.pushes.requeue_failed(stream)

    def split(self, chunk: Chunk) -> None:
        """Close a chunk with a wrong record: send its records again in chunks of half its size."""
        with self.store.transaction():
            self._limits[self._require_open(chunk)] = max(1, chunk.size // 2)
            self.release(chunk)

    def reject(self, chunk: Chunk, detail: str) -> None:
        """Close a chunk that the service will never accept: its records are refused."""
        with self.store.transaction():
            stream = self._require_open(chunk)
            self.store.refusals.refuse_push(stream, chunk.push, "rejected", detail)
            self.store.pushes.drop(chunk.push)

    def requeue_failed(self, company: str, data_type: DataType) -> None:
        """Put the records of failed datasets back into the queue. Keeps rule S14."""
        with self.store.transaction():
            stream = self.store.stream(company, data_type)
            self.store.pushes.requeue_failed(stream)
            self.store.pushes.unpark(stream)

    def note_sync(self, company: str, status: SyncStatus | None) -> bool:
        """Update what is known of a company's syncs from its latest one (None: none yet).

        Returns:
            Whether anything changed, so that an open chunk has to be made again.
        """
        return status is not None and self.store.remote_state.note_sync(company, status)

    def refusals(self) -> list[Refusal]:
        """Changes that may not be pushed, until dismissed or a later version is accepted."""
        return list(self.store.refusals.all())

    def dismiss(self, refusal: Refusal) -> None:
        """Forget a refusal that is resolved."""
        stream = self.store.stream(refusal.company, refusal.data_type)
        self.store.refusals.forget(stream, refusal)

    def retry(self, refusal: Refusal) -> None:
        """Queue a refused change again, unless a newer change of its record is queued.

        A refusal with the reason `deleted` becomes a new record at the service, of the same id:
        this undoes a delete that was wrong.

        Raises:
            LedgerError: the reason is `invalid`, so that there is no record to queue.
        """
        if refusal.reason == "invalid":
            raise LedgerError(f"{refusal.id!r} is invalid; correct the record and pass it again")
        identity, kind = refusal.id, refusal.kind
        change: Version | str = identity
        if refusal.record is not None:
            change = make_version(refusal.data_type, refusal.record)
        with self.store.transaction():
            stream = self.store.stream(refusal.company, refusal.data_type)
            exists = self.store.refusals.forget(stream, refusal)
            if exists and not self.store.queue.holds(stream, identity, kind):
                queue = self.store.queue
                if refusal.reason == "deleted":
                    queue.allow_again(stream, identity, kind)
                queue.put(stream, change, self._clock.now(), queue.next_revision())

    def dry_run(self) -> AbstractContextManager[None]:
        """A context in which nothing is kept."""
        return self.store.dry_run()

    def close(self) -> None:
        """Close the file."""
        self.unlock()
        self.store.close()

    def _require_none_open(self, stream: int) -> None:
        if self.store.pushes.find_open(stream):
            raise LedgerError(
                "a chunk of this data type is still open; settle it first "
                "(PushClient.resume finishes what an earlier run left open)"
            )

    def _require_open(self, chunk: Chunk) -> int:
        """The stream of a chunk that is open."""
        stream = self.store.stream(chunk.company, chunk.data_type)
        found = self.store.pushes.find_open(stream)
        if found is None or found[0] != chunk.push:
            raise LedgerError("this chunk is no longer open")
        return stream

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
