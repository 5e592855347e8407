"""Bodies of orders whose dates and amounts are hard to read, right and wrong ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from hypothesis import strategies as st

DATES: Final = [
    "2022-03-21",
    "2022-03-21T00:00:00Z",
    "2022-03-21T00:00:00",
    "2022-03-21T01:00:00+01:00",
    "2022-03-21T00:00:00.0000000Z",
    "2022-03-21T00:00:00.0000009Z",
    "2022-03-21T00:00:00.000001Z",
    "2022-03-20T23:59:59.9999999Z",
    "2022-03-21 00:00:00Z",
    "2022-03-21t00:00:00z",
    "0001-01-01T00:00:00+10:00",
    "9999-12-31T23:59:59.9999999Z",
    "2022-W12-1",
    "yesterday",
]
AMOUNTS: Final = [
    "1", "1.0", "1.00", "1e0", "0.1", "0.10", "0", "-0", "-0.0", "0.1" + 70 * "0" + "1", "1e-7",
    "0.30000000000000004", "0.3", "12345678901234567890.5", "12345678901234567890.6", "7.9e28",
    "7.8e28", "1e400", '"1"', "null", "true", "1" + 61 * "0" + "e-61",
]  # fmt: skip
TINY_AMOUNTS: Final = [
    "1e-70", "0e-61", "-25E-62", "1e-0061", "0." + 61 * "0" + "1", "0." + 53 * "0" + "1e-9",
]  # fmt: skip


@st.composite
def odd_orders(draw: st.DrawFn, numbers: Sequence[str] = (*AMOUNTS, *TINY_AMOUNTS)) -> bytes:
    """An order whose dates and amounts, its payment's too, are any of these or absent.

    Args:
        draw: given by Hypothesis.
        numbers: the amounts to choose from, as they are written.
    """
    dates, amounts = st.sampled_from(DATES).map(json.dumps), st.sampled_from(numbers)

    def some(names: dict[str, st.SearchStrategy[str]]) -> str:
        chosen = draw(st.fixed_dictionaries({}, optional=names))
        space = draw(st.sampled_from(("", " ", "\n")))
        return ",".join(f'"{name}":{space}{value}{space}' for name, value in chosen.items())

    payment = some({"amount": amounts, "dueDate": dates | st.just("null")})
    order = some(
        {
            "id": st.just('"A-1"'),
            "createdDate": dates,
            "sourceModifiedDate": dates | st.just("null"),
            "payments": st.just(f"[{{{payment}}}]"),
            "totalAmount": amounts,
        }
    )
    return f"{{{order}}}".encode()
