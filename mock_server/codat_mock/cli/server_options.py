"""The options that say what every new sandbox starts from, for all commands that start a mock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from pathlib import Path
from socket import socket
from typing import Any, Final

import click
import msgspec

from codat_mock.clock import in_calendar, parse_moment, parse_speed
from codat_mock.domain.dataset_lifecycle import PROFILES, route_of
from codat_mock.domain.webhook_delivery import is_allowed
from codat_mock.http.server import listen
from codat_mock.models.alerts import AlertRule
from codat_mock.models.planned_outcomes import MAX_STEP_SECONDS
from codat_mock.rule_config import choices
from codat_mock.sandbox import Settings

View = Callable[..., Any]


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
    if not durations or not all(0 <= each <= MAX_STEP_SECONDS for each in durations):
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


def read_mebibytes(_ctx: click.Context, _param: click.Parameter, value: int) -> int:
    """Read an option that is a size, in bytes."""
    return value << 20


RULE_OPTIONS: Final = (
    click.option(
        "--rule",
        "rule_settings",
        multiple=True,
        metavar="CODE[.KEY]=VALUE",
        envvar="CODAT_MOCK_RULE",
        show_envvar=True,
        help="Choose about a rule, instead of what the file says: S12=off, S06=error,"
        " T06.seconds=5; can be repeated.",
    ),
    click.option(
        "--config",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        envvar="CODAT_MOCK_CONFIG",
        show_envvar=True,
        help="Read choices about rules from this file; without it, from codat-mock.toml or"
        " [tool.codat-mock] of pyproject.toml here.",
    ),
)
# Each is named as the field of `Settings` it sets.
OPTIONS: Final = (
    click.option(
        "--start-at",
        callback=read_moment,
        metavar="MOMENT",
        envvar="CODAT_MOCK_START_AT",
        show_envvar=True,
        help="Where a sandbox's clock starts; without it, at the machine's time.",
    ),
    click.option(
        "--speed",
        callback=read_speed,
        metavar="real|xN|frozen",
        default="real",
        show_default=True,
        envvar="CODAT_MOCK_SPEED",
        show_envvar=True,
        help="How fast a sandbox's time passes; frozen time is moved by the control API.",
    ),
    click.option(
        "--seed",
        type=int,
        default=0,
        show_default=True,
        envvar="CODAT_MOCK_SEED",
        show_envvar=True,
        help="What ids are made from: the same seed and requests give the same ids.",
    ),
    click.option(
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
    ),
    click.option(
        "--concurrent-pushes",
        type=click.Choice(["flag", "miss"]),
        default="flag",
        show_default=True,
        envvar="CODAT_MOCK_CONCURRENT_PUSHES",
        show_envvar=True,
        help="What becomes of a push that overlaps another: only a finding, or lost as well.",
    ),
    click.option(
        "--sync-delay",
        "sync_delay_seconds",
        type=click.IntRange(0, 86_399),
        default=0,
        show_default=True,
        metavar="SECONDS",
        envvar="CODAT_MOCK_SYNC_DELAY",
        show_envvar=True,
        help="How long after its due date a scheduled sync runs; its period stays the same.",
    ),
    click.option(
        "--rate-limits",
        is_flag=True,
        envvar="CODAT_MOCK_RATE_LIMITS",
        show_envvar=True,
        help="Keep the published limits: a day, a minute, and at once.",
    ),
    click.option(
        "--alert-rules",
        callback=read_alert_rules,
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        envvar="CODAT_MOCK_ALERT_RULES",
        show_envvar=True,
        help="A JSON file with a list of rules that every new sandbox has.",
    ),
    click.option(
        "--alert-host",
        "alert_hosts",
        multiple=True,
        envvar="CODAT_MOCK_ALERT_HOST",
        show_envvar=True,
        help="Send alerts to this host too, and not only to this machine; can be repeated.",
    ),
    click.option(
        "--company-limit",
        type=click.IntRange(min=1),
        envvar="CODAT_MOCK_COMPANY_LIMIT",
        show_envvar=True,
        help="How many companies an account may have (50 on a free plan); without it, any number.",
    ),
    click.option(
        "--largest-body",
        callback=read_mebibytes,
        type=click.IntRange(min=1),
        default=64,
        show_default=True,
        metavar="MIB",
        envvar="CODAT_MOCK_LARGEST_BODY",
        show_envvar=True,
        help="How large a request's body may be, before and after unpacking.",
    ),
    click.option(
        "--journal-limit",
        callback=read_mebibytes,
        type=click.IntRange(min=1),
        default=256,
        show_default=True,
        metavar="MIB",
        envvar="CODAT_MOCK_JOURNAL_LIMIT",
        show_envvar=True,
        help="How much the journal of requests may hold; the oldest are dropped first.",
    ),
    *RULE_OPTIONS,
)

OWN_SETTINGS: Final = tuple(
    name for name in Settings.__struct_fields__ if name not in ("api_keys", "address", "rules")
)


def takes_settings(command: View) -> View:
    """Give a command these options, as its argument `settings`."""

    @wraps(command)
    def with_settings(*args: Any, **given: Any) -> Any:
        chosen = choices(given.pop("config"), given.pop("rule_settings"))
        settings = Settings(rules=chosen, **{name: given.pop(name) for name in OWN_SETTINGS})
        check_alert_rules(settings)
        return command(*args, settings=settings, **given)

    with_options: View = with_settings
    for option in reversed(OPTIONS):
        with_options = option(with_options)
    return with_options


def takes_rules(command: View) -> View:
    """Give a command the options about rules, as its argument `settings`."""

    @wraps(command)
    def with_rules(*args: Any, **given: Any) -> Any:
        chosen = choices(given.pop("config"), given.pop("rule_settings"))
        return command(*args, settings=Settings(rules=chosen), **given)

    with_options: View = with_rules
    for option in reversed(RULE_OPTIONS):
        with_options = option(with_options)
    return with_options


def check_alert_rules(settings: Settings) -> None:
    """Make sure that every sandbox can have the alert rules of a file.

    Raises:
        UsageError: one is of a company, or leads away from this machine.
    """
    for rule in settings.alert_rules:
        if rule.company_id:
            raise click.UsageError("Rules of a file are every sandbox's; they name no company.")
        if not is_allowed(rule.url, settings.alert_hosts):
            raise click.UsageError(f"{rule.url} is not on this machine; allow it by --alert-host.")


def bind(host: str, port: int) -> socket:
    """Bind a socket.

    Raises:
        UsageError: the host is unknown, or the port is taken.
    """
    try:
        return listen(host, port)
    except OSError as error:
        told = f"Cannot listen on {host}:{port}: {error}. Is it taken? --port 0 takes a free one."
        raise click.UsageError(told) from error
