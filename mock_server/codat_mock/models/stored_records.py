"""The exact decoding of stored records, which are valid: a push was accepted with them.

`exact_record` calls Python for every amount and every time, to name what is wrong with it.
msgspec's own decimals are as exact, and take half the time. They take texts for numbers too, of
which an accepted record has none, and keep what `read_number` rounds: records with such a number
are left to `exact_record`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, cast

import msgspec

from codat_mock.models.commerce import Record
from codat_mock.models.counterparts import Counterparts, Moments
from codat_mock.models.datasets import RECORD_TYPES, DataType
from codat_mock.models.pushes import exact_record

# A number of ordinary length and exponent is neither rounded nor taken for zero.
LONG: Final = b"0" * 30  # of digits and points, as `KINDS` translates them
KINDS: Final = bytes.maketrans(b"123456789.E \t\r\n}", b"0000000000e,,,,,")
SMALL: Final = re.compile(rb"e-00+,")  # the end of a number with such an exponent


class StoredDecoder:
    """Decodes one kind of stored record: a subclass of its type, with exact amounts.

    Args:
        kind: the type.
    """

    def __init__(self, kind: type[Record]) -> None:
        fast = Counterparts(Decimal, are_kinds_of=True).of(kind)
        self._decode = cast(Callable[[bytes], Any], msgspec.json.Decoder(fast).decode)
        self._read_moments = Moments(kind).read

    def __call__(self, raw: bytes) -> Any:
        """Decode a record of ordinary numbers.

        Args:
            raw: its JSON.
        """
        record = self._decode(raw)
        self._read_moments(record)
        return record


DECODERS: Final[dict[DataType, StoredDecoder]] = {
    data_type: StoredDecoder(kind) for data_type, kind in RECORD_TYPES.items()
}


def stored_record(data_type: DataType, raw: bytes) -> Record:
    """Decode a record that was accepted, with exact amounts.

    Args:
        data_type: the record's.
        raw: its JSON.
    """
    kinds = raw.translate(KINDS)
    if LONG in kinds or SMALL.search(kinds):
        return exact_record(data_type, raw)
    return cast(Record, DECODERS[data_type](raw))
