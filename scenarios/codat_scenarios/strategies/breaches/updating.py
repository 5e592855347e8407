"""Breaches of the rules for updating data."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from typing import Final

from hypothesis import strategies as st

from codat_mock.clock import format_moment, parse_moment
from codat_scenarios.histories import Life
from codat_scenarios.histories.till import MODIFIED, Sale
from codat_scenarios.merchants import ORDERS, Record
from codat_scenarios.strategies.breaches.registry import (
    breach,
    push_only,
    pushed_sale,
    synced_sale,
)

CUSTOMER: Final = {"customerRef": {"id": "regular"}}


@breach("U01", name=st.sampled_from(("totalRefund", "totalTaxAmount", "unitPrice")))
def leave_out(life: Life, name: str) -> None:
    """Update an order without a property that it had, or that its first line had."""
    order = updated(life, pushed_sale(life))
    (order if name in order else order["orderLineItems"][0]).pop(name)
    push_only(life, ORDERS, [order])


@breach("U02")
def update_late(life: Life) -> None:
    """Put a customer on an order that has been synced, and push it."""
    push_only(life, ORDERS, [updated(life, synced_sale(life))])
    life.spoils = True
    if life.is_declared:
        life.breaks.add("B01")


@breach("U03", seconds=st.integers(0, 3_600))
def move_no_date(life: Life, seconds: int) -> None:
    """Put a customer on an order, without a later sourceModifiedDate."""
    sale = pushed_sale(life)
    life.leave_alone(sale)
    order = updated(life, sale)
    old = parse_moment(life.till.records[ORDERS, sale.id][MODIFIED])
    order[MODIFIED] = format_moment(old - timedelta(seconds=seconds))
    push_only(life, ORDERS, [order])


@breach("U04", seconds=st.integers(1, 59))
def move_creation(life: Life, seconds: int) -> None:
    """Have an order created later than before, within the period that it was created in."""
    sale = pushed_sale(life)
    life.leave_alone(sale)
    created = format_moment(sale.created + timedelta(seconds=seconds))
    push_only(life, ORDERS, [updated(life, sale) | {"createdDate": created}])


def updated(life: Life, sale: Sale) -> Record:
    """The order of a sale with a customer, changed a minute from now."""
    order = deepcopy(life.till.records[ORDERS, sale.id])
    return order | CUSTOMER | {MODIFIED: format_moment(life.diary.tick())}
