"""Strategies for records that are wrong in one place, labelled with that place."""

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
    """A record that must be reported.

    Args:
        record: what is pushed; not always an object.
        path: where it is wrong, from the record, e.g. `$.orderLineItems[0].totalAmount`.
        fault: `malformed` is refused at once; `unusable` is well-formed, so it is accepted, and
            its dataset ends in `ValidationError`.

    Source: contract section 2.
    """

    record: Any
    path: str
    fault: Literal["malformed", "unusable"] = "malformed"


def invalid_orders() -> SearchStrategy[Invalid]:
    """Orders wrong in one place: of a wrong type, enumeration or date form, or without an id."""
    return spoiled(orders(), record_schema.ORDER)


def invalid_payments() -> SearchStrategy[Invalid]:
    """Payments wrong in one place: of a wrong type, enumeration or date form, or without an id."""
    return spoiled(payments(), record_schema.PAYMENT)


def invalid_transactions() -> SearchStrategy[Invalid]:
    """Transactions wrong in one place: as payments are."""
    return spoiled(transactions(), record_schema.TRANSACTION)


def spoiled(valid: SearchStrategy[Record], shape: record_schema.Shape) -> SearchStrategy[Invalid]:
    """Take valid records and spoil each in one way."""
    no_objects = st.sampled_from((*record_schema.NOT_OBJECTS, None))
    return st.one_of(
        without_id(valid),
        no_objects.map(lambda record: Invalid(record, "$")),
        spoiled_inside(valid, shape),
    )


@st.composite
def without_id(draw: DrawFn, valid: SearchStrategy[Record]) -> Invalid:
    """Draw records whose id is absent, null or empty."""
    record = {name: value for name, value in draw(valid).items() if name != "id"}
    record |= draw(st.sampled_from(({}, {"id": None}, {"id": ""})))
    return Invalid(record, "$.id", "unusable")


@st.composite
def spoiled_inside(
    draw: DrawFn, valid: SearchStrategy[Record], shape: record_schema.Shape
) -> Invalid:
    """Draw records with a value that must not stand where it does."""
    place, values = draw(st.sampled_from(list(record_schema.spots(shape))))
    record = deepcopy(draw(valid))
    wrong = deepcopy(draw(st.sampled_from(values)))
    return Invalid(record, "$" + put(draw, record, place, wrong))


def put(draw: DrawFn, at: Any, place: Sequence[str | int], wrong: Any) -> str:
    """Put a value at its place, making what leads there where it is missing or empty.

    Args:
        draw: draws which element of an array is taken.
        at: the object or array that the place is told from.
        place: where, with 0 for any element of an array.
        wrong: what is put there.

    Returns:
        The JSON path of the place, from `at`.
    """
    token, *rest = place
    if isinstance(token, int):
        token = draw(st.integers(0, len(at) - 1))
    here = f"[{token}]" if isinstance(token, int) else f".{token}"
    if not rest:
        at[token] = wrong
        return here
    if isinstance(token, str) and not at.get(token):
        at[token] = [{}] if isinstance(rest[0], int) else {}
    return here + put(draw, at[token], rest, wrong)
