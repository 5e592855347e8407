"""An exploration: a day without faults, the search, and the run that is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from codat_mock.clock import format_moment
from codat_mock.configuration.suggestions import SYNC_HOUR
from codat_mock.fuzz.runner import FuzzRunner
from codat_mock.fuzz.schedule import Schedule, Uses, describe
from codat_mock.reports.run import Run
from codat_mock.reports.verdict import BROKEN, KEPT, code_of, counted

# How long the day goes on after its start: the sync that ends it must not run in between.
DAY_LENGTH: Final = timedelta(hours=3)
BROKEN_WITHOUT_FAULTS: Final = (
    "The integration is broken without any fault already, so no schedule was tried."
)
NOT_REPRODUCED: Final = (
    "Run again, it did not break the integration, which does not do the same in every run."
)


class Search(Protocol):
    """A search for the shortest schedule that breaks an integration."""

    def shortest(
        self, run: Callable[[Schedule], Run], origin: Schedule, uses: Uses
    ) -> tuple[Schedule | None, int]:
        """The shortest schedule that breaks the integration, and how many were tried.

        Args:
            run: runs a schedule.
            origin: the schedule without events; its start, seed and days are those of every one.
            uses: the requests of the integration without faults.
        """


@dataclass(frozen=True, slots=True)
class Exploration:
    """The result of an exploration.

    Args:
        run: the run that broke the integration; if none did, one without faults.
        schedule: the schedule of that run; None if no schedule was found that breaks it.
        error: the exception that the integration raised in that run.
    """

    run: Run
    schedule: Schedule | None = None
    error: BaseException | None = None


def start_of(moment: datetime) -> str:
    """Where a sandbox's clock starts: then, or earlier that day if its sync would come too soon."""
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    sync = day + timedelta(hours=SYNC_HOUR)
    if sync - DAY_LENGTH < moment <= sync:
        return format_moment(sync - DAY_LENGTH)
    return format_moment(min(moment, day + timedelta(days=1) - DAY_LENGTH))


def explore(
    runner: FuzzRunner, origin: Schedule, search: Search, before_showing: Callable[[], object]
) -> Exploration:
    """Search for the shortest schedule that breaks the integration.

    Args:
        runner: runs schedules.
        origin: the schedule without events; its start and seed are those of every schedule.
        search: the search.
        before_showing: called before the run that is shown.

    Raises:
        MockFailed: the mock fails.
        ControlRequestRefused: the mock refuses a request, or cannot be reached.
    """
    baseline, uses = runner.run_baseline(origin)
    if code_of(baseline) != KEPT:
        return check_reproduced(show(runner, origin, before_showing, BROKEN_WITHOUT_FAULTS))
    found, tried = search.shortest(runner.run, origin, uses)
    if found is None:
        baseline.notes.append(f"{counted(tried, 'schedule')} tried: none breaks the integration.")
        baseline.notes += filter(None, [runner.books_note, runner.declared_note])
        return Exploration(baseline)
    headline = f"{counted(tried, 'schedule')} tried; the shortest that breaks the integration:"
    explored = show(runner, found, before_showing, headline)
    if code_of(explored.run) != BROKEN:
        explored.run.complaints.append(NOT_REPRODUCED)
    return explored


def replay(
    runner: FuzzRunner, schedule: Schedule, before_showing: Callable[[], object]
) -> Exploration:
    """Run one schedule, after a day without faults; raises as `explore` does.

    Args:
        runner: runs the integration.
        schedule: the faults, and when each happens.
        before_showing: called once before the first output.
    """
    baseline, _ = runner.run_baseline(schedule.origin)
    if code_of(baseline) != KEPT:
        return check_reproduced(
            show(runner, schedule.origin, before_showing, BROKEN_WITHOUT_FAULTS)
        )
    headline = "The schedule:" if schedule.events else "The schedule has no faults."
    return show(runner, schedule, before_showing, headline)


def check_reproduced(explored: Exploration) -> Exploration:
    """Add a complaint if the run that is shown does not break the integration."""
    if code_of(explored.run) == KEPT:
        explored.run.complaints.append(NOT_REPRODUCED)
    return explored


def show(
    runner: FuzzRunner,
    schedule: Schedule,
    before_showing: Callable[[], object],
    headline: str,
) -> Exploration:
    """Run a schedule that is shown.

    Args:
        runner: runs it.
        schedule: the schedule.
        before_showing: called before the run.
        headline: the note above the events of the schedule.
    """
    before_showing()
    run = runner.run(schedule)
    lines = [f"{number}. {describe(event)}" for number, event in enumerate(schedule.events, 1)]
    run.notes += [headline, *lines]
    run.notes += filter(None, [runner.books_note])
    return Exploration(run, schedule, runner.error)
