"""What a ledger hands out: chunks to push, and records that may not be pushed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from codat_push.shapes import DataType
from codat_push.versions import missing_properties

Reason = Literal["synced", "not-whole", "shared-id", "rejected"]
SYNCED: Final = (
    "already synced, so a push would book it twice or not at all; "
    "adjust it by hand in the accounting software"
)
SHARED_ID: Final = (
    "gone, while another transaction with its id is still there; a delete would take both, so "
    "adjust it by hand"
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Records to push together: under 5,000, none twice, each new, changed or to be deleted.

    Args:
        push: the ledger's number for it.
        size: how many records it holds.
        dataset: the id that the service gave it, None before it has (or its answer was lost).
    """

    push: int
    company: str
    data_type: DataType
    size: int
    dataset: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A change that may not be pushed, for a person to see to.

    Args:
        id: the merchant's id of the record.
        kind: a transaction's type, else empty.
        record: the version refused; None where it was a delete.
        reason: `synced`, `not-whole` (an update lacks properties), `shared-id` (a delete would take
            another transaction too), or `rejected` (the service does not take this record).
        detail: what to do about it.
    """

    company: str
    data_type: DataType
    id: str
    kind: str
    record: dict[str, Any] | None
    reason: Reason
    detail: str


class Synced(NamedTuple):
    """What is known of a company's syncs; moments in microseconds since 1970.

    Args:
        boundary: what was created before it has been synced, or never will be.
        ran: provided it had been accepted by then.
        is_running: whether a sync is under way.
    """

    boundary: int = 0
    ran: int = -1
    is_running: bool = False

    def covers(self, created: int | None, accepted: int) -> bool:
        """Whether a record that was accepted then has been synced."""
        return created is not None and created < self.boundary and accepted <= self.ran


class Candidate(NamedTuple):
    """A waiting version or delete, beside the version known; fields in the order they are read."""

    place: int
    id: str
    kind: str
    weight: int | None
    digest: bytes | None
    properties: int | None
    known_digest: bytes | None
    known_created: int | None
    known_accepted: int | None
    known_properties: int | None


Verdict = Literal["send", "drop", "hold"] | tuple[Reason, str]


def judge_version(data_type: DataType, candidate: Candidate, synced: Synced) -> Verdict:
    """Whether a version is to be pushed.

    Keeps rules S03 (dropped where it equals the known version), U01 (refused where it is not
    whole) and U02 (refused where it is synced, held while it might be being synced).
    """
    if candidate.known_digest is None:
        return "send"
    if candidate.digest == candidate.known_digest:
        return "drop"
    if synced.covers(candidate.known_created, candidate.known_accepted or 0):
        return "synced", SYNCED
    if synced.is_running:
        return "hold"
    lost = missing_properties(data_type, candidate.known_properties or 0, candidate.properties or 0)
    if lost:
        return "not-whole", f"an update is a whole object; give {', '.join(lost)} too (or null)"
    return "send"


def judge_delete(known: list[tuple[int | None, int]], synced: Synced) -> Verdict:
    """Whether a delete is to be pushed, by what is known of the records with its id.

    Keeps rules D02 and D04 (dropped where nothing is known, or no more) and D03 (refused where any
    is synced).

    Args:
        known: when each was created and accepted, in microseconds since 1970.
        synced: what is known of the company's syncs.
    """
    if not known:
        return "drop"
    if any(synced.covers(created, accepted) for created, accepted in known):
        return "synced", SYNCED
    return "hold" if synced.is_running else "send"
