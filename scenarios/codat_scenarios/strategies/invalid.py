"""Strategies for records that are wrong in one place, labelled with its JSON path."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from codat_scenarios.merchants import Record
from codat_scenarios.strategies import record_schema
from codat_scenarios.strategies.records import payments, transactions
from codat_scenarios.strategies.sales import orders


@dataclass(frozen=True, slots=True)
class Invalid:
    """A record that the mock must report.

    Args:
        record: the JSON value to push; not always an object.
        path: the JSON path of the error within the record, such as
            `$.orderLineItems[0].totalAmount`.
        fault: a `malformed` record is refused at once; an `unusable` one is accepted, and its
            dataset ends in `ValidationError`.

    Source: contract section 2.
    """

    record: Any
    path: str
    fault: Literal["malformed", "unusable"] = "malformed"


def invalid_orders() -> SearchStrategy[Invalid]:
    """Orders with one wrong type, enumeration value or date format, or without an id."""
    return spoiled(orders(), record_schema.ORDER)


def invalid_payments() -> SearchStrategy[Invalid]:
    """Payments with one wrong type, enumeration value or date format, or without an id."""
    return spoiled(payments(), record_schema.PAYMENT)


def invalid_transactions() -> SearchStrategy[Invalid]:
    """Transactions with one wrong type, enumeration value or date format, or without an id."""
    return spoiled(transactions(), record_schema.TRANSACTION)


def spoiled(valid: SearchStrategy[Record], shape: record_schema.Shape) -> SearchStrategy[Invalid]:
    """Spoil valid records, each in one way."""
    no_objects = st.sampled_from((*record_schema.NOT_OBJECTS, None))
    return st.one_of(
        without_id(valid),
        no_objects.map(lambda record: Invalid(record, "$")),
        spoiled_inside(valid, shape),
    )


@st.composite
def without_id(draw: DrawFn, valid: SearchStrategy[Record]) -> Invalid:
    """Draw a record whose id is absent, null or empty."""
    record = {name: value for name, value in draw(valid).items() if name != "id"}
    record |= draw(st.sampled_from(({}, {"id": None}, {"id": ""})))
    return Invalid(record, "$.id", "unusable")


@st.composite
def spoiled_inside(
    draw: DrawFn, valid: SearchStrategy[Record], shape: record_schema.Shape
) -> Invalid:
    """Draw a record with an invalid value in one property or array element.

    Args:
        draw: draws which, and the record.
        valid: draws the record.
        shape: the properties that can be spoiled.
    """
    path, values = draw(st.sampled_from(list(record_schema.invalid_values(shape))))
    record = deepcopy(draw(valid))
    invalid = deepcopy(draw(st.sampled_from(values)))
    return Invalid(record, "$" + put(draw, record, path, invalid))


def put(draw: DrawFn, at: Any, path: Sequence[str | int], value: Any) -> str:
    """Put a value at a path, creating missing and empty parents.

    Args:
        draw: draws which element of an array is used.
        at: the object or array that the path starts from.
        path: property names, and 0 for any element of an array.
        value: the value to put there.

    Returns:
        The JSON path of the value, from `at`.
    """
    token, *rest = path
    if isinstance(token, int):
        token = draw(st.integers(0, len(at) - 1))
    here = f"[{token}]" if isinstance(token, int) else f".{token}"
    if not rest:
        at[token] = value
        return here
    if isinstance(token, str) and not at.get(token):
        at[token] = [{}] if isinstance(rest[0], int) else {}
    return here + put(draw, at[token], rest, value)
