"""Choosing from what waits: what goes into the next chunk, and what becomes of the rest."""

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


def select(
    store: Store,
    stream: int,
    data_type: DataType,
    synced: Synced,
    most_records: int,
    most_bytes: int,
) -> list[int]:
    """Judge what waits until a chunk is full, and see to what is not to be sent.

    Returns:
        The places of what is to be sent together.
    """
    places: list[int] = []
    others: list[tuple[Candidate, Verdict]] = []
    weight = 0
    for candidate in store.waiting.candidates(stream):
        verdict = judge(store, stream, data_type, candidate, synced)
        if verdict != "send":
            others.append((candidate, verdict))
            continue
        weight += candidate.weight or 0
        if places and weight > most_bytes:
            break
        places.append(candidate.place)
        if len(places) == most_records:
            break
    for candidate, verdict in others:
        see_to(store, stream, candidate, verdict)
    return places


def judge(
    store: Store, stream: int, data_type: DataType, candidate: Candidate, synced: Synced
) -> Verdict:
    """Whether a version or a delete is to be pushed."""
    if candidate.weight is not None:
        return judge_version(data_type, candidate, synced)
    gone, is_shared = store.waiting.goners(stream, candidate.id)
    return judge_delete(gone, synced, is_shared=is_shared)


def see_to(store: Store, stream: int, candidate: Candidate, verdict: Verdict) -> None:
    """Take off what is not to be sent, keeping what a person has to see."""
    if verdict == "share":
        store.refused.share(stream, candidate.id, SHARED_ID)
    if verdict in ("drop", "share"):
        store.waiting.discard(stream, candidate)
    elif isinstance(verdict, tuple):
        store.refused.at(stream, candidate.place, *verdict)
