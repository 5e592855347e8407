"""The digests that ledgers of earlier versions hold, to compare records with them."""

from __future__ import annotations

from decimal import Decimal
from hashlib import blake2b
from typing import Any, Final

import msgspec

from codat_push.content import (
    EXACT,
    EXACT_DIGITS,
    STAMPS,
    parse_moment,
    rounded,
)
from codat_push.encoding import format_moment, read_json
from codat_push.schema import MOMENT, SHAPES, DataType, Shape

FIRST_DIGEST_BYTES: Final = 16  # up to version 0.1.0: compares stamps and the order of lists
SECOND_DIGEST_BYTES: Final = 20
encode_sorted: Final = msgspec.json.Encoder(order="sorted").encode


def is_same(data_type: DataType, body: bytes, digest: bytes, known: bytes | None) -> bool:
    """Whether a version says the same as the known one, whose digest may be an earlier one.

    Args:
        data_type: what the record is.
        body: the version's JSON.
        digest: the version's.
        known: the known version's, None if there is none.
    """
    if known is None or len(known) == len(digest):
        return digest == known
    make = first_digest if len(known) == FIRST_DIGEST_BYTES else second_digest
    return make(data_type, read_json(body)) == known


def first_digest(data_type: DataType, wire: dict[str, Any]) -> bytes:
    """The digest of 16 bytes."""
    canon = canonical(wire, SHAPES[data_type], is_first=True)
    return blake2b(encode_sorted(canon), digest_size=FIRST_DIGEST_BYTES).digest()


def second_digest(data_type: DataType, wire: dict[str, Any]) -> bytes:
    """The digest of 20 bytes."""
    content = {name: value for name, value in wire.items() if name not in STAMPS}
    canon = canonical(content, SHAPES[data_type])
    return blake2b(encode_sorted(canon), digest_size=SECOND_DIGEST_BYTES).digest()


def canonical(value: Any, shape: Shape, *, is_first: bool = False) -> Any:
    """The form of a value that these digests are of.

    Args:
        value: a JSON value, as `read_json` gives it.
        shape: the properties of it that the service knows.
        is_first: whether the digest is of 16 bytes, which keeps the order of lists and every digit.
    """
    kind = type(value)
    if kind is str:
        moment = parse_moment(value) if shape is MOMENT else None
        return value if moment is None else format_moment(moment)
    if kind is dict:
        if not isinstance(shape, dict):
            return {}
        return {
            name: canonical(value[name], shape[name], is_first=is_first)
            for name in shape
            if name in value
        }
    if kind is list:
        inner = shape[0] if isinstance(shape, list) else shape
        items = [canonical(item, inner, is_first=is_first) for item in value]
        return items if is_first else sorted(items, key=encode_sorted)
    if kind is bool or value is None:
        return value
    # In a list, so that a number never equals a text; zero has no sign.
    number = Decimal(value).normalize(EXACT)
    if not is_first and len(number.as_tuple().digits) > EXACT_DIGITS:
        number = rounded(number).normalize(EXACT)
    return [str(number or 0)]
