"""Breaches of the rules for deleting data."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

from codat_mock.clock import format_moment
from codat_mock.models.datasets import LIST_NAMES, DataType
from codat_scenarios.histories import HistoryBuilder
from codat_scenarios.histories.history_pos import MODIFIED
from codat_scenarios.merchants import ORDERS, Change, Record
from codat_scenarios.strategies.violations.registry import (
    push_only,
    pushed_sale,
    settle,
    synced_sale,
    violation,
)

TYPES: Final = st.sampled_from([*LIST_NAMES])
FAT: Final[tuple[Record, ...]] = (
    {"isDeleted": True},
    {"status": "Deleted"},
    {"closedDate": None},
    {"orderNumber": ""},
)


@violation("D01", rest=st.sampled_from(FAT))
def delete_fat(builder: HistoryBuilder, rest: Record) -> None:
    """Delete an order with more than its id, and the rest of its sale rightly."""
    sale = pushed_sale(builder)
    changes = builder.pos.delete(builder.timeline.tick(), sale)
    builder.declare(changes)
    builder.integration.receive(change for change in changes if change.data_type != ORDERS)
    push_only(builder, ORDERS, [{"id": sale.id, **rest}])
    builder.corrupts_books = True


@violation("D02", data_type=TYPES)
def delete_unknown(builder: HistoryBuilder, data_type: DataType) -> None:
    """Delete what was never pushed."""
    settle(builder)
    push_only(builder, data_type, [{"id": "never-pushed"}])


@violation("D03", data_type=TYPES)
def delete_late(builder: HistoryBuilder, data_type: DataType) -> None:
    """Delete what has been synced."""
    id_ = synced_sale(builder).id
    push_only(builder, data_type, [{"id": id_ if data_type == ORDERS else f"{id_}-paid"}])


@violation("D04", data_type=TYPES)
def delete_again(builder: HistoryBuilder, data_type: DataType) -> None:
    """Delete what was deleted before."""
    changes = delete_rightly(builder)
    again = next(change.record for change in changes if change.data_type == data_type)
    push_only(builder, data_type, [again])


@violation("D05")
def raise_up(builder: HistoryBuilder) -> None:
    """Push an order again that was deleted before."""
    order = builder.pos.records[ORDERS, pushed_sale(builder).id]
    delete_rightly(builder)
    push_only(builder, ORDERS, [order | {MODIFIED: format_moment(builder.timeline.now)}])
    builder.corrupts_books = True


def delete_rightly(builder: HistoryBuilder) -> list[Change]:
    """Delete a sale that was pushed, and push that."""
    changes = builder.pos.delete(builder.timeline.tick(), pushed_sale(builder))
    builder.record(changes)
    settle(builder)
    return changes
