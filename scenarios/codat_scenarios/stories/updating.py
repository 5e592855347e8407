"""Stories of updating data."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from codat_scenarios.stage import Stage
from codat_scenarios.stories.registry import Ending, story
from codat_scenarios.stories.sales import (
    COMPLETE,
    EXAMPLE,
    NOON,
    ORDERS,
    books_of_example,
    line,
    order,
    push_worked_example,
)
from codat_scenarios.stories.week import MONDAY, TUESDAY, WEDNESDAY

TWICE = EXAMPLE + COMPLETE * 2
CORRECTED = order("A-1", 15, modified="2022-03-21T12:30:00Z")
CORRECTED_LATE = order("A-1", 15, modified="2022-03-22T08:30:00Z")
SAME_DATE = order("A-1", 15)
MOVED = order("A-1", created="2022-03-21T12:20:00Z")
PARTIAL = {"id": "A-1", "createdDate": NOON, "totalAmount": Decimal(15)}
SENT_BACK = order("A-1", 7, modified="2022-03-21T15:00:00Z") | {
    "totalRefund": Decimal(-5),
    "orderLineItems": [line("A-1-1", Decimal(12)), line("A-1-2", Decimal(-5))],
}


@story(
    "update-before-sync",
    Ending(datasets=EXAMPLE + COMPLETE * 2, sync=2000, documents=books_of_example(15)),
)
def update_before_sync(stage: Stage) -> None:
    """An order is corrected and pushed again before the night's sync."""
    stage.at(MONDAY, "12:05")
    push_worked_example(stage)
    stage.at(MONDAY, "12:10")
    stage.push(ORDERS, [order("A-1")])
    stage.at(MONDAY, "12:35")
    stage.push(ORDERS, [CORRECTED])
    stage.at(TUESDAY, "09:00")


@story(
    "refund",
    Ending(
        datasets=EXAMPLE + COMPLETE * 2,
        sync=2000,
        documents=(
            "2022-03-21 Invoice 97.00 GBP",
            "2022-03-21 CreditNote 5.00 GBP",
            *books_of_example()[1:],
        ),
    ),
)
def refund(stage: Stage) -> None:
    """Before the sync 5 of an order's 12 pounds are given back, and the whole order is pushed."""
    stage.at(MONDAY, "12:05")
    push_worked_example(stage)
    stage.at(MONDAY, "12:10")
    stage.push(ORDERS, [order("A-1")])
    stage.at(MONDAY, "15:05")
    stage.push(ORDERS, [SENT_BACK])
    stage.at(TUESDAY, "09:00")


@story(
    "late-update",
    Ending(
        ("U02",),
        EXAMPLE + COMPLETE * 2,
        sync=2000,
        documents=(*books_of_example(12), "2022-03-21 Invoice 15.00 GBP"),
    ),
)
def late_update(stage: Stage) -> None:
    """An order is corrected after its sync and pushed again; the next sync books it twice."""
    stage.at(MONDAY, "12:05")
    push_worked_example(stage)
    stage.at(MONDAY, "12:10")
    stage.push(ORDERS, [order("A-1")])
    stage.at(TUESDAY, "09:00")
    stage.push(ORDERS, [CORRECTED_LATE])
    stage.at(WEDNESDAY, "09:00")


def update(stage: Stage, changed: Any) -> None:
    """Push an order, and before its sync a change of it."""
    stage.at(MONDAY, "12:05")
    push_worked_example(stage)
    stage.at(MONDAY, "12:10")
    stage.push(ORDERS, [order("A-1")])
    stage.at(MONDAY, "12:35")
    stage.push(ORDERS, [changed])
    stage.at(TUESDAY, "09:00")


@story(
    "partial-update",
    Ending(("U01",), TWICE, sync=2000, documents=books_of_example(15)),
)
def partial_update(stage: Stage) -> None:
    """An order is corrected by its new total alone, and loses everything else."""
    update(stage, PARTIAL)


@story(
    "same-source-date",
    Ending(("U03",), TWICE, sync=2000, documents=books_of_example(12)),
)
def same_source_date(stage: Stage) -> None:
    """An order is corrected without a later sourceModifiedDate, and the correction discarded."""
    update(stage, SAME_DATE)


@story(
    "moved-creation",
    Ending(("U04",), TWICE, sync=2000, documents=books_of_example(12)),
)
def moved_creation(stage: Stage) -> None:
    """An update tells another createdDate than the order had."""
    update(stage, MOVED)
