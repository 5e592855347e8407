"""`codat-mock check`."""

from __future__ import annotations

from typing import Final

import click
from click.core import ParameterSource

from codat_mock.cli.secret import TOKEN_OPTION, secret
from codat_mock.cli.server_options import ENVIRONMENT, OWN_SETTINGS, takes_settings
from codat_mock.cli.target import Target, run_against_target
from codat_mock.cli.verdict_options import CODES, VerdictOptions, run_and_report, verdict_options
from codat_mock.sandbox import Settings

EXAMPLES = """Examples:

\b
  codat-mock check -- python sync.py
  codat-mock check --report junit:codat.xml,html:codat.html -- npm run push
  codat-mock check --expected known.json --fail-on warning -- ./push.sh
  codat-mock check --url http://127.0.0.1:4620 -- ./push.sh

The command gets CODAT_BASE_URL, CODAT_API_KEY, CODAT_COMPANY_ID, CODAT_STATE_DIR (an empty folder
for its state) and, if --alert-rules have secrets, CODAT_WEBHOOK_SECRET.

"""
WITH_URL_ONLY: Final = ("api_key", "control_token", "company")
WITHOUT_URL_ONLY: Final = ("port", *OWN_SETTINGS)


@click.command(
    epilog=EXAMPLES + CODES,
    short_help="Run an integration against a mock, for a verdict.",
    context_settings=ENVIRONMENT,
)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option(
    "--timeout",
    "timeout_seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=300,
    show_default=True,
    metavar="SECONDS",
    help="Time limit of the command; then it is terminated with all its processes.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default=True,
    allow_from_autoenv=False,  # CODAT_MOCK_PORT is for the server that runs all day
    help="Port of the mock that is started; 0 selects a free port.",
)
@click.option(
    "--url", allow_from_autoenv=False, help="Use the mock that runs at this URL; start none."
)
@click.option(
    "--api-key",
    type=secret,
    allow_from_autoenv=False,
    help="With --url: the key, whose sandbox is used without a reset; @FILE reads it from a file.",
)
@TOKEN_OPTION
@click.option(
    "--company",
    allow_from_autoenv=False,
    help="With --url and --api-key: the id of an existing company.",
)
@verdict_options
@takes_settings
@click.pass_context
def check(
    context: click.Context,
    command: tuple[str, ...],
    settings: Settings,
    timeout_seconds: float,
    verdict: VerdictOptions,
    port: int,
    url: str | None,
    api_key: str | None,
    control_token: str | None,
    company: str | None,
) -> int:
    """Run an integration against a mock, and give the verdict.

    The command runs against a mock with a company that is ready to be pushed to. After it exits,
    the clock moves past the next sync, and the run is judged.
    """
    check_usage(context)
    target = Target(url, api_key, control_token, company, settings, port)
    return run_and_report(lambda: run_against_target(target, command, timeout_seconds), verdict)


def check_usage(context: click.Context) -> None:
    """Check the options against each other.

    Raises:
        UsageError: two of them cannot be combined, or one requires another.
    """
    given = [
        param
        for param in context.command.params
        if context.get_parameter_source(param.name or "") is ParameterSource.COMMANDLINE
    ]
    wrong = WITHOUT_URL_ONLY if context.params["url"] else WITH_URL_ONLY
    for param in given:
        if param.name in wrong:
            relation = "cannot be combined with" if context.params["url"] else "requires"
            raise click.UsageError(f"{param.opts[0]} {relation} --url.")
    if context.params["company"] and not context.params["api_key"]:
        raise click.UsageError("--company requires --api-key, the key of its sandbox.")
