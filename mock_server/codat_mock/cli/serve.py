"""`codat-mock serve`."""

from __future__ import annotations

import logging
import signal
from ipaddress import ip_address
from pathlib import Path

import click
from msgspec.structs import replace

from codat_mock.cli.server_options import ENVIRONMENT, bind, setting, takes_settings
from codat_mock.http.middleware_metrics import ACCESS_LOG
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


@click.command(epilog=EXAMPLES, context_settings=ENVIRONMENT)
@setting(
    "--port",
    type=click.IntRange(0, 65535),
    default=4620,
    show_default=True,
    help="Port to listen on; 0 selects a free port.",
)
@setting(
    "--port-file",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write the port to this file once it is bound.",
)
@setting(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to bind; if it is not loopback, others on the network can reach the mock.",
)
@setting(
    "--db",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep all data in this SQLite file. Default: in memory.",
)
@setting(
    "--api-key",
    "api_keys",
    multiple=True,
    envvar="CODAT_MOCK_API_KEY",
    help="Accept this API key; can be repeated. Default: any well-formed key is accepted.",
)
@setting("--access-log", is_flag=True, help="Write a line of JSON per request to standard error.")
@takes_settings
def serve(
    settings: Settings,
    port: int,
    port_file: Path | None,
    host: str,
    db: Path | None,
    api_keys: tuple[str, ...],
    access_log: bool,
) -> None:
    """Serve the mock until it is interrupted."""
    if "" in api_keys:
        raise click.UsageError("--api-key is empty: give a key.")
    try:
        store = Store(db, settings.journal_limit)
    except UnusableFile as error:
        raise click.UsageError(str(error)) from error
    listener = bind(host, port)
    settings = replace(settings, api_keys=api_keys, address=address_of(listener))
    server = Server(SandboxRegistry(settings, store), listener, is_open=not is_loopback(host))
    if access_log:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(message)s"))
        ACCESS_LOG.addHandler(handler)
        ACCESS_LOG.setLevel(logging.INFO)
        ACCESS_LOG.propagate = False
    run(server, port_file)


def run(server: Server, port_file: Path | None) -> None:
    """Print the address, and serve in this thread until a signal stops it."""
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
        for sent in (signal.SIGINT, signal.SIGTERM):  # another one, while the process exits
            signal.signal(sent, signal.SIG_IGN)
    finally:
        if port_file:
            port_file.unlink(missing_ok=True)


def write_port(path: Path, address: str) -> None:
    """Write the port so that a reader never sees a partial file."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(f"{address.rpartition(':')[2]}\n")
    partial.replace(path)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server bound to that address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
