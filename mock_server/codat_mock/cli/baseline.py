"""The file of expected findings."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec
from msgspec import Struct

from codat_mock.reports.run import Expected, Run, as_expected


class Baseline(Struct, forbid_unknown_fields=True):
    """What stands in the file."""

    expected: list[Expected]


def read(path: Path) -> list[Expected]:
    """The findings that a file expects.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Baseline).expected
    except (OSError, msgspec.DecodeError) as error:
        raise click.UsageError(f"{path} is no file of expected findings: {error}") from error


def renew(path: Path, run: Run) -> None:
    """Expect exactly what was found.

    An entry that stands for whatever records stays as it is while it is met. A run that did not
    come to its good end leaves the file as it is: it would lack what was not reached.

    Raises:
        UsageError: the file cannot be written.
    """
    if run.failures or (run.command and not run.command.is_success):
        click.echo(f"{path} is left as it is: the run did not come to its good end.", err=True)
        return
    loose = [each for each in run.expected if each.records is None and each not in run.stale]
    exact = [
        as_expected(finding)
        for finding in run.judgement.findings
        if not any(each.matches(finding) for each in loose)
    ]
    wanted = {msgspec.json.encode(each): each for each in [*loose, *exact]}
    run.expected = [wanted[key] for key in sorted(wanted)]
    content = msgspec.json.format(msgspec.json.encode(Baseline(run.expected)))
    try:
        path.write_bytes(content + b"\n")
    except OSError as error:
        raise click.UsageError(f"Cannot write {path}: {error.strerror}.") from error
