"""`codat-mock outcome`."""

from __future__ import annotations

from typing import Any, get_args

import click

from codat_mock.cli import terminal
from codat_mock.cli.remote_server import RemoteServer, given_only, uses_server
from codat_mock.domain.dataset_lifecycle import PROFILES, QUEUED_ROUTE
from codat_mock.models.datasets import DataType

EXAMPLES = """Examples:

\b
  codat-mock outcome add dataset MapError --message "No account fits."
  codat-mock outcome add dataset --stuck-in Mapping --count 2
  codat-mock outcome add dataset --profile slow --count 3
  codat-mock outcome add sync BillingExpired
  codat-mock outcome list
  codat-mock outcome clear
"""


@click.group(epilog=EXAMPLES, short_help="Plan the outcomes of datasets and syncs.")
def outcome() -> None:
    """Plan the outcomes of the next datasets and syncs of a running server."""


@outcome.command()
@click.argument("target", type=click.Choice(["dataset", "sync"]))
@click.argument("end", default="Complete")
@click.option("--message", help="Error message.")
@click.option("--company", "companyId", metavar="ID", help="Only those of this company.")
@click.option("--data-type", "dataType", type=click.Choice(get_args(DataType)))
@click.option(
    "--profile", type=click.Choice([*PROFILES]), help="How fast the dataset is processed."
)
@click.option(
    "--seconds",
    "durations",
    type=float,
    multiple=True,
    help="Duration of a step; repeat it for each step.",
)
@click.option(
    "--stuck-in",
    "stuckIn",
    metavar="STATUS",
    type=click.Choice(QUEUED_ROUTE[:-1]),
    help=f"Never leave this status: {', '.join(QUEUED_ROUTE[:-1])}.",
)
@click.option("--count", type=click.IntRange(min=1), default=1, show_default=True)
@uses_server
def add(target: str, end: str, server: RemoteServer, **options: Any) -> None:
    """Plan an outcome; END is the last status of a dataset, or the outcome of a sync."""
    body = {"target": target, "outcome": end, **given_only(options)}
    show(server.ask("POST", "/outcomes", body))


@outcome.command("list")
@uses_server
def index(server: RemoteServer) -> None:
    """List the outcomes that are still to come."""
    show(server.ask("GET", "/outcomes"))


@outcome.command()
@uses_server
def clear(server: RemoteServer) -> None:
    """Remove all planned outcomes."""
    show(server.ask("DELETE", "/outcomes"))


def show(answer: Any) -> None:
    """Print the planned outcomes, one per line."""
    for planned in answer["outcomes"]:
        left = planned.pop("count")
        parts = (f"{name}={value}" for name, value in planned.items() if value not in (None, ""))
        terminal.echo(f"{left} x {' '.join(parts)}")
    if not answer["outcomes"]:
        terminal.echo("No outcomes planned.")
