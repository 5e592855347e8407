"""Moving a sandbox's clock; whatever falls due on the way happens in order."""

from __future__ import annotations

from datetime import datetime, timedelta

from codat_mock.clock import FIRST, LAST, format_moment, in_calendar
from codat_mock.lifecycle import next_step
from codat_mock.records.commerce import Wire
from codat_mock.records.errors import Conflict
from codat_mock.records.values import MomentText
from codat_mock.sandbox import summaries
from codat_mock.sandbox.turn import Turn


class ClockReading(Wire, kw_only=True, omit_defaults=False):
    """A sandbox's time.

    Args:
        mode: `real`, `frozen`, or `x` and a factor.
        next_event: when a dataset or a sync changes its status, a sync runs, or an alert is tried.
    """

    now: MomentText
    mode: str
    next_event: MomentText | None


def read(turn: Turn) -> ClockReading:
    """The sandbox's time, and when something happens next."""
    upcoming = next_event(turn)
    return ClockReading(
        now=format_moment(turn.now),
        mode=turn.shelf.row.clock.mode,
        next_event=format_moment(upcoming) if upcoming else None,
    )


def move_to(turn: Turn, moment: datetime) -> None:
    """Set the clock; the next turn runs what has fallen due, in order.

    Raises:
        Conflict: the moment is past, and something has happened since; or it is at the very
            edge of the calendar.
    """
    if not in_calendar(moment):
        raise Conflict(f"The clock goes from {format_moment(FIRST)} to {format_moment(LAST)}.")
    if moment < turn.now and turn.shelf.companies.all():
        raise Conflict(
            f"The clock stands at {format_moment(turn.now)} and cannot go back to"
            f" {format_moment(moment)}: reset the sandbox first."
        )
    turn.shelf.row.clock = turn.shelf.row.clock.moved_to(moment)


def move_by(turn: Turn, duration: timedelta) -> None:
    """Move the clock forward.

    Raises:
        Conflict: the calendar ends before.
    """
    try:
        moment = turn.now + duration
    except OverflowError:
        raise Conflict("The calendar ends with the year 9999.") from None
    move_to(turn, moment)


def move_to_next_event(turn: Turn) -> None:
    """Move the clock to the next change of a dataset's or a sync's status, or the next sync.

    Raises:
        Conflict: nothing is going to happen.
    """
    upcoming = next_event(turn)
    if upcoming is None:
        raise Conflict("Nothing is going to happen: no dataset is under way, no sync is due.")
    move_to(turn, upcoming)


def next_event(turn: Turn) -> datetime | None:
    """When a status changes, a sync runs or an alert is tried next, None if none will."""
    upcoming: list[datetime] = []
    for row in turn.shelf.companies.all():
        if row.due and row.due <= LAST:
            upcoming.append(row.due + turn.settings.sync_delay)
        for sync in turn.shelf.syncs.running(row.number, turn.now):
            upcoming += [moment for moment in summaries.changes(sync) if moment > turn.now]
        for dataset in turn.shelf.datasets.unfinished(row.number, turn.now):
            moment = next_step(dataset.plan, dataset.requested, turn.now)
            if moment:
                upcoming.append(moment)
    if alert := turn.shelf.alerts.next_due(turn.now):
        upcoming.append(alert)
    return min(upcoming, default=None)
