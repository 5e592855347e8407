"""The ledger: what the service has accepted, and what has to be sent to bring it up to date.

Changes enter a queue and leave it only by `take`, which compares each version with the one accepted
last and makes a chunk of what is new or changed. A chunk stays open until `settle` gets the dataset
in its final state; while it is open, there is no other chunk of that data type. The records of a
Complete dataset become known; those of any other go back into the queue.

`push_policy` decides what may be sent, from what is known of the service (`remote_state`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import datetime
from itertools import islice
from os import PathLike, fspath
from typing import Any, Final, Self

from codat_push.batching import NONE, ChunkMaker, Differences, Limits, require_none_open
from codat_push.clock import MACHINE, Clock
from codat_push.comparison import BATCH, Comparison
from codat_push.content import EPOCH, MICROSECOND
from codat_push.errors import LedgerError
from codat_push.models import Chunk, Dataset, Refusal, SyncStatus
from codat_push.operations import MAX_RECORDS
from codat_push.schema import DataType, check_company, check_data_type
from codat_push.storage.lock import WorkerLock
from codat_push.storage.store import Store
from codat_push.versions import Version, make_version

MAX_BYTES: Final = 10_000_000
DELETE_SHARE: Final = 0.2  # of the known records, that a snapshot may delete


class Ledger:
    """Remembers the version of every record that the service accepted last, in a durable file.

    Its methods may be called from several threads. Several processes may write to one file, but
    only one at a time may push from it. A file of an earlier version is brought forward.

    Args:
        path: an SQLite file, created if there is none, or `:memory:`.
        max_records: the most records in one chunk.
        max_bytes: the most bytes of JSON in one chunk (but at least one record).
        clock: reads the time.

    Attributes:
        is_closed: whether `close` was called.

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
        self._halved: dict[int, int] = {}  # max_records while a wrong record is looked for
        self._clock = clock
        self.is_closed = False

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
            ValueError: the company is not an id, the data type is unknown, or `allow_deletes` is
                not from 0 to 1.
            TypeError: `records` is a single record, or nothing that can be iterated.
            TooManyDeletes: the snapshot is empty or lacks too many records; it deletes nothing.
            LedgerError: a chunk is still open: the previous one, or one of an earlier run (call
                `PushClient.resume`).
        """
        company, kind = check_company(company), check_data_type(data_type)
        if isinstance(records, Mapping | str | bytes) or not isinstance(records, Iterable):
            raise TypeError(
                f"records must be an iterable of records, not a {type(records).__name__}"
            )
        if not (isinstance(allow_deletes, int | float) and 0 <= allow_deletes <= 1):
            raise ValueError(f"allow_deletes must be a share from 0 to 1, not {allow_deletes!r}")
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
        store = self.store
        with store.transaction():
            stream = store.stream(company, kind)
            require_none_open(store, stream)
        store.pushes.requeue_failed(stream)
        snapshot = None
        if allow_deletes is not None:
            snapshot = store.snapshot(stream, revision)
            snapshot.begin()
        comparison = Comparison(store, stream, kind, snapshot)
        numbered = enumerate(records)
        after = left = 0
        try:
            while comparison.add(islice(numbered, BATCH), self._clock.now()):
                limits = self._limits(stream)
                while comparison.fills(*limits) or left >= limits.records:
                    maker = ChunkMaker(store, stream, company, kind, limits)
                    chunk = maker.make(comparison.pop(), self._clock.now(), after)
                    after = maker.after
                    left = max(0, left - maker.taken) + maker.left
                    if not chunk:
                        break  # everything queued is held until a sync ends
                    yield chunk
                    limits = self._limits(stream)
            if allow_deletes is not None:
                comparison.queue_deletes(allow_deletes, self._clock.now())
        except Exception:
            with suppress(LedgerError):
                comparison.keep(self._clock.now())
                store.pushes.requeue_failed(stream)
            raise
        changed = comparison.pop()
        while chunk := self._make(company, kind, changed):
            changed = NONE
            yield chunk

    def _make(
        self,
        company: str,
        kind: DataType,
        changed: Differences = NONE,
        max_records: int | None = None,
    ) -> Chunk | None:
        """Make a chunk of what is queued, and of changes that are not queued yet."""
        stream = self.store.stream(company, kind)
        limits = self._limits(stream)
        limits = limits._replace(records=min(max_records or limits.records, limits.records))
        maker = ChunkMaker(self.store, stream, company, kind, limits)
        return maker.make(changed, self._clock.now())

    def _limits(self, stream: int) -> Limits:
        return Limits(self._halved.get(stream, self._max_records), self._max_bytes)

    def lock(self) -> None:
        """Reserve the right to push from this file, until `unlock` or `close`.

        `PushClient.deliver` and `resume` do so, and an outbox's worker.

        Raises:
            LedgerError: another process or ledger pushes from the file, or this ledger is closed.
        """
        if self.is_closed:
            raise LedgerError("this ledger or outbox is closed; open the file again")
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
        return self._make(company, data_type, max_records=max_records)

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
        stream = self._require_open(chunk)
        if dataset.is_complete:
            moment = dataset.completed or dataset.requested or EPOCH
            accepted = (moment - EPOCH) // MICROSECOND
            self.store.pushes.accept(stream, chunk.push, accepted, self.store.queue.next_revision)
            self.store.remote_state.forget_old_datasets(stream)
            if self._halved.get(stream, 0) * 2 >= self._max_records:
                del self._halved[stream]
            elif stream in self._halved:
                self._halved[stream] *= 2
        elif dataset.blames_records and chunk.size == 1:
            self.reject(chunk, dataset.error_message or dataset.status)
        elif dataset.blames_records:
            self.split(chunk)
        else:
            self.store.pushes.fail(stream, chunk.push)

    def release(self, chunk: Chunk) -> None:
        """Close a chunk that did not arrive: its records go back into the queue."""
        stream = self._require_open(chunk)
        self.store.pushes.fail(stream, chunk.push)
        self.store.pushes.requeue_failed(stream)

    def split(self, chunk: Chunk) -> None:
        """Close a chunk with a wrong record: send its records again in chunks of half its size."""
        self._halved[self._require_open(chunk)] = max(1, chunk.size // 2)
        self.release(chunk)

    def reject(self, chunk: Chunk, detail: str) -> None:
        """Close a chunk that the service will never accept: its records are refused."""
        stream = self._require_open(chunk)
        self.store.refusals.refuse_push(stream, chunk.push, "rejected", detail)
        self.store.pushes.drop(chunk.push)

    def requeue_failed(self, company: str, data_type: DataType) -> None:
        """Put the records of failed datasets back into the queue. Keeps rule S14."""
        self.store.pushes.requeue_failed(self.store.stream(company, data_type))

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

    def prune(self, company: str, data_type: str, created_before: datetime) -> int:
        """Forget accepted records that are synced and old, so that the file does not grow for ever.

        No change of them can be sent any more. Prune what the shop will not give again: it is then
        no longer missed in a snapshot. If it is given again all the same, it is refused (`late`),
        never doubled.

        Args:
            company: its id.
            data_type: of the records.
            created_before: their `createdDate` is before it.

        Returns:
            How many records there were.

        Raises:
            ValueError: the company is not an id, the data type is unknown, or the moment has no
                time zone.
        """
        company, kind = check_company(company), check_data_type(data_type)
        if created_before.tzinfo is None:
            raise ValueError("created_before has no time zone; use an aware datetime")
        synced = self.store.remote_state.synced(company)
        created = min(synced.boundary, (created_before - EPOCH) // MICROSECOND)
        stream = self.store.stream(company, kind)
        return self.store.queue.forget_known(stream, created, synced.ran)

    def dry_run(self) -> AbstractContextManager[None]:
        """A context in which nothing is kept."""
        return self.store.dry_run()

    def close(self) -> None:
        """Close the file."""
        self.is_closed = True
        self.unlock()
        self.store.close()

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
