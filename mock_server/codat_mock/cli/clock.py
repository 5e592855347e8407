"""`codat-mock clock`."""

from __future__ import annotations

import re
from typing import Any, Final

import click

from codat_mock.cli import terminal
from codat_mock.cli.remote_server import RemoteServer, uses_server

EXAMPLES = """Examples:

\b
  codat-mock clock show
  codat-mock clock advance 9h
  codat-mock clock advance 1d12h30m
  codat-mock clock set 2022-03-22T09:00:00Z
  codat-mock clock next
  codat-mock clock close-day
"""
UNITS: Final = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
PART: Final = r"(\d+(?:\.\d+)?)([dhms])"


@click.group(epilog=EXAMPLES, short_help="Read and move the clock of a running server.")
def clock() -> None:
    """Read and move the clock of a sandbox; what is due on the way happens in order."""


@clock.command()
@uses_server
def show(server: RemoteServer) -> None:
    """Show the time, and when something happens next."""
    tell(server.ask("GET", "/clock"))


@clock.command()
@click.argument("duration")
@uses_server
def advance(duration: str, server: RemoteServer) -> None:
    """Move the clock forward by a DURATION, such as 9h, 90m or 1d12h."""
    tell(server.ask("POST", "/clock/advance", read_duration(duration)))


@clock.command("set")
@click.argument("moment")
@uses_server
def set_to(moment: str, server: RemoteServer) -> None:
    """Move the clock to a MOMENT, such as 2022-03-22T09:00:00Z."""
    tell(server.ask("POST", "/clock/set", {"to": moment}))


@clock.command("next")
@uses_server
def advance_to_next_event(server: RemoteServer) -> None:
    """Move the clock to the next change of a dataset's status, or to the next sync."""
    tell(server.ask("POST", "/clock/advance-to-next-event"))


@clock.command()
@uses_server
def close_day(server: RemoteServer) -> None:
    """Move the clock until all datasets have ended, and past the next sync."""
    tell(server.ask("POST", "/clock/close-day"))


def read_duration(text: str) -> dict[str, float]:
    """A duration, as `POST /_mock/clock/advance` takes it.

    Raises:
        UsageError: it is none.
    """
    if not re.fullmatch(f"(?:{PART})+", text):
        raise click.UsageError(f"'{text}' is not a duration such as 9h, 90m, 30s or 1d12h.")
    found: dict[str, float] = {}
    for number, unit in re.findall(PART, text):
        found[UNITS[unit]] = found.get(UNITS[unit], 0) + float(number)
    return found


def tell(reading: Any) -> None:
    """Print the time."""
    following = reading["nextEvent"]
    after = f"; next event: {following}" if following else "; nothing is going to happen"
    terminal.echo(f"{reading['now']} ({reading['mode']}){after}")
