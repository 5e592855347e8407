"""Strategies for histories that keep every rule or break one."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from codat_scenarios.histories import History, HistoryBuilder
from codat_scenarios.strategies.merchant_events import (
    LONG_HISTORIES,
    MERCHANT_EVENTS,
    MerchantEvent,
)
from codat_scenarios.strategies.violations import VIOLATIONS


def histories() -> SearchStrategy[History]:
    """Histories with sales, corrections, refunds, deletes, pushes, faults and nights.

    They keep every rule by construction, and the books must show the `expected_records`. They
    shrink to a night without a sale.
    """
    return st.builds(build_history, LONG_HISTORIES, is_declared=st.booleans())


def broken_histories(code: str) -> SearchStrategy[History]:
    """Histories in which one rule is broken once.

    Their `broken_rules` are that rule and those that are broken as a consequence.

    Args:
        code: the code of a rule.
    """
    violation = VIOLATIONS[code]
    return st.builds(
        lambda before, breaking, after, is_declared: build_history(
            [*before, breaking, *after], is_declared=is_declared
        ),
        st.just([]) if violation.comes_first else MERCHANT_EVENTS,
        violation.events,
        MERCHANT_EVENTS,
        # The records of a declared history are all its records: a story that declares nothing
        # does not fit into it.
        st.just(violation.is_declared),
    )


def build_history(events: Iterable[MerchantEvent], *, is_declared: bool) -> History:
    """Build a history from events, up to the next morning.

    Args:
        events: in order.
        is_declared: whether the merchant's true records are declared to the mock as they change.
    """
    builder = HistoryBuilder(is_declared=is_declared)
    for event in events:
        event(builder)
    return builder.build()
