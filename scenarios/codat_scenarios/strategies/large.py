"""Strategies for pushes about as large as recommended."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from codat_scenarios.merchants import Record
from codat_scenarios.strategies.sales import orders

SIZES: Final = (4_999, 5_000, 5_001)  # the guide recommends "under 5000 records"


class LargePush(list[Record]):
    """Many records, printed as their number and the first one."""

    def __repr__(self) -> str:
        return f"{len(self):,} records, the first {self[0]!r}"


def large_pushes() -> SearchStrategy[LargePush]:
    """Pushes of 4,999, 5,000 or 5,001 orders that differ only in their ids."""
    return st.builds(
        lambda count, order: LargePush(order | {"id": f"{number}"} for number in range(count)),
        st.sampled_from(SIZES),
        orders(),
    )
