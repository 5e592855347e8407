"""`codat-mock fault`."""

from __future__ import annotations

from typing import Any, Final, get_args

import click

from codat_mock.cli.remote_server import ask, given_only, uses_server
from codat_mock.models.faults import Fault

EXAMPLES = """Examples:

\b
  codat-mock fault add refuse --status 503 --retry-after 30 --at 1
  codat-mock fault add lose --by reset --operation push-orders --at 2 --at 3
  codat-mock fault add delay --between 0.5 2
  codat-mock fault add slow --bytes-per-second 20
  codat-mock fault add spoil --how truncated --operation get-dataset
  codat-mock fault add unreachable --seconds 3 --at 1
  codat-mock fault add maintenance --seconds 600
  codat-mock fault add elapse --seconds 3600 --operation get-dataset --at 2
  codat-mock fault list
  codat-mock fault clear
"""
KINDS: Final = [str(each.__struct_config__.tag) for each in get_args(Fault)]


@click.group(epilog=EXAMPLES, short_help="Make requests to a running server fail.")
def fault() -> None:
    """Make requests to a running server fail: refused, lost, slow, late or garbled."""


@fault.command()
@click.argument("kind", type=click.Choice(KINDS))
@click.option(
    "--operation", metavar="NAME", help="Only requests of this operation, such as push-orders."
)
@click.option("--company", "companyId", metavar="ID", help="Only requests of this company.")
@click.option(
    "--at",
    type=click.IntRange(min=1),
    multiple=True,
    help="Only the Nth matching request; can be repeated.",
)
@click.option("--status", type=click.IntRange(400, 599), help="refuse: status of the answer.")
@click.option(
    "--retry-after", "retryAfter", type=int, metavar="SECONDS", help="refuse: Retry-After."
)
@click.option(
    "--by", type=click.Choice(["close", "reset", "hang", "bad-gateway"]), help="lose: how."
)
@click.option("--seconds", type=float, help="delay, unreachable, maintenance, elapse: duration.")
@click.option("--between", type=(float, float), help="delay: minimum and maximum, in seconds.")
@click.option("--mean", type=float, help="delay: mean of an exponential distribution, in seconds.")
@click.option("--bytes-per-second", "bytesPerSecond", type=int, help="slow: rate of the answer.")
@click.option(
    "--how",
    type=click.Choice(["truncated", "wrong-json", "wrong-type"]),
    help="spoil: how the answer is garbled.",
)
@uses_server
def add(kind: str, url: str, api_key: str | None, **options: Any) -> None:
    """Plan a fault."""
    body = {"faults": [{"kind": kind, **given_only(options)}]}
    show(ask("POST", "/faults", url, api_key, body))


@fault.command("list")
@uses_server
def index(url: str, api_key: str | None) -> None:
    """List the faults, with the number of requests they have hit."""
    show(ask("GET", "/faults", url, api_key))


@fault.command()
@uses_server
def clear(url: str, api_key: str | None) -> None:
    """Remove all faults."""
    show(ask("DELETE", "/faults", url, api_key))


def show(answer: Any) -> None:
    """Print the faults, one per line."""
    for counted in answer["faults"]:
        planned = counted["fault"]
        kind = planned.pop("kind")
        parts = (f"{name}={value}" for name, value in planned.items() if value not in (None, []))
        click.echo(f"{counted['hits']} of {counted['seen']} hit: {' '.join([kind, *parts])}")
    if not answer["faults"]:
        click.echo("No faults planned.")
