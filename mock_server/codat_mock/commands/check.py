"""`codat-mock check`."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, get_args

import click
from click.core import ParameterSource

from codat_mock.commands import expectations
from codat_mock.commands.child import Stopped, stopping_on_signals
from codat_mock.commands.place import Place, rehearse
from codat_mock.commands.settings import OWN_SETTINGS, takes_settings
from codat_mock.commands.telling import tell
from codat_mock.rehearsal import MockFailed
from codat_mock.reports import FORMATS
from codat_mock.reports.run import Expected, FailOn, Run
from codat_mock.reports.verdict import OURS, code_of
from codat_mock.sandbox import Settings

EXAMPLES = """Examples:

\b
  codat-mock check -- python sync.py
  codat-mock check --speed x60 --report junit:codat.xml,html:codat.html -- npm run push
  codat-mock check --expected known.json --fail-on warning -- ./push.sh
  codat-mock check --url http://127.0.0.1:4620 -- ./push.sh

The command is given CODAT_BASE_URL, CODAT_API_KEY and CODAT_COMPANY_ID, and where --alert-rules
are signed CODAT_WEBHOOK_SECRET.

\b
Exit codes:
  0   every rule was kept that would fail the run
  1   findings, or expected ones that are gone, or the command failed
  2   wrong use: an option, a port that is taken, a command that is not there
  5   nothing was pushed, so that nothing could be judged
  70  codat-mock itself failed
"""
THEIR_MOCK: Final = ("api_key", "company")
OWN_MOCK: Final = ("port", *OWN_SETTINGS)
SIGNALLED: Final = 128  # added to a signal's number, as shells do
Wanted = list[tuple[str, Path | None]]


def read_reports(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> Wanted:
    """Read the reports that are wanted: their forms and files."""
    wanted: Wanted = []
    for told in (part for value in values for part in value.split(",")):
        form, _, path = told.partition(":")
        if form not in FORMATS or bool(path) is (form == "github"):
            known = ", ".join(f"{name}:FILE" for name in FORMATS if name != "github")
            raise click.BadParameter(f"'{told}' is none of {known}, github.")
        if path and not Path(path).parent.is_dir():
            raise click.BadParameter(f"{Path(path).parent} is no directory.")
        wanted.append((form, Path(path) if path else None))
    return wanted


@click.command(epilog=EXAMPLES)
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
    "--fail-on",
    type=click.Choice(get_args(FailOn)),
    default="error",
    show_default=True,
    help="The least severity of a finding that fails the run.",
)
@click.option(
    "--report",
    "reports",
    multiple=True,
    callback=read_reports,
    metavar="FORM:FILE,…",
    help="Write reports: junit, sarif, json, html, markdown, each to a file; github, which prints"
    " annotations and adds to the job's summary.",
)
@click.option(
    "--expected",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file of known findings: these are tolerated, and one that is gone fails the run.",
)
@click.option("--update-expected", is_flag=True, help="Write what is found to that file.")
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
@takes_settings
@click.pass_context
def check(
    context: click.Context,
    command: tuple[str, ...],
    settings: Settings,
    timeout_seconds: float,
    fail_on: FailOn,
    reports: Wanted,
    expected: Path | None,
    update_expected: bool,
    port: int,
    url: str | None,
    api_key: str | None,
    company: str | None,
) -> int:
    """Run an integration against a mock, and give the verdict.

    The command is run beside a mock with a company that is ready; once it has ended, the clock
    moves past the next sync, and what happened is judged.
    """
    check_use(context, expected, update_expected)
    place = Place(url, api_key, company, settings, port)

    def judged() -> Run:
        run = rehearse(place, command, timeout_seconds)
        run.fail_on, run.expected = fail_on, read_expected(expected, update_expected)
        if expected and update_expected:
            expectations.renew(expected, run)
        return run

    return told_to_the_end(judged, reports)


def told_to_the_end(judged: Callable[[], Run], wanted: Wanted) -> int:
    """Tell of a run, or of what kept it from being judged; gives the exit code."""
    try:
        with stopping_on_signals():
            run = judged()
            made = list(reports_of(run, wanted))
    except Stopped as stopped:
        click.echo(f"Stopped by {stopped}; the command was ended.", err=True)
        return SIGNALLED + stopped.number
    except click.ClickException:
        raise
    except MockFailed as error:
        click.echo(f"codat-mock itself failed: {error}.", err=True)
        return OURS
    except Exception:  # noqa: BLE001  (whatever it is, it is not the integration's)
        click.echo(f"codat-mock itself failed:\n{traceback.format_exc()}", err=True)
        return OURS
    tell(run)  # before a report can fail to be written
    for path, content in made:
        write(path, content)
    return code_of(run)


def check_use(context: click.Context, expected: Path | None, update_expected: bool) -> None:
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
    if update_expected and not expected:
        raise click.UsageError("--update-expected wants the file: --expected FILE.")
    if expected and not update_expected:
        expectations.read(expected)


def read_expected(path: Path | None, is_updated: bool) -> list[Expected]:
    """What is expected; nothing where the file is about to be written for the first time."""
    if path is None or (is_updated and not path.exists()):
        return []
    return expectations.read(path)


def reports_of(run: Run, wanted: Wanted) -> Iterator[tuple[Path | None, bytes]]:
    """Make the reports that are wanted, each with its file; None for our own output."""
    for form, path in wanted:
        yield path, FORMATS[form].write(run)
        summary = os.environ.get("GITHUB_STEP_SUMMARY")
        if path is None and summary:
            yield Path(summary), FORMATS["markdown"].write(run)


def write(path: Path | None, content: bytes) -> None:
    """Write a report; to the summary of the job that we run in it is added.

    Raises:
        UsageError: it cannot be written.
    """
    if path is None:
        click.echo(content, nl=False)
        return
    is_added = str(path) == os.environ.get("GITHUB_STEP_SUMMARY")
    try:
        with path.open("ab" if is_added else "wb") as file:
            file.write(content)
    except OSError as error:
        raise click.UsageError(f"Cannot write {path}: {error.strerror}.") from error
