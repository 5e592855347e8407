"""Rules for updating data."""

from __future__ import annotations

from collections.abc import Iterator

from codat_mock.rules.registry import Evidence, rule
from codat_mock.rules.subjects import JudgedPush

GUIDE = "guide: Rules for updating data"


@rule(
    "U02",
    "not-after-sync",
    "error",
    source=GUIDE,
    consequence="the next sync books the record again: a duplicate in the accounting software",
    keeps=("update-before-sync",),
    breaks=("late-update",),
    says="Updated after having been synced",
    advice="correct a synced record by hand in the accounting software, and push no update of it",
    subject=JudgedPush,
    occasion=lambda push: bool(push.updates),
)
def not_after_sync(push: JudgedPush) -> Iterator[Evidence]:
    """A record that has been synced is not updated any more."""
    for record in push.updates:
        if record.known and record.known.is_synced:
            yield Evidence(record.key, changes=record.changes)
