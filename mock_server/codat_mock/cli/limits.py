"""`codat-mock limits`."""

from __future__ import annotations

import sys

import click
import msgspec

from codat_mock.http import api  # noqa: F401  (its endpoints declare the operations)
from codat_mock.http.operations import Source
from codat_mock.http.provenance import Limits
from codat_mock.http.provenance import limits as all_limits

EXAMPLES = """Examples:

\b
  codat-mock limits
  codat-mock limits --json
"""
COLOURS = {"guide": "green", "reference": "cyan", "assumed": "yellow"}


@click.command(
    epilog=EXAMPLES, short_help="Show what is known of the real service, and what is assumed."
)
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def limits(as_json: bool) -> None:
    """Show what is known of the real service, and what is assumed."""
    found = all_limits()
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found)))
    elif sys.stdout.isatty():
        show_table(found)
    else:
        for row in rows(found):
            click.echo("\t".join(row))


def rows(found: Limits) -> list[tuple[str, Source, str, str]]:
    """Each operation and behaviour: its source, what of it is assumed, what contradicts it."""
    operations = [
        (f"{each.method} {each.path}", each.source, each.assumed, each.contradicted)
        for each in found.operations
    ]
    behaviours = [
        (each.subject, each.source, each.statement, each.contradicted) for each in found.behaviours
    ]
    return operations + behaviours


def show_table(found: Limits) -> None:
    """Print them as a table."""
    from rich.console import Console
    from rich.table import Table

    table = Table("operation or behaviour", "source", "assumed, or in short", "contradicted")
    for what, source, statement, contradicted in rows(found):
        table.add_row(what, f"[{COLOURS[source]}]{source}", statement, contradicted)
    Console().print(table)
