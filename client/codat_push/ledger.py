"""The ledger: what the service has accepted, and what has to be sent to bring it up to date.

What has to be sent waits in one table and leaves it by one way, `take`, which compares each version
with the one accepted last and makes a chunk of what is new or changed. A chunk stays open until
`settle` says how its dataset ended; while one is open there is no next one of that data type. Only
the records of a Complete dataset become known; those of any other end wait again.

What may be sent is judged by `verdicts`, from what the service has told (`knowledge`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import islice
from os import PathLike
from typing import Any, Final, Self

from codat_push.batches import Chunk, Refusal
from codat_push.batching import select
from codat_push.clock import MACHINE, Clock
from codat_push.errors import LedgerError
from codat_push.models import Dataset, SyncStatus
from codat_push.operations import MOST_RECORDS
from codat_push.schema import DataType, check_company, check_data_type
from codat_push.storage.store import Store
from codat_push.versions import EPOCH, MICROSECOND, Version, make_version

MOST_BYTES: Final = 10_000_000
BATCH: Final = 1_000


class Ledger:
    """Remembers what the service accepted last of every record, in a file that survives anything.

    Its methods may be called from several threads. Several processes may write one file; only one
    of them may push from it at a time.

    Args:
        path: an SQLite file, made where there is none, or `:memory:`.
        most_records: records in one chunk at most.
        most_bytes: bytes of JSON in one chunk at most (but never less than one record).
        clock: how time is read.

    Raises:
        LedgerError: the file is something else.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        most_records: int = MOST_RECORDS,
        most_bytes: int = MOST_BYTES,
        clock: Clock = MACHINE,
    ) -> None:
        if not 0 < most_records <= MOST_RECORDS:
            raise ValueError(f"most_records is 1 to {MOST_RECORDS}, not {most_records}")
        self.store = Store(path)
        self._most_records = most_records
        self._most_bytes = most_bytes
        self._clock = clock

    def changes(
        self, company: str, data_type: str, records: Iterable[Any], *, snapshot: bool = False
    ) -> Iterator[Chunk]:
        """Compare the merchant's records with the ledger and hand out what differs, in chunks.

        Each chunk has to be settled before the next is asked for. What failed in an earlier run is
        handed out again with the rest. Keeps rules S03 to S08, S14, U01 to U04, D01 to D05.

        Args:
            company: its id.
            data_type: what the records are.
            records: mappings, dataclasses or msgspec Structs, whole; read as they are needed.
            snapshot: whether these are all the records the merchant has, so that a known one
                that is absent is to be deleted. An empty snapshot deletes everything.

        Raises:
            BadRecord: a record cannot be sent.
            ValueError: the company is no id, or the data type is unknown.
            LedgerError: a chunk is still open: the one before, or one of an earlier run (which
                `PushClient.resume` finishes).
        """
        company, kind = check_company(company), check_data_type(data_type)
        waiting = self.store.waiting
        with self.store.transaction():
            stream = self.store.stream(company, kind)
            self._require_none_open(stream)
            self.store.pushes.mend(stream)
            if snapshot:
                waiting.begin_snapshot(stream)
        numbered = enumerate(records)
        while batch := list(islice(numbered, BATCH)):
            versions = [make_version(kind, record, f"$[{index}]") for index, record in batch]
            with self.store.transaction():
                for version in waiting.compare(stream, versions):
                    waiting.put(stream, version, self._clock.now())
                if snapshot:
                    waiting.see(stream, versions)
            while waiting.fills(stream, self._most_records, self._most_bytes):
                if not (chunk := self.take(company, kind)):
                    break  # it all waits for a sync to end
                yield chunk
        if snapshot:
            with self.store.transaction():
                waiting.end_snapshot(stream, self._clock.now())
        while chunk := self.take(company, kind):
            yield chunk

    def put(self, company: str, data_type: str, change: Version | str) -> None:
        """Let a version (or the delete of an id) wait for its push, in place of older ones."""
        company, kind = check_company(company), check_data_type(data_type)
        with self.store.transaction():
            stream = self.store.stream(company, kind)
            self.store.waiting.put(stream, change, self._clock.now())

    def take(
        self, company: str, data_type: DataType, most_records: int | None = None
    ) -> Chunk | None:
        """Make a chunk of what has waited longest; None where nothing is to be sent.

        Keeps rules S03 to S05, S07, S08, U01 to U04, D02 to D05.

        Raises:
            LedgerError: a chunk of that company and data type is still open.
        """
        most = min(most_records or self._most_records, self._most_records)
        with self.store.transaction():
            stream = self.store.stream(company, data_type)
            self._require_none_open(stream)
            synced = self.store.knowledge.synced(company)
            places = select(self.store, stream, data_type, synced, most, self._most_bytes)
            if not places:
                return None
            return Chunk(self.store.pushes.open(stream, places), company, data_type, len(places))

    def open_chunk(self, company: str, data_type: DataType) -> Chunk | None:
        """The chunk that has not been settled yet, None where there is none."""
        found = self.store.pushes.find_open(self.store.stream(company, data_type))
        if found is None:
            return None
        push, dataset, size = found
        return Chunk(push, company, data_type, size, dataset)

    def bodies(self, chunk: Chunk) -> list[bytes]:
        """The JSON of each record of an open chunk."""
        with self.store.transaction():
            return self.store.pushes.bodies(self._require_open(chunk), chunk.push)

    def sent(self, chunk: Chunk, dataset_id: str) -> Chunk:
        """Note which dataset a chunk has become."""
        with self.store.transaction():
            self.store.knowledge.note_dataset(self._require_open(chunk), dataset_id)
            self.store.pushes.name(chunk.push, dataset_id)
        return replace(chunk, dataset=dataset_id)

    def settle(self, chunk: Chunk, dataset: Dataset) -> None:
        """Close a chunk by how its dataset ended: known if Complete, else to be sent again.

        A single record that the service finds wrong is set aside instead.

        Raises:
            LedgerError: the dataset has not ended, or the chunk is not open.
        """
        if not dataset.has_ended:
            raise LedgerError(f"dataset {dataset.id} is still {dataset.status}; wait for its end")
        with self.store.transaction():
            stream = self._require_open(chunk)
            if dataset.is_complete:
                moment = dataset.completed or dataset.requested or EPOCH
                self.store.pushes.accept(stream, chunk.push, (moment - EPOCH) // MICROSECOND)
            elif dataset.blames_records and chunk.size == 1:
                self.reject(chunk, dataset.error_message or dataset.status)
            else:
                self.store.pushes.fail(stream, chunk.push)

    def release(self, chunk: Chunk) -> None:
        """Close a chunk that never arrived: its records wait, to be judged anew and sent."""
        with self.store.transaction():
            stream = self._require_open(chunk)
            self.store.pushes.fail(stream, chunk.push)
            self.store.pushes.mend(stream)

    def reject(self, chunk: Chunk, detail: str) -> None:
        """Close a chunk that the service will never take: its records are set aside."""
        with self.store.transaction():
            stream = self._require_open(chunk)
            self.store.refused.push(stream, chunk.push, "rejected", detail)
            self.store.pushes.drop(chunk.push)

    def mend(self, company: str, data_type: DataType) -> None:
        """Let the records of failed datasets wait for the next chunk. Keeps rule S14."""
        with self.store.transaction():
            self.store.pushes.mend(self.store.stream(company, data_type))

    def note_sync(self, company: str, status: SyncStatus | None) -> bool:
        """Learn what has been synced from a company's latest sync (None: nothing yet).

        Returns:
            Whether that was news, by which what is about to be sent has to be judged anew.
        """
        return status is not None and self.store.knowledge.note_sync(company, status)

    def refusals(self) -> list[Refusal]:
        """All that may not be pushed, until it is dismissed or a later version makes it good."""
        return list(self.store.refused.all())

    def dismiss(self, refusal: Refusal) -> None:
        """Forget a refusal that has been seen to."""
        stream = self.store.stream(refusal.company, refusal.data_type)
        self.store.refused.forget(stream, refusal)

    def retry(self, refusal: Refusal) -> None:
        """Let what was refused wait again, unless something newer of its record does."""
        identity, kind = refusal.id, refusal.kind
        change: Version | str = identity
        if refusal.record is not None:
            change = make_version(refusal.data_type, refusal.record)
        with self.store.transaction():
            stream = self.store.stream(refusal.company, refusal.data_type)
            is_there = self.store.refused.forget(stream, refusal)
            if is_there and not self.store.waiting.holds(stream, identity, kind):
                self.store.waiting.put(stream, change, self._clock.now())

    def rehearsal(self) -> AbstractContextManager[None]:
        """Nothing that is done inside is remembered."""
        return self.store.rehearsal()

    def close(self) -> None:
        """Close the file."""
        self.store.close()

    def _require_none_open(self, stream: int) -> None:
        if self.store.pushes.find_open(stream):
            raise LedgerError(
                "a chunk of this data type is still open: settle it first "
                "(PushClient.resume finishes what an earlier run left open)"
            )

    def _require_open(self, chunk: Chunk) -> int:
        """The stream of a chunk that is open."""
        stream = self.store.stream(chunk.company, chunk.data_type)
        found = self.store.pushes.find_open(stream)
        if found is None or found[0] != chunk.push:
            raise LedgerError("this chunk is not open any more")
        return stream

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
