"""`codat-mock findings`."""

from __future__ import annotations

import sys

import click

from codat_mock.cli import terminal
from codat_mock.cli.remote_server import RemoteServer, json_option, show_json, uses_server
from codat_mock.control_client import read_run
from codat_mock.reports import text
from codat_mock.reports.wording import short

EXAMPLES = """Examples:

\b
  codat-mock findings
  codat-mock findings --json
"""


@click.command(epilog=EXAMPLES, short_help="Show the findings of a running server.")
@json_option
@uses_server
def findings(as_json: bool, server: RemoteServer) -> None:
    """Show the rules that the integration has broken until now, each with what to do instead."""
    if as_json:
        show_json(server.ask("GET", "/findings"))
        return
    lines = text.lines(read_run(server.send("GET", "/report?format=json")))
    for line in lines:
        terminal.echo(short(line) if sys.stdout.isatty() else line)
