"""Schedules in files."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from codat_mock.exploring.schedule import Schedule

SCHEDULE: Final = Path("codat-mock-schedule.json")
DATABASE: Final = Path(".hypothesis/codat-mock")


class BadFile(ValueError):
    """A file cannot be read or written; the text tells why."""


def read(path: Path) -> Schedule:
    """The schedule in a file.

    Raises:
        BadFile: there is none.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Schedule)
    except (OSError, msgspec.DecodeError) as error:
        raise BadFile(f"{path} is no schedule: {error}") from error


def write(path: Path, schedule: Schedule) -> None:
    """Write a schedule to a file.

    Raises:
        BadFile: it cannot be written.
    """
    try:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(schedule)) + b"\n")
    except OSError as error:
        raise BadFile(f"Cannot write {path}: {error.strerror}.") from error
