"""A merchant's own records, which a test declares so that the books can be compared with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final, Literal

import msgspec
from msgspec import DecodeError, Raw, Struct

from codat_mock.models.datasets import LIST_NAMES, DataType
from codat_mock.models.decoding import decoder, malformed_json, problem_from
from codat_mock.models.errors import Malformed, Problem
from codat_mock.models.pushes import PushedRecord, read_push

Declaration = tuple[DataType, PushedRecord]


class Body(Struct, forbid_unknown_fields=True):
    """The records by their type."""

    orders: Raw = Raw(b"[]")
    payments: Raw = Raw(b"[]")
    transactions: Raw = Raw(b"[]")


class Line(Struct, rename="camel"):
    """One line of JSON Lines: one version of a record."""

    data_type: Literal["commerce-orders", "commerce-payments", "commerce-transactions"]
    record: Raw


read_body: Final = decoder(Body)
read_line: Final = decoder(Line)


def read_declaration(sent: bytes) -> list[Declaration]:
    """Decode declared records, in the order in which they apply.

    Args:
        sent: `{"orders": […], "payments": […], "transactions": […]}`, or JSON Lines of
            `{"dataType": …, "record": …}`, as `codat-mock generate` writes them.

    Raises:
        Malformed: the body is neither; names every wrong value.
    """
    lines = [(number, line) for number, line in enumerate(sent.splitlines(), 1) if line.strip()]
    if lines and is_line(lines[0][1]):
        return [*chain.from_iterable(records_of_line(number, line) for number, line in lines)]
    try:
        body = read_body(sent)
    except msgspec.ValidationError as error:
        problem = problem_from(error, "$")
        raise Malformed(f"The body is not valid. {problem}", [problem]) from None
    except (DecodeError, UnicodeDecodeError):
        raise malformed_json(sent) from None
    return [
        (data_type, record)
        for data_type, name in LIST_NAMES.items()
        for record in with_ids(data_type, read_push(data_type, pushed(name, getattr(body, name))))
    ]


def is_line(line: bytes) -> bool:
    """Whether a line holds one record."""
    try:
        read_line(line)
    except (DecodeError, UnicodeDecodeError):
        return False
    return True


def records_of_line(number: int, line: bytes) -> Iterator[Declaration]:
    """The record on a line."""
    try:
        declared: Line = read_line(line)
        name = LIST_NAMES[declared.data_type]
        records = read_push(declared.data_type, pushed(name, Raw(b"[%s]" % bytes(declared.record))))
        for record in with_ids(declared.data_type, records):
            yield declared.data_type, record
    except (Malformed, DecodeError, UnicodeDecodeError) as error:
        message = f"Line {number} is not a record with its dataType. {error}"
        raise Malformed(message, [Problem(f"$[{number - 1}]", str(error))]) from None


def pushed(name: str, records: Raw) -> bytes:
    """The body of a push of the records."""
    return b'{"%s":%s}' % (name.encode(), bytes(records))


def with_ids(data_type: DataType, records: Sequence[PushedRecord]) -> Sequence[PushedRecord]:
    """The same records, each with an id.

    Raises:
        Malformed: a record has no id, so it cannot be found in the books.
    """
    for record in records:
        if not record.key:
            path = f"$.{LIST_NAMES[data_type]}[{record.position}].id"
            raise Malformed("A record has no id.", [Problem(path, "The record has no id.")])
    return records
