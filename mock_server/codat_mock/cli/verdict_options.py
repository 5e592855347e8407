"""The options of every command that judges a run: reports, expected findings, exit codes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, Final, get_args

import click

from codat_mock.cli import baseline, terminal
from codat_mock.cli.console import print_run
from codat_mock.cli.subprocess import Stopped, stopping_on_signals
from codat_mock.control_client import MockFailed
from codat_mock.reports.formats import FORMATS
from codat_mock.reports.run import Expected, FailOn, Run
from codat_mock.reports.verdict import MOCK_FAILED, code_of
from codat_mock.reports.wording import PLEASE
from codat_mock.sandbox.internal_errors import describe

CODES: Final = """
\b
Exit codes:
  0   no finding at or above --fail-on
  1   findings at or above it, expected findings that are gone, or a command
      that failed
  2   wrong usage: a bad option, a port in use, a command that does not exist
  5   nothing was pushed, so there was nothing to judge
  70  codat-mock itself failed
"""
SIGNALLED: Final = 128  # plus the signal's number, as in a shell
ReportFiles = list[tuple[str, Path | None]]
View = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class VerdictOptions:
    """How a run is judged and reported.

    Args:
        fail_on: the lowest severity of a finding that fails the run.
        reports: the formats of the reports with their files; None for standard output.
        expected: the file of expected findings.
        update_expected: whether to write the findings to that file.
    """

    fail_on: FailOn
    reports: ReportFiles
    expected: Path | None = None
    update_expected: bool = False

    def check(self) -> None:
        """Check the options against each other.

        Raises:
            UsageError: an option requires another, or the file of expected findings is invalid.
        """
        if self.update_expected and not self.expected:
            raise click.UsageError("--update-expected requires --expected FILE.")
        if self.expected and not self.update_expected:
            baseline.read(self.expected)

    def apply(self, run: Run) -> Run:
        """Judge the run by these options.

        Raises:
            UsageError: the file of expected findings cannot be read or written.
        """
        run.fail_on = self.fail_on
        run.expected = read_expected(self.expected, self.update_expected)
        if self.expected and self.update_expected:
            baseline.update(self.expected, run)
        return run


def read_reports(
    _ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]
) -> ReportFiles:
    """Parse the reports that --report names, as `FORMAT:FILE` or `FORMAT`.

    Args:
        values: of each time the option is given; one may hold several, with commas between them.

    Returns:
        The format's name and the file of each; None prints it.

    Raises:
        click.BadParameter: a format is unknown, lacks its file or has one too many, or the file's
            folder does not exist.
    """
    files: ReportFiles = []
    for report in (part for value in values for part in value.split(",")):
        name, _, path = report.partition(":")
        if name not in FORMATS or bool(path) is (FORMATS[name].suffix is None):
            raise click.BadParameter(f"'{report}' is not one of {', '.join(syntaxes())}.")
        if path and not Path(path).parent.is_dir():
            raise click.BadParameter(f"The folder {Path(path).parent} does not exist.")
        files.append((name, Path(path) if path else None))
    return files


def syntaxes() -> list[str]:
    """How each format is written as a value of --report."""
    return [f"{name}:FILE" if each.suffix else name for name, each in FORMATS.items()]


FAIL_ON: Final = click.option(
    "--fail-on",
    type=click.Choice(get_args(FailOn)),
    default="error",
    show_default=True,
    help="The lowest severity of a finding that fails the run.",
)
REPORT: Final = click.option(
    "--report",
    "reports",
    multiple=True,
    callback=read_reports,
    metavar="FORMAT:FILE,…",
    help=f"Write a report to a file; formats: {', '.join(FORMATS)}. 'github' takes no file: it"
    " prints annotations and adds to the job's summary.",
)
OPTIONS: Final = (
    FAIL_ON,
    REPORT,
    click.option(
        "--expected",
        type=click.Path(dir_okay=False, path_type=Path),
        help="A file of known findings: they do not fail the run; one that is gone does.",
    ),
    click.option(
        "--update-expected", is_flag=True, help="Write the findings of this run to that file."
    ),
)


def verdict_options(command: View) -> View:
    """Add these options to a command, as its argument `verdict`."""

    @wraps(command)
    def with_verdict(*args: Any, **given: Any) -> Any:
        names = ("fail_on", "reports", "expected", "update_expected")
        verdict = VerdictOptions(*(given.pop(name) for name in names))
        verdict.check()
        return command(*args, verdict=verdict, **given)

    with_options: View = with_verdict
    for option in reversed(OPTIONS):
        with_options = option(with_options)
    return with_options


def run_and_report(judge: Callable[[], Run], options: VerdictOptions) -> int:
    """Judge a run, print it and write its reports; returns the exit code."""
    try:
        with stopping_on_signals():
            run = options.apply(judge())
            reports = list(rendered(run, options.reports))
    except Stopped as stopped:
        terminal.echo(f"Stopped by {stopped}; the command was terminated.", err=True)
        return SIGNALLED + stopped.number
    except click.ClickException:
        raise
    except MockFailed as error:
        terminal.echo(f"codat-mock itself failed: {error}.", err=True)
        return MOCK_FAILED
    except Exception as error:  # noqa: BLE001  (whatever it is, it is not the integration's fault)
        fault = describe("the judgement of a run", error)
        terminal.echo(f"codat-mock itself failed: {fault.summary}.", err=True)
        terminal.echo(f"{PLEASE}\n{fault.report}", err=True)
        return MOCK_FAILED
    print_run(run)  # before writing a report can fail
    for path, content in reports:
        write(path, content)
    return code_of(run)


def read_expected(path: Path | None, is_updated: bool) -> list[Expected]:
    """The expected findings; none where their file is about to be written for the first time."""
    if path is None or (is_updated and not path.exists()):
        return []
    return baseline.read(path)


def rendered(run: Run, reports: ReportFiles) -> Iterator[tuple[Path | None, bytes]]:
    """The content of each report with its file; None for standard output."""
    for name, path in reports:
        yield path, FORMATS[name].write(run)
        summary = os.environ.get("GITHUB_STEP_SUMMARY")
        if path is None and summary:
            yield Path(summary), FORMATS["markdown"].write(run)


def write(path: Path | None, content: bytes) -> None:
    """Write a report to its file or to standard output; the job's summary is appended to.

    Raises:
        UsageError: the file cannot be written.
    """
    if path is None:
        click.echo(content, nl=False)
        return
    is_summary = str(path) == os.environ.get("GITHUB_STEP_SUMMARY")
    try:
        with path.open("ab" if is_summary else "wb") as file:
            file.write(content)
    except OSError as error:
        raise click.UsageError(f"Cannot write {path}: {error.strerror}.") from error
