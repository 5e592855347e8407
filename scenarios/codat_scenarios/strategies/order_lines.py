"""Strategies for the lines and charges of an order, with their exact sums."""

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
PRICES = st.integers(0, 10_000) | st.integers(0, 10**8)  # minor units
PERCENT = st.integers(0, 100)
NO_LIST = st.sampled_from(("absent", "null", "empty"))

LINE_EXTRAS = record_schema.extras(
    record_schema.LINE_ITEM, "quantity", "taxPercentage", "totalAmount", "totalTaxAmount",
    "unitPrice", "discountAllocations",
)  # fmt: skip
SHARE_EXTRAS = record_schema.extras(record_schema.DISCOUNT, "totalAmount")
# What a charge of type Overpayment says is more than the order owes (rule R04).
CHARGE_TYPES = st.sampled_from(("Unknown", "Generic", "Shipping"))
CHARGE_EXTRAS = record_schema.extras(
    record_schema.SERVICE_CHARGE, "totalAmount", "taxPercentage", "taxAmount", "type"
)


@dataclass(frozen=True, slots=True)
class WireLines:
    """A line or charge of an order, with its sums in minor units; refunds are negative."""

    record: Record
    total: int
    tax: int
    discount: int = 0


@st.composite
def lines(draw: DrawFn) -> WireLines:
    """Draw a line: bought, returned (negative quantity, never negative price) or zero.

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
    """Draw a service charge, tax included."""
    total, rate = draw(PRICES), draw(RATES)
    tax = tax_within(total, rate)
    record = {
        "totalAmount": units(total),
        "taxPercentage": percentage(rate),
        "taxAmount": units(tax),
        "type": draw(CHARGE_TYPES),
    }
    return WireLines(record | draw(CHARGE_EXTRAS), total, tax)


def few(elements: SearchStrategy[WireLines], most: int) -> SearchStrategy[list[WireLines]]:
    """Lists of at most `most` elements."""
    # Hypothesis deletes an element of many draws rarely; one that became None is deleted readily.
    return st.lists(st.none() | elements, max_size=most).map(lambda some: [x for x in some if x])


def parts(draw: DrawFn, total: int) -> list[int]:
    """Split an amount in minor units into one or two parts; zero into no part or one zero."""
    # Here and below the number of draws does not depend on the arguments: an example shrinks to
    # an empty one only if that takes no more draws.
    percent = draw(PERCENT)
    first = proportion(total, percent, 100)
    if first in (0, total):
        return [total] if total or percent == 100 else []
    return [first, total - first]


def listed(draw: DrawFn, name: str, records: list[Record]) -> Record:
    """A property that holds the records; without records it is absent, null or empty.

    Args:
        draw: draws what stands for an empty list.
        name: of the property.
        records: its elements, perhaps none.
    """
    none = draw(NO_LIST)
    if records:
        return {name: records}
    return {} if none == "absent" else {name: None if none == "null" else []}
