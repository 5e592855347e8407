"""The verdict on a run: its exit code, and why."""

from __future__ import annotations

import signal
from collections import Counter
from typing import Final

from codat_mock.reports.run import RANKS, CommandEnd, Run
from codat_mock.rules.registry import Severity

KEPT: Final = 0
BROKEN: Final = 1
NOTHING: Final = 5
MOCK_FAILED: Final = 70
NOUNS: Final[dict[Severity, str]] = {"error": "error", "warning": "warning", "info": "note"}


def code_of(run: Run) -> int:
    """The exit code: 0 passed, 1 failed, 5 nothing observed, 70 a failure of the mock."""
    if run.failures:
        return MOCK_FAILED
    is_failed = run.command is not None and not run.command.is_success
    if is_failed or run.failing or run.stale or run.complaints:
        return BROKEN
    return NOTHING if run.is_vacuous else KEPT


def reasons(run: Run) -> list[str]:
    """The reasons for the exit code, a sentence each."""
    if run.failures:
        return [
            f"codat-mock itself failed, so there is no verdict: {run.failures[0]}."
            + (f" There are {len(run.failures)} failures." if run.failures[1:] else "")
        ]
    found = []
    if run.command and not run.command.is_success:
        found.append(f"The command {ending(run.command)}.")
    if run.failing:
        found.append(f"{counted(len(run.failing), 'finding')} at or above '{run.fail_on}'.")
    if run.stale:
        found.append(
            f"{counted(len(run.stale), 'expected finding')} not found:"
            " remove what is fixed from the file of expected findings."
        )
    found += run.complaints
    if not found and run.is_vacuous:
        question = ": does the integration send its requests to CODAT_BASE_URL?"
        reason = "Nothing was pushed, so there is nothing to judge"
        found.append(f"{reason}{question if run.command else '.'}")
    return found or [f"No finding at or above '{run.fail_on}'."]


def ending(command: CommandEnd) -> str:
    """How a command ended, as the end of a sentence."""
    if command.ending == "timed-out":
        return "exceeded --timeout, and was terminated with all its processes"
    if command.ending == "killed":
        known = {each.value: each.name for each in signal.Signals}
        return f"was killed by {known.get(command.code, f'signal {command.code}')}"
    return f"exited with code {command.code}"


def counted(count: int, noun: str, plural: str = "") -> str:
    """A number with its noun.

    Args:
        count: how many.
        noun: of one.
        plural: of more; empty for the noun and an s.
    """
    return f"{count} {noun}" if count == 1 else f"{count:,} {plural or f'{noun}s'}"


def headline(run: Run) -> str:
    """The findings in a line."""
    found = Counter(finding.severity for finding in run.judgement.findings)
    if run.is_vacuous:
        return "Nothing observed"
    parts = [counted(found[each], NOUNS[each]) for each in RANKS if found[each]]
    if not parts:
        is_clean = run.judgement.books.is_clean
        parts = ["Every rule kept" if is_clean else "No rule broken, but the books are not clean"]
    if run.complaints:
        parts.append(counted(len(run.complaints), "complaint"))
    return ", ".join(parts)


def books_line(run: Run) -> str:
    """The books in one line, which every verdict is to be read with."""
    books = run.judgement.books
    return (
        f"Books: {counted(books.documents, 'document')}, {counted(books.booked, 'record')} booked,"
        f" {books.missed:,} missed, {books.unreconciled:,} unreconciled, {books.surplus:,} surplus,"
        f" {counted(books.failed_syncs, 'sync')} failed"
    )


def coverage(run: Run) -> str:
    """How many rules were exercised, as a sentence."""
    exercised, others = run.judgement.exercised, run.judgement.not_exercised
    text = f"{counted(len(exercised), 'rule')} exercised, {len(others)} not exercised"
    dropped = run.judgement.dropped
    return f"{text}; {dropped} requests were dropped from the log" if dropped else text
