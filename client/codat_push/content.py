"""What a record says, in a form that is the same for versions that the service takes for the same.

Numbers are compared by value but for the error of a binary float, date-times by instant, lists
without their order; null and absent differ; `modifiedDate` and `sourceModifiedDate` of the record
itself do not count.

A record of plain values, as most are, is read by msgspec alone. Any other is made plain first.

Source: docs/rules.md, S03.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import MAX_PREC, Context, Decimal
from hashlib import blake2b
from operator import attrgetter
from sys import float_info
from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, MsgspecError, Struct, UnsetType, convert, defstruct
from msgspec.json import Encoder

from codat_push.errors import BadRecord
from codat_push.schema import MOMENT, NUMBER, SHAPES, TEXT, DataType, Shape, is_unicode

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
DIGEST_BYTES: Final = 24  # ledgers may hold two earlier forms, of 16 and 20 bytes
EXACT: Final = Context(prec=MAX_PREC)
EXACT_DIGITS: Final = 15  # that a binary float carries
ROUNDED: Final = Context(prec=12)
ROUNDED_PLACES: Final = 9
STAMPS: Final = ("modifiedDate", "sourceModifiedDate")
EMPTY_DIGEST: Final = blake2b(digest_size=DIGEST_BYTES)  # copied, which is faster than a new one
encode: Final = Encoder().encode

# Where JSON may hold a number that is not exact as a float, or a fraction of a microsecond.
DIGITS: Final = bytes(ord("0" if chr(byte) in "0123456789.:" else " ") for byte in range(256))
LONG: Final = b"0" * (EXACT_DIGITS + 1)
INEXACT: Final = re.compile(rb'":-?\d[\d.]{15}|[\[,]-?\d[\d.]{15}|:\d\d\.\d{7}')
SIGNED_ZERO: Final = re.compile(rb"-0\.0(?!\d)")

Finite = Annotated[float, Meta(ge=-float_info.max, le=float_info.max)]
LEAVES: Final = {TEXT: str, NUMBER: Finite, MOMENT: datetime}
NAMES: Final = {TEXT: "a text", NUMBER: "a number", MOMENT: "a date-time"}


class Content(Struct, frozen=True, gc=False):
    """What a version says.

    Args:
        digest: 24 bytes, the same for versions that the service takes for the same.
        created: its `createdDate` in microseconds since 1970, or None.
        modified: its `sourceModifiedDate` likewise.
    """

    digest: bytes
    created: int | None
    modified: int | None


def record_type(name: str, shape: dict[str, Shape]) -> type[Struct]:
    """The type of an object: every property may be absent or null, and no other is known."""

    def of(part: str, inner: Shape) -> Any:
        if isinstance(inner, list):
            return list[record_type(f"{name}_{part}", inner[0])]  # type: ignore[misc]
        return record_type(f"{name}_{part}", inner) if isinstance(inner, dict) else LEAVES[inner]

    properties = [
        (part, of(part, inner) | None | UnsetType, UNSET) for part, inner in shape.items()
    ]
    return defstruct(name, properties, forbid_unknown_fields=True, gc=False)


TYPES: Final[dict[DataType, type[Struct]]] = {
    kind: record_type(kind.replace("-", "_"), shape) for kind, shape in SHAPES.items()
}
Arrange = Callable[[Any], bool]


def arranger(shape: dict[str, Shape]) -> Arrange | None:
    """A function that brings the lists of an object into one order; None if it has none to look at.

    It returns False, and stops, at a date-time that is not in UTC. It runs for every record.
    """
    moments = tuple(part for part, inner in shape.items() if inner is MOMENT)
    read_moments = attrgetter(*moments) if moments else lambda _content: ()
    lists = tuple(
        (part, arranger(inner[0])) for part, inner in shape.items() if isinstance(inner, list)
    )

    def arrange(content: Any) -> bool:
        for moment in read_moments(content):
            if moment and moment.tzinfo is not UTC:
                return False
        for name, arrange_item in lists:
            items = getattr(content, name)
            if items:
                if arrange_item:
                    for item in items:
                        if not arrange_item(item):
                            return False
                if len(items) > 1:
                    items.sort(key=encode)
        return True

    return arrange if moments or lists else None


def timed(shape: dict[str, Shape]) -> dict[str, Shape]:
    """The part of a shape that holds date-times."""
    found: dict[str, Shape] = {}
    for name, inner in shape.items():
        if inner is MOMENT:
            found[name] = inner
        elif isinstance(inner, list) and (item := timed(inner[0])):
            found[name] = [item]
    return found


def _bring_to_utc(content: Any, given: Any, shape: dict[str, Shape]) -> bool:
    """Bring the date-times of an object to UTC.

    Args:
        content: it, with its lists as they were given.
        given: it, as it was given.
        shape: of its date-times.

    Returns:
        Whether all are in UTC, or text: a datetime of another zone is not plain, and one without a
        zone is wrong.
    """
    for name, inner in shape.items():
        value = getattr(content, name)
        if not value:
            continue
        if inner is not MOMENT:
            for item, of in zip(value, given[name], strict=True):
                if not _bring_to_utc(item, of, inner[0]):
                    return False
        elif value.tzinfo is not UTC:
            moment = parse_moment(given[name]) if type(given[name]) is str else None
            if moment is None:
                return False
            setattr(content, name, moment)
    return True


ARRANGERS: Final[dict[DataType, Arrange]] = {
    kind: arrange for kind, shape in SHAPES.items() if (arrange := arranger(shape))
}
TIMED: Final = {kind: timed(shape) for kind, shape in SHAPES.items()}


def read_plain(data_type: DataType, record: dict[str, Any], body: bytes) -> Content | None:
    """What a record says, if it holds only plain values; None if it has to be made plain.

    Args:
        data_type: what the record is.
        record: as it was given.
        body: its JSON.
    """
    if LONG in body.translate(DIGITS) and INEXACT.search(body):
        return None
    try:
        content = convert(record, TYPES[data_type])
    except (MsgspecError, ValueError, TypeError, OverflowError, RecursionError):
        return None
    arrange = ARRANGERS[data_type]
    if not arrange(content):
        content = convert(record, TYPES[data_type])  # again, for some lists may be in order by now
        if not _bring_to_utc(content, record, TIMED[data_type]):
            return None
        arrange(content)
    found, text = _digest(content)
    return None if SIGNED_ZERO.search(text) else found


def read(data_type: DataType, wire: dict[str, Any], path: str) -> Content:
    """What a record says.

    Args:
        data_type: what the record is.
        wire: the record as it is sent.
        path: its JSON path, for messages.

    Raises:
        BadRecord: a value has another type than the service reads, or a property is unknown.
    """
    plain = _plain_object(wire, SHAPES[data_type], path)
    content = convert(plain, TYPES[data_type])
    ARRANGERS[data_type](content)
    found, _ = _digest(content)
    return found


def _digest(content: Any) -> tuple[Content, bytes]:
    """What an arranged record says, and the text that its digest is of."""
    created, modified = content.createdDate, content.sourceModifiedDate
    content.modifiedDate = content.sourceModifiedDate = UNSET
    text = encode(content)
    digest = EMPTY_DIGEST.copy()
    digest.update(text)
    found = Content(
        digest.digest(),
        (created - EPOCH) // MICROSECOND if created else None,
        (modified - EPOCH) // MICROSECOND if modified else None,
    )
    return found, text


def _plain(value: Any, shape: Shape, path: str) -> Any:
    """Make a value plain: exact floats, aware date-times in UTC.

    Raises:
        BadRecord: as `read`.
    """
    if value is None:
        return None
    if isinstance(shape, dict):
        return _plain_object(value, shape, path)
    if isinstance(shape, list):
        if not isinstance(value, list):
            raise BadRecord(path, f"expected a list, not {_shown(value)}")
        return [_plain_object(item, shape[0], f"{path}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, str) and not is_unicode(value):
        raise BadRecord(path, f"{_shown(value)} is not valid Unicode")
    plain = READERS[shape](value)
    if plain is None:
        raise BadRecord(path, f"expected {NAMES[shape]}, not {_shown(value)}")
    return plain


def _plain_object(value: Any, shape: dict[str, Shape], path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadRecord(path, f"expected an object, not {_shown(value)}")
    for name in value:
        if name not in shape:
            raise BadRecord(
                f"{path}.{name}", "unknown property, which the service would ignore; remove it"
            )
    return {name: _plain(item, shape[name], f"{path}.{name}") for name, item in value.items()}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Any) -> float | None:
    """A number as a float, rounded if it has more digits than a float carries."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    number = Decimal(str(value) if isinstance(value, float) else value).normalize(EXACT)
    if abs(number) > Decimal(float_info.max):
        return None
    if len(number.as_tuple().digits) > EXACT_DIGITS:
        number = rounded(number)
    return float(number) or 0.0


def rounded(number: Decimal) -> Decimal:
    """A number without the error of a binary float, or of a sum of such."""
    short = number.normalize(ROUNDED)
    return short if short.adjusted() >= ROUNDED.prec else round(short, ROUNDED_PLACES)


def parse_moment(text: Any) -> datetime | None:
    """Read a date-time as the service does, None if it is not one.

    `Z`, an offset, neither (UTC), or a bare date; digits beyond the microsecond are cut.
    Source: contract section 1.
    """
    try:
        moment = datetime.fromisoformat(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def microseconds(text: Any) -> int | None:
    """Microseconds since 1970 of a date-time's text, None if it is not one."""
    moment = parse_moment(text)
    return (moment - EPOCH) // MICROSECOND if moment else None


READERS: Final[dict[str, Callable[[Any], Any]]] = {
    TEXT: _text,
    NUMBER: _number,
    MOMENT: parse_moment,
}


def _shown(value: Any) -> str:
    """A value as a message names it."""
    try:
        text = repr(value)
    except ValueError:  # an int of more digits than Python prints
        return "a number of thousands of digits"
    return text if len(text) <= 60 else f"{text[:57]}…"
