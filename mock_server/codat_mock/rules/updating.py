"""Rules for updating data."""

from __future__ import annotations

import re
from collections.abc import Iterator

from codat_mock.rules.contexts import Evidence, PushContext
from codat_mock.rules.contexts.pushes import moment_or_none
from codat_mock.rules.registry import rule

GUIDE = "guide: Rules for updating data"
IMPORTANT = re.compile("[aA]mount|Date|Gratuity|LineItems")  # named before other properties
MAX_NAMED = 3


@rule(
    "U01",
    "whole-object",
    "error",
    source=GUIDE,
    consequence="the record loses the properties",
    keeps=("update-before-sync",),
    breaks=("partial-update", "lines-lost"),
    message="Updated without properties it had before",
    advice="push the whole record, with everything it had before, to"
    " POST /data/companies/$company_id/sync/$data_type",
    subject=PushContext,
    applies=lambda push: bool(push.revisions),
)
def whole_object(push: PushContext) -> Iterator[Evidence]:
    """An update has every property and every line of the previous version.

    Null counts as present, but not for a list whose order has the same total as before.
    """
    for record in push.revisions:
        losses = sorted(record.losses, key=lambda loss: not IMPORTANT.search(loss.path))
        if losses:
            named = ", ".join(loss.path.removeprefix("$.") for loss in losses[:MAX_NAMED])
            more = f" and {len(losses) - MAX_NAMED} more" if len(losses) > MAX_NAMED else ""
            note = f"without {named}{more}"
            yield Evidence(record.key, note, changes=losses)


@rule(
    "U02",
    "not-after-sync",
    "error",
    source=GUIDE,
    consequence="the next sync books the record again, as a duplicate",
    keeps=("update-before-sync",),
    breaks=("late-update",),
    message="Updated after its sync",
    advice="correct a synced record by hand in the accounting software, and push no update of it",
    subject=PushContext,
    applies=lambda push: bool(push.updates),
)
def not_after_sync(push: PushContext) -> Iterator[Evidence]:
    """A synced record is not updated."""
    for record in push.updates:
        if record.known and record.known.is_synced:
            yield Evidence(record.key, changes=record.changes)


@rule(
    "U03",
    "source-date-moves",
    "error",
    source="reference",
    consequence="the update is discarded",
    keeps=("update-before-sync",),
    breaks=("same-source-date",),
    message="Changed without a later sourceModifiedDate",
    advice="give every change of a record a later sourceModifiedDate, the moment the merchant"
    " changed it, in POST /data/companies/$company_id/sync/$data_type",
    subject=PushContext,
    applies=lambda push: bool(push.revisions),
)
def source_date_moves(push: PushContext) -> Iterator[Evidence]:
    """Changed content comes with a later `sourceModifiedDate`.

    A version without one is not judged: the property is optional.
    """
    for record in push.revisions:
        old = record.known_moment("source_modified_date")
        new = moment_or_none(record.pushed.native.source_modified_date)
        if old and new and new <= old:
            yield Evidence(record.key, changes=record.changes)


@rule(
    "U04",
    "created-date-stays",
    "warning",
    source="assumed",
    consequence="the record may move to another sync's period",
    keeps=("update-before-sync",),
    breaks=("moved-creation",),
    message="Updated with another createdDate",
    advice="keep a record's createdDate in every update pushed to"
    " POST /data/companies/$company_id/sync/$data_type",
    subject=PushContext,
    applies=lambda push: bool(push.revisions),
)
def created_date_stays(push: PushContext) -> Iterator[Evidence]:
    """An update keeps its `createdDate`."""
    for record in push.revisions:
        old = record.known_moment("created_date")
        if old and record.created and record.created != old:
            changes = [each for each in record.changes if each.path == "$.createdDate"]
            yield Evidence(record.key, changes=changes)
