"""`codat-mock rules`."""

from __future__ import annotations

import sys

import click
import msgspec

from codat_mock.cli import terminal
from codat_mock.rules import BrokenRules, rulebook
from codat_mock.rules.registry import Rule, describe

EXAMPLES = """Examples:

\b
  codat-mock rules
  codat-mock rules | grep delete   each rule in a line, with its statement
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
        show()
    else:
        for rule in rulebook():
            click.echo("\t".join(columns(rule)))


def columns(rule: Rule) -> tuple[str, ...]:
    """A rule in one line."""
    return rule.code, rule.severity, rule.name, rule.statement, rule.source


def show() -> None:
    """Print the rules beside each other for a terminal, so that they fit a screen."""
    cells = [f"{each.code} {each.severity:8}{each.name}" for each in rulebook()]
    table = terminal.in_columns(cells, terminal.width())
    for severity, colour in COLOURS.items():
        table = table.replace(f" {severity:8}", f" {click.style(f'{severity:8}', colour)}")
    click.echo(table)
    terminal.echo("'codat-mock explain CODE' explains a rule; 'codat-mock rules | cat' prints all.")
