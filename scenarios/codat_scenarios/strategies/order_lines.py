"""Strategies for what an order is made of: lines and charges, with their exact sums."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from codat_scenarios.merchants import Record
from codat_scenarios.merchants.money import proportion, tax_within
from codat_scenarios.merchants.shop import percentage
from codat_scenarios.strategies import record_schema
from codat_scenarios.strategies.values import units

RATES = st.sampled_from((0, 20_000, 5_000, 12_500, 8_875))  # thousandths of a percent
PRICES = st.integers(0, 10_000) | st.integers(0, 10**8)  # smallest units
PERCENT = st.integers(0, 100)
NO_LIST = st.sampled_from(("absent", "null", "empty"))

LINE_EXTRAS = record_schema.extras(
    record_schema.LINE_ITEM, "quantity", "taxPercentage", "totalAmount", "totalTaxAmount",
    "unitPrice", "discountAllocations",
)  # fmt: skip
SHARE_EXTRAS = record_schema.extras(record_schema.DISCOUNT, "totalAmount")
CHARGE_EXTRAS = record_schema.extras(
    record_schema.SERVICE_CHARGE, "totalAmount", "taxPercentage", "taxAmount"
)


@dataclass(frozen=True, slots=True)
class WireLines:
    """A part of an order as told, with its sums in smallest units; refunds are below zero."""

    record: Record
    total: int
    tax: int
    discount: int = 0


@st.composite
def lines(draw: DrawFn) -> WireLines:
    """Draw lines: bought, taken back (of negative quantity, never of negative price), or of zero.

    Source: contract section 3.
    """
    quantity = draw(st.integers(1, 9) | st.integers(-9, -1) | st.just(0))
    price, rate = draw(PRICES), draw(RATES)
    gross = quantity * price
    discount = proportion(gross, draw(PERCENT), 100)
    total = gross - discount
    tax = tax_within(total, rate)
    record = {
        "quantity": units(quantity, 0),
        "taxPercentage": percentage(rate),
        "totalAmount": units(total),
        "totalTaxAmount": units(tax),
        "unitPrice": units(price),
    }
    shares = [{"totalAmount": units(part), **draw(SHARE_EXTRAS)} for part in parts(draw, discount)]
    record |= listed(draw, "discountAllocations", shares)
    return WireLines(record | draw(LINE_EXTRAS), total, tax, discount)


@st.composite
def charges(draw: DrawFn) -> WireLines:
    """Draw service charges, their tax included."""
    total, rate = draw(PRICES), draw(RATES)
    tax = tax_within(total, rate)
    record = {
        "totalAmount": units(total),
        "taxPercentage": percentage(rate),
        "taxAmount": units(tax),
    }
    return WireLines(record | draw(CHARGE_EXTRAS), total, tax)


def few(told: SearchStrategy[WireLines], most: int) -> SearchStrategy[list[WireLines]]:
    """Lists of some, at most so many."""
    # Hypothesis deletes an element of many draws rarely; one that became None is deleted readily.
    return st.lists(st.none() | told, max_size=most).map(lambda some: [x for x in some if x])


def parts(draw: DrawFn, total: int) -> list[int]:
    """Split an amount in smallest units into one part or two, nothing into none or a zero."""
    # Here and below the draws are the same whatever the arguments are: an example shrinks to
    # nothing only where nothing takes no more draws than something.
    percent = draw(PERCENT)
    first = proportion(total, percent, 100)
    if first in (0, total):
        return [total] if total or percent == 100 else []
    return [first, total - first]


def listed(draw: DrawFn, name: str, records: list[Record]) -> Record:
    """The property that holds the records; of none, it may be absent, null or empty."""
    none = draw(NO_LIST)
    if records:
        return {name: records}
    return {} if none == "absent" else {name: None if none == "null" else []}
