"""The settings of new sandboxes as options, for all commands that start a mock."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import partial, wraps
from pathlib import Path
from socket import socket
from typing import Any, Final, get_args

import click
import msgspec

from codat_mock.cli.option_files import read_config
from codat_mock.clock import in_calendar, parse_moment, parse_speed
from codat_mock.configuration.rates import read_rate_key
from codat_mock.domain.dataset_lifecycle import PROFILES, route_of
from codat_mock.domain.webhook_delivery import is_allowed
from codat_mock.http.server import listen
from codat_mock.models.alerts import AlertRule
from codat_mock.models.commerce import PaymentType
from codat_mock.models.planned_outcomes import MAX_STEP_SECONDS
from codat_mock.rule_config import read_rule_settings
from codat_mock.sandbox import Settings

HOST_NAME: Final = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?", re.IGNORECASE)
View = Callable[..., Any]
# The context settings of commands whose options can be set in the environment: --port is
# CODAT_MOCK_PORT there.
ENVIRONMENT: Final = {"auto_envvar_prefix": "CODAT_MOCK"}
# An option that can be set there, under the parameter's name unless it is given an `envvar`.
setting = partial(click.option, show_envvar=True)


def read_moment(_ctx: click.Context, _param: click.Parameter, value: str | None) -> datetime | None:
    """Parse an option that is a date-time.

    Args:
        value: RFC 3339; None where the option is not given.

    Raises:
        click.BadParameter: it is no date-time, or out of range.
    """
    try:
        moment = None if value is None else parse_moment(value)
    except ValueError:
        message = f"{value!r} is not a date-time such as 2022-03-21T08:00:00Z."
        raise click.BadParameter(message) from None
    if moment and not in_calendar(moment):
        raise click.BadParameter(f"{value!r} is out of range.")
    return moment


def read_speed(_ctx: click.Context, _param: click.Parameter, value: str) -> float:
    """Parse an option that is a speed, in seconds of the sandbox per second of the machine.

    Args:
        value: `real`, `frozen`, or `x` and a factor.

    Raises:
        click.BadParameter: it is none of them.
    """
    try:
        return parse_speed(value)
    except ValueError:
        message = f"{value!r} is not 'real', 'frozen', or a factor such as 'x60'."
        raise click.BadParameter(message) from None


def read_durations(_ctx: click.Context, _param: click.Parameter, value: str) -> tuple[float, ...]:
    """Parse an option that is a profile of the dataset lifecycle, or its durations in seconds.

    Args:
        value: the profile's name, or numbers with commas between them.

    Returns:
        The seconds of each step, 5 or 8 of them.

    Raises:
        click.BadParameter: it is neither, or a step is too long.
    """
    for name, durations in PROFILES.items():
        if value == name:
            return durations
    try:
        durations = tuple(float(part) for part in value.split(","))
        route_of(durations)
    except ValueError:
        durations = ()
    if not durations or not all(0 <= each <= MAX_STEP_SECONDS for each in durations):
        message = f"{value!r} is not one of {', '.join(PROFILES)}, nor the seconds of 5 or 8 steps."
        raise click.BadParameter(message)
    return durations


def read_alert_rules(
    _ctx: click.Context, _param: click.Parameter, value: Path | None
) -> tuple[AlertRule, ...]:
    """Parse an option that is a file of alert rules.

    Args:
        value: a JSON array; None where the option is not given.

    Raises:
        click.BadParameter: the file cannot be read, or is no such array.
    """
    if value is None:
        return ()
    try:
        return msgspec.json.decode(value.read_bytes(), type=tuple[AlertRule, ...])
    except (OSError, msgspec.DecodeError) as error:
        raise click.BadParameter(f"{value} is not a list of alert rules: {error}") from error


def read_tax_rates(
    _ctx: click.Context, _param: click.Parameter, value: str | None
) -> tuple[Decimal, ...] | None:
    """Parse an option that is a list of percentages.

    Args:
        value: numbers with commas between them; None where the option is not given.

    Returns:
        The percentages, such as 20; none for an empty value.

    Raises:
        click.BadParameter: one is no percentage.
    """
    if value is None:
        return None
    rates = []
    for part in filter(None, value.split(",")):
        rate = read_rate_key(part)
        if rate is None:
            raise click.BadParameter(f"{part!r} is not a percentage such as 20.")
        rates.append(rate)
    return tuple(rates)


def read_payment_types(
    _ctx: click.Context, _param: click.Parameter, value: str | None
) -> tuple[PaymentType, ...] | None:
    """Parse an option that is a list of payment types.

    Args:
        value: with commas between them; None where the option is not given.

    Returns:
        The types; none for an empty value.

    Raises:
        click.BadParameter: one is unknown.
    """
    if value is None:
        return None
    known: dict[str, PaymentType] = {kind: kind for kind in get_args(PaymentType)}
    types = []
    for part in filter(None, value.split(",")):
        if part not in known:
            raise click.BadParameter(f"{part!r} is not one of {', '.join(known)}.")
        types.append(known[part])
    return tuple(types)


def read_hosts(
    _ctx: click.Context, _param: click.Parameter, value: tuple[str, ...]
) -> frozenset[str]:
    """Parse an option that is a list of host names.

    Args:
        value: the names.

    Returns:
        The names in small letters.

    Raises:
        click.BadParameter: one is no name, but a URL or has a port.
    """
    for name in value:
        if not HOST_NAME.fullmatch(name):
            raise click.BadParameter(f"{name!r} is not a host's name such as mock.example.")
    return frozenset(name.lower() for name in value)


def read_mebibytes(_ctx: click.Context, _param: click.Parameter, value: int) -> int:
    """Convert an option in MiB to bytes.

    Args:
        value: of the option, in MiB.
    """
    return value << 20


RULE_OPTIONS: Final = (
    setting(
        "--rule",
        "rule_settings",
        multiple=True,
        metavar="CODE[.KEY]=VALUE",
        envvar="CODAT_MOCK_RULE",
        help="Configure a rule; overrides the file. Examples: S12=off, S06=error, T06.seconds=5."
        " Can be repeated.",
    ),
    setting(
        "--config",
        is_eager=True,  # the other options take their defaults from it
        callback=read_config,
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Read the configuration of rules, and the options of serve, check and explore, from"
        " this file. Default: codat-mock.toml, or [tool.codat-mock] in pyproject.toml, of the"
        " current folder.",
    ),
)
# Each parameter has the name of the field of `Settings` that it sets.
OPTIONS: Final = (
    setting(
        "--start-at",
        callback=read_moment,
        metavar="MOMENT",
        help="Start the clock of each sandbox at this time. Default: the current time.",
    ),
    setting(
        "--speed",
        callback=read_speed,
        metavar="real|xN|frozen",
        default="real",
        show_default=True,
        help="How fast time passes in a sandbox. Frozen time only moves by the control API.",
    ),
    setting(
        "--seed",
        type=int,
        default=0,
        show_default=True,
        help="Seed of generated ids: the same seed and requests give the same ids.",
    ),
    setting(
        "--profile",
        "durations",
        callback=read_durations,
        metavar="NAME|SECONDS,…",
        default="realistic",
        show_default=True,
        envvar="CODAT_MOCK_PROFILE",
        help=f"How fast datasets are processed: {', '.join(PROFILES)}, or the seconds of each step,"
        " such as 0,0,1,1,2.",
    ),
    setting(
        "--concurrent-pushes",
        type=click.Choice(["flag", "miss"]),
        default="flag",
        show_default=True,
        help="A push that overlaps another is reported (flag), or reported and lost (miss).",
    ),
    setting(
        "--sync-delay",
        "sync_delay_seconds",
        type=click.IntRange(0, 86_399),
        default=0,
        show_default=True,
        metavar="SECONDS",
        envvar="CODAT_MOCK_SYNC_DELAY",
        help="Run scheduled syncs this much after they are due; their period stays the same.",
    ),
    setting(
        "--rate-limits",
        is_flag=True,
        help="Enforce the published rate limits, per day, per minute and concurrent.",
    ),
    setting(
        "--alert-rules",
        callback=read_alert_rules,
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="A JSON file with a list of alert rules for every new sandbox.",
    ),
    setting(
        "--alert-host",
        "alert_hosts",
        multiple=True,
        envvar="CODAT_MOCK_ALERT_HOST",
        help="Also send alerts to this host; by default only to this machine. Can be repeated.",
    ),
    setting(
        "--company-limit",
        type=click.IntRange(min=1),
        help="Maximum number of companies of an account (50 on a free plan). Default: no limit.",
    ),
    setting(
        "--tax-rates",
        callback=read_tax_rates,
        metavar="PERCENT,…",
        help="The tax rates that merchants have mapped. Default: each as it first appears.",
    ),
    setting(
        "--payment-types",
        callback=read_payment_types,
        metavar="TYPE,…",
        help="The payment types that merchants have mapped, beside Card. Default: all.",
    ),
    setting(
        "--largest-body",
        callback=read_mebibytes,
        type=click.IntRange(min=1),
        default=64,
        show_default=True,
        metavar="MIB",
        help="Maximum size of a request body, compressed and decompressed.",
    ),
    setting(
        "--journal-limit",
        callback=read_mebibytes,
        type=click.IntRange(min=1),
        default=256,
        show_default=True,
        metavar="MIB",
        help="Maximum size of the request log; the oldest requests are dropped first.",
    ),
    *RULE_OPTIONS,
)

OWN_SETTINGS: Final = tuple(
    name for name in Settings.__struct_fields__ if name not in ("api_keys", "address", "rules")
)


def takes_settings(command: View) -> View:
    """Add these options to a command, as its argument `settings`."""

    @wraps(command)
    def with_settings(*args: Any, **given: Any) -> Any:
        rules = read_rule_settings(given.pop("config"), given.pop("rule_settings"))
        settings = Settings(rules=rules, **{name: given.pop(name) for name in OWN_SETTINGS})
        check_alert_rules(settings)
        return command(*args, settings=settings, **given)

    with_options: View = with_settings
    for option in reversed(OPTIONS):
        with_options = option(with_options)
    return with_options


def takes_rules(command: View) -> View:
    """Add the options about rules to a command, as its argument `settings`."""

    @wraps(command)
    def with_rules(*args: Any, **given: Any) -> Any:
        rules = read_rule_settings(given.pop("config"), given.pop("rule_settings"))
        return command(*args, settings=Settings(rules=rules), **given)

    with_options: View = with_rules
    for option in reversed(RULE_OPTIONS):
        with_options = option(with_options)
    return with_options


def check_alert_rules(settings: Settings) -> None:
    """Check that every sandbox can use the alert rules of a file.

    Raises:
        UsageError: a rule names a company, or a URL that is not on this machine.
    """
    for rule in settings.alert_rules:
        if rule.company_id:
            raise click.UsageError(
                "A rule in --alert-rules is for every sandbox; it cannot name a company."
            )
        if not is_allowed(rule.url, settings.alert_hosts):
            raise click.UsageError(
                f"{rule.url} is not on this machine; allow its host with --alert-host."
            )


def bind(host: str, port: int) -> socket:
    """Bind a listening socket.

    Raises:
        UsageError: the host is unknown, or the port is in use.
    """
    try:
        return listen(host, port)
    except OSError as error:
        message = f"Cannot listen on {host}:{port}: {error}. --port 0 selects a free port."
        raise click.UsageError(message) from error
