"""Recognising a delete that has more than the id (rule D01)."""

from __future__ import annotations

from typing import Any, Final

from msgspec import UNSET, DecodeError, Struct
from msgspec.structs import astuple

from codat_mock.models.commerce import Record
from codat_mock.models.decoding import anything, parts

MARKS: Final = (b"eleted", b"ELETED")  # what every mark of a deletion has in its bytes
LONGEST_MARK: Final = 512  # bytes; nothing longer is empty or a mark
TRUE: Final = (True, 1, "true", "True", "1", "yes")


def may_be_delete(record: Record, raw: bytes) -> bool:
    """Whether an object may be a delete: it has nothing but an id, or may have a mark."""
    return any(mark in raw for mark in MARKS) or not any(map(has_content, astuple(record)[1:]))


def has_content(value: Any) -> bool:
    """Whether a property is certainly not empty; of an object or a list that is uncertain."""
    return not (value is UNSET or value is None or value == "" or isinstance(value, Struct | list))


def is_fat_delete(raw: bytes) -> bool:
    """Whether an object looks like a delete, but has more than its id.

    Everything else in it is null or empty, or it has one of the usual marks of a deletion.
    """
    properties = {name.lower(): small(value) for name, value in parts(raw).items()}
    properties.pop("id", None)
    return bool(properties) and (is_empty(properties) or is_marked(properties))


def small(raw: bytes) -> Any:
    """A property's value if it is short and readable; else its bytes, neither empty nor a mark."""
    try:
        return anything(raw) if len(raw) <= LONGEST_MARK else bytes(raw)
    except (DecodeError, UnicodeDecodeError):
        return bytes(raw)


def is_empty(value: Any) -> bool:
    """Whether a value is null or empty, or holds nothing else."""
    if isinstance(value, dict):
        return all(map(is_empty, value.values()))
    if isinstance(value, list):
        return all(map(is_empty, value))
    return value is None or value == ""


def is_marked(properties: dict[str, Any]) -> bool:
    """Whether an object has a mark of deletion: `isDeleted`, `deleted`, or such a status."""
    marks = properties.get("isdeleted"), properties.get("deleted")
    if any(mark in TRUE for mark in marks if not isinstance(mark, dict | list)):
        return True
    return str(properties.get("status", "")).lower() == "deleted"
