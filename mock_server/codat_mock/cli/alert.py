"""`codat-mock alert`."""

from __future__ import annotations

from typing import Any, Final, get_args

import click

from codat_mock.cli import terminal
from codat_mock.cli.remote_server import RemoteServer, given_only, uses_server
from codat_mock.cli.secret import secret
from codat_mock.domain.secret_names import REMOVED, is_secret
from codat_mock.models.alerts import RuleType

EXAMPLES = """Examples:

\b
  codat-mock alert add "Data sync completed" http://127.0.0.1:8080/hook
  codat-mock alert add "Dataset data changed" http://127.0.0.1:8080 \\
      --authorization "Bearer abc"
  codat-mock alert add "Sync Connection Deleted" http://127.0.0.1:8080/hook \\
      --copies 2
  codat-mock alert list
  codat-mock alert log
  codat-mock alert resend 5d0f
  codat-mock alert remove 93b1

An id can be shortened to its first characters.
"""
RULES = "/alerts/rules"
DEFAULTS: Final[tuple[Any, ...]] = (None, [], 1, 0)


@click.group(
    epilog=EXAMPLES, short_help="Subscribe to alerts (webhooks), and see their deliveries."
)
def alert() -> None:
    """Manage the alert rules of a running server, and see its alerts and their deliveries."""


@alert.command()
@click.argument("kind", metavar="TYPE", type=click.Choice(get_args(RuleType), case_sensitive=False))
@click.argument("target", metavar="URL")
@click.option("--company", "companyId", metavar="ID", help="Only alerts of this company.")
@click.option(
    "--authorization",
    type=secret,
    help="Authorization header: Basic … or Bearer …; @FILE reads it from a file.",
)
@click.option(
    "--secret",
    "secrets",
    type=secret,
    multiple=True,
    help="Signing secret, whsec_ and base64, or @FILE that holds it; can be repeated.",
)
@click.option("--copies", type=click.IntRange(1, 10), help="Deliver each alert this many times.")
@click.option(
    "--overtaken-seconds",
    "overtakenSeconds",
    type=click.FloatRange(0, 3600),
    help="Send every second alert this much later, so that the next one overtakes it.",
)
@uses_server
def add(kind: str, target: str, server: RemoteServer, **options: Any) -> None:
    """Add a rule: alerts of that TYPE are sent to the URL."""
    rule = {"type": kind, "url": target, **given_only(options)}
    show_rules(server.ask("POST", RULES, rule))


@alert.command("list")
@uses_server
def index(server: RemoteServer) -> None:
    """List the rules."""
    show_rules(server.ask("GET", RULES))


@alert.command()
@click.argument("rule")
@uses_server
def remove(rule: str, server: RemoteServer) -> None:
    """Remove a rule, with the deliveries that are still to come."""
    ids = [each["ruleId"] for each in server.ask("GET", RULES)["rules"]]
    show_rules(server.ask("DELETE", f"{RULES}/{find_id(ids, rule)}"))


@alert.command()
@uses_server
def log(server: RemoteServer) -> None:
    """List the alerts, each with its deliveries."""
    show_alerts(server.ask("GET", "/alerts"))


@alert.command()
@click.argument("alert")
@uses_server
def resend(alert: str, server: RemoteServer) -> None:
    """Send an alert again."""
    ids = [each["alertId"] for each in server.ask("GET", "/alerts")["alerts"]]
    show_alerts(server.ask("POST", f"/alerts/{find_id(ids, alert)}/resend"))


def find_id(ids: list[str], prefix: str) -> str:
    """The id that starts with a prefix.

    Raises:
        UsageError: no id does, or more than one.
    """
    found = {each for each in ids if each.startswith(prefix)}
    if not found:
        raise click.UsageError(f"No id starts with '{prefix}'.")
    if len(found) > 1:
        message = f"'{prefix}' is ambiguous: {len(found)} ids start with it."
        raise click.UsageError(message)
    return found.pop()


def show_rules(answer: Any) -> None:
    """Print the rules, one per line."""
    for stored in answer["rules"]:
        rule = stored["rule"]
        parts = [stored["ruleId"], rule.pop("type"), "->", rule.pop("url")]
        parts += [
            f"{name}={REMOVED if is_secret(name) else value}"
            for name, value in rule.items()
            if value not in DEFAULTS
        ]
        terminal.echo(" ".join(parts), hanging=4)
    if not answer["rules"]:
        terminal.echo("No alert rules.")


def show_alerts(answer: Any) -> None:
    """Print the alerts and their deliveries, one per line."""
    for each in answer["alerts"]:
        terminal.echo(f"{each['alertId']} {each['state']}: {each['body']['Message']}", hanging=4)
        for attempt in each["attempts"]:
            line = f"  {attempt['at']} {attempt['status'] or ''} {attempt['error']}"
            terminal.echo(line.rstrip(), hanging=2)
        if each["nextTry"]:
            terminal.echo(f"  {each['nextTry']} next attempt")
    if not answer["alerts"]:
        terminal.echo("No alerts yet.")
