"""`codat-mock kill-matrix`: good and broken integrations against all rules."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from codat_scenarios.kill_matrix import Matrix

EXAMPLES = """Examples:

\b
  codat-mock kill-matrix
  codat-mock kill-matrix --json
"""
STYLES: Final = {True: "green", False: "bold red"}


@click.command(epilog=EXAMPLES, short_help="Show which rules catch which integrations.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def kill_matrix(as_json: bool) -> None:
    """Run good and broken integrations against a mock, and show which rules catch which.

    The exit code is 0 if exactly the rules that a broken one breaks catch it and no rule catches a
    good one, else 1.
    """
    import msgspec

    from codat_scenarios.kill_matrix.table import columns, complaints, document, summary

    matrix = watched()
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(document(matrix))))
    elif sys.stdout.isatty():
        show_table(matrix)
    else:
        for result in matrix.results:
            click.echo("\t".join(columns(result)))
    if not as_json:
        click.echo(summary(matrix))
    for complaint in complaints(matrix):
        click.echo(complaint, err=True)
    if not matrix.is_complete:
        sys.exit(1)


def watched() -> Matrix:
    """Run all integrations, with a progress bar on a terminal."""
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
        )


def show_table(matrix: Matrix) -> None:
    """Print the matrix as a table for a terminal."""
    from rich.console import Console
    from rich.table import Table

    from codat_scenarios.kill_matrix.table import columns

    table = Table(box=None, header_style="dim")
    table.add_column("integration", no_wrap=True)
    table.add_column("caught by", no_wrap=True)
    table.add_column("what it does")
    for result in matrix.results:
        _, name, codes, text = columns(result)
        table.add_row(f"[{STYLES[result.is_as_expected]}]{name}[/]", codes, text)
    Console().print(table)
