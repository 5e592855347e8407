"""Choosing the records of the next chunk from the queue."""

from __future__ import annotations

from codat_push.push_policy import (
    SHARED_ID,
    Candidate,
    Synced,
    Verdict,
    judge_delete,
    judge_version,
)
from codat_push.schema import DataType
from codat_push.storage.store import Store
from codat_push.versions import is_same


def select(
    store: Store,
    stream: int,
    data_type: DataType,
    synced: Synced,
    max_records: int,
    max_bytes: int,
) -> list[int]:
    """Decide on queued changes until a chunk is full, and remove those that are not sent.

    Args:
        store: the ledger's file.
        stream: the company and data type.
        data_type: of the stream.
        synced: what is known of the company's syncs.
        max_records: records in the chunk.
        max_bytes: bytes of JSON in the chunk, but at least one record.

    Returns:
        The places in the queue of the chunk's records.
    """
    places: list[int] = []
    others: list[tuple[Candidate, Verdict]] = []
    size = 0
    for candidate in store.queue.candidates(stream):
        verdict = judge(store, stream, data_type, candidate, synced)
        if verdict != "send":
            others.append((candidate, verdict))
            continue
        size += candidate.size or 0
        if places and size > max_bytes:
            break
        places.append(candidate.place)
        if len(places) == max_records:
            break
    for candidate, verdict in others:
        settle_candidate(store, stream, candidate, verdict)
    return places


def judge(
    store: Store, stream: int, data_type: DataType, candidate: Candidate, synced: Synced
) -> Verdict:
    """Whether a version or a delete is pushed.

    Args:
        store: the ledger's file.
        stream: the company and data type.
        data_type: of the stream.
        candidate: what is queued, beside the known version.
        synced: what is known of the company's syncs.
    """
    if candidate.digest is not None:
        known = candidate.known_digest
        if known and len(known) != len(candidate.digest):
            body = store.queue.body(candidate.place)
            if is_same(data_type, body, candidate.digest, known):
                candidate = candidate._replace(digest=known)
        return judge_version(data_type, candidate, synced)
    deleted, is_shared = store.queue.pending_deletes(stream, candidate.id)
    return judge_delete(deleted, synced, is_shared=is_shared)


def settle_candidate(store: Store, stream: int, candidate: Candidate, verdict: Verdict) -> None:
    """Remove a change that is not sent; keep a refusal for a person to resolve.

    Args:
        store: the ledger's file.
        stream: the company and data type.
        candidate: what is queued.
        verdict: why it is not sent; one that is held stays in the queue.
    """
    if verdict == "share":
        store.refusals.refuse_shared(stream, candidate.id, SHARED_ID)
    if verdict in ("drop", "share"):
        store.queue.discard(stream, candidate)
    elif isinstance(verdict, tuple):
        store.refusals.refuse_place(stream, candidate.place, *verdict)
