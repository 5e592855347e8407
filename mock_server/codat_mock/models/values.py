"""Values that JSON has no type for: exact amounts, times, and time zones."""

from __future__ import annotations

from datetime import datetime
from decimal import Context, Decimal, InvalidOperation, Overflow
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Meta

from codat_mock.clock import parse_moment

MAX_AMOUNT: Final = Decimal("7.9e28")  # the range of the service's own decimals
MIN_EXPONENT: Final = -60  # of ten; sums of smaller numbers would be inexact
MAX_NUMBER_CHARACTERS: Final = 64  # kept exactly
ROUNDING: Final = Context(prec=40)
ZERO: Final = Decimal(0)

if TYPE_CHECKING:
    Amount = Decimal
    Moment = datetime
else:
    # msgspec's own Decimal accepts strings as well as numbers, and its own datetime accepts no
    # bare date and rounds the last tick of a day into the next day. So these two types are custom:
    # the decoder calls `read_value` for them, which returns a plain Decimal or datetime.
    class CustomType(type):
        """The metaclass of a custom type: msgspec checks what `read_value` returns against it."""

        def __instancecheck__(cls, _value: object) -> bool:
            # Always true: a real check, a hundred thousand times in a large push, costs a tenth of
            # the decoding.
            return True

    class Amount(metaclass=CustomType):
        """An exact decimal, a JSON number on the wire."""

    class Moment(metaclass=CustomType):
        """A time in UTC, an ISO 8601 string on the wire."""


MomentText = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]


def read_value(kind: type[Any], found: Any) -> Decimal | datetime:
    """Convert a decoded JSON value (numbers arrive as int or Decimal) to an `Amount` or `Moment`.

    Raises:
        ValueError: the value has the wrong JSON type or form; the message quotes it.
    """
    found_type = found.__class__
    if kind is Amount:
        amount = found if found_type is Decimal else Decimal(found) if found_type is int else None
        if amount is None:
            raise ValueError(f"Expected a number, got {quote(found)}")
        if not -MAX_AMOUNT < amount < MAX_AMOUNT:
            raise ValueError(f"Expected a number of at most 28 digits, got {quote(found)}")
        return amount
    if found_type is str:
        try:
            return parse_moment(found)
        except ValueError:
            pass
    raise ValueError(f"Expected an ISO 8601 date-time, got {quote(found)}")


def read_number(text: str) -> Decimal:
    """Convert a JSON number with a point or an exponent to an exact decimal.

    A number closer to zero than 1e-60 is zero, as in the service's own decimals (assumed), and one
    of more than 64 characters is rounded to 40 digits.

    Raises:
        ValueError: it is out of the range of a decimal's exponent.
    """
    try:
        is_long = len(text) > MAX_NUMBER_CHARACTERS
        number = ROUNDING.create_decimal(text) if is_long else Decimal(text)
        return number if number.adjusted() >= MIN_EXPONENT else ZERO
    except (InvalidOperation, Overflow):
        if float(text) == 0:
            return ZERO
    raise ValueError("Expected a number of at most 28 digits")


def quote(found: Any) -> str:
    """A JSON value for a message, shortened to a readable length."""
    if found is None or isinstance(found, bool):
        return {None: "null", True: "true", False: "false"}[found]
    if isinstance(found, dict | list):
        return "an object" if isinstance(found, dict) else "an array"
    text = f"'{found}'" if isinstance(found, str) else str(found)
    return text if len(text) <= 60 else f"{text[:57]}…"


@lru_cache(maxsize=1024)
def find_zone(name: str | None) -> ZoneInfo | None:
    """The IANA time zone of that name; None if there is none."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder of zones
        return None
