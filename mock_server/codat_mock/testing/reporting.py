"""Reports of single tests, a file each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from codat_mock.reports import FORMATS
from codat_mock.reports.run import Run

ENDINGS: Final = {
    "json": "json",
    "junit": "xml",
    "sarif": "sarif",
    "html": "html",
    "markdown": "md",
}
Wanted = tuple[str, Path]


class BadReport(ValueError):
    """There is no such report; the text tells what there is."""


def read_wanted(told: Sequence[str]) -> list[Wanted]:
    """The forms and folders that are wanted, each written as `FORM:FOLDER`.

    Raises:
        BadReport: there is no such form, or no folder is named.
    """
    return [wanted for each in told for part in each.split(",") for wanted in read_one(part)]


def read_one(told: str) -> Iterator[Wanted]:
    """One of them."""
    form, _, folder = told.partition(":")
    if form not in ENDINGS or not folder:
        known = ", ".join(f"{name}:FOLDER" for name in ENDINGS)
        raise BadReport(f"'{told}' is none of {known}.")
    yield form, Path(folder)


def write(run: Run, test: str, wanted: Sequence[Wanted]) -> None:
    """Write the reports of a test.

    Args:
        run: what happened in it.
        test: its id, which gives the files their name.
        wanted: the forms and folders.
    """
    name = re.sub(r"[^\w.-]+", "-", test).strip("-")
    for form, folder in wanted:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.{ENDINGS[form]}").write_bytes(FORMATS[form].write(run))
