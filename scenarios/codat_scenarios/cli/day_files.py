"""Days as JSON: lines or push bodies, into a folder or one stream."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from codat_scenarios.merchants import Day, Record, encode, encode_lines

PUSHED_AT_ONCE = 4_999  # the guide recommends "under 5000 records"


def write_day(folder: Path, day: Day, form: str) -> None:
    """Add a day to a folder.

    Args:
        folder: where to.
        day: what.
        form: `lines` for a file a data type and one for the changes; `push` for a file a body.
    """
    for name, content in bodies_by_file(day) if form == "push" else lines_by_file(day):
        with (folder / name).open("ab") as file:
            file.write(content)


def write_stream(stream: BinaryIO, day: Day, form: str) -> None:
    """Add a day to a stream of JSON Lines, each saying its `dataType`.

    Args:
        stream: where to.
        day: what.
        form: `lines` for a `record` a line (with its `moment` if it is a change); `push` for a
            `body` a line.
    """
    stream.write(encode_lines(enveloped_bodies(day) if form == "push" else enveloped_lines(day)))


def lines_by_file(day: Day) -> Iterator[tuple[str, bytes]]:
    """Give each file's name and what the day adds to it."""
    for data_type, records in day.records.items():
        yield f"{data_type}.jsonl", encode_lines(records)
    yield "changes.jsonl", encode_lines(enveloped_changes(day))


def bodies_by_file(day: Day) -> Iterator[tuple[str, bytes]]:
    """Give a file for each body; the names sort in the order of pushing."""
    for number, (data_type, body) in enumerate(bodies(day), 1):
        yield f"{day.date.isoformat()}-{number:03}-{data_type}.json", encode(body)


def enveloped_lines(day: Day) -> Iterator[dict[str, Any]]:
    """Give each record with its data type, then each change."""
    for data_type, records in day.records.items():
        for record in records:
            yield {"dataType": data_type, "record": record}
    yield from enveloped_changes(day)


def enveloped_changes(day: Day) -> Iterator[dict[str, Any]]:
    """Give each change with its data type and moment."""
    for change in day.changes:
        yield {"dataType": change.data_type, "moment": change.moment, "record": change.record}


def enveloped_bodies(day: Day) -> Iterator[dict[str, Any]]:
    """Give each push body with its data type."""
    for data_type, body in bodies(day):
        yield {"dataType": data_type, "body": body}


def bodies(day: Day) -> Iterator[tuple[str, dict[str, list[Record]]]]:
    """Give the bodies that push a day: first its sales, then its changes.

    No body holds a record twice, since a record changes at most once a day.
    """
    changed: dict[str, list[Record]] = defaultdict(list)
    for change in day.changes:
        changed[change.data_type].append(change.record)
    for told in (day.records, changed):
        for data_type, records in told.items():
            name = data_type.removeprefix("commerce-")
            for first in range(0, len(records), PUSHED_AT_ONCE):
                yield data_type, {name: records[first : first + PUSHED_AT_ONCE]}
