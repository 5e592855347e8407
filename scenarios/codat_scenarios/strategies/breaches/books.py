"""Breaches that show in the books."""

from __future__ import annotations

from hypothesis import strategies as st

from codat_scenarios.histories import Life
from codat_scenarios.strategies.breaches.registry import breach, pushed_sale
from codat_scenarios.strategies.breaches.sending import FORGETTABLE, forget
from codat_scenarios.strategies.breaches.updating import update_late


@breach("B01", is_declared=True)
def book_twice(life: Life) -> None:
    """Update an order that has been synced."""
    update_late(life)
    life.breaks.add("U02")


@breach("B02", is_declared=True, what=FORGETTABLE)
def lose(life: Life, what: str) -> None:
    """Forget to push something."""
    forget(life, what)


@breach("B03", is_declared=True, pence=st.integers(1, 100))
def keep_old(life: Life, pence: int) -> None:
    """Forget to push a change."""
    sale = pushed_sale(life)
    life.leave_alone(sale)
    life.declare(life.till.correct(life.diary.tick(), sale, sale.pence + pence))
    life.spoils = True
