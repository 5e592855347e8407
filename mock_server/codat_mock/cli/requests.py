"""`codat-mock requests`."""

from __future__ import annotations

import sys
from typing import Any, Final
from urllib.parse import urlencode

import click

from codat_mock.cli import terminal
from codat_mock.cli.remote_server import (
    RemoteServer,
    given_only,
    json_option,
    show_json,
    uses_server,
)
from codat_mock.reports.wording import short

EXAMPLES = """Examples:

\b
  codat-mock requests
  codat-mock requests --status 400 --operation push-orders
  codat-mock requests --code S03
  codat-mock requests 12                 one request with its bodies
  codat-mock requests --har > traffic.har
"""
FILTERS: Final = ("method", "path", "status", "operation", "companyId", "code")


@click.command("requests", epilog=EXAMPLES, short_help="Show the requests of a running server.")
@click.argument("number", type=click.IntRange(min=1), required=False)
@click.option("--method", help="Only requests of this method.")
@click.option("--path", help="Only requests to this path; * stands for any characters.")
@click.option("--status", type=int, help="Only requests with this answer.")
@click.option("--operation", metavar="NAME", help="Only of this operation, such as push-orders.")
@click.option("--company", "companyId", metavar="ID", help="Only requests of this company.")
@click.option("--code", help="Only requests that broke this rule.")
@click.option(
    "--limit", type=click.IntRange(0, 999_999), default=100, show_default=True, help="At most."
)
@click.option("--har", "as_har", is_flag=True, help="Print all requests as HAR.")
@json_option
@uses_server
def requests(
    number: int | None,
    limit: int,
    as_har: bool,
    as_json: bool,
    server: RemoteServer,
    **filters: Any,
) -> None:
    """Show the latest requests of the integration, or the one of that NUMBER."""
    if as_har:
        click.echo(server.send("GET", "/requests?format=har"), nl=False)
    elif number is not None:
        found = server.ask("GET", f"/requests/{number}")
        show_json(found) if as_json else show_one(found)
    else:
        query = urlencode({**given_only(filters), "limit": limit})
        found = server.ask("GET", f"/requests?{query}")
        show_json(found) if as_json else show_list(found)


def show_list(found: Any) -> None:
    """Print requests, a line each."""
    for each in found["requests"]:
        terminal.echo(line_of(each), hanging=8)
    left = found["count"] - len(found["requests"])
    if left > 0:
        click.echo(f"{left} earlier requests; --limit shows more.")
    if not found["count"]:
        click.echo("No requests.")


def show_one(found: Any) -> None:
    """Print a request with its bodies."""
    terminal.echo(line_of(found["request"]), hanging=8)
    for heading, body in found["bodies"].items():
        cut = " … cut; --har prints all" if heading in found["cut"] else ""
        terminal.echo(f"{heading}: {body or 'nothing'}{cut}", hanging=2)


def line_of(entry: Any) -> str:
    """A request in a line."""
    path = short(entry["path"]) if sys.stdout.isatty() else entry["path"]
    query = f"?{entry['query']}" if entry["query"] else ""
    codes = [each["code"] for each in entry["findings"]]
    lost = ["lost"] if entry["isLost"] else []
    parts = [f"{entry['number']:>5} ", entry["at"], entry["method"], f"{path}{query}"]
    return " ".join([*parts, str(entry["status"]), *lost, *codes])
