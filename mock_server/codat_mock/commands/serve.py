"""`codat-mock serve`."""

from __future__ import annotations

import signal
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path

import click
import msgspec

from codat_mock.alerts import is_allowed
from codat_mock.clock import in_calendar, parse_moment, parse_speed
from codat_mock.lifecycle import PROFILES, route_of
from codat_mock.records.alerts import AlertRule
from codat_mock.records.outcomes import LONGEST_STEP
from codat_mock.sandbox import Settings, World
from codat_mock.sandbox.settings import ConcurrentPushes
from codat_mock.server import Server, address_of, listen
from codat_mock.store import Store, UnusableFile

EXAMPLES = """Examples:

\b
  codat-mock serve
  codat-mock serve --port 0 --port-file port.txt
  codat-mock serve --speed x60 --start-at 2022-03-21T08:00:00Z
  codat-mock serve --db shop.db --api-key my-test-key

Every option can also be set in the environment: CODAT_MOCK_PORT=4700 is --port 4700.
"""


def read_moment(_ctx: click.Context, _param: click.Parameter, value: str | None) -> datetime | None:
    """Read an option that is a moment."""
    try:
        moment = None if value is None else parse_moment(value)
    except ValueError:
        told = f"{value!r} is not a date-time such as 2022-03-21T08:00:00Z."
        raise click.BadParameter(told) from None
    if moment and not in_calendar(moment):
        raise click.BadParameter(f"{value!r} is at the very edge of the calendar.")
    return moment


def read_speed(_ctx: click.Context, _param: click.Parameter, value: str) -> float:
    """Read an option that is a speed, in sandbox seconds a machine second."""
    try:
        return parse_speed(value)
    except ValueError:
        told = f"{value!r} is not 'real', 'frozen', or a factor such as 'x60'."
        raise click.BadParameter(told) from None


def read_durations(_ctx: click.Context, _param: click.Parameter, value: str) -> tuple[float, ...]:
    """Read an option that is a profile of the lifecycle, or its durations."""
    for name, durations in PROFILES.items():
        if value == name:
            return durations
    try:
        durations = tuple(float(part) for part in value.split(","))
        route_of(durations)
    except ValueError:
        durations = ()
    if not durations or not all(0 <= each <= LONGEST_STEP for each in durations):
        told = f"{value!r} is none of {', '.join(PROFILES)}, nor the seconds of 5 or 8 steps."
        raise click.BadParameter(told)
    return durations


def read_alert_rules(
    _ctx: click.Context, _param: click.Parameter, value: Path | None
) -> tuple[AlertRule, ...]:
    """Read a file of alert rules."""
    if value is None:
        return ()
    try:
        return msgspec.json.decode(value.read_bytes(), type=tuple[AlertRule, ...])
    except (OSError, msgspec.DecodeError) as error:
        raise click.BadParameter(f"{value} is no list of alert rules: {error}") from error


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
@click.option(
    "--start-at",
    callback=read_moment,
    metavar="MOMENT",
    envvar="CODAT_MOCK_START_AT",
    show_envvar=True,
    help="Where a sandbox's clock starts; without it, at the machine's time.",
)
@click.option(
    "--speed",
    callback=read_speed,
    metavar="real|xN|frozen",
    default="real",
    show_default=True,
    envvar="CODAT_MOCK_SPEED",
    show_envvar=True,
    help="How fast a sandbox's time passes; frozen time is moved by the control API.",
)
@click.option(
    "--seed",
    type=int,
    default=0,
    show_default=True,
    envvar="CODAT_MOCK_SEED",
    show_envvar=True,
    help="What ids are made from: the same seed and requests give the same ids.",
)
@click.option(
    "--profile",
    "durations",
    callback=read_durations,
    metavar="NAME|SECONDS,…",
    default="realistic",
    show_default=True,
    envvar="CODAT_MOCK_PROFILE",
    show_envvar=True,
    help="How fast datasets go: instant, fast, realistic, slow, queued, or the seconds of each"
    " step such as 0,0,1,1,2.",
)
@click.option(
    "--concurrent-pushes",
    type=click.Choice(["flag", "miss"]),
    default="flag",
    show_default=True,
    envvar="CODAT_MOCK_CONCURRENT_PUSHES",
    show_envvar=True,
    help="What becomes of a push that overlaps another: only a finding, or lost as well.",
)
@click.option(
    "--sync-delay",
    type=click.IntRange(0, 86_399),
    default=0,
    show_default=True,
    metavar="SECONDS",
    envvar="CODAT_MOCK_SYNC_DELAY",
    show_envvar=True,
    help="How long after its due date a scheduled sync runs; its period stays the same.",
)
@click.option(
    "--rate-limits",
    is_flag=True,
    envvar="CODAT_MOCK_RATE_LIMITS",
    show_envvar=True,
    help="Keep the published limits: a day, a minute, and at once.",
)
@click.option(
    "--alert-rules",
    callback=read_alert_rules,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    envvar="CODAT_MOCK_ALERT_RULES",
    show_envvar=True,
    help="A JSON file with a list of rules that every new sandbox has.",
)
@click.option(
    "--alert-host",
    "alert_hosts",
    multiple=True,
    envvar="CODAT_MOCK_ALERT_HOST",
    show_envvar=True,
    help="Send alerts to this host too, and not only to this machine; can be repeated.",
)
@click.option(
    "--company-limit",
    type=click.IntRange(min=1),
    envvar="CODAT_MOCK_COMPANY_LIMIT",
    show_envvar=True,
    help="How many companies an account may have (50 on a free plan); without it, any number.",
)
@click.option(
    "--largest-body",
    type=click.IntRange(min=1),
    default=64,
    show_default=True,
    metavar="MIB",
    envvar="CODAT_MOCK_LARGEST_BODY",
    show_envvar=True,
    help="How large a request's body may be, before and after unpacking.",
)
def serve(
    port: int,
    port_file: Path | None,
    host: str,
    db: Path | None,
    api_keys: tuple[str, ...],
    start_at: datetime | None,
    speed: float,
    seed: int,
    durations: tuple[float, ...],
    concurrent_pushes: ConcurrentPushes,
    sync_delay: int,
    rate_limits: bool,
    alert_rules: tuple[AlertRule, ...],
    alert_hosts: tuple[str, ...],
    company_limit: int | None,
    largest_body: int,
) -> None:
    """Serve the mock until it is interrupted."""
    if "" in api_keys:
        raise click.UsageError("An API key given with --api-key is empty.")
    try:
        store = Store(db)
    except UnusableFile as error:
        raise click.UsageError(str(error)) from error
    try:
        listener = listen(host, port)
    except OSError as error:
        told = f"Cannot listen on {host}:{port}: {error}. Is it taken? --port 0 takes a free one."
        raise click.UsageError(told) from error
    settings = Settings(
        api_keys=api_keys,
        start_at=start_at,
        speed=speed,
        seed=seed,
        durations=durations,
        concurrent_pushes=concurrent_pushes,
        sync_delay_seconds=sync_delay,
        rate_limits=rate_limits,
        alert_rules=alert_rules,
        alert_hosts=alert_hosts,
        company_limit=company_limit,
        largest_body=largest_body << 20,
        address=address_of(listener),
    )
    for rule in alert_rules:
        if rule.company_id:
            raise click.UsageError("Rules of a file are every sandbox's; they name no company.")
        if not is_allowed(rule.url, alert_hosts):
            raise click.UsageError(f"{rule.url} is not on this machine; allow it by --alert-host.")
    server = Server(World(settings, store), listener, is_open=not is_loopback(host))
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
