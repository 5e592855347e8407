"""`codat-mock serve`."""

from __future__ import annotations

import signal
from ipaddress import ip_address
from pathlib import Path

import click
from msgspec.structs import replace

from codat_mock.cli.server_options import bind, takes_settings
from codat_mock.http.server import Server, address_of
from codat_mock.sandbox import SandboxRegistry, Settings
from codat_mock.storage import Store, UnusableFile

EXAMPLES = """Examples:

\b
  codat-mock serve
  codat-mock serve --port 0 --port-file port.txt
  codat-mock serve --speed x60 --start-at 2022-03-21T08:00:00Z
  codat-mock serve --db shop.db --api-key my-test-key

Every option can also be set in the environment: CODAT_MOCK_PORT=4700 is --port 4700.
"""


@click.command(epilog=EXAMPLES)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=4620,
    show_default=True,
    envvar="CODAT_MOCK_PORT",
    show_envvar=True,
    help="Port to listen on; 0 takes any free one.",
)
@click.option(
    "--port-file",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    envvar="CODAT_MOCK_PORT_FILE",
    show_envvar=True,
    help="Write the port to this file once it is bound.",
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    envvar="CODAT_MOCK_HOST",
    show_envvar=True,
    help="Address to bind; beyond loopback, others on the network can reach the mock.",
)
@click.option(
    "--db",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="CODAT_MOCK_DB",
    show_envvar=True,
    help="Keep everything in this file; without it, in memory.",
)
@click.option(
    "--api-key",
    "api_keys",
    multiple=True,
    envvar="CODAT_MOCK_API_KEY",
    show_envvar=True,
    help="A key that is known; can be repeated. Without any, every well-formed key is.",
)
@takes_settings
def serve(
    settings: Settings,
    port: int,
    port_file: Path | None,
    host: str,
    db: Path | None,
    api_keys: tuple[str, ...],
) -> None:
    """Serve the mock until it is interrupted."""
    if "" in api_keys:
        raise click.UsageError("An API key given with --api-key is empty.")
    try:
        store = Store(db, settings.journal_limit)
    except UnusableFile as error:
        raise click.UsageError(str(error)) from error
    listener = bind(host, port)
    settings = replace(settings, api_keys=api_keys, address=address_of(listener))
    server = Server(SandboxRegistry(settings, store), listener, is_open=not is_loopback(host))
    run(server, port_file)


def run(server: Server, port_file: Path | None) -> None:
    """Serve in this thread until a signal comes, telling where."""
    for sent in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sent, lambda *_: server.stop())
    if port_file:
        try:
            write_port(port_file, server.address)
        except OSError as error:
            raise click.UsageError(f"Cannot write {port_file}: {error.strerror}.") from error
    click.echo(f"codat-mock serves at {server.address} (control API under /_mock/)")
    try:
        server.run()
        for sent in (signal.SIGINT, signal.SIGTERM):  # one more, sent while the process ends
            signal.signal(sent, signal.SIG_IGN)
    finally:
        if port_file:
            port_file.unlink(missing_ok=True)


def write_port(path: Path, address: str) -> None:
    """Write the port so that a reader never sees half of it."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(f"{address.rpartition(':')[2]}\n")
    partial.replace(path)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server bound there."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
