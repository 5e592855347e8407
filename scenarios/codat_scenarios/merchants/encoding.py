"""Records as JSON, their Decimals as numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

ENCODER = msgspec.json.Encoder(decimal_format="number")


def encode(value: Any) -> bytes:
    """Encode a record, a list of records or a push body as JSON.

    Returns:
        UTF-8 on one line; a Decimal becomes a JSON number with the same digits.
    """
    return ENCODER.encode(value)


def encode_lines(values: Iterable[Any]) -> bytes:
    """Encode values as JSON Lines: one a line, the last line ended too."""
    return ENCODER.encode_lines(values)
