"""`codat-mock serve`."""

from __future__ import annotations

import gc
import signal
import sys
from ipaddress import ip_address
from pathlib import Path
from secrets import token_urlsafe
from socket import socket
from threading import Event, Thread
from typing import Final

import click
from msgspec.structs import replace

from codat_mock.cli.memory import collect_between
from codat_mock.cli.secret import secret
from codat_mock.cli.server_options import ENVIRONMENT, bind, read_hosts, setting, takes_settings
from codat_mock.garbage_collection import collections
from codat_mock.http import access_log
from codat_mock.http.access import TOKEN_HEADER, Access
from codat_mock.http.server import Server, address_of, network_address
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

COLLECTED_AT_ONCE: Final = 20_000  # objects, before the collector looks at the new ones
SWITCH_SECONDS: Final = 0.001  # a fifth of the usual: a short request waits less for long ones


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
    help="Address to bind; beyond loopback, others on the network can reach the mock, and the"
    " control API and the portal require the control token.",
)
@setting(
    "--allow-host",
    "allowed_hosts",
    multiple=True,
    callback=read_hosts,
    envvar="CODAT_MOCK_ALLOW_HOST",
    metavar="NAME",
    help="Answer requests that name this host, beside localhost; can be repeated.",
)
@setting(
    "--control-token",
    type=secret,
    help="What the control API and the portal require. Default: nothing on loopback; beyond it, a"
    " token that is made and printed. @FILE reads it from a file.",
)
@setting(
    "--db",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep all data in this SQLite file. Default: in memory.",
)
@setting(
    "--api-key",
    "api_keys",
    type=secret,
    multiple=True,
    envvar="CODAT_MOCK_API_KEY",
    help="Accept this API key, or that in @FILE; can be repeated. Default: any well-formed key is"
    " accepted.",
)
@setting(
    "--log",
    type=click.Choice(["quiet", *access_log.FORMATTERS]),
    default="text",
    show_default=True,
    help="Write a line per request to standard error: for a person, as JSON, or none.",
)
@setting(
    "--log-level",
    type=click.Choice(access_log.LEVELS),
    default="info",
    show_default=True,
    help="Which requests: also those of the control API and the pages (debug), those of the"
    " integration (info), those that are refused or break a rule (warning), or those that fail in"
    " the server (error).",
)
@takes_settings
def serve(
    settings: Settings,
    port: int,
    port_file: Path | None,
    host: str,
    allowed_hosts: frozenset[str],
    control_token: str | None,
    db: Path | None,
    api_keys: tuple[str, ...],
    log: str,
    log_level: str,
) -> None:
    """Serve the mock until it is interrupted."""
    try:
        store = Store(db, settings.journal_limit)
    except UnusableFile as error:
        raise click.UsageError(str(error)) from error
    listener = bind(host, port)
    settings = replace(settings, api_keys=api_keys, address=address_of(listener))
    is_open = not is_loopback(host)
    access = Access(
        control_token=control_token or (token_urlsafe(24) if is_open else ""),
        hosts=allowed_hosts,
        is_open=is_open,
    )
    with collections.waiting():  # nothing of what a server consists of is garbage
        server = Server(SandboxRegistry(settings, store), listener, access=access)
    access_log.start(log, log_level)
    made = "" if control_token else access.control_token
    run(server, port_file, notice(access, made, listener) if access.control_token else "")


def notice(access: Access, made: str, listener: socket) -> str:
    """Who can reach the server, and what they need.

    Args:
        access: who may use it.
        made: the token, if it was made; empty for one that is known.
        listener: the bound socket.
    """
    address, bound = network_address(listener), listener.getsockname()[0]
    reached = f"It is bound to {bound}: others on the network reach it at {address}.\n"
    return (
        f"{reached if access.is_open else ''}"
        f"The control API and the portal require the control token{made and f' {made}'}:\n"
        f"  {TOKEN_HEADER}: {made or '…'}\n"
        f"  {address}/portal?token={made or '…'}"
    )


def run(server: Server, port_file: Path | None, notice: str) -> None:
    """Print the address, and serve in this thread until a signal stops it.

    Args:
        server: the server.
        port_file: where its port is written; None for nowhere.
        notice: what else is printed; empty for nothing.

    Raises:
        click.UsageError: the file cannot be written.
    """
    for sent in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sent, lambda *_: server.stop())
    if port_file:
        try:
            write_port(port_file, server.address)
        except OSError as error:
            raise click.UsageError(f"Cannot write {port_file}: {error.strerror}.") from error
    sys.setswitchinterval(SWITCH_SECONDS)
    stopped = Event()
    Thread(target=collect_between, args=(stopped,), name="codat-mock-memory", daemon=True).start()
    click.echo(f"codat-mock serves at {server.address} (control API under /_mock/)")
    if notice:
        click.echo(notice)
    try:
        # What is imported lives as long as the server, and a push makes thousands of objects that
        # live for a moment: without this, the collector takes a tenth of its time.
        gc.freeze()
        gc.set_threshold(COLLECTED_AT_ONCE)
        server.run()
        for sent in (signal.SIGINT, signal.SIGTERM):  # another one, while the process exits
            signal.signal(sent, signal.SIG_IGN)
    finally:
        stopped.set()
        if port_file:
            port_file.unlink(missing_ok=True)


def write_port(path: Path, address: str) -> None:
    """Write the port so that a reader never sees a partial file."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(f"{address.rpartition(':')[2]}\n", encoding="ascii")
    partial.replace(path)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server bound to that address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
