"""Comparing the merchant's records with the ledger."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from math import ceil
from typing import Any, Final

from codat_push.batching import Difference, Differences
from codat_push.earlier_digests import is_same
from codat_push.errors import BadRecord, TooManyDeletes
from codat_push.schema import DataType
from codat_push.storage.database import PAGE
from codat_push.storage.snapshot import Snapshot
from codat_push.storage.store import Store
from codat_push.versions import (
    Given,
    Version,
    encode_given,
    key_of_bad,
    make_unusual,
    read_given,
)

LOG: Final = logging.getLogger("codat_push.ledger")
BATCH: Final = 100  # records compared at once; more of them held cost more than they save

Key = tuple[str, str]
Bad = tuple[str, str, str]  # the key of a record that cannot be sent, and why


class Comparison:
    """The records of one call of `Ledger.changes`, and those of them that differ.

    Those that differ are held here until a chunk is made of them: fewer than a chunk and a batch.

    Args:
        store: the ledger's file.
        stream: the company and data type.
        data_type: of the stream.
        snapshot: notes which records there are; None if these are only some of them.
    """

    def __init__(
        self, store: Store, stream: int, data_type: DataType, snapshot: Snapshot | None
    ) -> None:
        self._store = store
        self._stream = stream
        self._data_type = data_type
        self._snapshot = snapshot
        # If nothing is known, each record is needed, and let go before the next is read.
        self._is_first = not store.queue.knows_any(stream)
        self._changed: dict[Key, Difference] = {}
        self._size = 0
        self._as_of = 0
        self._count = 0
        self._nameless = 0

    def fills(self, records: int, size: int) -> bool:
        """Whether at least so many records, or bytes of records, differ."""
        return len(self._changed) >= records or self._size >= size

    def pop(self) -> Differences:
        """The records that differ; they are held no longer."""
        found = Differences([*self._changed.values()], self._as_of)
        self._changed, self._size = {}, 0
        return found

    def keep(self, now: float) -> None:
        """Queue the records that differ, as no chunk is made of them; `now` in seconds."""
        versions = [version for version, _ in self.pop().records]

        def keep_page() -> int:
            page, versions[:] = versions[:PAGE], versions[PAGE:]
            self._put(page, now)
            return len(page)

        self._store.database.in_pages(keep_page)

    def add(self, batch: Iterable[tuple[int, Any]], now: float) -> int:
        """Compare the next records, and refuse those that cannot be sent; returns how many.

        Args:
            batch: at most `BATCH` records, each with its index.
            now: seconds since 1970.
        """
        bad: list[Bad] = []
        read: list[tuple[Key, Given | None, Version | None, int, Any]] = []
        for index, record in batch:
            given = encode_given(record)
            key = self._key_of_plain(record) if given and not self._is_first else None
            if key is not None:
                read.append((key, given, None, index, record))
            elif version := self._version(index, record, given, bad):
                read.append(((version.id, version.kind), given, version, index, None))
        count = len(read) + len(bad)
        self._count += count
        queue = self._store.queue
        ids = [key[0] for key, *_ in read]
        with self._store.database.temporary():  # all of one moment, and opened once
            as_of = queue.revision()
            known, queued = queue.known(self._stream, ids), queue.queued(self._stream, ids)
        if not self._changed:
            self._as_of = as_of
        busy = {identity for identity, _ in queued}
        seen: list[Key] = []
        unchanged: list[Version] = []
        replaced: list[Version] = []
        for key, given, made, index, record in read:
            row = known.get(key)
            is_busy = key[0] in busy
            if row and given and row.source == given.source and not is_busy:
                if key in self._changed:
                    self._forget(key)
                seen.append(key)
                continue
            version = made or self._version(index, record, given, bad)
            if version is None:
                continue
            if key in self._changed:
                self._forget(key)
            seen.append(key)
            if (row or queued) and self._snapshot and self._snapshot.is_older(key, row, queued):
                continue
            if is_busy:
                replaced.append(version)
            elif row and is_same(self._data_type, version.body, version.digest, row.digest):
                unchanged.append(version)
            else:
                self._changed[key] = (version, row)
                self._size += len(version.body)
        if self._snapshot:
            self._snapshot.see([*seen, *(each[:2] for each in bad)])
        if unchanged or replaced or bad:
            with self._store.transaction():
                queue.note_sources(self._stream, unchanged)
                self._put(replaced, now)
                for each in bad:
                    self._store.refusals.refuse_invalid(self._stream, *each)
        return count

    def _key_of_plain(self, record: dict[str, Any]) -> Key | None:
        """The key of a record that can be encoded, unless its id is wrong."""
        identity = record.get("id")
        kind = record.get("type") if self._data_type == "commerce-transactions" else ""
        return (identity, kind if type(kind) is str else "") if type(identity) is str else None

    def _version(
        self, index: int, record: Any, given: Given | None, bad: list[Bad]
    ) -> Version | None:
        """A record's version; None if it is bad, which is then noted."""
        if given and (version := read_given(self._data_type, record, given)):
            return version
        try:
            return make_unusual(self._data_type, record, f"$[{index}]", given)
        except BadRecord as error:
            key = key_of_bad(self._data_type, record)
            self._nameless += key is None
            bad.append((*(key or (f"$[{index}]", "")), str(error)))
            return None

    def _forget(self, key: Key) -> None:
        """Forget an earlier version in the same call."""
        self._size -= len(self._changed.pop(key)[0].body)

    def _put(self, versions: Sequence[Version], now: float) -> None:
        if versions:
            queue = self._store.queue
            revision = queue.next_revision()
            for version in versions:
                queue.put(self._stream, version, now, revision)

    def queue_deletes(self, allowed: float, now: float) -> None:
        """Queue deletes of what the snapshot lacks, and end it.

        If the id of a record cannot be read, it may be any, so nothing is deleted.

        Args:
            allowed: the largest share of the known records, 0 to 1, that may be deleted.
            now: seconds since 1970.

        Raises:
            TooManyDeletes: the snapshot is empty or lacks too many records.
        """
        if self._snapshot is None:
            return
        if self._nameless:
            LOG.warning(
                "the snapshot deletes nothing, as the id of some records (%d) cannot be read",
                self._nameless,
            )
        else:
            lacking, known = self._snapshot.find_lacking()
            if lacking and allowed < 1 and (not self._count or lacking > allowed * known):
                what = "would delete" if self._count else "is empty and would delete"
                raise TooManyDeletes(
                    f"the snapshot {what} {lacking:,} of {known:,} known records "
                    f"(allowed: {allowed:.0%}), so nothing was deleted; if that is right, pass "
                    f"allow_deletes={ceil(lacking / known * 100) / 100:g}"
                )
            self._snapshot.delete_lacking(now, self._store.queue.next_revision())
        self._snapshot.end()
