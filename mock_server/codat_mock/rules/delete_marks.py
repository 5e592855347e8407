"""Recognising a delete that has more than the id (rule D01)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from msgspec import UNSET, DecodeError, Struct

from codat_mock.models.decoding import anything, parts
from codat_mock.models.native_records import is_documented
from codat_mock.models.pushes import PushedRecord

# One of these is in the bytes of every mark, in small letters; looking for them is much cheaper
# than decoding.
MARKS: Final = (b"elete", b"oid", b"ctive", b"ancel")
MAX_MARK_BYTES: Final = 512  # nothing longer is empty or a mark
TRUE: Final = (True, 1, "true", "True", "1", "yes")
FALSE: Final = (False, 0, "false", "False", "0", "no")
FLAGS: Final = ("isdeleted", "deleted", "isvoided", "voided", "isvoid", "void", "iscancelled",
                "cancelled", "iscanceled", "canceled")  # fmt: skip
MOMENTS: Final = ("deletedat", "deleteddate", "voidedat", "cancelledat", "canceledat")
STATES: Final = ("deleted", "void", "voided", "cancelled", "canceled")
NO_CONTENT: Final = frozenset({"id", "type", "modified_date", "source_modified_date"})
STAMPS: Final = ("modifieddate", "sourcemodifieddate")


def may_be_delete(pushed: PushedRecord) -> bool:
    """Whether a record may be a delete: it has nothing but an id, or may have a mark.

    No documented property of a record is a mark.
    """
    # Every pushed record comes here.
    record = pushed.native
    if not is_documented(record):
        small_letters = pushed.raw.lower()
        for mark in MARKS:
            if mark in small_letters:
                return True
    if isinstance(record.created_date, datetime):
        return False
    for name in record.__struct_fields__:
        if name not in NO_CONTENT and has_content(getattr(record, name)):
            return False
    return True


def has_content(value: Any) -> bool:
    """Whether a property is certainly not empty; of an object or a list that is uncertain."""
    is_open = value is UNSET or value is None or value == "" or isinstance(value, Struct | list)
    return not is_open and not is_zero(value)


def is_fat_delete(raw: bytes, data_type: str = "") -> bool:
    """Whether an object looks like a delete, but has more than its id.

    Everything else in it is null, empty, zero, its type or a stamp, or it has one of the usual
    marks of a deletion.
    """
    properties = {name.lower(): small(value) for name, value in parts(raw).items()}
    if properties.pop("id", None) in (None, ""):
        return False
    if is_marked(properties, data_type):
        return True
    rest = {name: value for name, value in properties.items() if name not in ("type", *STAMPS)}
    return bool(properties) and is_empty(rest)


def small(raw: bytes) -> Any:
    """A property's value if it is short and readable; else its bytes, neither empty nor a mark."""
    try:
        return anything(raw) if len(raw) <= MAX_MARK_BYTES else bytes(raw)
    except (DecodeError, UnicodeDecodeError):
        return bytes(raw)


def is_empty(value: Any) -> bool:
    """Whether a value is null, empty or zero, or holds nothing else."""
    if isinstance(value, dict):
        return all(map(is_empty, value.values()))
    if isinstance(value, list):
        return all(map(is_empty, value))
    return value is None or value == "" or is_zero(value)


def is_zero(value: Any) -> bool:
    """Whether a value is an amount of nothing."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool) and value == 0


def is_marked(properties: dict[str, Any], data_type: str) -> bool:
    """Whether an object has a mark of deletion: a flag, a moment, or such a state.

    A payment may be Cancelled: that is one of its documented statuses.
    """
    simple = {name: value for name, value in properties.items() if is_simple(value)}
    if any(simple.get(name) in TRUE for name in FLAGS if name in simple):
        return True
    if any(simple.get(name) for name in MOMENTS):
        return True
    if any(simple[name] in FALSE for name in ("isactive", "active") if name in simple):
        return True
    names = ("state", "orderstatus") + (() if data_type == "commerce-payments" else ("status",))
    known = str(simple.get("status", "")).casefold() in ("deleted", "void", "voided")
    return known or any(str(simple.get(name, "")).casefold() in STATES for name in names)


def is_simple(value: Any) -> bool:
    """Whether a value is a text, a number or a truth value."""
    return isinstance(value, str | int | float | Decimal)
