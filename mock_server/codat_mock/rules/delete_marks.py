"""Telling an object that means to delete a record, yet carries more than the id (rule D01)."""

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
    """Whether a closer look is worth it: nothing is told but the id, or a mark may stand in it."""
    return any(mark in raw for mark in MARKS) or not any(map(tells, astuple(record)[1:]))


def tells(value: Any) -> bool:
    """Whether a property of a record surely is not empty; of a part or a list that is not sure."""
    return not (value is UNSET or value is None or value == "" or isinstance(value, Struct | list))


def is_fat_delete(raw: bytes) -> bool:
    """Whether an object seems to mean a delete, yet carries more than its id.

    Everything else in it is null or empty, or one of the usual marks of a deletion stands in it.
    """
    properties = {name.lower(): small(value) for name, value in parts(raw).items()}
    properties.pop("id", None)
    return bool(properties) and (is_empty(properties) or is_marked(properties))


def small(raw: bytes) -> Any:
    """A property's value where it is short and readable; else bytes, neither empty nor a mark."""
    try:
        return anything(raw) if len(raw) <= LONGEST_MARK else bytes(raw)
    except (DecodeError, UnicodeDecodeError):
        return bytes(raw)


def is_empty(value: Any) -> bool:
    """Whether a value is null or empty, or holds nothing but what is."""
    if isinstance(value, dict):
        return all(map(is_empty, value.values()))
    if isinstance(value, list):
        return all(map(is_empty, value))
    return value is None or value == ""


def is_marked(properties: dict[str, Any]) -> bool:
    """Whether a mark of deletion stands in an object: `isDeleted`, `deleted`, or such a status."""
    marks = properties.get("isdeleted"), properties.get("deleted")
    if any(mark in TRUE for mark in marks if not isinstance(mark, dict | list)):
        return True
    return str(properties.get("status", "")).lower() == "deleted"
