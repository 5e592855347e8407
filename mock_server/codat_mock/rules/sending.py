"""Rules for sending data."""

from __future__ import annotations

from collections.abc import Iterator

from codat_mock.rules.registry import Evidence, rule
from codat_mock.rules.subjects import JudgedPush

GUIDE = "guide: Rules for sending data"


@rule(
    "S03",
    "only-new-or-changed",
    "error",
    source=GUIDE,
    consequence="the record is discarded",
    keeps=("incremental",),
    breaks=("resend-all",),
    says="Pushed again though equal to the version accepted last",
    advice="compare each record with what was accepted last, and leave out what has not changed",
    subject=JudgedPush,
    occasion=lambda push: push.has_known,
)
def only_new_or_changed(push: JudgedPush) -> Iterator[Evidence]:
    """A push holds only records that are new or differ from the version accepted last.

    A repeat is excused where the answer to the earlier push was lost or an error.
    """
    for record in push.repeats:
        if record.known and record.known.is_answered:
            yield Evidence(record.key)


@rule(
    "S04",
    "no-duplicate-in-push",
    "error",
    source=GUIDE,
    consequence="the last of them wins",
    keeps=("incremental",),
    breaks=("doubled-in-push",),
    says="Standing more than once in one push",
    advice="gather the changes of a record and push its newest version once",
    subject=JudgedPush,
    occasion=lambda push: len(push.records) > 1,
)
def no_duplicate_in_push(push: JudgedPush) -> Iterator[Evidence]:
    """No record stands twice in one push."""
    for key in push.doubled_keys:
        yield Evidence(key)


@rule(
    "S05",
    "one-push-at-a-time",
    "error",
    source=GUIDE,
    consequence="nothing, or with --concurrent-pushes=miss the later push is silently missed",
    keeps=("incremental",),
    breaks=("concurrent-pushes",),
    says="Pushed while another push of the same company and data type was under way",
    advice="wait for the answer to a push before the next one of the same data type",
    subject=JudgedPush,
    counts="other push",
    occasion=lambda push: push.follows is not None or bool(push.overlaps),
)
def one_push_at_a_time(push: JudgedPush) -> Iterator[Evidence]:
    """No two pushes of one company and data type overlap in time."""
    for other in push.overlaps:
        yield Evidence(f"request {other.number}")


@rule(
    "S15",
    "record-valid",
    "error",
    source="reference",
    consequence="the push is refused (400), or its dataset ends in ValidationError",
    keeps=("worked-example",),
    breaks=("validation-error", "wrong-type"),
    says="Not valid",
    advice="give every record a non-empty id, and properties of the types the reference tells",
    subject=JudgedPush,
    counts="place",
    occasion=lambda push: bool(push.records or push.problems),
)
def record_valid(push: JudgedPush) -> Iterator[Evidence]:
    """Every record has its id, and properties of the right types."""
    for problem in push.problems:
        yield Evidence(problem.item or problem.path, str(problem))
