"""A run as plain lines, for a log."""

from __future__ import annotations

from codat_mock.reports import verdict
from codat_mock.reports.run import Run
from codat_mock.reports.wording import (
    MAX_FINDINGS,
    label,
    more,
    names,
    one_line,
    read_more,
    records,
)


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
    return [*found, *(f"  {one_line(note)}" for note in run.notes)]
