"""`codat-mock judge`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import click

from codat_mock.cli.server_options import takes_rules
from codat_mock.cli.verdict_options import CODES, VerdictOptions, run_and_report, verdict_options
from codat_mock.har.exchange import Recorded
from codat_mock.har.reader import BadHar, read_har
from codat_mock.replay import replay
from codat_mock.reports.run import Run
from codat_mock.sandbox import Settings

EXAMPLES: Final = """Examples:

\b
  codat-mock judge traffic.har
  codat-mock judge monday.har tuesday.har --report html:week.html --fail-on warning
  codat-mock judge traffic.har --rule S13=off

A browser, mitmproxy (save.har), other proxies, `codat-mock proxy --har` and a mock's own
/_mock/requests?format=har write such files.

"""


@click.command(epilog=EXAMPLES + CODES)
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@verdict_options
@takes_rules
def judge(files: tuple[Path, ...], settings: Settings, judging: VerdictOptions) -> int:
    """Judge traffic that has happened, recorded as HAR.

    The requests to the API, whatever host they went to, are carried out again in a sandbox, in the
    recorded times and with the recorded answers believed; then its day is closed. Several files
    are one recording.
    """
    recorded = read_files(files)
    place = files[0].as_posix()
    return run_and_report(lambda: placed(replay(recorded, settings), place), judging)


def read_files(paths: Iterable[Path]) -> list[Recorded]:
    """The requests of several files; what is in two of them is the same request.

    Raises:
        UsageError: one is no HAR.
    """
    recorded: list[Recorded] = []
    for path in paths:
        earlier = {*recorded}
        recorded += [each for each in read_file(path) if each not in earlier]
    return recorded


def read_file(path: Path) -> list[Recorded]:
    """The requests of a file.

    Raises:
        UsageError: it is no HAR.
    """
    try:
        return read_har(path.read_bytes())
    except OSError as error:
        raise click.UsageError(f"Cannot read {path}: {error.strerror}.") from error
    except BadHar as error:
        raise click.UsageError(f"{path} is no HAR that can be read: {error}") from None


def placed(run: Run, place: str) -> Run:
    """The run with findings shown at a file, where no place in the code is known."""
    run.configuration, run.root = place, Path.cwd().as_posix()
    return run
