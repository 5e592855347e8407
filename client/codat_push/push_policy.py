"""Whether a change may be pushed: one function for versions, one for deletes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from codat_push.models import Reason
from codat_push.schema import DataType
from codat_push.versions import missing_properties

SYNCED: Final = (
    "already synced, so a push may duplicate it or have no effect; "
    "adjust it by hand in the accounting software"
)
LATE: Final = (
    "its period was synced before it was recorded, so a sync will never include it; "
    "adjust it by hand in the accounting software"
)
DELETED: Final = "its id was deleted before and cannot be reused; give the record a new id"
NOT_NEWER: Final = (
    "changed, but its sourceModifiedDate is not later than the accepted one, so the service would "
    "discard it; set sourceModifiedDate to the time of the change"
)
CREATED_MOVED: Final = (
    "its createdDate differs from the accepted one, which may move it to another period; "
    "send the original createdDate"
)
SHARED_ID: Final = (
    "deleted, but another transaction has the same id and a delete would remove both; "
    "adjust it by hand"
)


class Synced(NamedTuple):
    """What is known of a company's syncs; times in microseconds since 1970.

    Args:
        boundary: records created before it are synced, or never will be.
        ran: when the latest sync ran; records accepted later were not in it.
        running_to: the end of the period of a sync that is running, None if none is.
    """

    boundary: int = 0
    ran: int = -1
    running_to: int | None = None

    def covers(self, created: int | None, accepted: int) -> bool:
        """Whether a record with these times has been synced."""
        return created is not None and created < self.boundary and accepted <= self.ran

    def is_past(self, created: int | None) -> bool:
        """Whether the period of a record has been synced, so that a push comes too late."""
        return created is not None and created < self.boundary


class Candidate(NamedTuple):
    """A queued version or delete, beside the known version; fields in the order of the query."""

    place: int
    id: str
    kind: str
    size: int | None
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
    """Whether a version, new or an update, is pushed.

    Args:
        data_type: of the version.
        candidate: the version, beside the known one.
        synced: what is known of the company's syncs.

    Returns:
        `send`; `drop` if it equals the known version; `hold` until the sync that is running has
        ended; or why it may never be sent: a reason and a sentence for a person.

    Source: guide, Rules for sending data and Rules for updating data.
    """
    if candidate.known_digest is None:
        return judge_new(candidate.created, synced, was_deleted=candidate.was_deleted)
    if candidate.digest == candidate.known_digest:
        return "drop"
    return _judge_update(data_type, candidate, synced)


def judge_new(created: int | None, synced: Synced, *, was_deleted: bool) -> Verdict:
    """Whether a version of a record that is not known is pushed.

    Keeps rules D05 (refused if its key was deleted) and S08 (refused or held at its sync).

    Args:
        created: its `createdDate` in microseconds since 1970, or None.
        synced: what is known of the company's syncs.
        was_deleted: whether its key was deleted.
    """
    if was_deleted:
        return "deleted", DELETED
    if created is None:
        return "send"
    if created < synced.boundary:
        return "late", LATE
    running_to = synced.running_to
    return "hold" if running_to is not None and created < running_to else "send"


def _judge_update(data_type: DataType, candidate: Candidate, synced: Synced) -> Verdict:
    """Keeps rules U01 to U04; held while a sync may include the record."""
    if synced.covers(candidate.known_created, candidate.known_accepted or 0):
        return "synced", SYNCED
    if synced.is_past(candidate.known_created):
        return "late", LATE
    if synced.running_to is not None:
        return "hold"
    lost = missing_properties(data_type, candidate.known_properties or 0, candidate.properties or 0)
    if lost:
        return "not-whole", f"an update is a whole object; add {', '.join(lost)} (or null)"
    if None not in (candidate.known_created, candidate.created) and (
        candidate.created != candidate.known_created
    ):
        return "created-moved", CREATED_MOVED
    modified, before = candidate.modified, candidate.known_modified
    if modified is not None and before is not None and modified <= before:
        return "not-newer", NOT_NEWER
    return "send"


def judge_delete(
    deleted: Sequence[tuple[int | None, int]], synced: Synced, *, is_shared: bool
) -> Verdict:
    """Whether a delete is pushed, by what is known of the records that it deletes.

    Keeps rules D02 and D04 (dropped if nothing is known, or no longer) and D03 (refused if any is
    synced). Never deletes a transaction that still exists (`share`: each delete is refused).

    Args:
        deleted: when each record was created and accepted, in microseconds since 1970.
        synced: what is known of the company's syncs.
        is_shared: whether another transaction with the id still exists.
    """
    if not deleted:
        return "drop"
    if is_shared:
        return "share"
    if any(synced.covers(created, accepted) for created, accepted in deleted):
        return "synced", SYNCED
    return "send" if synced.running_to is None else "hold"
