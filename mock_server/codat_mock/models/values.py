"""The two kinds of value that JSON itself does not tell apart: money and moments."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta

from codat_mock.clock import parse_moment

LARGEST = Decimal("7.9e28")  # the service's own decimals end here
SMALLEST = -60  # a power of ten; what is nearer to nothing would make sums inexact
LONGEST_NUMBER = 64  # letters

if TYPE_CHECKING:
    Amount = Decimal
    Moment = datetime
else:
    # The decoder's own Decimal takes text as well as numbers, and its own datetime takes no bare
    # date and rounds the last tick of a day into the next one. Hence two names of our own: the
    # decoder asks `read_value` for them, and what it gives is a plain Decimal or datetime.
    class Named(type):
        """What a name to decode by is: the decoder asks whether `read_value` gave one of those."""

        def __instancecheck__(cls, _value: object) -> bool:
            # It always has. A look at the value, a hundred thousand times in a large push, would
            # cost a tenth of its time.
            return True

    class Amount(metaclass=Named):
        """An exact decimal, a JSON number on the wire."""

    class Moment(metaclass=Named):
        """A moment, UTC, an ISO 8601 text on the wire."""


MomentText = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]


def read_value(kind: type[Any], found: Any) -> Decimal | datetime:
    """Make an `Amount` or a `Moment` of a decoded JSON value (numbers arrive as int or Decimal).

    Raises:
        ValueError: the value is of another JSON type or form; the text says what was found.
    """
    seen = found.__class__
    if kind is Amount:
        amount = found if seen is Decimal else Decimal(found) if seen is int else None
        if amount is None:
            raise ValueError(f"Expected a number, got {quote(found)}")
        if not -LARGEST < amount < LARGEST:
            raise ValueError(f"Expected a number of at most 28 digits, got {quote(found)}")
        return amount
    if seen is str:
        try:
            return parse_moment(found)
        except ValueError:
            pass
    raise ValueError(f"Expected an ISO 8601 date-time, got {quote(found)}")


def read_number(text: str) -> Decimal:
    """Make an exact decimal of a JSON number with a point or an exponent.

    Raises:
        ValueError: it has more digits than the service's decimals.
    """
    try:
        number = Decimal(text) if len(text) <= LONGEST_NUMBER else None
        if number is not None and (number.adjusted() >= SMALLEST or not number):
            return number
    except InvalidOperation:
        pass
    raise ValueError("Expected a number of at most 28 digits")


def quote(found: Any) -> str:
    """Show a JSON value in a message, cut to a readable length."""
    if found is None or isinstance(found, bool):
        return {None: "null", True: "true", False: "false"}[found]
    if isinstance(found, dict | list):
        return "an object" if isinstance(found, dict) else "an array"
    text = f"'{found}'" if isinstance(found, str) else str(found)
    return text if len(text) <= 60 else f"{text[:57]}…"
