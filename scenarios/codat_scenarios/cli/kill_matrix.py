"""`codat-mock kill-matrix`: good and broken integrations against all rules."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, Final

import click

from codat_mock.cli import terminal

if TYPE_CHECKING:
    from codat_scenarios.kill_matrix import Matrix

EXAMPLES = """Examples:

\b
  codat-mock kill-matrix
  codat-mock kill-matrix --jobs 8 --json
"""
STYLES: Final = {True: "green", False: "bold red"}


@click.command(epilog=EXAMPLES, short_help="Show which rules catch which integrations.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=4,
    show_default=True,
    help="How many integrations run at the same time, each in a process of its own.",
)
def kill_matrix(as_json: bool, jobs: int) -> None:
    """Run good and broken integrations against a mock, and show which rules catch which.

    The exit code is 0 if exactly the rules that a broken one breaks catch it and no rule catches a
    good one, else 1.
    """
    import msgspec

    from codat_scenarios.kill_matrix.table import columns, complaints, document, summary

    matrix = watched(jobs)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(document(matrix))))
    elif sys.stdout.isatty():
        show_table(matrix)
    else:
        for result in matrix.results:
            click.echo("\t".join(columns(result)))
    if not as_json:
        terminal.echo(summary(matrix))
    for complaint in complaints(matrix):
        terminal.echo(complaint, err=True)
    if not matrix.is_complete:
        sys.exit(1)


def watched(jobs: int) -> Matrix:
    """Run all integrations, so many at the same time, with a progress bar on a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from codat_scenarios.kill_matrix import load_all, run_all

    programs = load_all()
    console = Console(stderr=True)
    what = TextColumn("{task.description}")
    bar = Progress(BarColumn(), MofNCompleteColumn(), what, console=console, transient=True)
    with bar if console.is_terminal else nullcontext():
        task = bar.add_task("", total=len(programs))
        return run_all(
            programs,
            lambda result: bar.update(task, advance=1, description=result.program.name),
            jobs=jobs,
        )


def show_table(matrix: Matrix) -> None:
    """Print the matrix as a table for a terminal."""
    from rich.console import Console
    from rich.table import Table

    from codat_scenarios.kill_matrix.table import columns

    table = Table(box=None, header_style="dim")
    for heading in ("integration", "caught by", "what it does"):
        table.add_column(heading, overflow="fold")
    for result in matrix.results:
        _, name, codes, text = columns(result)
        table.add_row(f"[{STYLES[result.is_as_expected]}]{name}[/]", codes, text)
    Console().print(table)
