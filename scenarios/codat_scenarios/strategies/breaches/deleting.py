"""Breaches of the rules for deleting data."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

from codat_mock.clock import format_moment
from codat_mock.records.datasets import LIST_NAMES, DataType
from codat_scenarios.histories import Life
from codat_scenarios.histories.till import MODIFIED
from codat_scenarios.merchants import ORDERS, Change, Record
from codat_scenarios.strategies.breaches.registry import (
    breach,
    push_only,
    pushed_sale,
    settle,
    synced_sale,
)

TYPES: Final = st.sampled_from([*LIST_NAMES])
FAT: Final[tuple[Record, ...]] = (
    {"isDeleted": True},
    {"status": "Deleted"},
    {"closedDate": None},
    {"orderNumber": ""},
)


@breach("D01", rest=st.sampled_from(FAT))
def delete_fat(life: Life, rest: Record) -> None:
    """Delete an order with more than its id, and the rest of its sale rightly."""
    sale = pushed_sale(life)
    changes = life.till.delete(life.diary.tick(), sale)
    life.declare(changes)
    life.integration.take(change for change in changes if change.data_type != ORDERS)
    push_only(life, ORDERS, [{"id": sale.id, **rest}])
    life.spoils = True


@breach("D02", data_type=TYPES)
def delete_unknown(life: Life, data_type: DataType) -> None:
    """Delete what was never pushed."""
    settle(life)
    push_only(life, data_type, [{"id": "never-pushed"}])


@breach("D03", data_type=TYPES)
def delete_late(life: Life, data_type: DataType) -> None:
    """Delete what has been synced."""
    id_ = synced_sale(life).id
    push_only(life, data_type, [{"id": id_ if data_type == ORDERS else f"{id_}-paid"}])


@breach("D04", data_type=TYPES)
def delete_again(life: Life, data_type: DataType) -> None:
    """Delete what was deleted before."""
    changes = delete_rightly(life)
    again = next(change.record for change in changes if change.data_type == data_type)
    push_only(life, data_type, [again])


@breach("D05")
def raise_up(life: Life) -> None:
    """Push an order again that was deleted before."""
    order = life.till.records[ORDERS, pushed_sale(life).id]
    delete_rightly(life)
    push_only(life, ORDERS, [order | {MODIFIED: format_moment(life.diary.now)}])
    life.spoils = True


def delete_rightly(life: Life) -> list[Change]:
    """Delete a sale that was pushed, and push that."""
    changes = life.till.delete(life.diary.tick(), pushed_sale(life))
    life.record(changes)
    settle(life)
    return changes
