"""A run on the terminal: a table for a person, plain lines for a log."""

from __future__ import annotations

import sys

import click

from codat_mock.reports import verdict
from codat_mock.reports.run import Run
from codat_mock.reports.wording import names, records
from codat_mock.rules.judging import Finding

COLOURS = {"error": "red", "warning": "yellow", "info": "cyan"}
OUTCOMES = {verdict.KEPT: "green", verdict.NOTHING: "yellow"}


def tell(run: Run) -> None:
    """Print a run."""
    if sys.stdout.isatty():
        show_table(run)
    else:
        click.echo("\n".join(plain_lines(run)))


def plain_lines(run: Run) -> list[str]:
    """A run as plain lines."""
    lines = ["", f"codat-mock: {verdict.headline(run)}. {verdict.coverage(run)}."]
    for finding in run.judgement.findings:
        known = ", expected" if run.is_tolerated(finding) else ""
        what = " ".join(filter(None, [finding.code, finding.name, finding.data_type]))
        lines += [
            f"  {what} ({finding.severity}{known})",
            f"      {finding.message}",
            f"      Records: {records(finding)}",
            f"      Instead: {finding.advice}",
        ]
    lines += [f"  Expected and not found any more: {names(each)}" for each in run.stale]
    return [*lines, *ends(run)]


def ends(run: Run) -> list[str]:
    """Both exit codes, and why ours is what it is."""
    lines = [f"The command {verdict.ending(run.command)}."] if run.command else []
    why = " ".join(reason for reason in verdict.reasons(run) if reason not in lines)
    return [*lines, f"codat-mock ends with exit code {verdict.code_of(run)}. {why}".rstrip()]


def show_table(run: Run) -> None:
    """Print a run as a table."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    colour = OUTCOMES.get(verdict.code_of(run), "red")
    console.print()
    console.print(Text(f"codat-mock: {verdict.headline(run)}", f"bold {colour}"))
    console.print(Text(f"{verdict.coverage(run)}.", "dim"))
    if run.judgement.findings:
        table = Table("rule", "what was found, and what to do instead", show_lines=True)
        for finding in run.judgement.findings:
            table.add_row(*(Text.assemble(*cell) for cell in cells(run, finding)))
        console.print(table)
    for each in run.stale:
        console.print(Text(f"Expected and not found any more: {names(each)}", "yellow"))
    for line in ends(run):
        console.print(Text(line, colour if line.startswith("codat-mock") else ""))


def cells(run: Run, finding: Finding) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """A finding as two cells, each of parts with their style."""
    known = " (expected)" if run.is_tolerated(finding) else ""
    colour = COLOURS[finding.severity]
    rule = [
        (f"{finding.code} ", f"bold {colour}"),
        (f"{finding.severity}{known}\n", colour),
        (finding.name, "dim"),
    ]
    what = [
        (f"{finding.message}\n", ""),
        (f"{finding.data_type}: {records(finding)}\n".removeprefix(": "), "dim"),
        (finding.advice, "green"),
    ]
    return rule, what
