"""`codat-mock drift`."""

from __future__ import annotations

from pathlib import Path

import click

from codat_mock.cli.drift_options import DriftOptions, drift_options, print_drift
from codat_mock.cli.judge import read_files
from codat_mock.replay.drift import drift_of

EXAMPLES = """Examples:

\b
  codat-mock drift traffic.har
  codat-mock drift traffic.har --known drift.json --update-known
  codat-mock drift traffic.har --known drift.json --report html:report.html

Exit codes:

\b
  0  The answers are as the mock's, or differ only in known ways.
  1  There is a new difference, or a known one is gone.
  5  No answer of the API was recorded.
"""


@click.command(epilog=EXAMPLES, short_help="Compare recorded answers with the mock's.")
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@drift_options("--report")
def drift(files: tuple[Path, ...], options: DriftOptions) -> int:
    """Compare answers of the real service, read from HAR files, with the mock's.

    Statuses, properties, types, the values of enumerations, and the order and the times of the
    states of datasets and syncs are compared. Ids, dates and amounts are not shown.
    """
    return print_drift(drift_of(read_files(files).requests), options)
