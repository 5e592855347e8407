"""`codat-mock delete-connection`."""

from __future__ import annotations

import click

from codat_mock.cli import terminal
from codat_mock.cli.remote_server import RemoteServer, uses_server

EXAMPLES = """Examples:

\b
  codat-mock delete-connection 8f4f0a6c-0f5e-4a53-9d0c-4f2f3c2f0d11
"""


@click.command(
    "delete-connection", epilog=EXAMPLES, short_help="Delete a sync connection, as a merchant can."
)
@click.argument("company")
@uses_server
def delete_connection(company: str, server: RemoteServer) -> None:
    """Delete the sync connection of a COMPANY (its id), as its merchant can."""
    answer = server.ask("POST", f"/companies/{company}/delete-connection")
    for connection in answer["dataConnections"]:
        terminal.echo(f"{connection['platformName']}: {connection['status']}")
