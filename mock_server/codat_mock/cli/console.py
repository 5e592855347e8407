"""Prints a run: a table on a terminal, plain lines to a log."""

from __future__ import annotations

import sys

import click

from codat_mock.reports import text, verdict
from codat_mock.reports.run import Run
from codat_mock.reports.wording import (
    MAX_FINDINGS,
    more,
    names,
    one_line,
    read_more,
    records,
    short,
)
from codat_mock.rules.judge import Finding

COLOURS = {"error": "red", "warning": "yellow", "info": "cyan"}
OUTCOMES = {verdict.KEPT: "green", verdict.NOTHING: "yellow"}


def print_run(run: Run) -> None:
    """Print a run."""
    if sys.stdout.isatty():
        show_table(run)
    else:
        click.echo("\n".join(plain_lines(run)))


def plain_lines(run: Run) -> list[str]:
    """A run as plain lines."""
    return ["", *text.lines(run), *conclusion(run)]


def conclusion(run: Run) -> list[str]:
    """The exit code of the command, and our own with its reasons."""
    lines = [f"The command {verdict.ending(run.command)}."] if run.command else []
    lines += map(one_line, run.complaints)
    why = " ".join(reason for reason in verdict.reasons(run) if one_line(reason) not in lines)
    why = why or "See above."
    return [*lines, one_line(f"codat-mock exits with code {verdict.code_of(run)}. {why}")]


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
    console.print(Text(f"{verdict.books_line(run)}."))
    if run.judgement.findings:
        table = Table(show_lines=True)
        for heading in ("rule", "finding and advice"):
            table.add_column(heading, overflow="fold")
        for finding in run.judgement.findings[:MAX_FINDINGS]:
            table.add_row(*(Text.assemble(*cell) for cell in cells(run, finding)))
        console.print(table)
        console.print(Text(more(run)), end="\n" if more(run) else "")
    for each in run.stale:
        console.print(Text(f"Expected, but not found: {one_line(names(each))}", "yellow"))
    for note in run.notes:
        console.print(Text(one_line(note)))
    for line in text.failure_lines(run):
        console.print(Text(line))
    for line in conclusion(run):
        console.print(Text(line, colour if line.startswith("codat-mock") else ""))


def cells(run: Run, finding: Finding) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """A finding as two cells, each a list of texts with their styles."""
    suffix = " (expected)" if run.is_tolerated(finding) else ""
    colour = COLOURS[finding.severity]
    rule = [
        (f"{finding.code} ", f"bold {colour}"),
        (f"{finding.severity}{suffix}\n", colour),
        (finding.name, "dim"),
    ]
    description = [
        (f"{one_line(finding.message)}\n", ""),
        (f"{one_line(f'{finding.data_type}: {records(finding)}')}\n".removeprefix(": "), "dim"),
        (f"{short(one_line(finding.advice))}\n", "green"),
        (read_more(finding), "dim"),
    ]
    return rule, description
