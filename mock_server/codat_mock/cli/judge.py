"""`codat-mock judge`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import click

from codat_mock.cli.server_options import ENVIRONMENT, takes_rules
from codat_mock.cli.verdict_options import CODES, VerdictOptions, run_and_report, verdict_options
from codat_mock.har.exchange import Recorded
from codat_mock.har.reader import BadHar, Har, read_har
from codat_mock.replay import replay
from codat_mock.reports.run import Run
from codat_mock.reports.verdict import counted
from codat_mock.sandbox import Settings

MAX_SKIPPED: Final = 5  # entries that are listed
EXAMPLES: Final = """Examples:

\b
  codat-mock judge traffic.har
  codat-mock judge monday.har tuesday.har --report html:week.html --fail-on warning
  codat-mock judge traffic.har --rule S13=off

Browsers, mitmproxy (save.har), other proxies, `codat-mock proxy --har` and a mock's own
/_mock/requests?format=har write such files.

"""


@click.command(
    epilog=EXAMPLES + CODES,
    short_help="Judge recorded traffic (HAR).",
    context_settings=ENVIRONMENT,
)
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@verdict_options
@takes_rules
def judge(files: tuple[Path, ...], settings: Settings, verdict: VerdictOptions) -> int:
    """Judge recorded traffic, read from HAR files.

    The requests to the API, on any host, are replayed in a sandbox at their recorded times and with
    their recorded answers; then the clock moves past the next sync. Several files are one
    recording.
    """
    recorded = read_files(files)

    def judge_files() -> Run:
        run = replay(recorded.requests, settings)
        run.notes += recorded.notes
        return with_location(run, files[0].as_posix())

    return run_and_report(judge_files, verdict)


@dataclass
class Recording:
    """The content of several files.

    Attributes:
        requests: the recorded requests; one that is in two files counts once.
        notes: what could not be read or was assumed, a sentence each.
    """

    requests: list[Recorded] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, path: Path, har: Har) -> None:
        """Add the content of a file."""
        earlier = {*self.requests}
        self.requests += [each for each in har.requests if each not in earlier]
        self.notes += [f"{path}: {each}" for each in har.oddities]
        if har.skipped:
            shown = " ".join(har.skipped[:MAX_SKIPPED])
            left = len(har.skipped) - MAX_SKIPPED
            more = f" {left} more." if left > 0 else ""
            skipped = counted(len(har.skipped), "entry", "entries")
            self.notes.append(f"{path}: skipped {skipped}: {shown}{more}")


def read_files(paths: Iterable[Path]) -> Recording:
    """Read several files as one recording.

    Raises:
        UsageError: one is not a HAR file.
    """
    recording = Recording()
    for path in paths:
        recording.add(path, read_file(path))
    return recording


def read_file(path: Path) -> Har:
    """Read a file.

    Raises:
        UsageError: it is not a HAR file.
    """
    try:
        return read_har(path.read_bytes())
    except OSError as error:
        raise click.UsageError(f"Cannot read {path}: {error.strerror}.") from error
    except BadHar as error:
        raise click.UsageError(f"{path} is not a readable HAR file: {error}") from None


def with_location(run: Run, path: str) -> Run:
    """The run with the file that findings point at if their place in the code is unknown."""
    run.configuration, run.root = path, Path.cwd().as_posix()
    return run
