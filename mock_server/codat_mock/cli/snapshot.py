"""`codat-mock snapshot`."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from codat_mock.cli import terminal
from codat_mock.cli.remote_server import RemoteServer, uses_server
from codat_mock.storage.private_files import open_private

EXAMPLES = """Examples:

\b
  codat-mock snapshot save before-the-sync
  codat-mock snapshot restore before-the-sync
  codat-mock snapshot restore before-the-sync --api-key another-key   a clone
  codat-mock snapshot export before-the-sync shop.snapshot
  codat-mock snapshot import shop.snapshot shop
  codat-mock snapshot list
  codat-mock snapshot remove shop
"""


@click.group(epilog=EXAMPLES, short_help="Save, restore and clone sandboxes.")
def snapshot() -> None:
    """Save a sandbox with everything in it, and restore it, also under another key.

    A server keeps snapshots until it ends; export them to files to keep them longer.
    """


@snapshot.command()
@click.argument("name")
@uses_server
def save(name: str, server: RemoteServer) -> None:
    """Save the sandbox as it is under a NAME."""
    show(server.ask("PUT", path_of(name)))


@snapshot.command()
@click.argument("name")
@uses_server
def restore(name: str, server: RemoteServer) -> None:
    """Make the sandbox as the one that was saved; with another key, a clone of it."""
    now = server.ask("POST", f"{path_of(name)}/restore")["clock"]["now"]
    click.echo(f"Restored; the sandbox's time is {now}.")


@snapshot.command("list")
@uses_server
def index(server: RemoteServer) -> None:
    """List the snapshots that the server holds."""
    show(server.ask("GET", "/snapshots"))


@snapshot.command()
@click.argument("name")
@uses_server
def remove(name: str, server: RemoteServer) -> None:
    """Remove a snapshot."""
    show(server.ask("DELETE", path_of(name)))


@snapshot.command("export")
@click.argument("name")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@uses_server
def write(name: str, file: Path, server: RemoteServer) -> None:
    """Write a snapshot to a FILE."""
    content = server.send("GET", path_of(name))
    try:
        with open_private(file) as written:
            written.write(content)
    except OSError as error:
        raise click.UsageError(f"Cannot write {file}: {error.strerror}.") from error


@snapshot.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("name")
@uses_server
def read(file: Path, name: str, server: RemoteServer) -> None:
    """Give a FILE that was exported to the server, under a NAME."""
    content = file.read_bytes()
    if not content:
        raise click.UsageError(f"{file} is empty.")
    server.send("PUT", path_of(name), content)
    show(server.ask("GET", "/snapshots"))


def path_of(name: str) -> str:
    """The path of a snapshot."""
    return f"/snapshots/{quote(name, safe='')}"


def show(answer: Any) -> None:
    """Print the snapshots, one per line."""
    for each in answer["snapshots"]:
        terminal.echo(f"{each['name']}  {each['savedAt']}  {each['size']:,} bytes", hanging=2)
    if not answer["snapshots"]:
        click.echo("No snapshots.")
