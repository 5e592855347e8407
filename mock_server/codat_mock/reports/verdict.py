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
OURS: Final = 70
NOUNS: Final[dict[Severity, str]] = {"error": "error", "warning": "warning", "info": "note"}


def code_of(run: Run) -> int:
    """The exit code: 0 kept, 1 broken or the command failed, 5 nothing observed, 70 our fault."""
    if run.failures:
        return OURS
    is_failed = run.command is not None and not run.command.is_success
    if is_failed or run.failing or run.stale or run.complaints:
        return BROKEN
    return NOTHING if run.is_vacuous else KEPT


def reasons(run: Run) -> list[str]:
    """Why the exit code is what it is, a sentence each."""
    if run.failures:
        return [
            f"codat-mock itself failed, so that there is no verdict: {run.failures[0]}."
            + (f" There are {len(run.failures)} failures." if run.failures[1:] else "")
        ]
    found = []
    if run.command and not run.command.is_success:
        found.append(f"The command {ending(run.command)}.")
    if run.failing:
        found.append(f"{counted(len(run.failing), 'finding')} at or above '{run.fail_on}'.")
    if run.stale:
        found.append(
            f"{counted(len(run.stale), 'expected finding')} did not occur any more:"
            " take what is mended out of the file of expected findings."
        )
    found += run.complaints
    if not found and run.is_vacuous:
        question = ": does the integration send its requests to CODAT_BASE_URL?"
        told = "Nothing was pushed, so that there is nothing to judge"
        found.append(f"{told}{question if run.command else '.'}")
    return found or ["No rule was broken that would fail the run."]


def ending(command: CommandEnd) -> str:
    """How a command ended, to end a sentence with."""
    if command.ending == "timed-out":
        return "did not end within --timeout, and was ended with all it had started"
    if command.ending == "killed":
        known = {each.value: each.name for each in signal.Signals}
        return f"was killed by {known.get(command.code, f'signal {command.code}')}"
    return f"ended with exit code {command.code}"


def counted(count: int, noun: str) -> str:
    """A number of things."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def headline(run: Run) -> str:
    """The findings in a line."""
    found = Counter(finding.severity for finding in run.judgement.findings)
    if run.is_vacuous:
        return "Nothing observed"
    told = [counted(found[each], NOUNS[each]) for each in RANKS if found[each]]
    told = told or ["Every rule kept"]
    if run.complaints:
        told.append(counted(len(run.complaints), "complaint"))
    return ", ".join(told)


def coverage(run: Run) -> str:
    """How many rules had an occasion, as a sentence."""
    judged, spared = run.judgement.exercised, run.judgement.not_exercised
    told = f"{counted(len(judged), 'rule')} had an occasion, {len(spared)} had none"
    dropped = run.judgement.dropped
    return f"{told}; {dropped} requests were not kept" if dropped else told
