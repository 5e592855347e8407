"""`codat-mock reset`."""

from __future__ import annotations

import click

from codat_mock.cli.remote_server import RemoteServer, given_only, uses_server
from codat_mock.domain.dataset_lifecycle import PROFILES

EXAMPLES = """Examples:

\b
  codat-mock reset
  codat-mock reset --start-at 2022-03-21T08:00:00Z --speed frozen
"""


@click.command(epilog=EXAMPLES, short_help="Empty a sandbox of a running server.")
@click.option("--start-at", "startAt", metavar="MOMENT", help="Start its clock at this time.")
@click.option("--speed", metavar="real|xN|frozen", help="How fast its time passes.")
@click.option(
    "--profile", type=click.Choice([*PROFILES]), help="How fast its datasets are processed."
)
@uses_server
def reset(server: RemoteServer, **options: str | None) -> None:
    """Replace a sandbox by an empty one."""
    now = server.ask("POST", "/reset", given_only(dict(options)))["clock"]["now"]
    click.echo(f"The sandbox is empty; its time is {now}.")
