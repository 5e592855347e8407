"""Reports on single tests, one file each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from codat_mock.reports.formats import FORMATS
from codat_mock.reports.run import Run

ReportFolder = tuple[str, Path]


class BadReport(ValueError):
    """A value of --codat-report is invalid; the text lists the valid ones."""


def parse_report_options(values: Sequence[str]) -> list[ReportFolder]:
    """The formats and folders of --codat-report, each written as `FORMAT:FOLDER`.

    Raises:
        BadReport: a format is unknown, or a folder is missing.
    """
    return [report for value in values for part in value.split(",") for report in parse(part)]


def parse(value: str) -> Iterator[ReportFolder]:
    """Parse one of them."""
    name, _, folder = value.partition(":")
    if name not in FORMATS or not FORMATS[name].suffix or not folder:
        known = ", ".join(f"{name}:FOLDER" for name, each in FORMATS.items() if each.suffix)
        raise BadReport(f"'{value}' is not one of {known}.")
    yield name, Path(folder)


def write(run: Run, test: str, reports: Sequence[ReportFolder]) -> None:
    """Write the reports on a test.

    Args:
        run: the run of the test.
        test: its id, which names the files.
        reports: the formats and folders.
    """
    stem = re.sub(r"[^\w.-]+", "-", test).strip("-")
    for name, folder in reports:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{stem}.{FORMATS[name].suffix}").write_bytes(FORMATS[name].write(run))
