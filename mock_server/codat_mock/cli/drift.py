"""`codat-mock drift`."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from codat_mock.cli.judge import read_files
from codat_mock.replay.drift import Difference, Drift, drift_of
from codat_mock.reports.verdict import BROKEN, NOTHING, counted

EXAMPLES = """Examples:

\b
  codat-mock drift traffic.har
  codat-mock drift traffic.har --known drift.json --update-known
  codat-mock drift traffic.har --known drift.json --json report.json

Exit codes:

\b
  0  The answers are as the mock documents them, or differ only in known ways.
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
@click.option(
    "--known",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file of known differences: these are tolerated, and one that is gone fails.",
)
@click.option("--update-known", is_flag=True, help="Write the differences to that file.")
@click.option(
    "--json",
    "report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the differences, with their numbers, to this file.",
)
def drift(
    files: tuple[Path, ...], known: Path | None, update_known: bool, report: Path | None
) -> int:
    """Compare answers of the real service, read from HAR files, with what the mock documents.

    Statuses, properties, types and the values of enumerations are compared. Other values are not
    shown.
    """
    if update_known and known is None:
        raise click.UsageError("--update-known needs --known FILE.")
    found = drift_of(read_files(files).requests)
    if report:
        report.write_bytes(encoded(found))
    if known and update_known:
        known.write_bytes(msgspec.json.format(msgspec.json.encode([*found.differences])) + b"\n")
    tolerated = set(read_known(known)) if known and not update_known else set()
    if update_known:
        tolerated = set(found.differences)
    new = [each for each in found.differences if each not in tolerated]
    stale = sorted(tolerated - found.differences.keys())
    for each in new:
        click.echo(f"{line(each)} ({counted(found.differences[each], 'answer', 'answers')})")
    for each in stale:
        click.echo(f"gone: {line(each)}; take it out of {known}")
    click.echo(
        f"{counted(found.compared, 'answer', 'answers')} compared:"
        f" {counted(len(new), 'new difference', 'new differences')},"
        f" {len(found.differences) - len(new)} known, {len(stale)} gone."
    )
    if not found.compared:
        return NOTHING
    return BROKEN if new or stale else 0


def line(each: Difference) -> str:
    """A difference in a line."""
    place = f" {each.path}" if each.path else ""
    return f"{each.operation}{place}: {each.kind}: {each.detail}"


def encoded(found: Drift) -> bytes:
    """The report as JSON."""
    differences = [
        msgspec.to_builtins(each) | {"answers": count} for each, count in found.differences.items()
    ]
    body = {"compared": found.compared, "differences": differences}
    return msgspec.json.format(msgspec.json.encode(body)) + b"\n"


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
