"""Making a chunk: which changes it holds, and what becomes of those that are not sent."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from typing import Final, NamedTuple

from codat_push.earlier_digests import is_same
from codat_push.errors import LedgerError
from codat_push.models import Chunk
from codat_push.push_policy import (
    SHARED_ID,
    Candidate,
    Synced,
    Verdict,
    judge_delete,
    judge_new,
    judge_version,
)
from codat_push.schema import DataType
from codat_push.storage.database import PAGE
from codat_push.storage.queue import Known
from codat_push.storage.store import Store
from codat_push.versions import Version


class Limits(NamedTuple):
    """The most that a chunk holds.

    Args:
        records: their number.
        size: bytes of JSON, but at least one record.
    """

    records: int
    size: int


Difference = tuple[Version, Known | None]  # a version that is not queued, beside the known one


class Differences(NamedTuple):
    """Versions that differ from the known ones.

    Args:
        records: each once, of records of which nothing is queued.
        as_of: the revision of the file at which that was so.
    """

    records: Sequence[Difference]
    as_of: int


NONE: Final = Differences((), 0)


class ChunkMaker:
    """A chunk in the making: a push that is open, and not sent.

    It is made in short transactions, so that whoever records a sale need not wait. If the process
    dies, the push was never posted, and is released like any such.

    Args:
        store: the ledger's file.
        stream: the company and data type.
        company: its id.
        data_type: of the stream.
        limits: of the chunk.

    Attributes:
        count: its records so far.
        taken: how many of them were queued before.
        after: the place in the queue of the last that was looked at.
        left: how many records more could be sent, but did not fit.

    Raises:
        LedgerError: a chunk of the stream is still open.
    """

    def __init__(
        self, store: Store, stream: int, company: str, data_type: DataType, limits: Limits
    ) -> None:
        self._store = store
        self._stream = stream
        self._company = company
        self._data_type = data_type
        self._limits = limits
        self._size = 0
        self._is_full = False
        self.count = 0
        self.taken = 0
        self.left = 0
        self.after = 0
        with store.transaction():
            require_none_open(store, stream)
            self.push = store.pushes.open(stream)
            self._revision = store.queue.revision()
            self._synced: Synced = store.remote_state.synced(company)

    def make(self, differences: Differences, now: float, after: int = 0) -> Chunk | None:
        """Fill the chunk with what is queued, then with versions; None if nothing is sent.

        What of the versions does not fit, or has to wait, is queued. What others queue meanwhile is
        left for the next chunk.

        Args:
            differences: the versions.
            now: seconds since 1970.
            after: the place in the queue to begin after.
        """
        self.after = after
        try:
            self._take_queued()
            self._add(differences, now)
            if not self.count:
                self._store.pushes.drop(self.push)
                return None
        except BaseException:
            with suppress(LedgerError):
                self._abandon()
            raise
        return Chunk(self.push, self._company, self._data_type, self.count)

    def _take_queued(self) -> None:
        """Take queued changes, oldest first, and remove those that are not to be sent."""

        def take_page() -> int:
            page = self._store.queue.candidates(self._stream, self.after, self._revision)
            places = []
            for candidate in page:
                verdict = self._judge(candidate)
                if verdict != "send":
                    self._settle(candidate, verdict)
                elif self._fits(candidate.size or 0):
                    places.append(candidate.place)
                else:
                    break
                self.after = candidate.place
            self._store.pushes.add(self.push, places)
            return 0 if self._is_full else len(page)

        self._store.database.in_pages(take_page, is_repeatable=True)
        self.taken = self.count

    def _add(self, differences: Differences, now: float) -> None:
        """Take versions that are not queued, and queue the others."""
        remaining = iter(differences.records)
        as_of = differences.as_of

        def add_page() -> int:
            nonlocal as_of
            page = list(islice(remaining, PAGE))
            if page:
                as_of = self._add_page(page, as_of, now)
            return len(page)

        self._store.database.in_pages(add_page, is_repeatable=True)

    def _add_page(self, page: Sequence[Difference], as_of: int, now: float) -> int:
        """Take or queue versions; returns the revision of this change."""
        queue, stream = self._store.queue, self._stream
        ids = [version.id for version, _ in page]
        deleted = queue.deleted(stream, ids)
        busy: set[str] = set()
        if queue.revision() != as_of:  # another thread or process has changed the file
            known = queue.known(stream, ids)
            page = [(version, known.get((version.id, version.kind))) for version, _ in page]
            busy = {identity for identity, _ in queue.queued(stream, ids)}
        revision = queue.next_revision()
        sent: list[Version] = []
        waiting: list[Version] = []
        unchanged: list[Version] = []
        for version, row in page:
            if version.id in busy:
                queue.put(stream, version, now, revision)
                continue
            key = (version.id, version.kind)
            verdict = self._judge_difference(version, row, was_deleted=key in deleted)
            if verdict == "send":
                fits = self._fits(len(version.body))
                (sent if fits else waiting).append(version)
                self.left += not fits
            elif verdict == "hold":
                waiting.append(version)
            elif isinstance(verdict, tuple):
                self._store.refusals.refuse_version(stream, version, *verdict)
            else:
                unchanged.append(version)
                self._store.refusals.resolve(stream, *key)
        queue.append(stream, sent, self.push, now, revision)
        queue.append(stream, waiting, None, now, revision)
        queue.note_sources(stream, unchanged)
        return revision

    def _fits(self, size: int) -> bool:
        """Whether a record of that many bytes fits, which is then counted."""
        limits = self._limits
        is_too_large = self.count > 0 and self._size + size > limits.size
        if self._is_full or self.count == limits.records or is_too_large:
            self._is_full = True
            return False
        self.count += 1
        self._size += size
        return True

    def _judge(self, candidate: Candidate, body: bytes | None = None) -> Verdict:
        """Whether a version or a delete is sent; `body` is the version's, if it is not queued."""
        if candidate.digest is None:
            deleted, is_shared = self._store.queue.pending_deletes(self._stream, candidate.id)
            return judge_delete(deleted, self._synced, is_shared=is_shared)
        known = candidate.known_digest
        if known and len(known) != len(candidate.digest):
            body = body or self._store.queue.body(candidate.place)
            if is_same(self._data_type, body, candidate.digest, known):
                candidate = candidate._replace(digest=known)
        return judge_version(self._data_type, candidate, self._synced)

    def _judge_difference(
        self, version: Version, known: Known | None, *, was_deleted: bool
    ) -> Verdict:
        """Whether a version that is not queued is sent."""
        if known is None:
            return judge_new(version.created, self._synced, was_deleted=was_deleted)
        return self._judge(candidate_of(version, known), version.body)

    def _settle(self, candidate: Candidate, verdict: Verdict) -> None:
        """Remove a change that is not sent; keep a refusal for a person to resolve."""
        if verdict == "share":
            self._store.refusals.refuse_shared(self._stream, candidate.id, SHARED_ID)
        if verdict in ("drop", "share"):
            self._store.queue.discard(candidate.place)
            self._store.refusals.resolve(self._stream, candidate.id, candidate.kind)
        elif isinstance(verdict, tuple):
            self._store.refusals.refuse_place(self._stream, candidate.place, *verdict)

    def _abandon(self) -> None:
        """Put everything back into the queue."""
        self._store.pushes.fail(self._stream, self.push)
        self._store.pushes.requeue_failed(self._stream)


def candidate_of(version: Version, known: Known) -> Candidate:
    """A version that is not queued, beside the known one."""
    return Candidate(
        *(0, version.id, version.kind, len(version.body), version.digest),
        *(version.created, version.modified, version.properties),
        known.digest,
        known.created,
        known.modified,
        known.properties,
        known.accepted,
        was_deleted=False,
    )


def require_none_open(store: Store, stream: int) -> None:
    """Check that no chunk of a stream is open.

    Raises:
        LedgerError: one is.
    """
    if store.pushes.find_open(stream):
        raise LedgerError(
            "a chunk of this data type is still open; settle it first "
            "(PushClient.resume finishes what an earlier run left open)"
        )
