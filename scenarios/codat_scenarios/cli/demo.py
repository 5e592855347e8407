"""`codat-mock demo`."""

from __future__ import annotations

import signal
from threading import Event

import click

from codat_mock.http.server import Server, listen
from codat_mock.sandbox import SandboxRegistry
from codat_scenarios.demo.console import Screen
from codat_scenarios.demo.scenes import API_KEY, play, settings
from codat_scenarios.sandbox_driver import authorization

EXAMPLES = """Examples:

\b
  codat-mock demo
  codat-mock demo --step           wait for Enter between the scenes
  codat-mock demo --seed 7         another café with other sales
  codat-mock demo --keep           keep the mock running afterwards
"""


@click.command(epilog=EXAMPLES, short_help="Play the beta flow and three mistakes.")
@click.option("--step", is_flag=True, help="Wait for Enter between the scenes.")
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="Selects the café and its sales; the same seed prints the same output.",
)
@click.option("--keep", is_flag=True, help="Keep the server running and print its address.")
def demo(step: bool, seed: int, keep: bool) -> None:
    """Play the beta flow on a new mock, then break three rules on purpose."""
    listener = listen("127.0.0.1", 0)
    registry = SandboxRegistry(settings(seed))
    with Server(registry, listener) as server:
        play(server.address, seed, Screen(is_stepping=step))
        if keep:
            wait(server.address)


def wait(address: str) -> None:
    """Keep the server running until it is interrupted."""
    interrupted = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: interrupted.set())
    header = authorization(API_KEY)
    click.echo(f"The mock is running at {address} with the API key '{API_KEY}'.")
    click.echo("Press Ctrl+C to stop it.")
    click.echo(f"  curl -H 'Authorization: {header}' {address}/_mock/findings")
    click.echo(f"  curl -H 'Authorization: {header}' {address}/_mock/books")
    interrupted.wait()
