"""`codat-mock demo`."""

from __future__ import annotations

import signal
import webbrowser
from threading import Event

import click
import httpx
from msgspec.structs import replace

from codat_mock.http.portal.presentation import PATH, Presentation, present
from codat_mock.http.server import Server
from codat_scenarios.demo.console import Screen
from codat_scenarios.demo.presentation import Show
from codat_scenarios.demo.scenes import API_KEY, play, settings

EXAMPLES = """Examples:

\b
  codat-mock demo
  codat-mock demo --present        in a browser, for an audience
  codat-mock demo --step           wait for Enter between the scenes
  codat-mock demo --seed 7         another café with other sales
  codat-mock demo --keep           keep the mock running afterwards
"""
PAGES = (
    ("the portal", "/portal"),
    ("the books", "/portal/books"),
    ("the findings", "/portal/findings"),
    ("the report", "/_mock/report?format=html"),
)


@click.command(epilog=EXAMPLES, short_help="Play the beta flow and three mistakes.")
@click.option(
    "--present", "is_presented", is_flag=True, help="Play in a browser: an arrow key leads on."
)
@click.option("--step", is_flag=True, help="Wait for Enter between the scenes.")
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="Selects the café and its sales; the same seed prints the same output.",
)
@click.option("--keep", is_flag=True, help="Keep the server running and print its address.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default="any free one",
    help="The port of the mock.",
)
def demo(is_presented: bool, step: bool, seed: int, keep: bool, port: int) -> None:
    """Play the beta flow on a new mock, then break three rules on purpose."""
    if is_presented and step:
        raise click.UsageError("--present and --step are two ways to go from scene to scene.")
    try:
        # The key is the only one, so that pages find the sandbox without it.
        server = Server.bind(replace(settings(seed), api_keys=(API_KEY,)), port=port)
    except OSError as error:
        raise click.ClickException(f"Port {port} cannot be used: {error.strerror}.") from None
    with server:
        if is_presented:
            present_in_browser(server, seed)
            return
        if step:
            click.echo(f"The mock is at {server.address}; look at {server.address}/portal.")
        play(server.address, seed, Screen(is_stepping=step))
        if step or keep:
            show_pages(server.address)
        if keep:
            click.echo("Press Ctrl+C to stop it.")
            wait()
        elif step:
            click.prompt("Press Enter to stop it", "", show_default=False, prompt_suffix=" ")


def show_pages(address: str) -> None:
    """Print where to look at what happened."""
    click.echo(f"\nThe mock is running at {address} with the API key '{API_KEY}'.")
    for name, path in PAGES:
        click.echo(f"  {name}: {address}{path}")


def present_in_browser(server: Server, seed: int) -> None:
    """Show the scenes in a browser, until the server is interrupted.

    Args:
        server: shows them.
        seed: selects the café and its sales.
    """
    with httpx.Client(base_url=server.address, trust_env=False) as http:
        present(server.app, Presentation(Show(http, seed).scenes()))
        url = f"{server.address}{PATH}"
        click.echo(f"The presentation is at {url}.")
        click.echo("In the browser: an arrow to the right leads on, one to the left back.")
        click.echo("Press Ctrl+C to stop it.")
        webbrowser.open(url)
        wait()


def wait() -> None:
    """Wait until the program is interrupted."""
    interrupted = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: interrupted.set())
    interrupted.wait()
