"""One version of a record: its bytes, its key, and what it is compared by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import MAX_PREC, Context, Decimal
from hashlib import blake2b
from typing import Any, Final

import msgspec

from codat_push.encoding import format_moment, to_wire, write_json
from codat_push.errors import BadRecord
from codat_push.schema import MOMENT, SHAPES, DataType, Shape, is_unicode

EXACT: Final = Context(prec=MAX_PREC)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
EMPTY: Final[tuple[Any, ...]] = (None, "", [], {})
write_sorted: Final = msgspec.json.Encoder(order="sorted").encode


@dataclass(frozen=True, slots=True)
class Version:
    """A record as it stands now, ready to be sent.

    Args:
        id: the merchant's own id.
        kind: a transaction's type, by which it is told from others of the same id; else empty.
        body: its JSON.
        digest: 16 bytes that are equal for versions that the service holds to be equal.
        created: its `createdDate` in microseconds since 1970, None where it has none.
        modified: its `sourceModifiedDate` likewise.
        properties: the properties it carries, a bit each, in the order of its shape.
    """

    id: str
    kind: str
    body: bytes
    digest: bytes
    created: int | None
    modified: int | None
    properties: int


def make_version(data_type: DataType, record: Any, path: str = "$") -> Version:
    """Encode a record and find what identifies it.

    Args:
        data_type: what the record is.
        record: a mapping, dataclass or msgspec Struct, whole: an update carries every property.
        path: where the record stands, for messages.

    Raises:
        BadRecord: it has no id, or a value that has no form on the wire.
    """
    try:
        wire = to_wire(record, path)
        body = write_json(wire)
    except UnicodeEncodeError as error:
        raise BadRecord(path, f"a text is no valid Unicode: {error}") from error
    except RecursionError as error:
        raise BadRecord(path, "it is nested too deeply, or contains itself") from error
    identity, kind = key_of(data_type, wire, path)
    if means_delete(wire):
        raise BadRecord(path, "this reads like a delete; ask for a delete by its id instead")
    canon = canonical(wire, SHAPES[data_type])
    return Version(
        id=identity,
        kind=kind,
        body=body,
        digest=blake2b(write_sorted(canon), digest_size=16).digest(),
        created=microseconds(wire.get("createdDate")),
        modified=microseconds(wire.get("sourceModifiedDate")),
        properties=sum(1 << bit for bit, name in enumerate(SHAPES[data_type]) if name in wire),
    )


def key_of(data_type: DataType, wire: Any, path: str = "$") -> tuple[str, str]:
    """What identifies a record: its id, and for a transaction its type too.

    A payment's fee shares the payment's id. Source: contract section 3.

    Raises:
        BadRecord: it is no object, or has no id.
    """
    if not isinstance(wire, dict):
        raise BadRecord(path, "a record is an object")
    identity = check_id(wire.get("id"), f"{path}.id")
    kind = wire.get("type") if data_type == "commerce-transactions" else None
    return identity, kind if isinstance(kind, str) else ""


def check_id(identity: Any, path: str = "$.id") -> str:
    """The id of a record itself.

    Raises:
        BadRecord: it is not a text that can be sent, or empty.
    """
    if not isinstance(identity, str) or not identity:
        raise BadRecord(path, "every record has an id, a text that is not empty")
    if not is_unicode(identity):
        raise BadRecord(path, f"the id {identity!r} is no valid Unicode")
    return identity


def means_delete(wire: dict[str, Any]) -> bool:
    """Whether a record seems to mean a delete: nothing but its id has content, or it is marked so.

    The service takes a delete from an object with only an id, and anything else for an update.
    Keeps rule D01.
    """
    if all(item in EMPTY for name, item in wire.items() if name != "id"):
        return True
    by_name = {name.lower(): item for name, item in wire.items()}
    marked = by_name.get("isdeleted") is True or by_name.get("deleted") is True
    return marked or str(by_name.get("status")).lower() == "deleted"


def missing_properties(data_type: DataType, before: int, now: int) -> list[str]:
    """Names of the properties that an earlier version carried and this one does not."""
    lost = before & ~now
    return [name for bit, name in enumerate(SHAPES[data_type]) if lost >> bit & 1]


def canonical(value: Any, shape: Shape) -> Any:
    """The same for what the service holds to be equal.

    Numbers are equal by value, moments by instant; unknown properties are dropped; null and
    absent differ. Source: the rules' word "unchanged".
    """
    kind = type(value)
    if kind is str:
        moment = parse_moment(value) if shape is MOMENT else None
        return value if moment is None else format_moment(moment)
    if kind is dict:
        if not isinstance(shape, dict):
            return {}
        return {name: canonical(value[name], shape[name]) for name in shape if name in value}
    if kind is list:
        inner = shape[0] if isinstance(shape, list) else shape
        return [canonical(item, inner) for item in value]
    if kind is bool or value is None:
        return value
    # In a list, so that a number never equals a text; zero has no sign.
    number = Decimal(str(value) if kind is float else value).normalize(EXACT)
    return [str(number or 0)]


def parse_moment(text: str) -> datetime | None:
    """Read a date-time as the service does, None where it is not one.

    `Z`, an offset, unqualified (UTC) or a bare date; digits beyond the microsecond are cut.
    Source: contract section 1.
    """
    try:
        moment = datetime.fromisoformat(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def microseconds(text: Any) -> int | None:
    """Microseconds since 1970 of a date-time's text, None where it is not one."""
    moment = parse_moment(text) if isinstance(text, str) else None
    return None if moment is None else (moment - EPOCH) // MICROSECOND
