"""Writes products, and days as JSON Lines or push bodies, to a folder or a stream."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from codat_scenarios.merchants import Day, Record, encode, encode_lines

MAX_RECORDS_PER_PUSH = 4_999  # the guide recommends "under 5000 records"


def write_day(folder: Path, day: Day, form: str) -> None:
    """Add a day to a folder.

    Args:
        folder: the folder.
        day: the day.
        form: `lines` for a file per data type and one for the changes; `push` for a file per body.
    """
    for name, content in bodies_by_file(day) if form == "push" else lines_by_file(day):
        with (folder / name).open("ab") as file:
            file.write(content)


def write_products(folder: Path, products: Sequence[Record]) -> None:
    """Write what a merchant sells to a folder, as the body of `PUT …/data/commerce-products`.

    Args:
        folder: the folder.
        products: they say which are gift cards.
    """
    (folder / "products.json").write_bytes(encode(products))


def write_stream(stream: BinaryIO, day: Day, form: str) -> None:
    """Add a day to a stream of JSON Lines, each with its `dataType`.

    Args:
        stream: the stream.
        day: the day.
        form: `lines` for a `record` per line (with its `moment` if it is a change); `push` for a
            `body` per line.
    """
    stream.write(encode_lines(enveloped_bodies(day) if form == "push" else enveloped_lines(day)))


def lines_by_file(day: Day) -> Iterator[tuple[str, bytes]]:
    """The name of each file, and the lines that the day adds to it."""
    for data_type, records in day.records.items():
        yield f"{data_type}.jsonl", encode_lines(records)
    yield "changes.jsonl", encode_lines(enveloped_changes(day))


def bodies_by_file(day: Day) -> Iterator[tuple[str, bytes]]:
    """A file for each body; their names sort in the order of pushing."""
    for number, (data_type, body) in enumerate(bodies(day), 1):
        yield f"{day.date.isoformat()}-{number:03}-{data_type}.json", encode(body)


def enveloped_lines(day: Day) -> Iterator[dict[str, Any]]:
    """Each record with its data type, then each change."""
    for data_type, records in day.records.items():
        for record in records:
            yield {"dataType": data_type, "record": record}
    yield from enveloped_changes(day)


def enveloped_changes(day: Day) -> Iterator[dict[str, Any]]:
    """Each change with its data type and moment."""
    for change in day.changes:
        yield {"dataType": change.data_type, "moment": change.moment, "record": change.record}


def enveloped_bodies(day: Day) -> Iterator[dict[str, Any]]:
    """Each push body with its data type."""
    for data_type, body in bodies(day):
        yield {"dataType": data_type, "body": body}


def bodies(day: Day) -> Iterator[tuple[str, dict[str, list[Record]]]]:
    """The bodies that push a day: first its sales, then its changes.

    No body contains a record twice, since a record changes at most once a day.
    """
    changed: dict[str, list[Record]] = defaultdict(list)
    for change in day.changes:
        changed[change.data_type].append(change.record)
    for group in (day.records, changed):
        for data_type, records in group.items():
            name = data_type.removeprefix("commerce-")
            for first in range(0, len(records), MAX_RECORDS_PER_PUSH):
                yield data_type, {name: records[first : first + MAX_RECORDS_PER_PUSH]}
