"""`codat-mock books`."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import click

from codat_mock.cli import terminal
from codat_mock.cli.remote_server import RemoteServer, json_option, show_json, uses_server

EXAMPLES = """Examples:

\b
  codat-mock books
  codat-mock books --csv > books.csv
  codat-mock books --json
"""


@click.command(epilog=EXAMPLES, short_help="Show the books of a running server.")
@click.option("--company", metavar="ID", help="Only the books of this company.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, a row for each line.")
@json_option
@uses_server
def books(company: str | None, as_csv: bool, as_json: bool, server: RemoteServer) -> None:
    """Show what the accounting software contains: documents, and records that are missed."""
    query = urlencode({"companyId": company} if company else {})
    if as_csv:
        click.echo(server.send("GET", f"/books?format=csv&{query}"), nl=False)
        return
    found = server.ask("GET", f"/books?format=json&{query}")
    if as_json:
        show_json(found)
        return
    for each in found["companies"]:
        show_company(each)
    if not found["companies"]:
        click.echo("No companies.")


def show_company(books: Any) -> None:
    """Print the books of a company, a line for each document and each record left out."""
    terminal.echo(f"{books['companyName']} ({books['platform'] or 'no accounting software'})")
    for each in books["documents"]:
        amount = f"{each['total']:,.2f} {each['currency']}"
        parts = [each["date"], f"{each['number']:10}", f"{amount:>16}", each["status"]]
        about = [each["contact"], each["reference"], each["note"]]
        terminal.echo("  " + "  ".join(filter(None, [*parts, *about])), hanging=4)
    for each in books["missed"]:
        terminal.echo(f"  missed: {each['dataType']} {each['key']}: {each['reason']}", hanging=4)
    for each in books["unreconciled"]:
        terminal.echo(f"  unreconciled: {each['dataType']} {each['key']}", hanging=4)
    if not books["documents"]:
        click.echo("  No documents.")
