"""One version of a record: its JSON, its key, and its digest for comparisons."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final

from msgspec import Struct

from codat_push.content import read, read_plain
from codat_push.encoding import to_wire, write_json
from codat_push.errors import BadRecord
from codat_push.schema import PROPERTIES, DataType, is_unicode

SOURCE_BYTES: Final = 20
EMPTY_SOURCE: Final = blake2b(digest_size=SOURCE_BYTES)  # copied, which is faster than a new one
EMPTY: Final[tuple[Any, ...]] = (None, "", [], {})


class Version(Struct, frozen=True, gc=False):
    """A record as it is now, ready to be sent.

    Args:
        id: the merchant's own id.
        kind: a transaction's type, which is part of its key; else empty.
        body: its JSON.
        digest: the same for versions that the service takes for the same.
        created: its `createdDate` in microseconds since 1970, or None.
        modified: its `sourceModifiedDate` likewise.
        properties: the properties it carries, a bit each.
        source: the fingerprint of the record as it was given, if it was plain.
    """

    id: str
    kind: str
    body: bytes
    digest: bytes
    created: int | None
    modified: int | None
    properties: int
    source: bytes | None = None


class Given(Struct, frozen=True, gc=False):
    """A record of plain values, as it was given.

    Args:
        body: its JSON.
        source: 20 bytes of it, by which one that did not change is known at once.
    """

    body: bytes
    source: bytes


def encode_given(record: Any) -> Given | None:
    """Encode a record as it was given; None if it is not a dict of plain values.

    Inputs of which only one can be sent may share a source, such as those with null and with NaN.
    What is taken for the accepted record is not sent, so that does no harm.
    """
    if type(record) is not dict:
        return None
    try:
        body = write_json(record)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return None
    source = EMPTY_SOURCE.copy()
    source.update(body)
    return Given(body, source.digest())


def make_version(
    data_type: DataType, record: Any, path: str = "$", given: Given | None = None
) -> Version:
    """Encode a record and read its key.

    Args:
        data_type: what the record is.
        record: a mapping, dataclass or msgspec Struct, whole: an update carries every property.
        path: the JSON path of the record, for messages.
        given: the record from `encode_given`, if the caller has it.

    Raises:
        BadRecord: it has no id, a property that is unknown, or a value that cannot be sent.
    """
    given = given or encode_given(record)
    if given and (version := read_given(data_type, record, given)):
        return version
    return make_unusual(data_type, record, path, given)


def read_given(data_type: DataType, record: dict[str, Any], given: Given) -> Version | None:
    """The version of a record of plain values; None if it has to be looked at closely.

    Args:
        data_type: what the record is.
        record: it.
        given: it, from `encode_given`.
    """
    if is_empty(record) or is_marked(record.get("status")):
        return None
    content = read_plain(data_type, record, given.body)
    identity = record.get("id")
    if content is None or not identity:
        return None
    return Version(
        identity,
        (data_type == "commerce-transactions" and record.get("type")) or "",
        given.body,
        content.digest,
        content.created,
        content.modified,
        property_bits(data_type, tuple(record)),
        given.source,
    )


def make_unusual(data_type: DataType, record: Any, path: str, given: Given | None) -> Version:
    """The version of any record, for which `read_given` found none.

    Args:
        data_type: what the record is.
        record: as for `make_version`.
        path: the JSON path of the record, for messages.
        given: from `encode_given`.

    Raises:
        BadRecord: as `make_version`.
    """
    wire = _to_wire(record, path)
    identity, kind = key_of(data_type, wire, path)
    if is_like_delete(wire):
        raise BadRecord(path, "this looks like a delete; call delete with its id instead")
    content = read(data_type, wire, path)
    bits = property_bits(data_type, tuple(wire))
    source = given.source if given else None
    moments = content.created, content.modified
    return Version(identity, kind, write_json(wire), content.digest, *moments, bits, source)


def _to_wire(record: Any, path: str) -> Any:
    try:
        return to_wire(record, path)
    except BadRecord:
        raise
    except RecursionError as error:
        raise BadRecord(path, "the record is nested too deeply, or contains itself") from error
    except Exception as error:  # raised by an object of the caller's
        raise BadRecord(path, f"cannot be read: {type(error).__name__}: {error}") from error


@lru_cache(1_000)
def property_bits(data_type: DataType, names: tuple[str, ...]) -> int:
    """The properties that a record carries, a bit each."""
    return sum(1 << bit for bit, name in enumerate(PROPERTIES[data_type]) if name in names)


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


def key_of_bad(data_type: DataType, record: Any) -> tuple[str, str] | None:
    """The key of a record that cannot be sent; None if it cannot be read, either."""
    try:
        wire = record
        if not isinstance(record, Mapping):
            wire = {name: getattr(record, name) for name in ("id", "type") if hasattr(record, name)}
        read = {name: wire[name] for name in ("id", "type") if name in wire}
        return key_of(data_type, read)
    except Exception:  # noqa: BLE001  (an object of the caller's may raise anything)
        return None


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
    by_name = {name.lower(): item for name, item in wire.items()}
    is_flagged = by_name.get("isdeleted") is True or by_name.get("deleted") is True
    return is_flagged or is_marked(by_name.get("status")) or is_empty(wire)


def is_empty(record: dict[str, Any]) -> bool:
    """Whether only the id of a record has content."""
    for name, item in record.items():  # noqa: SIM110  (twice as fast, for every record given)
        if name != "id" and (item or item not in EMPTY):
            return False
    return True


def is_marked(status: Any) -> bool:
    """Whether a status marks its record as deleted."""
    return isinstance(status, str) and status.lower() == "deleted"


def missing_properties(data_type: DataType, before: int, now: int) -> list[str]:
    """The properties that an earlier version has and this one lacks.

    Args:
        data_type: of the versions.
        before: `Version.properties` of the earlier one.
        now: that of this one.
    """
    lost = before & ~now
    return [name for bit, name in enumerate(PROPERTIES[data_type]) if lost >> bit & 1]
