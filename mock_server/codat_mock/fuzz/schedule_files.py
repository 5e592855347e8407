"""Schedules in files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import msgspec

from codat_mock.fuzz.schedule import Schedule

SCHEDULE: Final = Path("codat-mock-schedule.json")
MAX_NAME_LENGTH: Final = 150  # of a test's id in a file's name
DATABASE: Final = Path(".hypothesis/codat-mock")


def schedule_of(test: str) -> Path:
    """The file for the schedule that a test finds; each test has its own."""
    name = re.sub(r"[^\w.]+", "-", test).strip("-")
    return SCHEDULE.with_stem(f"{SCHEDULE.stem}-{name[-MAX_NAME_LENGTH:]}")


class BadFile(ValueError):
    """A file cannot be read or written; the text says why."""


def read(path: Path) -> Schedule:
    """The schedule in a file.

    Raises:
        BadFile: it cannot be read, or is not a schedule.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Schedule)
    except OSError as error:
        raise BadFile(f"Cannot read {path}: {error.strerror}.") from None
    except msgspec.DecodeError as error:
        raise BadFile(f"{path} is not a schedule: {error}") from None


def write(path: Path, schedule: Schedule) -> None:
    """Write a schedule to a file.

    Raises:
        BadFile: it cannot be written.
    """
    try:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(schedule)) + b"\n")
    except OSError as error:
        raise BadFile(f"Cannot write {path}: {error.strerror}.") from None
