"""A run as plain lines, for a log."""

from __future__ import annotations

from codat_mock.reports import verdict
from codat_mock.reports.run import Run
from codat_mock.reports.wording import MOST_FINDINGS, more, names, one_line, records


def lines(run: Run) -> list[str]:
    """What was found, and what to do instead."""
    told = [f"codat-mock: {verdict.headline(run)}. {verdict.coverage(run)}."]
    for finding in run.judgement.findings[:MOST_FINDINGS]:
        known = ", expected" if run.is_tolerated(finding) else ""
        what = " ".join(filter(None, [finding.code, finding.name, finding.data_type]))
        told += [
            f"  {what} ({finding.severity}{known})",
            f"      {one_line(finding.message)}",
            f"      Records: {one_line(records(finding))}",
            f"      Instead: {one_line(finding.advice)}",
        ]
    told += [more(run)] if more(run) else []
    told += [f"  Expected and not found any more: {one_line(names(each))}" for each in run.stale]
    return [*told, *(f"  {one_line(note)}" for note in run.notes)]
