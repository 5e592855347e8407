"""`codat-mock sandbox`."""

from __future__ import annotations

import click

from codat_mock.cli import terminal
from codat_mock.cli.remote_server import RemoteServer, json_option, show_json, uses_server

EXAMPLES = """Examples:

\b
  codat-mock sandbox list
  codat-mock findings --url http://127.0.0.1:4620/sandbox/NAME
"""


@click.group(epilog=EXAMPLES, short_help="List the sandboxes of a running server.")
def sandbox() -> None:
    """List the sandboxes of a running server; other commands select one by --api-key or --url."""


@sandbox.command("list")
@json_option
@uses_server
def index(as_json: bool, server: RemoteServer) -> None:
    """List the sandboxes: name, owner, time, companies and requests."""
    found = server.ask("GET", "/sandboxes")
    if as_json:
        show_json(found)
        return
    for each in found["sandboxes"]:
        counts = f"{each['companies']} companies, {each['requests']} requests"
        label = f" ({each['label']})" if each["label"] != each["name"] else ""
        terminal.echo(f"{each['name']}{label}  {each['now']}  {counts}", hanging=2)
    if not found["sandboxes"]:
        click.echo("No sandboxes.")
