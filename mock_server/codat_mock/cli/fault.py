"""`codat-mock fault`."""

from __future__ import annotations

from typing import Any, Final, get_args

import click

from codat_mock.cli.remote_server import ask, asks_a_server, without_gaps
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


@click.group(epilog=EXAMPLES)
def fault() -> None:
    """Plan trouble on the wire of a running server."""


@fault.command()
@click.argument("kind", type=click.Choice(KINDS))
@click.option("--operation", metavar="NAME", help="Only this operation, such as push-orders.")
@click.option("--company", "companyId", metavar="ID", help="Only of this company.")
@click.option("--at", type=click.IntRange(min=1), multiple=True, help="Which one; repeat it.")
@click.option("--status", type=click.IntRange(400, 599), help="refuse: the answer's status.")
@click.option("--retry-after", "retryAfter", type=int, metavar="SECONDS", help="refuse: told so.")
@click.option("--by", type=click.Choice(["close", "reset", "hang", "bad-gateway"]), help="lose")
@click.option("--seconds", type=float, help="delay, unreachable, maintenance, elapse: how long.")
@click.option("--between", type=(float, float), help="delay: the least and the most.")
@click.option("--mean", type=float, help="delay: the mean of an exponential distribution.")
@click.option("--bytes-per-second", "bytesPerSecond", type=int, help="slow")
@click.option("--how", type=click.Choice(["truncated", "wrong-json", "wrong-type"]), help="spoil")
@asks_a_server
def add(kind: str, url: str, api_key: str | None, **options: Any) -> None:
    """Plan one."""
    body = {"faults": [{"kind": kind, **without_gaps(options)}]}
    show(ask("POST", "/faults", url, api_key, body))


@fault.command("list")
@asks_a_server
def index(url: str, api_key: str | None) -> None:
    """Show the faults, and how many requests they have hit."""
    show(ask("GET", "/faults", url, api_key))


@fault.command()
@asks_a_server
def clear(url: str, api_key: str | None) -> None:
    """Forget them all."""
    show(ask("DELETE", "/faults", url, api_key))


def show(told: Any) -> None:
    """Print the faults, a line each."""
    for counted in told["faults"]:
        planned = counted["fault"]
        kind = planned.pop("kind")
        parts = (f"{name}={value}" for name, value in planned.items() if value not in (None, []))
        click.echo(f"{counted['hits']} of {counted['seen']} hit: {' '.join([kind, *parts])}")
    if not told["faults"]:
        click.echo("Nothing is planned.")
