"""The file of expected findings."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec
from msgspec import Struct

from codat_mock.reports.run import Expected, Run, as_expected


class Baseline(Struct, forbid_unknown_fields=True):
    """The content of the file."""

    expected: list[Expected]


def read(path: Path) -> list[Expected]:
    """The findings that a file expects.

    Raises:
        UsageError: the file cannot be read.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Baseline).expected
    except (OSError, msgspec.DecodeError) as error:
        raise click.UsageError(f"{path} is not a file of expected findings: {error}") from error


def update(path: Path, run: Run) -> None:
    """Write the findings of a run to the file.

    An entry without records, which covers any records, is kept while a finding matches it. After a
    failed run the file stays unchanged: findings of what the run did not reach would be missing.

    Raises:
        UsageError: the file cannot be written.
    """
    if run.failures or (run.command and not run.command.is_success):
        click.echo(f"{path} was not updated: the run failed.", err=True)
        return
    loose = [each for each in run.expected if each.records is None and each not in run.stale]
    exact = [
        as_expected(finding)
        for finding in run.judgement.findings
        if not any(each.matches(finding) for each in loose)
    ]
    unique = {msgspec.json.encode(each): each for each in [*loose, *exact]}
    run.expected = [unique[key] for key in sorted(unique)]
    content = msgspec.json.format(msgspec.json.encode(Baseline(run.expected)))
    try:
        path.write_bytes(content + b"\n")
    except OSError as error:
        raise click.UsageError(f"Cannot write {path}: {error.strerror}.") from error
