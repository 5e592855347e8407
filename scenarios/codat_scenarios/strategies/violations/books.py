"""Breaches that show in the books."""

from __future__ import annotations

from hypothesis import strategies as st

from codat_scenarios.histories import HistoryBuilder
from codat_scenarios.strategies.violations.registry import pushed_sale, violation
from codat_scenarios.strategies.violations.sending import FORGETTABLE, forget
from codat_scenarios.strategies.violations.updating import update_late


@violation("B01", is_declared=True)
def book_twice(builder: HistoryBuilder) -> None:
    """Update an order that has been synced."""
    update_late(builder)
    builder.broken_rules.add("U02")


@violation("B02", is_declared=True, what=FORGETTABLE)
def lose(builder: HistoryBuilder, what: str) -> None:
    """Forget to push something."""
    forget(builder, what)


@violation("B03", is_declared=True, pence=st.integers(1, 100))
def keep_old(builder: HistoryBuilder, pence: int) -> None:
    """Forget to push a change."""
    sale = pushed_sale(builder)
    builder.freeze(sale)
    builder.declare(builder.pos.correct(builder.timeline.tick(), sale, sale.pence + pence))
    builder.corrupts_books = True
