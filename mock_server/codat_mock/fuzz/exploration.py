"""An exploration: a day without trouble, the search, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from codat_mock.clock import format_moment
from codat_mock.configuration.suggestions import SYNC_HOUR
from codat_mock.fuzz.runner import FuzzRunner
from codat_mock.fuzz.schedule import Schedule, told
from codat_mock.reports.run import Run
from codat_mock.reports.verdict import BROKEN, KEPT, code_of, counted

if TYPE_CHECKING:
    from codat_mock.fuzz.search import Search

# The time that trouble may take before the end of the day: its sync follows, and is not to come in
# between.
ROOM: Final = timedelta(hours=3)
UNUSUAL: Final = "So it is on a day without trouble already, and no other was played."
UNSTEADY: Final = (
    "Played once more, it did not break the integration, which does not do the same in every run."
)


@dataclass(frozen=True, slots=True)
class Exploration:
    """What an exploration came to.

    Args:
        run: the one that is told of: the one that broke the integration, or one that did not.
        schedule: what the service did in it; None where nothing was found that breaks it.
        error: the exception that the integration raised in it.
    """

    run: Run
    schedule: Schedule | None = None
    error: BaseException | None = None


def start_of(moment: datetime) -> str:
    """Where a sandbox's clock starts, at that time or earlier on its day, so that trouble fits."""
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    sync = day + timedelta(hours=SYNC_HOUR)
    if sync - ROOM < moment <= sync:  # its sync would come in between
        return format_moment(sync - ROOM)
    return format_moment(min(moment, day + timedelta(days=1) - ROOM))


def explore(
    runner: FuzzRunner, origin: Schedule, search: Search, before_showing: Callable[[], object]
) -> Exploration:
    """Search for the shortest schedule that breaks the integration.

    Args:
        runner: where schedules are played.
        origin: the seed and the start of every schedule, without events.
        search: how it is searched.
        before_showing: called before a schedule is played for people to look at it.

    Raises:
        MockFailed: the mock fails.
        Refused: it says no, or cannot be reached.
    """
    usual, uses = runner.open(origin)
    if code_of(usual) != KEPT:
        return steadily(show(runner, origin, before_showing, UNUSUAL))
    found, tried = search.shortest(runner.play, origin, uses)
    if found is None:
        usual.notes.append(f"{counted(tried, 'schedule')} played: none breaks the integration.")
        usual.notes += filter(None, [runner.doubt])
        return Exploration(usual)
    headline = f"{counted(tried, 'schedule')} played; the shortest that breaks the integration:"
    explored = show(runner, found, before_showing, headline)
    if code_of(explored.run) != BROKEN:
        explored.run.complaints.append(UNSTEADY)
    return explored


def replay(
    runner: FuzzRunner, schedule: Schedule, before_showing: Callable[[], object]
) -> Exploration:
    """Play one schedule, beside a day without trouble; raises as `explore` does."""
    usual, _ = runner.open(schedule.origin)
    if code_of(usual) != KEPT:
        return steadily(show(runner, schedule.origin, before_showing, UNUSUAL))
    headline = "The service behaves so:" if schedule.events else "This is a day without trouble."
    return show(runner, schedule, before_showing, headline)


def steadily(explored: Exploration) -> Exploration:
    """Complain where what broke the integration does not break it when it is shown."""
    if code_of(explored.run) == KEPT:
        explored.run.complaints.append(UNSTEADY)
    return explored


def show(
    runner: FuzzRunner,
    schedule: Schedule,
    before_showing: Callable[[], object],
    headline: str,
) -> Exploration:
    """Play a schedule for people to look at it; the headline stands above what the service does."""
    before_showing()
    run = runner.play(schedule)
    lines = [f"{place}. {told(event)}" for place, event in enumerate(schedule.events, 1)]
    run.notes += [headline, *lines]
    run.notes += filter(None, [runner.doubt])
    return Exploration(run, schedule, runner.error)
