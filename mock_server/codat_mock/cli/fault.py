"""`codat-mock fault`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

import click

from codat_mock.cli import terminal
from codat_mock.cli.remote_server import RemoteServer, given_only, uses_server
from codat_mock.models.faults import KINDS, properties_of

Command = TypeVar("Command", bound=Callable[..., Any])
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


def type_of(schema: dict[str, Any]) -> Any:
    """The type of an option for a property of a fault."""
    if "enum" in schema:
        return click.Choice(schema["enum"])
    if schema["type"] == "array":
        return tuple(type_of(each) for each in schema["prefixItems"])
    if schema["type"] == "integer":
        return click.IntRange(schema.get("minimum"), schema.get("maximum"))
    return float


def takes_properties(command: Command) -> Command:
    """Give a command an option for each property that any kind of fault has."""
    schemas: dict[str, dict[str, Any]] = {}
    described: dict[str, list[str]] = defaultdict(list)
    for tag, kind in KINDS.items():
        for each in properties_of(kind):
            schemas[each.name] = each.schema
            described[each.name].append(f"{tag}: {each.description.replace('`', '')}.")
    for name, schema in reversed(schemas.items()):
        option = "--" + re.sub(r"([A-Z])", r"-\1", name).lower()
        text = " ".join(described[name])
        command = click.option(option, name, type=type_of(schema), help=text)(command)
    return command


@click.group(epilog=EXAMPLES, short_help="Make requests to a running server fail.")
def fault() -> None:
    """Make requests to a running server fail: refused, lost, slow, late or garbled."""


@fault.command()
@click.argument("kind", type=click.Choice([*KINDS]))
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
@takes_properties
@uses_server
def add(kind: str, server: RemoteServer, **options: Any) -> None:
    """Plan a fault."""
    body = {"faults": [{"kind": kind, **given_only(options)}]}
    show(server.ask("POST", "/faults", body))


@fault.command("list")
@uses_server
def index(server: RemoteServer) -> None:
    """List the faults, with the number of requests they have hit."""
    show(server.ask("GET", "/faults"))


@fault.command()
@uses_server
def clear(server: RemoteServer) -> None:
    """Remove all faults."""
    show(server.ask("DELETE", "/faults"))


def show(answer: Any) -> None:
    """Print the faults, one per line."""
    for counted in answer["faults"]:
        planned = counted["fault"]
        kind = planned.pop("kind")
        parts = (f"{name}={value}" for name, value in planned.items() if value not in (None, []))
        terminal.echo(f"{counted['hits']} of {counted['seen']} hit: {' '.join([kind, *parts])}")
    if not answer["faults"]:
        terminal.echo("No faults planned.")
