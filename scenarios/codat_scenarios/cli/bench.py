"""`codat-mock bench`."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import click

from codat_scenarios.benchmark import ORDERS, REQUESTS, measure

EXAMPLES = """Examples:

\b
  codat-mock bench
  codat-mock bench --orders 500 --requests 100
"""


@click.command(epilog=EXAMPLES, short_help="Measure the server on this machine.")
@click.option(
    "--orders",
    type=click.IntRange(1),
    default=ORDERS,
    show_default=True,
    help="Orders in a large push.",
)
@click.option(
    "--requests",
    type=click.IntRange(1),
    default=REQUESTS,
    show_default=True,
    help="Polls and small pushes in each round.",
)
def bench(orders: int, requests: int) -> None:
    """Measure start, memory, polls and pushes, in memory and with a database file.

    Pushes are compared with the bare decoding of the same body.
    """
    with TemporaryDirectory() as folder:
        for title, options in (
            ("In memory", ()),
            ("With a database file", ("--db", str(Path(folder) / "bench.db"))),
        ):
            click.echo(title)
            for each in measure(*options, orders=orders, requests=requests):
                click.echo(f"  {each.name:44} {each.value:10,.1f} {each.unit}")
