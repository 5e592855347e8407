"""`codat-mock company`."""

from __future__ import annotations

import click

from codat_mock.cli import terminal
from codat_mock.cli.remote_server import RemoteServer, json_option, show_json, uses_server

EXAMPLES = """Examples:

\b
  codat-mock company add "Corner Café"
  codat-mock company add "Corner Café" --accounting qhyg
  codat-mock company list
  codat-mock company authorize 8f4f0a6c-0f5e-4a53-9d0c-4f2f3c2f0d11
"""


@click.group(epilog=EXAMPLES, short_help="Create and list companies of a running server.")
def company() -> None:
    """Create and list the companies of a sandbox, without a request of the integration."""


@company.command()
@click.argument("name")
@click.option(
    "--accounting", default="gbol", show_default=True, help="Key of the accounting software."
)
@uses_server
def add(name: str, accounting: str, server: RemoteServer) -> None:
    """Create a company of that NAME that is ready to be pushed to; prints its id."""
    body = {"name": name, "accounting": accounting}
    click.echo(server.ask("POST", "/companies", body)["id"])


@company.command("list")
@json_option
@uses_server
def index(as_json: bool, server: RemoteServer) -> None:
    """List the companies, each with its id."""
    found = server.ask("GET", "/report?format=json")["companies"]
    if as_json:
        show_json([{"id": each["id"], "name": each["name"]} for each in found])
        return
    for each in found:
        terminal.echo(f"{each['id']}  {each['name']}", hanging=2)
    if not found:
        click.echo("No companies.")


@company.command()
@click.argument("company_id", metavar="ID")
@uses_server
def authorize(company_id: str, server: RemoteServer) -> None:
    """Link every connection that waits for the merchant's authorisation."""
    linked = server.ask("POST", f"/companies/{company_id}/authorize")
    for each in linked["dataConnections"]:
        terminal.echo(f"{each['platformName']}: {each['status']}")
