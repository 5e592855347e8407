"""A run as plain lines, for a log."""

from __future__ import annotations

from collections.abc import Sequence

from codat_mock.reports import verdict
from codat_mock.reports.run import Run
from codat_mock.reports.wording import (
    MAX_FINDINGS,
    MAX_REPORTS,
    PLEASE,
    label,
    more,
    names,
    one_line,
    read_more,
    records,
    short,
)


def first_line(run: Run, reasons: Sequence[str]) -> str:
    """Why a test fails, for the one line of a summary: the rule and the record before all else.

    Args:
        run: the run of the test.
        reasons: why it fails, a sentence each; one at least.
    """
    if not run.failing:
        return one_line(reasons[0])
    worst = run.failing[0]
    record = short(one_line(next(iter(worst.records), "")))
    return f"{worst.code} {record}".rstrip() + f": {short(one_line(worst.message))}"


def lines(run: Run) -> list[str]:
    """The findings with their advice, and the notes."""
    found = [f"codat-mock: {verdict.headline(run)}. {verdict.coverage(run)}."]
    found.append(f"  {verdict.books_line(run)}.")
    for finding in run.judgement.findings[:MAX_FINDINGS]:
        suffix = ", expected" if run.is_tolerated(finding) else ""
        title = " ".join(filter(None, [finding.code, finding.name, finding.data_type]))
        found += [
            f"  {title} ({finding.severity}{suffix})",
            f"      {one_line(finding.message)}",
            f"      {label(finding)}: {one_line(records(finding))}",
            f"      Instead: {one_line(finding.advice)}",
            f"      {read_more(finding)}",
        ]
    found += [more(run)] if more(run) else []
    found += [f"  Expected, but not found: {one_line(names(each))}" for each in run.stale]
    return [*found, *(f"  {one_line(note)}" for note in run.notes), *failure_lines(run)]


def failure_lines(run: Run) -> list[str]:
    """What to send to the authors of the mock where it has failed."""
    found = []
    for report in run.failure_reports[:MAX_REPORTS]:
        found += [f"  {PLEASE}", *(f"      {line}" for line in report.splitlines())]
    return found
