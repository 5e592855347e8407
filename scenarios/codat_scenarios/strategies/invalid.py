"""Strategies for records that are wrong in one place, labelled with that place."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from codat_scenarios.merchants import Record
from codat_scenarios.strategies import shapes
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
    return spoiled(orders(), shapes.ORDER)


def invalid_payments() -> SearchStrategy[Invalid]:
    """Payments wrong in one place: of a wrong type, enumeration or date form, or without an id."""
    return spoiled(payments(), shapes.PAYMENT)


def invalid_transactions() -> SearchStrategy[Invalid]:
    """Transactions wrong in one place: as payments are."""
    return spoiled(transactions(), shapes.TRANSACTION)


def spoiled(valid: SearchStrategy[Record], shape: shapes.Shape) -> SearchStrategy[Invalid]:
    """Take valid records and spoil each in one way."""
    no_objects = st.sampled_from((*shapes.NOT_OBJECTS, None))
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
def spoiled_inside(draw: DrawFn, valid: SearchStrategy[Record], shape: shapes.Shape) -> Invalid:
    """Draw records with a value that must not stand where it does."""
    place, values = draw(st.sampled_from(list(shapes.spots(shape))))
    record = deepcopy(draw(valid))
    wrong = deepcopy(draw(st.sampled_from(values)))
    return Invalid(record, put(draw, record, place, wrong))


def put(draw: DrawFn, record: Record, place: shapes.Path, wrong: Any) -> str:
    """Put a value at its place in a record, making what leads there where it is missing.

    Returns:
        The JSON path of the place; in arrays any of the elements there is taken.
    """
    at: Any = record
    path = f"$.{place[0]}"
    token: Any = place[0]
    for _, following in pairwise(place):
        empty: Any = [{}] if isinstance(following, int) else {}
        if isinstance(token, str) and not at.get(token):
            at[token] = empty
        at = at[token]
        token = draw(st.integers(0, len(at) - 1)) if isinstance(following, int) else following
        path += f"[{token}]" if isinstance(following, int) else f".{token}"
    at[token] = wrong
    return path
