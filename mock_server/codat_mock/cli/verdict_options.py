"""What becomes of a judged run: reports, expected findings, the exit code. For all that judge."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, Final, get_args

import click

from codat_mock.cli import baseline
from codat_mock.cli.console import print_run
from codat_mock.cli.subprocess import Stopped, stopping_on_signals
from codat_mock.control_client import MockFailed
from codat_mock.reports import FORMATS
from codat_mock.reports.run import Expected, FailOn, Run
from codat_mock.reports.verdict import OURS, code_of

CODES: Final = """
\b
Exit codes:
  0   every rule was kept that would fail the run
  1   findings, or expected ones that are gone, or the command failed
  2   wrong use: an option, a port that is taken, a command that is not there
  5   nothing was pushed, so that nothing could be judged
  70  codat-mock itself failed
"""
SIGNALLED: Final = 128  # added to a signal's number, as shells do
Wanted = list[tuple[str, Path | None]]
View = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class VerdictOptions:
    """How a run is judged and told.

    Args:
        fail_on: the least severity of a finding that fails it.
        reports: their forms and files.
        expected: the file of expected findings.
        update_expected: whether that is written.
    """

    fail_on: FailOn
    reports: Wanted
    expected: Path | None = None
    update_expected: bool = False

    def check(self) -> None:
        """Make sure that the options go together.

        Raises:
            UsageError: one means nothing without another, or the file is none.
        """
        if self.update_expected and not self.expected:
            raise click.UsageError("--update-expected wants the file: --expected FILE.")
        if self.expected and not self.update_expected:
            baseline.read(self.expected)

    def done(self, run: Run) -> Run:
        """The run with what was chosen for it.

        Raises:
            UsageError: the file of expected findings cannot be read or written.
        """
        run.fail_on = self.fail_on
        run.expected = read_expected(self.expected, self.update_expected)
        if self.expected and self.update_expected:
            baseline.renew(self.expected, run)
        return run


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


FAIL_ON: Final = click.option(
    "--fail-on",
    type=click.Choice(get_args(FailOn)),
    default="error",
    show_default=True,
    help="The least severity of a finding that fails the run.",
)
REPORT: Final = click.option(
    "--report",
    "reports",
    multiple=True,
    callback=read_reports,
    metavar="FORM:FILE,…",
    help="Write reports: junit, sarif, json, html, markdown, each to a file; github, which"
    " prints annotations and adds to the job's summary.",
)
OPTIONS: Final = (
    FAIL_ON,
    REPORT,
    click.option(
        "--expected",
        type=click.Path(dir_okay=False, path_type=Path),
        help="A file of known findings: these are tolerated, and one that is gone fails the run.",
    ),
    click.option("--update-expected", is_flag=True, help="Write what is found to that file."),
)


def verdict_options(command: View) -> View:
    """Give a command these options, as its argument `judging`."""

    @wraps(command)
    def with_judging(*args: Any, **given: Any) -> Any:
        names = ("fail_on", "reports", "expected", "update_expected")
        judging = VerdictOptions(*(given.pop(name) for name in names))
        judging.check()
        return command(*args, judging=judging, **given)

    with_options: View = with_judging
    for option in reversed(OPTIONS):
        with_options = option(with_options)
    return with_options


def run_and_report(judged: Callable[[], Run], judging: VerdictOptions) -> int:
    """Tell of a run, or of what kept it from being judged; gives the exit code."""
    try:
        with stopping_on_signals():
            run = judging.done(judged())
            made = list(reports_of(run, judging.reports))
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
    print_run(run)  # before a report can fail to be written
    for path, content in made:
        write(path, content)
    return code_of(run)


def read_expected(path: Path | None, is_updated: bool) -> list[Expected]:
    """What is expected; nothing where the file is about to be written for the first time."""
    if path is None or (is_updated and not path.exists()):
        return []
    return baseline.read(path)


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
