"""An exploration in a test."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import iscoroutinefunction, signature
from pathlib import Path
from types import FrameType
from typing import Final

from codat_mock.clock import format_moment, machine_now
from codat_mock.control_client import ControlClient
from codat_mock.fuzz import exploration, schedule_files
from codat_mock.fuzz.runner import FuzzRunner, OutOfTime
from codat_mock.fuzz.schedule import Schedule
from codat_mock.reports import text
from codat_mock.reports.run import Run
from codat_mock.reports.verdict import KEPT, code_of, reasons
from codat_mock.testing.marker_options import MarkerOptions

EXAMPLES: Final = 100
SECONDS: Final = 60.0  # how long each night may take
# A company's id, and a folder for what the integration remembers.
Night = Callable[[str, Path], object]


class Broken(AssertionError):
    """The integration does not survive; the text tells what the service did."""


@dataclass(frozen=True, slots=True)
class FuzzOptions:
    """How is explored; see `Codat.explore`."""

    examples: int
    seed: int
    replay: Path | None
    save: Path
    database: Path
    timeout_seconds: float

    def check(self) -> None:
        """Make sure that it can be done so.

        Raises:
            ValueError: it cannot.
        """
        if self.examples < 1:
            raise ValueError(f"examples must be 1 or more, and not {self.examples}.")
        if self.timeout_seconds <= 0:
            raise ValueError(f"timeout must be more than 0, and not {self.timeout_seconds}.")


def explore(
    rehearsal: ControlClient, terms: MarkerOptions, night: Night, name: str, wishes: FuzzOptions
) -> None:
    """Search for what a night does not survive, or play a schedule again.

    Args:
        rehearsal: the sandbox.
        terms: what it starts from, and how its runs are judged.
        night: runs the integration.
        name: of the integration, under which what was found is kept.
        wishes: how is explored.

    Raises:
        Broken: it does not survive.
        BadFile: the file to be played cannot be read.
        TypeError: the night cannot be called.
        ValueError: it cannot be explored so.
    """
    __tracebackhide__ = True  # the text tells it all
    wishes.check()

    def judged(run: Run) -> Run:
        terms.applied(run)
        run.expected = [each for each in run.expected if each not in run.stale]
        return run

    def integrate(company_id: str, folder: Path) -> Exception | OutOfTime | None:
        try:
            with at_most(wishes.timeout_seconds):
                return ending(night, company_id, folder)
        except OutOfTime as late:
            return late

    runner = FuzzRunner(rehearsal, terms.start, terms.rules, integrate, judged)
    if wishes.replay:
        found = exploration.replay(runner, schedule_files.read(wishes.replay), nobody)
    else:
        # Whoever does not search needs no Hypothesis.
        from codat_mock.fuzz.search import Search

        search = Search(wishes.examples, wishes.database, name, lambda _is_found: None)
        found = exploration.explore(runner, origin_of(terms, wishes.seed), search, nobody)
    if code_of(found.run) == KEPT:
        return
    lines = [*text.lines(found.run), *reasons(found.run)]
    if found.schedule and found.schedule.events and not wishes.replay:
        try:
            schedule_files.write(wishes.save, found.schedule)
            lines.append(f"Play it again: codat.explore(…, replay={str(wishes.save)!r}).")
        except schedule_files.BadFile as error:  # what was found counts for more
            lines.append(str(error))
    raise Broken("\n".join(lines)) from found.error


def origin_of(terms: MarkerOptions, seed: int) -> Schedule:
    """A day without trouble."""
    start = terms.start["startAt"]
    if start is None:
        return Schedule(start_at=exploration.start_of(machine_now()), seed=seed)
    return Schedule(start_at=start if isinstance(start, str) else format_moment(start), seed=seed)


def ending(night: Night, company_id: str, folder: Path) -> Exception | None:
    """Play a night; gives the exception that it raised."""
    import pytest

    try:
        night(company_id, folder)
    except pytest.fail.Exception as failure:
        return AssertionError(str(failure))
    except SystemExit as left:
        return None if left.code in (None, 0) else RuntimeError(f"it exits with {left.code}")
    except Exception as error:  # noqa: BLE001  (whatever it is, the night did not come to its end)
        return error
    return None


def check_night(night: Night) -> None:
    """Make sure that a night can be called as it will be.

    Raises:
        TypeError: it cannot.
    """
    if iscoroutinefunction(night):
        raise TypeError("codat.explore awaits nothing: give it a function that calls asyncio.run.")
    try:
        signature(night).bind("", Path())
    except TypeError as error:
        raise TypeError(
            "codat.explore calls the function with two arguments, the id of a company and a"
            f" folder: {error}."
        ) from None


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Let something take so long at most; without a limit where none can be set.

    None can be set beyond the main thread, on Windows, and where a timer runs already, such as
    that of pytest-timeout, which is left to watch.

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


def nobody() -> None:
    """Nobody has to be told before a schedule is shown: all of a test's output is caught."""
