"""Encoding a user's record as JSON, with exact decimals and times in UTC.

Source: contract section 1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from numbers import Number
from typing import Any, Final
from uuid import UUID

import msgspec

from codat_push.errors import BadRecord

write_json: Final = msgspec.json.Encoder(decimal_format="number").encode
read_json: Final = msgspec.json.Decoder(float_hook=Decimal).decode

AS_THEY_ARE: Final = (datetime, date, Decimal)


def to_wire(value: Any, path: str = "$") -> Any:
    """Turn a record into dicts and lists whose JSON the service accepts.

    Args:
        value: a mapping, a dataclass, attrs or pydantic object (as pydantic dumps it by alias;
            snake_case becomes camelCase) or a msgspec Struct of text, numbers (also of numpy),
            Decimal, date, aware datetime, lists, enumerations and UUIDs.
        path: the JSON path of the value, for messages.

    Raises:
        BadRecord: a value cannot be encoded: a datetime without a time zone, a number that is not
            finite, a value of another type.

    Source: contract section 1.
    """
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return value
    if kind is dict:
        return {_name(key, path): to_wire(item, f"{path}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_wire(item, f"{path}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, Decimal | float):
        return _finite(float(value) if isinstance(value, float) else value, path)
    if isinstance(value, date):
        return _moment(value, path)
    return _unfold(value, path)


def format_moment(moment: datetime) -> str:
    """Format an aware datetime as the service does: UTC, `Z`, no trailing zeros."""
    text = moment.astimezone(UTC).isoformat().removesuffix("+00:00")
    return f"{text.rstrip('0') if '.' in text else text}Z"


def _unfold(value: Any, path: str) -> Any:
    """Encode a value that is neither plain JSON nor a number nor a date."""
    if isinstance(value, Enum):
        return to_wire(value.value, path)
    if isinstance(value, str | UUID):
        return str(value)
    if isinstance(value, msgspec.Raw):
        return to_wire(read_json(value), path)
    if isinstance(value, msgspec.Struct):
        return to_wire(msgspec.to_builtins(value, builtin_types=AS_THEY_ARE), path)
    if is_dataclass(value) and not isinstance(value, type):
        return _object(
            {_camel(each.name): getattr(value, each.name) for each in fields(value)}, path
        )
    if hasattr(value, "__attrs_attrs__"):
        names = [each.name for each in value.__attrs_attrs__]
        return _object({_camel(name): getattr(value, name) for name in names}, path)
    if hasattr(type(value), "model_fields"):  # pydantic
        return to_wire(_in_camel_case(value.model_dump(by_alias=True, warnings=False)), path)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Number) and hasattr(value, "item"):  # numpy
        item = value.item()
        return _finite(float(str(value)), path) if isinstance(item, float) else to_wire(item, path)
    if isinstance(value, Mapping):
        return to_wire(dict(value), path)
    raise BadRecord(path, f"a value of type {type(value).__name__} cannot be encoded as JSON")


def _object(items: dict[str, Any], path: str) -> Any:
    return to_wire({name: item for name, item in items.items() if item is not msgspec.UNSET}, path)


def _name(key: Any, path: str) -> str:
    if isinstance(key, str):
        return key
    raise BadRecord(path, f"property names must be text, not {key!r}")


def _finite(value: Decimal | float, path: str) -> Decimal | float:
    if value.is_finite() if isinstance(value, Decimal) else math.isfinite(value):
        return value
    raise BadRecord(path, f"{value} is not a finite number")


def _moment(value: date, path: str) -> str:
    if not isinstance(value, datetime):
        return value.isoformat()
    if value.utcoffset() is None:
        raise BadRecord(
            path,
            f"{value.isoformat()} has no time zone; "
            "use an aware datetime, such as datetime(…, tzinfo=UTC)",
        )
    try:
        return format_moment(value)
    except OverflowError as error:
        raise BadRecord(path, f"{value.isoformat()} is not in the years 1 to 9999 UTC") from error


def _in_camel_case(value: Any) -> Any:
    """A value with the names of its dicts in camelCase."""
    if isinstance(value, dict):
        return {
            _camel(name) if isinstance(name, str) else name: _in_camel_case(item)
            for name, item in value.items()
        }
    return [_in_camel_case(item) for item in value] if isinstance(value, list | tuple) else value


def _camel(name: str) -> str:
    if name.startswith("_"):
        return name
    first, *others = name.split("_")
    return first + "".join(other[:1].upper() + other[1:] for other in others)
