"""`codat-mock limits`."""

from __future__ import annotations

import sys

import click
import msgspec

from codat_mock.cli import terminal
from codat_mock.http import api  # noqa: F401  (its endpoints declare the operations)
from codat_mock.http.limits import Limits
from codat_mock.http.limits import limits as all_limits
from codat_mock.http.operations import Source

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
        show(found)
    else:
        for row in rows(found):
            click.echo("\t".join(row))


def rows(found: Limits) -> list[tuple[str, Source, str, str, str]]:
    """Each operation and behaviour: source, what is assumed, what contradicts it, and section."""
    operations = [
        (
            f"{each.method} {each.path}",
            each.source,
            each.assumed,
            each.contradicted,
            each.section,
        )
        for each in found.operations
    ]
    behaviours = [
        (each.subject, each.source, each.statement, each.contradicted, each.section)
        for each in found.behaviours
    ]
    return operations + behaviours


def show(found: Limits) -> None:
    """Print them for a terminal, each as a paragraph."""
    for what, source, statement, contradicted, section in rows(found):
        terminal.echo(f"{click.style(source, COLOURS[source])}  {what}", hanging=4)
        labelled = (("", statement), ("Contradicted: ", contradicted), ("Source: ", section))
        for label, text in labelled:
            if text:
                terminal.echo(f"    {label}{text}")
