"""Strategies for histories, with every rule kept or exactly one broken."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from codat_scenarios.histories import History, HistoryBuilder
from codat_scenarios.strategies.merchant_events import (
    BEFORE_OPENING,
    HAPPENINGS,
    LONG_LIVES,
    Happening,
)
from codat_scenarios.strategies.violations import VIOLATIONS


def histories() -> SearchStrategy[History]:
    """A merchant's life with sales, corrections, refunds, deletes, pushes, trouble and nights.

    Every rule is kept by construction, and the books must show what is `due`. They shrink to a
    night without a sale.
    """
    return st.builds(lived, LONG_LIVES, is_declared=st.booleans())


def broken_histories(code: str) -> SearchStrategy[History]:
    """A merchant's life in which one rule is broken once.

    The codes of what is broken by that, its own and those of its consequences, are `breaks`.

    Args:
        code: any rule's.
    """
    violation = VIOLATIONS[code]
    return st.builds(
        lambda before, breaks, after, is_declared: lived(
            [*before, breaks, *after], is_declared=is_declared
        ),
        BEFORE_OPENING if violation.comes_first else HAPPENINGS,
        violation.happenings,
        HAPPENINGS,
        st.just(True) if violation.is_declared else st.booleans(),
    )


def lived(happenings: Iterable[Happening], *, is_declared: bool) -> History:
    """Live through happenings, until the next morning.

    Args:
        happenings: what happens, in its order.
        is_declared: whether the mock is told what the merchant really has, as it happens.
    """
    builder = HistoryBuilder(is_declared=is_declared)
    for happens in happenings:
        happens(builder)
    return builder.history()
