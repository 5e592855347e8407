"""Reads and moves a sandbox's clock; what falls due on the way happens in order.

Moving takes two sessions: what has fallen due is done when the second one opens.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from codat_mock.clock import FIRST, LAST, format_moment, in_calendar
from codat_mock.domain.dataset_lifecycle import next_step
from codat_mock.models.commerce import Wire
from codat_mock.models.errors import Conflict
from codat_mock.models.values import MomentText
from codat_mock.sandbox import sync_views
from codat_mock.sandbox.sandbox import Sandbox
from codat_mock.sandbox.session import Session

MAX_SYNCS: Final = 5000  # a second of work: no request may take longer
SHORTEST_PERIOD: Final = timedelta(days=1)
MOVES: Final = "clock/moves"
MOVES_KEPT: Final = 100


class ClockMove(Struct, frozen=True, array_like=True):
    """A move of the sandbox's clock by hand, from one moment to another, UTC."""

    start: datetime
    end: datetime


class ClockReading(Wire, kw_only=True, omit_defaults=False):
    """A sandbox's time.

    Args:
        mode: `real`, `frozen`, or `x` and a factor.
        next_event: when a dataset or a sync changes its status, a sync runs, or an alert is tried.
    """

    now: MomentText
    mode: str
    next_event: MomentText | None


def set_to(sandbox: Sandbox, moment: datetime) -> ClockReading:
    """Set the clock.

    Raises:
        Conflict: the moment is past, or outside the calendar.
    """
    return moved(sandbox, lambda session: move_to(session, moment))


def advance(sandbox: Sandbox, duration: timedelta) -> ClockReading:
    """Move the clock forward.

    Raises:
        Conflict: the calendar ends before.
    """
    return moved(sandbox, lambda session: move_by(session, duration))


def advance_to_next_event(sandbox: Sandbox) -> ClockReading:
    """Move the clock to the next change of a dataset's or a sync's status, or the next sync.

    Raises:
        Conflict: nothing is going to happen.
    """
    return moved(sandbox, move_to_next_event)


def close_day(sandbox: Sandbox) -> ClockReading:
    """Move the clock until all datasets have ended, and then past every company's next sync.

    Each moment is read once the one before has come: a dataset may end after its sync.
    """
    moved(sandbox, lambda session: move_to(session, datasets_end(session)))
    moved(sandbox, lambda session: move_to(session, next_syncs(session)))
    return moved(sandbox, lambda session: move_to(session, syncs_end(session)))


def moved(sandbox: Sandbox, move: Callable[[Session], None]) -> ClockReading:
    """Move the clock, and read it once what fell due is done."""
    with sandbox.session() as session:
        move(session)
    with sandbox.session() as session:
        return read(session)


def datasets_end(session: Session) -> datetime:
    """When the datasets that are processed now have all ended, but for those that never do."""
    unfinished = (
        dataset
        for row in session.tables.companies.all()
        for dataset in session.tables.datasets.unfinished(row.number, session.now)
    )
    return max((each.ends for each in unfinished if each.ends < LAST), default=session.now)


def next_syncs(session: Session) -> datetime:
    """When the next sync of every company has run."""
    due = (row.due for row in session.tables.companies.all() if row.due and row.due <= LAST)
    return max((each + session.settings.sync_delay for each in due), default=session.now)


def syncs_end(session: Session) -> datetime:
    """When the running syncs have ended."""
    running = (
        sync
        for row in session.tables.companies.all()
        for sync in session.tables.syncs.running(row.number, session.now)
    )
    return max((sync.ends for sync in running), default=session.now)


def read(session: Session) -> ClockReading:
    """The sandbox's time, and when something happens next."""
    upcoming = next_event(session)
    return ClockReading(
        now=format_moment(session.now),
        mode=session.tables.row.clock.mode,
        next_event=format_moment(upcoming) if upcoming else None,
    )


def move_to(session: Session, moment: datetime) -> None:
    """Set the clock; the next session does what has fallen due, in order.

    Raises:
        Conflict: the moment is past, and there are companies; or it is outside the calendar.
    """
    if not in_calendar(moment):
        raise Conflict(f"The clock runs from {format_moment(FIRST)} to {format_moment(LAST)}.")
    if moment < session.now and session.tables.companies.all():
        raise Conflict(
            f"The clock is at {format_moment(session.now)} and cannot go back to"
            f" {format_moment(moment)}: reset the sandbox first."
        )
    check_syncs(session, moment)
    note_move(session, moment)
    session.tables.row.clock = session.tables.row.clock.moved_to(moment)


def note_move(session: Session, moment: datetime) -> None:
    """Keep a move for the timeline; until there is a company, it has none.

    Args:
        session: the session.
        moment: where the clock moves to, UTC.
    """
    if moment > session.now and session.tables.companies.all():
        kept = [*moves(session), ClockMove(session.now, moment)][-MOVES_KEPT:]
        session.tables.preferences.save(MOVES, kept)


def moves(session: Session) -> list[ClockMove]:
    """The last moves of the clock by hand, the earliest first."""
    return session.tables.preferences.find(MOVES, list[ClockMove]) or []


def set_speed(session: Session, speed: float) -> None:
    """Choose how fast time passes from now on.

    Args:
        session: the session.
        speed: sandbox seconds a machine second; 0 is frozen, 1 is real.
    """
    session.tables.row.clock = session.tables.row.clock.at_speed(speed)


def check_syncs(session: Session, moment: datetime) -> None:
    """Make sure that a move of the clock runs no more syncs than one request may.

    Raises:
        Conflict: it would; smaller steps reach the same.
    """
    days = [
        (moment - row.due) / SHORTEST_PERIOD
        for row in session.tables.companies.all()
        if row.due and row.due < moment
    ]
    if sum(days) > MAX_SYNCS:
        raise Conflict(
            f"Moving the clock from {format_moment(session.now)} to {format_moment(moment)} would"
            f" run over {MAX_SYNCS} syncs: move it in smaller steps, or switch the syncs off."
        )


def move_by(session: Session, duration: timedelta) -> None:
    """Move the clock forward.

    Raises:
        Conflict: the calendar ends before.
    """
    try:
        moment = session.now + duration
    except OverflowError:
        raise Conflict("The calendar ends with the year 9999.") from None
    move_to(session, moment)


def move_to_next_event(session: Session) -> None:
    """Move the clock to the next change of a dataset's or a sync's status, or the next sync.

    Raises:
        Conflict: nothing is going to happen.
    """
    upcoming = next_event(session)
    if upcoming is None:
        raise Conflict("There is no next event: no dataset is being processed, and no sync is due.")
    move_to(session, upcoming)


def next_event(session: Session) -> datetime | None:
    """When a status changes, a sync runs or an alert is tried next, None if none will."""
    upcoming: list[datetime] = []
    for row in session.tables.companies.all():
        if row.due and row.due <= LAST:
            upcoming.append(row.due + session.settings.sync_delay)
        for sync in session.tables.syncs.running(row.number, session.now):
            upcoming += [moment for moment in sync_views.changes(sync) if moment > session.now]
        for dataset in session.tables.datasets.unfinished(row.number, session.now):
            moment = next_step(dataset.plan, dataset.requested, session.now)
            if moment:
                upcoming.append(moment)
    if alert := session.tables.alerts.next_due(session.now):
        upcoming.append(alert)
    return min(upcoming, default=None)
