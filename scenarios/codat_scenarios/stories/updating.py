"""Stories of updating data."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from codat_scenarios.sandbox_driver import SandboxDriver
from codat_scenarios.stories.registry import Ending, story
from codat_scenarios.stories.sales import (
    COMPLETE,
    EXAMPLE,
    NOON,
    ORDERS,
    REFUNDED,
    books_of_example,
    order,
    push_worked_example,
)
from codat_scenarios.stories.week import MONDAY, TUESDAY, WEDNESDAY

TWICE = EXAMPLE + COMPLETE * 2
CORRECTED = order("A-1", 15, modified="2022-03-21T12:30:00Z")
CORRECTED_LATE = order("A-1", 15, modified="2022-03-22T08:30:00Z")
PARTIAL = {"id": "A-1", "createdDate": NOON, "totalAmount": Decimal(15)}


@story(
    "update-before-sync",
    Ending(datasets=EXAMPLE + COMPLETE * 2, sync=2000, documents=books_of_example(15)),
)
def update_before_sync(driver: SandboxDriver) -> None:
    """An order is corrected and pushed again before the night's sync."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.push(ORDERS, [order("A-1")])
    driver.at(MONDAY, "12:35")
    driver.push(ORDERS, [CORRECTED])
    driver.at(TUESDAY, "09:00")


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
def refund(driver: SandboxDriver) -> None:
    """Before the sync 5 of an order's 12 pounds are refunded, and the whole order is pushed."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.push(ORDERS, [order("A-1")])
    driver.at(MONDAY, "15:05")
    driver.push(ORDERS, [REFUNDED])
    driver.at(TUESDAY, "09:00")


@story(
    "late-update",
    Ending(
        ("U02",),
        EXAMPLE + COMPLETE * 2,
        sync=2000,
        documents=(*books_of_example(12), "2022-03-21 Invoice 15.00 GBP"),
    ),
)
def late_update(driver: SandboxDriver) -> None:
    """An order is corrected after its sync and pushed again; the next sync books it twice."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.push(ORDERS, [order("A-1")])
    driver.at(TUESDAY, "09:00")
    driver.push(ORDERS, [CORRECTED_LATE])
    driver.at(WEDNESDAY, "09:00")


def update(driver: SandboxDriver, changed: Any) -> None:
    """Push an order, and before its sync a change of it."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.push(ORDERS, [order("A-1")])
    driver.at(MONDAY, "12:35")
    driver.push(ORDERS, [changed])
    driver.at(TUESDAY, "09:00")


@story(
    "partial-update",
    Ending(("U01",), TWICE, sync=2000, documents=books_of_example(15)),
)
def partial_update(driver: SandboxDriver) -> None:
    """An order is corrected with its new total alone, and loses everything else."""
    update(driver, PARTIAL)


@story(
    "same-source-date",
    Ending(("U03",), TWICE, sync=2000, documents=books_of_example(12)),
    modified=("2022-03-21T11:59:59.999Z", "2022-03-20T12:00:00Z"),
)
def same_source_date(driver: SandboxDriver, modified: str = NOON) -> None:
    """An order is corrected without a later sourceModifiedDate, and the correction is discarded."""
    update(driver, order("A-1", 15, modified=modified))


@story(
    "moved-creation",
    Ending(("U04",), TWICE, sync=2000, documents=books_of_example(12)),
    created=("2022-03-21T12:00:00.001Z", "2022-03-21T11:59:59Z"),
)
def moved_creation(driver: SandboxDriver, created: str = "2022-03-21T12:20:00Z") -> None:
    """An update has another createdDate than the order."""
    update(driver, order("A-1", created=created, modified="2022-03-21T12:20:00Z"))


@story(
    "lines-lost",
    Ending(("U01",), TWICE, sync=2000, documents=books_of_example(12)),
    lines=([], None),
)
def lines_lost(driver: SandboxDriver, lines: list[Any] | None = None) -> None:
    """An update has the same total as before, and no lines any more."""
    changed = order("A-1", modified="2022-03-21T12:30:00Z")
    update(driver, changed | {"orderLineItems": lines, "orderNumber": "7"})
