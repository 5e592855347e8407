"""Whether a change is to be pushed: one function for versions, and one for deletes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from codat_push.batches import Reason
from codat_push.schema import DataType
from codat_push.versions import missing_properties

SYNCED: Final = (
    "already synced, so a push would book it twice or not at all; "
    "adjust it by hand in the accounting software"
)
LATE: Final = (
    "its period was synced before it came, so a push would never be booked; "
    "adjust it by hand in the accounting software"
)
DELETED: Final = "deleted before, and the id of what is gone is not used again; give it a new id"
NOT_NEWER: Final = (
    "changed, while sourceModifiedDate is not later than the one accepted; the service discards "
    "such an update, so give the moment of the change"
)
CREATED_MOVED: Final = (
    "createdDate differs from the one accepted, which may put it into another period; keep it"
)
SHARED_ID: Final = (
    "gone, while another transaction with its id is still there; a delete would take both, so "
    "adjust it by hand"
)


class Synced(NamedTuple):
    """What is known of a company's syncs; moments in microseconds since 1970.

    Args:
        boundary: what was created before it has been synced, or never will be.
        ran: provided it had been accepted by then.
        running_to: where the period of a sync that is under way ends, None where none is.
    """

    boundary: int = 0
    ran: int = -1
    running_to: int | None = None

    def covers(self, created: int | None, accepted: int) -> bool:
        """Whether a record that was accepted then has been synced."""
        return created is not None and created < self.boundary and accepted <= self.ran

    def is_past(self, created: int | None) -> bool:
        """Whether the period of a record is over, so that what comes now is never synced."""
        return created is not None and created < self.boundary

    def is_running_over(self, created: int | None) -> bool:
        """Whether a sync is under way that takes in the period of a record."""
        return None not in (created, self.running_to) and (created or 0) < (self.running_to or 0)


class Candidate(NamedTuple):
    """A waiting version or delete, beside the version known; fields in the order they are read."""

    place: int
    id: str
    kind: str
    weight: int | None
    digest: bytes | None
    created: int | None
    modified: int | None
    properties: int | None
    known_digest: bytes | None
    known_created: int | None
    known_modified: int | None
    known_properties: int | None
    known_accepted: int | None
    was_deleted: bool


Verdict = Literal["send", "drop", "hold", "share"] | tuple[Reason, str]


def judge_version(data_type: DataType, candidate: Candidate, synced: Synced) -> Verdict:
    """Whether a version is to be pushed: a new one, or an update."""
    if candidate.known_digest is None:
        return _judge_new(candidate, synced)
    if candidate.digest == candidate.known_digest:
        return "drop"
    return _judge_update(data_type, candidate, synced)


def _judge_new(candidate: Candidate, synced: Synced) -> Verdict:
    """Keeps rules D05 (refused where it was deleted) and S08 (refused or held at its sync)."""
    if candidate.was_deleted:
        return "deleted", DELETED
    if synced.is_past(candidate.created):
        return "late", LATE
    return "hold" if synced.is_running_over(candidate.created) else "send"


def _judge_update(data_type: DataType, candidate: Candidate, synced: Synced) -> Verdict:
    """Keeps rules U01 to U04; held while what it changes might be being synced."""
    if synced.covers(candidate.known_created, candidate.known_accepted or 0):
        return "synced", SYNCED
    if synced.is_past(candidate.known_created):
        return "late", LATE
    if synced.running_to is not None:
        return "hold"
    lost = missing_properties(data_type, candidate.known_properties or 0, candidate.properties or 0)
    if lost:
        return "not-whole", f"an update is a whole object; give {', '.join(lost)} too (or null)"
    if None not in (candidate.known_created, candidate.created) and (
        candidate.created != candidate.known_created
    ):
        return "created-moved", CREATED_MOVED
    modified, before = candidate.modified, candidate.known_modified
    if modified is not None and before is not None and modified <= before:
        return "not-newer", NOT_NEWER
    return "send"


def judge_delete(
    gone: Sequence[tuple[int | None, int]], synced: Synced, *, is_shared: bool
) -> Verdict:
    """Whether a delete is to be pushed, by what is known of the records that it is meant for.

    Keeps rules D02 and D04 (dropped where nothing is known, or no more) and D03 (refused where any
    is synced); takes nothing that is still there (`share`: each is refused).

    Args:
        gone: when each was created and accepted, in microseconds since 1970.
        synced: what is known of the company's syncs.
        is_shared: whether another transaction that has its id is still there.
    """
    if not gone:
        return "drop"
    if is_shared:
        return "share"
    if any(synced.covers(created, accepted) for created, accepted in gone):
        return "synced", SYNCED
    return "send" if synced.running_to is None else "hold"
