"""One version of a record: its JSON, its key, and its digest for comparisons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import MAX_PREC, Context, Decimal
from hashlib import blake2b
from typing import Any, Final

import msgspec

from codat_push.encoding import format_moment, read_json, to_wire, write_json
from codat_push.errors import BadRecord
from codat_push.schema import MOMENT, SHAPES, DataType, Shape, is_unicode

EXACT: Final = Context(prec=MAX_PREC)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
STAMPS: Final = ("modifiedDate", "sourceModifiedDate")
DIGEST_BYTES: Final = 20
EARLIER_DIGEST_BYTES: Final = 16  # of the form that compares stamps and the order of lists, too
EXACT_DIGITS: Final = 15  # that a binary float carries
ROUNDED: Final = Context(prec=12)
ROUNDED_PLACES: Final = 9
EMPTY: Final[tuple[Any, ...]] = (None, "", [], {})
encode_given: Final = msgspec.json.Encoder().encode
encode_sorted: Final = msgspec.json.Encoder(order="sorted").encode


@dataclass(frozen=True, slots=True)
class Version:
    """A record as it is now, ready to be sent.

    Args:
        id: the merchant's own id.
        kind: a transaction's type, which is part of its key; else empty.
        body: its JSON.
        digest: 20 bytes, the same for versions that the service takes for the same.
        created: its `createdDate` in microseconds since 1970, or None.
        modified: its `sourceModifiedDate` likewise.
        properties: the properties it carries, a bit each, in the order of its shape.
        source: its `fingerprint`, if it was asked for.
    """

    id: str
    kind: str
    body: bytes
    digest: bytes
    created: int | None
    modified: int | None
    properties: int
    source: bytes | None = None


def make_version(
    data_type: DataType, record: Any, path: str = "$", source: bytes | None = None
) -> Version:
    """Encode a record and read its key.

    Args:
        data_type: what the record is.
        record: a mapping, dataclass or msgspec Struct, whole: an update carries every property.
        path: the JSON path of the record, for messages.
        source: its `fingerprint`.

    Raises:
        BadRecord: it has no id, or a value that cannot be encoded.
    """
    try:
        wire = to_wire(record, path)
        body = write_json(wire)
    except UnicodeEncodeError as error:
        raise BadRecord(path, f"a text is not valid Unicode: {error}") from error
    except RecursionError as error:
        raise BadRecord(path, "the record is nested too deeply, or contains itself") from error
    identity, kind = key_of(data_type, wire, path)
    if is_like_delete(wire):
        raise BadRecord(path, "this looks like a delete; call delete with its id instead")
    if unknown := unknown_property(wire, SHAPES[data_type], path):
        raise BadRecord(unknown, "unknown property, which the service would ignore; remove it")
    return Version(
        id=identity,
        kind=kind,
        body=body,
        digest=content_digest(data_type, wire),
        created=microseconds(wire.get("createdDate")),
        modified=microseconds(wire.get("sourceModifiedDate")),
        properties=sum(1 << bit for bit, name in enumerate(SHAPES[data_type]) if name in wire),
        source=source,
    )


def fingerprint(record: Any) -> bytes | None:
    """20 bytes of a record as it was given, by which one that did not change is known at once.

    Inputs of which only one can be sent may share it, such as those with null and with NaN. What
    is taken for the accepted record is not sent, so that does no harm.

    Returns:
        None if it is not a dict of plain values; it is then compared by its digest.
    """
    if type(record) is not dict:
        return None
    try:
        return blake2b(encode_given(record), digest_size=DIGEST_BYTES).digest()
    except (TypeError, ValueError, OverflowError, RecursionError):
        return None


def content_digest(data_type: DataType, wire: dict[str, Any]) -> bytes:
    """The digest of what a record says beside its stamps."""
    content = {name: value for name, value in wire.items() if name not in STAMPS}
    canon = canonical(content, SHAPES[data_type])
    return blake2b(encode_sorted(canon), digest_size=DIGEST_BYTES).digest()


def earlier_digest(data_type: DataType, wire: dict[str, Any]) -> bytes:
    """The digest of a record as ledgers up to version 0.1.0 hold it."""
    canon = canonical(wire, SHAPES[data_type], is_earlier=True)
    return blake2b(encode_sorted(canon), digest_size=EARLIER_DIGEST_BYTES).digest()


def is_same(data_type: DataType, body: bytes, digest: bytes, known: bytes | None) -> bool:
    """Whether a version says the same as the known one; either digest may be an earlier one.

    Args:
        data_type: what the record is.
        body: the version's JSON.
        digest: the version's.
        known: the known version's, None if there is none.
    """
    if known is None or len(known) == len(digest):
        return digest == known
    make = earlier_digest if len(known) == EARLIER_DIGEST_BYTES else content_digest
    return make(data_type, read_json(body)) == known


def key_of(data_type: DataType, wire: Any, path: str = "$") -> tuple[str, str]:
    """The key of a record: its id, and for a transaction also its type.

    A payment's fee has the payment's id. Source: contract section 3.

    Args:
        data_type: what the record is.
        wire: the record as it is sent.
        path: the JSON path of the record, for messages.

    Returns:
        The id and the type, which is empty but for a transaction.

    Raises:
        BadRecord: it is not an object, or has no id.
    """
    if not isinstance(wire, dict):
        raise BadRecord(path, "a record must be an object")
    identity = check_id(wire.get("id"), f"{path}.id")
    kind = wire.get("type") if data_type == "commerce-transactions" else None
    return identity, kind if isinstance(kind, str) else ""


def key_of_bad(data_type: DataType, record: Any, path: str) -> tuple[str, str]:
    """The key of a record that cannot be sent, as far as it can be read; else its JSON path.

    Args:
        data_type: what the record is.
        record: whatever the caller gave.
        path: the JSON path of the record.

    Returns:
        The id, or the path, and the type, which is empty but for a transaction.
    """
    wire: Any = record
    if not isinstance(record, Mapping):
        names = ("id", "type")
        wire = {name: getattr(record, name) for name in names if hasattr(record, name)}
    try:
        return key_of(data_type, dict(wire), path)
    except (BadRecord, TypeError, ValueError):
        return path, ""


def check_id(identity: Any, path: str = "$.id") -> str:
    """Check the id of a record and return it.

    Raises:
        BadRecord: it is empty, or not a valid Unicode text.
    """
    if not isinstance(identity, str) or not identity:
        raise BadRecord(path, "a record needs an id, a text that is not empty")
    if not is_unicode(identity):
        raise BadRecord(path, f"the id {identity!r} is not valid Unicode")
    return identity


def is_like_delete(wire: dict[str, Any]) -> bool:
    """Whether a record looks like a delete: only its id has content, or it is marked as deleted.

    The service reads an object with only an id as a delete, and anything else as an update. Keeps
    rule D01.
    """
    if all(item in EMPTY for name, item in wire.items() if name != "id"):
        return True
    by_name = {name.lower(): item for name, item in wire.items()}
    marked = by_name.get("isdeleted") is True or by_name.get("deleted") is True
    return marked or str(by_name.get("status")).lower() == "deleted"


def missing_properties(data_type: DataType, before: int, now: int) -> list[str]:
    """The properties that an earlier version has and this one lacks.

    Args:
        data_type: of the versions.
        before: `Version.properties` of the earlier one.
        now: that of this one.
    """
    lost = before & ~now
    return [name for bit, name in enumerate(SHAPES[data_type]) if lost >> bit & 1]


def canonical(value: Any, shape: Shape, *, is_earlier: bool = False) -> Any:
    """A form that is the same for versions that the service takes for the same.

    Numbers are compared by value but for the error of a binary float, date-times by instant, lists
    without their order; unknown properties are dropped; null and absent differ.

    Args:
        value: a JSON value.
        shape: the properties of it that the service knows.
        is_earlier: whether the form is that of a digest of 16 bytes, which keeps the order of
            lists and every digit.

    Source: docs/rules.md, S03.
    """
    kind = type(value)
    if kind is str:
        moment = parse_moment(value) if shape is MOMENT else None
        return value if moment is None else format_moment(moment)
    if kind is dict:
        if not isinstance(shape, dict):
            return {}
        return {
            name: canonical(value[name], shape[name], is_earlier=is_earlier)
            for name in shape
            if name in value
        }
    if kind is list:
        inner = shape[0] if isinstance(shape, list) else shape
        items = [canonical(item, inner, is_earlier=is_earlier) for item in value]
        return items if is_earlier else sorted(items, key=encode_sorted)
    if kind is bool or value is None:
        return value
    # In a list, so that a number never equals a text; zero has no sign.
    number = Decimal(str(value) if kind is float else value).normalize(EXACT)
    if not is_earlier and len(number.as_tuple().digits) > EXACT_DIGITS:
        number = round(number.normalize(ROUNDED), ROUNDED_PLACES).normalize(EXACT)
    return [str(number or 0)]


def unknown_property(value: Any, shape: Shape, path: str) -> str | None:
    """The JSON path of a property that the service does not know, None if it knows them all.

    Args:
        value: a JSON value.
        shape: the properties of it that the service knows.
        path: the JSON path of the value.

    Source: contract section 3.
    """
    if isinstance(value, dict) and isinstance(shape, dict):
        for name, item in value.items():
            if name not in shape:
                return f"{path}.{name}"
            inner = shape[name]
            if inner.__class__ is not str and (
                found := unknown_property(item, inner, f"{path}.{name}")
            ):
                return found
    elif isinstance(value, list) and isinstance(shape, list):
        for index, item in enumerate(value):
            if found := unknown_property(item, shape[0], f"{path}[{index}]"):
                return found
    return None


def parse_moment(text: str) -> datetime | None:
    """Read a date-time as the service does, None if it is not one.

    `Z`, an offset, neither (UTC), or a bare date; digits beyond the microsecond are cut.
    Source: contract section 1.
    """
    try:
        moment = datetime.fromisoformat(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def microseconds(text: Any) -> int | None:
    """Microseconds since 1970 of a date-time's text, None if it is not one."""
    moment = parse_moment(text) if isinstance(text, str) else None
    return None if moment is None else (moment - EPOCH) // MICROSECOND
