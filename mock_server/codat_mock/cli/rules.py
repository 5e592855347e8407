"""`codat-mock rules`."""

from __future__ import annotations

import sys

import click
import msgspec

from codat_mock.rules import BrokenRules, rulebook
from codat_mock.rules.registry import Rule, describe

EXAMPLES = """Examples:

\b
  codat-mock rules
  codat-mock rules --json
"""
COLOURS = {"error": "red", "warning": "yellow", "info": "cyan"}


@click.command(epilog=EXAMPLES)
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def rules(as_json: bool) -> None:
    """List the rules that the mock checks."""
    try:
        rulebook()
    except BrokenRules as error:
        raise click.UsageError(str(error)) from error
    if as_json:
        descriptions = [describe(rule) for rule in rulebook()]
        click.echo(msgspec.json.format(msgspec.json.encode({"rules": descriptions})))
    elif sys.stdout.isatty():
        show_table()
    else:
        for rule in rulebook():
            click.echo("\t".join(columns(rule)))


def columns(rule: Rule) -> tuple[str, ...]:
    """A rule in one line."""
    return rule.code, rule.severity, rule.name, rule.statement, rule.source


def show_table() -> None:
    """Print the rules as a table."""
    from rich.console import Console
    from rich.table import Table

    table = Table("code", "severity")
    table.add_column("name", no_wrap=True)  # `explain` accepts it, whole
    table.add_column("statement")
    table.add_column("source")
    for rule in rulebook():
        code, severity, *rest = columns(rule)
        table.add_row(code, f"[{COLOURS[severity]}]{severity}", *rest)
    Console().print(table)
