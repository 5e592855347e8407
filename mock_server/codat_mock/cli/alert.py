"""`codat-mock alert`."""

from __future__ import annotations

from typing import Any, Final, get_args

import click

from codat_mock.cli.remote_server import ask, asks_a_server, without_gaps
from codat_mock.models.alerts import RuleType

EXAMPLES = """Examples:

\b
  codat-mock alert add "Data sync completed" http://127.0.0.1:8080/hook
  codat-mock alert add "Dataset data changed" http://127.0.0.1:8080 --authorization "Bearer abc"
  codat-mock alert add "Sync Connection Deleted" http://127.0.0.1:8080/hook --copies 2
  codat-mock alert list
  codat-mock alert log
  codat-mock alert resend 5d0f
  codat-mock alert remove 93b1

Rules and alerts are named by their ids, or the beginning of them.
"""
RULES = "/alerts/rules"
USUAL: Final[tuple[Any, ...]] = (None, [], 1, 0)  # what a rule has that was not told more


@click.group(epilog=EXAMPLES, short_help="Ask for alerts, and see what became of them.")
def alert() -> None:
    """Ask a running server for alerts, and see what became of them."""


@alert.command()
@click.argument("kind", metavar="TYPE", type=click.Choice(get_args(RuleType), case_sensitive=False))
@click.argument("target", metavar="URL")
@click.option("--company", "companyId", metavar="ID", help="Of this company only.")
@click.option("--authorization", metavar="HEADER", help="Its value: Basic … or Bearer ….")
@click.option("--secret", "secrets", multiple=True, help="whsec_ and base64; repeat it.")
@click.option("--copies", type=click.IntRange(1, 10), help="How often each is delivered.")
@click.option(
    "--overtaken-seconds",
    "overtakenSeconds",
    type=click.FloatRange(0, 3600),
    help="How much later every other one is sent.",
)
@asks_a_server
def add(kind: str, target: str, url: str, api_key: str | None, **options: Any) -> None:
    """Add a rule: alerts of that TYPE are posted to the URL."""
    rule = {"type": kind, "url": target, **without_gaps(options)}
    show_rules(ask("POST", RULES, url, api_key, rule))


@alert.command("list")
@asks_a_server
def index(url: str, api_key: str | None) -> None:
    """Show the rules."""
    show_rules(ask("GET", RULES, url, api_key))


@alert.command()
@click.argument("rule")
@asks_a_server
def remove(rule: str, url: str, api_key: str | None) -> None:
    """Remove a rule; what is still to be tried for it is given up."""
    known = [each["ruleId"] for each in ask("GET", RULES, url, api_key)["rules"]]
    show_rules(ask("DELETE", f"{RULES}/{one_of(known, rule)}", url, api_key))


@alert.command()
@asks_a_server
def log(url: str, api_key: str | None) -> None:
    """Show every alert, with every try to deliver it."""
    show_alerts(ask("GET", "/alerts", url, api_key))


@alert.command()
@click.argument("alert")
@asks_a_server
def resend(alert: str, url: str, api_key: str | None) -> None:
    """Deliver an alert once more."""
    known = [each["alertId"] for each in ask("GET", "/alerts", url, api_key)["alerts"]]
    show_alerts(ask("POST", f"/alerts/{one_of(known, alert)}/resend", url, api_key))


def one_of(known: list[str], beginning: str) -> str:
    """The only id that begins so.

    Raises:
        UsageError: there is none, or more than one.
    """
    found = {each for each in known if each.startswith(beginning)}
    if len(found) != 1:
        raise click.UsageError(f"{len(found)} ids begin with '{beginning}'; one must.")
    return found.pop()


def show_rules(told: Any) -> None:
    """Print the rules, a line each."""
    for stored in told["rules"]:
        rule = stored["rule"]
        parts = [stored["ruleId"], rule.pop("type"), "->", rule.pop("url")]
        parts += [f"{name}={value}" for name, value in rule.items() if value not in USUAL]
        click.echo(" ".join(parts))
    if not told["rules"]:
        click.echo("No rule asks for alerts.")


def show_alerts(told: Any) -> None:
    """Print the alerts, a line each and one for each try."""
    for each in told["alerts"]:
        click.echo(f"{each['alertId']} {each['state']}: {each['body']['Message']}")
        for attempt in each["attempts"]:
            click.echo(f"  {attempt['at']} {attempt['status'] or ''} {attempt['error']}".rstrip())
        if each["nextTry"]:
            click.echo(f"  {each['nextTry']} is the next try")
    if not told["alerts"]:
        click.echo("Nothing has been told yet.")
