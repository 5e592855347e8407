"""`codat-mock check`."""

from __future__ import annotations

from typing import Final

import click
from click.core import ParameterSource

from codat_mock.cli.server_options import OWN_SETTINGS, takes_settings
from codat_mock.cli.target import Target, run_against_target
from codat_mock.cli.verdict_options import CODES, VerdictOptions, run_and_report, verdict_options
from codat_mock.sandbox import Settings

EXAMPLES = """Examples:

\b
  codat-mock check -- python sync.py
  codat-mock check --speed x60 --report junit:codat.xml,html:codat.html -- npm run push
  codat-mock check --expected known.json --fail-on warning -- ./push.sh
  codat-mock check --url http://127.0.0.1:4620 -- ./push.sh

The command is given CODAT_BASE_URL, CODAT_API_KEY and CODAT_COMPANY_ID, where --alert-rules are
signed CODAT_WEBHOOK_SECRET, and CODAT_STATE_DIR: an empty folder for what it remembers.

"""
THEIR_MOCK: Final = ("api_key", "company")
OWN_MOCK: Final = ("port", *OWN_SETTINGS)


@click.command(
    epilog=EXAMPLES + CODES, short_help="Run an integration against a mock, for a verdict."
)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option(
    "--timeout",
    "timeout_seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=300,
    show_default=True,
    metavar="SECONDS",
    help="How long the command may take; then it is ended with all it has started.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default=True,
    help="Port of the mock that is started; 0 takes any free one.",
)
@click.option("--url", help="Use the mock that runs there, and start none.")
@click.option("--api-key", help="With --url: the key, whose sandbox is taken as it stands.")
@click.option("--company", help="With --url: the id of a company that is there already.")
@verdict_options
@takes_settings
@click.pass_context
def check(
    context: click.Context,
    command: tuple[str, ...],
    settings: Settings,
    timeout_seconds: float,
    judging: VerdictOptions,
    port: int,
    url: str | None,
    api_key: str | None,
    company: str | None,
) -> int:
    """Run an integration against a mock, and give the verdict.

    The command is run beside a mock with a company that is ready; once it has ended, the clock
    moves past the next sync, and what happened is judged.
    """
    check_use(context)
    place = Target(url, api_key, company, settings, port)
    return run_and_report(lambda: run_against_target(place, command, timeout_seconds), judging)


def check_use(context: click.Context) -> None:
    """Make sure that the options go together.

    Raises:
        UsageError: one means nothing beside another.
    """
    given = [
        param
        for param in context.command.params
        if context.get_parameter_source(param.name or "") is ParameterSource.COMMANDLINE
    ]
    wrong = OWN_MOCK if context.params["url"] else THEIR_MOCK
    for param in given:
        if param.name in wrong:
            when = "without" if context.params["url"] else "with"
            raise click.UsageError(f"{param.opts[0]} means something {when} --url only.")
    if context.params["company"] and not context.params["api_key"]:
        raise click.UsageError("--company wants the key of its sandbox: --api-key KEY.")
