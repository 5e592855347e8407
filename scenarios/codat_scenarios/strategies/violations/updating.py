"""Breaches of the rules for updating data."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from typing import Final

from hypothesis import strategies as st

from codat_mock.clock import format_moment, parse_moment
from codat_scenarios.histories import HistoryBuilder
from codat_scenarios.histories.history_pos import MODIFIED, HistorySale
from codat_scenarios.merchants import ORDERS, Record
from codat_scenarios.strategies.violations.registry import (
    push_only,
    pushed_sale,
    synced_sale,
    violation,
)

CUSTOMER: Final = {"customerRef": {"id": "regular"}}


@violation("U01", name=st.sampled_from(("totalRefund", "totalTaxAmount", "unitPrice")))
def leave_out(builder: HistoryBuilder, name: str) -> None:
    """Update an order without a property that it had, or that its first line had."""
    order = updated(builder, pushed_sale(builder))
    (order if name in order else order["orderLineItems"][0]).pop(name)
    push_only(builder, ORDERS, [order])


@violation("U02")
def update_late(builder: HistoryBuilder) -> None:
    """Put a customer on an order that has been synced, and push it."""
    push_only(builder, ORDERS, [updated(builder, synced_sale(builder))])
    builder.corrupts_books = True
    if builder.is_declared:
        builder.broken_rules.add("B01")


@violation("U03", seconds=st.integers(0, 3_600))
def move_no_date(builder: HistoryBuilder, seconds: int) -> None:
    """Put a customer on an order, without a later sourceModifiedDate."""
    sale = pushed_sale(builder)
    builder.freeze(sale)
    order = updated(builder, sale)
    old = parse_moment(builder.pos.records[ORDERS, sale.id][MODIFIED])
    order[MODIFIED] = format_moment(old - timedelta(seconds=seconds))
    push_only(builder, ORDERS, [order])


@violation("U04", seconds=st.integers(1, 59))
def move_creation(builder: HistoryBuilder, seconds: int) -> None:
    """Have an order created later than before, within the period that it was created in."""
    sale = pushed_sale(builder)
    builder.freeze(sale)
    created = format_moment(sale.created + timedelta(seconds=seconds))
    push_only(builder, ORDERS, [updated(builder, sale) | {"createdDate": created}])


def updated(builder: HistoryBuilder, sale: HistorySale) -> Record:
    """The order of a sale with a customer, changed a minute from now."""
    order = deepcopy(builder.pos.records[ORDERS, sale.id])
    return order | CUSTOMER | {MODIFIED: format_moment(builder.timeline.tick())}
