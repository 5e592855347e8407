"""Schedules in files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import msgspec

from codat_mock.fuzz.schedule import Schedule

SCHEDULE: Final = Path("codat-mock-schedule.json")
LONGEST: Final = 150  # letters of a test's id in a file's name
DATABASE: Final = Path(".hypothesis/codat-mock")


def schedule_of(test: str) -> Path:
    """The file of what was found in a test, so that no two tests write the same."""
    name = re.sub(r"[^\w.]+", "-", test).strip("-")
    return SCHEDULE.with_stem(f"{SCHEDULE.stem}-{name[-LONGEST:]}")


class BadFile(ValueError):
    """A file cannot be read or written; the text tells why."""


def read(path: Path) -> Schedule:
    """The schedule in a file.

    Raises:
        BadFile: there is none.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Schedule)
    except OSError as error:
        raise BadFile(f"Cannot read {path}: {error.strerror}.") from None
    except msgspec.DecodeError as error:
        raise BadFile(f"{path} is no schedule: {error}") from None


def write(path: Path, schedule: Schedule) -> None:
    """Write a schedule to a file.

    Raises:
        BadFile: it cannot be written.
    """
    try:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(schedule)) + b"\n")
    except OSError as error:
        raise BadFile(f"Cannot write {path}: {error.strerror}.") from None
