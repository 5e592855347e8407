"""The search for faults that break an integration, in a test."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import iscoroutinefunction, signature
from pathlib import Path
from types import FrameType
from typing import Any, Final

from msgspec.structs import replace

from codat_mock.clock import format_moment, machine_now
from codat_mock.control_client import ControlClient
from codat_mock.fuzz import exploration, schedule_files
from codat_mock.fuzz.runner import FuzzRunner, OutOfTime, RunOfDay
from codat_mock.fuzz.schedule import MAX_DAYS, Schedule
from codat_mock.reports import text
from codat_mock.reports.run import Run
from codat_mock.reports.verdict import KEPT, code_of, reasons
from codat_mock.testing.marker_options import MarkerOptions

EXAMPLES: Final = 100
TIMEOUT_SECONDS: Final = 60.0
# Runs the integration with a company's id and the folder of its state.
Scenario = Callable[[str, Path], object]


class Broken(AssertionError):
    """A schedule breaks the integration; the text shows its faults."""


@dataclass(frozen=True, slots=True)
class FuzzOptions:
    """The options of `Codat.explore`."""

    examples: int
    seed: int
    replay: Path | None
    save: Path
    databases: Sequence[Path | str]
    timeout_seconds: float
    declared: Mapping[str, Sequence[Any]] | None = None
    days: int = 1

    def check(self) -> None:
        """Check the options.

        Raises:
            ValueError: one is out of range.
        """
        if self.examples < 1:
            raise ValueError(f"examples must be 1 or more, not {self.examples}.")
        if not 1 <= self.days <= MAX_DAYS:
            raise ValueError(f"days must be 1 to {MAX_DAYS}, not {self.days}.")
        if self.timeout_seconds <= 0:
            raise ValueError(f"timeout must be more than 0, not {self.timeout_seconds}.")


def explore(
    client: ControlClient,
    marker: MarkerOptions,
    scenario: Scenario,
    name: str,
    options: FuzzOptions,
) -> None:
    """Search for a schedule that breaks a scenario, or replay one.

    Args:
        client: the control client of the sandbox.
        marker: the settings of the sandbox, and how its runs are judged.
        scenario: runs the integration.
        name: the name of the integration, under which schedules are kept.
        options: the options of the search.

    Raises:
        Broken: a schedule breaks the integration.
        BadFile: the file to replay cannot be read.
        ValueError: an option is out of range, or a database cannot be used.
    """
    __tracebackhide__ = True  # the text is enough
    options.check()

    def judge(run: Run) -> Run:
        marker.apply(run)
        run.expected = [each for each in run.expected if each not in run.stale]
        return run

    def integrate(run: RunOfDay) -> Exception | OutOfTime | None:
        try:
            with time_limit(options.timeout_seconds):
                return call(scenario, run.company_id, run.folder)
        except OutOfTime as late:
            return late

    runner = FuzzRunner(
        client, marker.settings, marker.rules, integrate, judge, declared=options.declared
    )
    if options.replay:
        found = exploration.replay(runner, schedule_files.read(options.replay), do_nothing)
    else:
        # Only a search needs Hypothesis.
        from codat_mock.fuzz.schedule_database import open_database
        from codat_mock.fuzz.search import Search

        database = open_database(options.databases)
        search = Search(options.examples, database, name, lambda _found: None)
        origin = replace(origin_of(marker, options.seed), days=options.days)
        found = exploration.explore(runner, origin, search, do_nothing)
    if code_of(found.run) == KEPT:
        return
    why = list(reasons(found.run))
    lines = [text.first_line(found.run, why), *text.lines(found.run), *why]
    if found.schedule and found.schedule.events and not options.replay:
        try:
            schedule_files.write(options.save, found.schedule)
            lines.append(f"Replay it: codat.explore(…, replay={str(options.save)!r}).")
        except schedule_files.BadFile as error:  # the finding matters more
            lines.append(str(error))
    raise Broken("\n".join(lines)) from found.error


def origin_of(marker: MarkerOptions, seed: int) -> Schedule:
    """The schedule without faults."""
    start = marker.settings["startAt"]
    if start is None:
        return Schedule(start_at=exploration.start_of(machine_now()), seed=seed)
    return Schedule(start_at=start if isinstance(start, str) else format_moment(start), seed=seed)


def call(scenario: Scenario, company_id: str, folder: Path) -> Exception | None:
    """Call a scenario; gives the exception that it raised.

    Args:
        scenario: the function that pushes.
        company_id: the company's id.
        folder: where it may keep files.
    """
    import pytest

    try:
        scenario(company_id, folder)
    except pytest.fail.Exception as failure:
        return AssertionError(str(failure))
    except SystemExit as end:
        return None if end.code in (None, 0) else RuntimeError(f"it exits with code {end.code}")
    except Exception as error:  # noqa: BLE001  (whatever it is, the scenario failed)
        return error
    return None


def check_signature(scenario: Scenario) -> None:
    """Check that a scenario can be called with two arguments.

    Raises:
        TypeError: it cannot.
    """
    if iscoroutinefunction(scenario):
        raise TypeError(
            "codat.explore takes no coroutine function: give it a function that calls asyncio.run."
        )
    try:
        signature(scenario).bind("", Path())
    except TypeError as error:
        raise TypeError(
            "codat.explore calls the function with two arguments, a company's id and a folder:"
            f" {error}."
        ) from None


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Limit the time of what is in the context, if a limit can be set.

    None can be set outside the main thread, on Windows, or while another timer runs, such as that
    of pytest-timeout.

    Raises:
        OutOfTime: it takes longer.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or not hasattr(signal, "setitimer") or signal.getitimer(signal.ITIMER_REAL)[0]:
        yield
        return

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise OutOfTime(f"did not end within {seconds:g} seconds")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def do_nothing() -> None:
    """Show nothing more in the run that is shown: pytest captures all output anyway."""
