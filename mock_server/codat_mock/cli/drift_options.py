"""The options of the commands that compare the real service with the mock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from codat_mock.cli import terminal
from codat_mock.replay import drift_report
from codat_mock.replay.drift import Difference, Drift
from codat_mock.reports.verdict import BROKEN, NOTHING, counted

FORMATS: Final[dict[str, Callable[[drift_report.Compared], bytes]]] = {
    "json": drift_report.as_json,
    "html": drift_report.as_html,
}
View = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class DriftOptions:
    """How differences are judged and reported.

    Args:
        known: the file of known differences.
        update_known: whether to write the differences to that file.
        reports: the files of the reports, by their formats.
    """

    known: Path | None
    update_known: bool
    reports: dict[str, Path]

    @property
    def are_given(self) -> bool:
        """Whether any of them is given."""
        return bool(self.known or self.update_known or self.reports)

    def compare(self, found: Drift) -> drift_report.Compared:
        """Compare the differences with the known ones; writes those to their file if it is to be.

        Raises:
            UsageError: the file of known differences cannot be read or written, or is none.
        """
        if self.known is None:
            return drift_report.compared(found, ())
        if not self.update_known:
            return drift_report.compared(found, read_known(self.known))
        content = msgspec.json.format(msgspec.json.encode([*found.differences])) + b"\n"
        write(self.known, content)
        return drift_report.compared(found, found.differences)


def read_reports(
    _ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]
) -> dict[str, Path]:
    """Parse the reports that an option names, as `FORMAT:FILE`.

    Args:
        values: of each time the option is given; one may hold several, with commas between them.

    Raises:
        click.BadParameter: a format is unknown or lacks its file, or the file's folder does not
            exist.
    """
    files = {}
    for report in (part for value in values for part in value.split(",")):
        name, _, path = report.partition(":")
        if name not in FORMATS or not path:
            raise click.BadParameter(f"'{report}' is not one of json:FILE, html:FILE.")
        if not Path(path).parent.is_dir():
            raise click.BadParameter(f"The folder {Path(path).parent} does not exist.")
        files[name] = Path(path)
    return files


def drift_options(report: str) -> Callable[[View], View]:
    """Add these options to a command, as its argument `options`.

    Args:
        report: the name of the option for reports.
    """

    def decorate(command: View) -> View:
        @wraps(command)
        def with_drift(
            *args: Any,
            known: Path | None,
            update_known: bool,
            drift_reports: dict[str, Path],
            **given: Any,
        ) -> Any:
            if update_known and known is None:
                raise click.UsageError("--update-known requires --known FILE.")
            if known and not update_known:
                read_known(known)  # before a long run
            options = DriftOptions(known, update_known, drift_reports)
            return command(*args, options=options, **given)

        with_options: View = with_drift
        for option in (
            click.option(
                report,
                "drift_reports",
                multiple=True,
                callback=read_reports,
                metavar="FORMAT:FILE,…",
                help="Write the differences to a file; formats: json, html.",
            ),
            click.option(
                "--update-known", is_flag=True, help="Write the differences to that file."
            ),
            click.option(
                "--known",
                type=click.Path(dir_okay=False, path_type=Path),
                help="A file of known differences: these are tolerated, and one that is gone"
                " fails.",
            ),
        ):
            with_options = option(with_options)
        return with_options

    return decorate


def print_drift(found: Drift, options: DriftOptions) -> int:
    """Print the differences and write their reports; returns the exit code.

    Raises:
        UsageError: a file cannot be read or written.
    """
    shown = options.compare(found)
    for name, path in options.reports.items():
        write(path, FORMATS[name](shown))
    for each in shown.new:
        times = counted(found.differences[each], "time")
        terminal.echo(f"{drift_report.line(each)} ({times})")
    for each in shown.gone:
        terminal.echo(f"gone: {drift_report.line(each)}; remove it from {options.known}")
    terminal.echo(drift_report.headline(shown))
    if not found.compared:
        return NOTHING
    return BROKEN if shown.new or shown.gone else 0


def read_known(path: Path) -> list[Difference]:
    """The known differences of a file.

    Raises:
        UsageError: it cannot be read, or holds something else.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[Difference])
    except OSError as error:
        raise click.UsageError(f"Cannot read {path}: {error.strerror}.") from error
    except msgspec.MsgspecError as error:
        raise click.UsageError(f"{path} is not a file of known differences: {error}.") from error


def write(path: Path, content: bytes) -> None:
    """Write a file.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        path.write_bytes(content)
    except OSError as error:
        raise click.UsageError(f"Cannot write {path}: {error.strerror}.") from error
