"""`codat-mock outcome`."""

from __future__ import annotations

from typing import Any, get_args

import click

from codat_mock.cli.remote_server import ask, asks_a_server, without_gaps
from codat_mock.domain.dataset_lifecycle import PROFILES, QUEUED_ROUTE
from codat_mock.models.datasets import DataType

EXAMPLES = """Examples:

\b
  codat-mock outcome add dataset MapError --message "No account fits."
  codat-mock outcome add dataset --stuck-in Processing --data-type commerce-orders
  codat-mock outcome add dataset --profile slow --count 3
  codat-mock outcome add sync BillingExpired
  codat-mock outcome list
  codat-mock outcome clear
"""


@click.group(epilog=EXAMPLES, short_help="Plan how datasets and syncs end.")
def outcome() -> None:
    """Plan how the next datasets and syncs of a running server end."""


@outcome.command()
@click.argument("target", type=click.Choice(["dataset", "sync"]))
@click.argument("end", default="Complete")
@click.option("--message", help="What is told of the error.")
@click.option("--company", "companyId", metavar="ID", help="Of this company only.")
@click.option("--data-type", "dataType", type=click.Choice(get_args(DataType)))
@click.option("--profile", type=click.Choice([*PROFILES]), help="How fast it goes.")
@click.option(
    "--seconds", "durations", type=float, multiple=True, help="One for each step; repeat it."
)
@click.option("--stuck-in", "stuckIn", type=click.Choice(QUEUED_ROUTE[:-1]))
@click.option("--count", type=click.IntRange(min=1), default=1, show_default=True)
@asks_a_server
def add(target: str, end: str, url: str, api_key: str | None, **options: Any) -> None:
    """Plan one; END is a dataset's last status, or the name of a sync's end."""
    body = {"target": target, "outcome": end, **without_gaps(options)}
    show(ask("POST", "/outcomes", url, api_key, body))


@outcome.command("list")
@asks_a_server
def index(url: str, api_key: str | None) -> None:
    """Show what is still to come."""
    show(ask("GET", "/outcomes", url, api_key))


@outcome.command()
@asks_a_server
def clear(url: str, api_key: str | None) -> None:
    """Let everything go its own way again."""
    show(ask("DELETE", "/outcomes", url, api_key))


def show(told: Any) -> None:
    """Print what is planned, a line each."""
    for planned in told["outcomes"]:
        left = planned.pop("count")
        parts = (f"{name}={value}" for name, value in planned.items() if value not in (None, ""))
        click.echo(f"{left} x {' '.join(parts)}")
    if not told["outcomes"]:
        click.echo("Nothing is planned.")
