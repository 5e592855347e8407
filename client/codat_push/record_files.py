"""Records from a file or standard input: JSON Lines, a JSON array, or the body of a push."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

import msgspec

from codat_push.encoding import read_json
from codat_push.errors import BadRecord
from codat_push.schema import LIST_NAMES, DataType
from codat_push.versions import key_of_bad, make_version


class BadInput(ValueError):
    """The input is not records; the message names the line or the record."""


@dataclass(frozen=True, slots=True)
class Source:
    """An input that is read more than once.

    JSON Lines are read line by line, in little memory; a single document is read whole.

    Args:
        file: a seekable binary file.
        data_type: what its records are.
    """

    file: IO[bytes]
    data_type: DataType

    def check(self) -> int:
        """Check every record and return their number.

        A record that cannot be sent, but has an id, is left to the ledger, which refuses it until a
        correct one of its id is given.

        Raises:
            BadInput: it is not JSON, or a record has no id.
        """
        count = 0
        for place, record in self._placed():
            try:
                make_version(self.data_type, record)
            except BadRecord as error:
                if key_of_bad(self.data_type, record) is None:
                    raise BadInput(f"{place}: {error}") from error
            count += 1
        return count

    def records(self) -> Iterator[Any]:
        """Its records, read as they are needed."""
        return (record for _, record in self._placed())

    def _placed(self) -> Iterator[tuple[str, Any]]:
        """Each record with its line or number."""
        number, first = next(self._lines(), (1, b""))
        if not first:
            return  # as JSON Lines, no line is no record: a day without sales
        if self._is_record(first):
            for number, line in self._lines():
                yield f"line {number}", decode(line, number)
        else:
            self._rewind()
            for index, record in enumerate(self._listed(decode(self.file.read(), 1))):
                yield f"record {index + 1}", record

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        self._rewind()
        return ((number, line) for number, line in enumerate(self.file, 1) if line.strip())

    def _rewind(self) -> None:
        """Go to the first byte after a byte order mark."""
        self.file.seek(0)
        if self.file.read(len(BOM_UTF8)) != BOM_UTF8:
            self.file.seek(0)

    def _is_record(self, line: bytes) -> bool:
        """Whether the first line is a complete record, so that the input is JSON Lines."""
        try:
            value = read_json(line)
        except ValueError:
            return False
        return isinstance(value, dict) and LIST_NAMES[self.data_type] not in value

    def _listed(self, document: Any) -> list[Any]:
        if isinstance(document, dict):
            document = document.get(LIST_NAMES[self.data_type], [document])
        if not isinstance(document, list):
            raise BadInput(
                "line 1: expected JSON Lines, an array of records, or the body of a push"
            )
        return document


def decode(text: bytes, line: int) -> Any:
    """Decode JSON that starts on a line.

    Raises:
        BadInput: it is not JSON; the message names the line.
    """
    try:
        return read_json(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        offset = re.search(r"\(byte (\d+)\)", str(error))
        before = text[: int(offset[1])] if offset else text.rstrip()
        raise BadInput(f"line {line + before.count(10)}: {error}") from error
