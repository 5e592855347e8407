"""An exploration in a test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from codat_mock.clock import format_moment, machine_now
from codat_mock.exploring import exploration, files
from codat_mock.exploring.schedule import Schedule
from codat_mock.exploring.stage import Stage
from codat_mock.rehearsal import Rehearsal
from codat_mock.reports import plain
from codat_mock.reports.run import Run
from codat_mock.reports.verdict import KEPT, code_of, reasons
from codat_mock.testing.terms import Terms

EXAMPLES: Final = 100
# A company's id, and a folder for what the integration remembers.
Night = Callable[[str, Path], object]


class Broken(AssertionError):
    """The integration does not survive; the text tells what the service did."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How is explored; see `Codat.explore`."""

    examples: int
    seed: int
    replay: Path | None
    save: Path
    database: Path


def explore(rehearsal: Rehearsal, terms: Terms, night: Night, name: str, wishes: Wishes) -> None:
    """Search for what a night does not survive, or play a schedule again.

    Args:
        rehearsal: the sandbox.
        terms: what it starts from, and how its runs are judged.
        night: runs the integration.
        name: of the integration, under which what was found is kept.
        wishes: how is explored.

    Raises:
        Broken: it does not survive.
        BadFile: a file cannot be read or written.
    """
    __tracebackhide__ = True  # the text tells it all

    def judged(run: Run) -> Run:
        terms.applied(run)
        run.expected = [each for each in run.expected if each not in run.stale]
        return run

    stage = Stage(rehearsal, terms.start, terms.rules, lambda *given: ending(night, *given), judged)
    if wishes.replay:
        found = exploration.replay(stage, files.read(wishes.replay), nobody)
    else:
        # Whoever does not search needs no Hypothesis.
        from codat_mock.exploring.search import Search

        search = Search(wishes.examples, wishes.database, name, lambda _is_found: None)
        found = exploration.explore(stage, origin_of(terms, wishes.seed), search, nobody)
    if code_of(found.run) == KEPT:
        return
    lines = [*plain.lines(found.run), *reasons(found.run)]
    if found.schedule and found.schedule.events and not wishes.replay:
        files.write(wishes.save, found.schedule)
        lines.append(f"Play it again: codat.explore(…, replay={str(wishes.save)!r}).")
    raise Broken("\n".join(lines)) from found.error


def origin_of(terms: Terms, seed: int) -> Schedule:
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


def nobody() -> None:
    """Nobody has to be told before a schedule is shown: all of a test's output is caught."""
