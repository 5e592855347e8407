"""Stories that declare the merchant's records, and compare the books with them."""

from __future__ import annotations

from decimal import Decimal

from codat_scenarios.sandbox_driver import SandboxDriver
from codat_scenarios.stories.registry import Ending, story
from codat_scenarios.stories.sales import (
    COMPLETE,
    EXAMPLE,
    ORDERS,
    books_of_example,
    declare_example,
    line,
    order,
    push_worked_example,
)
from codat_scenarios.stories.week import FRIDAY, MONDAY, THURSDAY, TUESDAY, WEDNESDAY

TUESDAY_NOON = "2022-03-22T12:00:00Z"
CORRECTED = order("A-1", 15, modified="2022-03-21T13:00:00Z")
CORRECTED_LATE = order("A-1", 15, modified="2022-03-22T08:30:00Z")


@story(
    "day-after-day",
    Ending(
        datasets=EXAMPLE + COMPLETE * 2,
        sync=2000,
        documents=(*books_of_example(12), "2022-03-22 Invoice 7.00 GBP"),
    ),
    is_declared=True,
)
def day_after_day(driver: SandboxDriver) -> None:
    """On two days everything that the merchant sells is pushed, and booked once."""
    declare_example(driver, order("A-1"), order("A-2", 7, created=TUESDAY_NOON))
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "20:00")
    driver.push(ORDERS, [order("A-1")])
    driver.at(TUESDAY, "12:05")
    driver.push(ORDERS, [order("A-2", 7, created=TUESDAY_NOON)])
    driver.at(WEDNESDAY, "09:00")


@story(
    "incomplete-first-push",
    Ending(("S01", "B02"), EXAMPLE + COMPLETE, sync=2000, documents=books_of_example(12)),
    is_declared=True,
)
def incomplete_first_push(driver: SandboxDriver) -> None:
    """The merchant has two orders before the first sync, and only one of them is pushed."""
    declare_example(driver, order("A-1"), order("A-2"))
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.push(ORDERS, [order("A-1")])
    driver.at(TUESDAY, "09:00")


@story(
    "forgotten-record",
    Ending(
        ("S02", "B02"),
        EXAMPLE + COMPLETE,
        sync=2000,
        documents=(*books_of_example(), "2022-03-22 Invoice 12.00 GBP"),
    ),
    is_declared=True,
)
def forgotten_record(driver: SandboxDriver) -> None:
    """On the second day the merchant has two orders, and only one of them is pushed."""
    sold = [order(id_, created=TUESDAY_NOON) for id_ in ("A-1", "A-2")]
    declare_example(driver, *sold)
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(TUESDAY, "12:05")
    driver.push(ORDERS, sold[:1])
    driver.at(WEDNESDAY, "09:00")


@story(
    "silent-days",
    Ending(
        ("S08", "S02", "S10", "B02"),
        EXAMPLE + COMPLETE,
        sync=2040,
        documents=books_of_example(),
        missed=("A-1",),
    ),
    is_declared=True,
)
def silent_days(driver: SandboxDriver) -> None:
    """A sale of Tuesday is pushed on Thursday, long after its sync."""
    sold = order("A-1", created=TUESDAY_NOON)
    declare_example(driver, sold)
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(THURSDAY, "12:05")
    driver.push(ORDERS, [sold])
    driver.at(FRIDAY, "09:00")


@story(
    "duplicate-in-books",
    Ending(
        ("U02", "B01"),
        EXAMPLE + COMPLETE * 2,
        sync=2000,
        documents=(*books_of_example(12), "2022-03-21 Invoice 15.00 GBP"),
    ),
    is_declared=True,
)
def duplicate_in_books(driver: SandboxDriver) -> None:
    """An order is corrected and pushed again after its sync, and is booked twice."""
    declare_example(driver, order("A-1"))
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.push(ORDERS, [order("A-1")])
    driver.at(TUESDAY, "09:00")
    driver.declare(orders=[CORRECTED_LATE])
    driver.push(ORDERS, [CORRECTED_LATE])
    driver.at(WEDNESDAY, "09:00")


@story(
    "hole-in-books",
    Ending(
        ("S08", "S01", "B02"),
        EXAMPLE + COMPLETE,
        sync=2040,
        documents=books_of_example(),
        missed=("A-1",),
    ),
    is_declared=True,
)
def hole_in_books(driver: SandboxDriver) -> None:
    """An order of Monday is pushed on Tuesday after the sync, and the books never show it."""
    declare_example(driver, order("A-1"))
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(TUESDAY, "09:00")
    driver.push(ORDERS, [order("A-1")])
    driver.at(WEDNESDAY, "09:00")


@story(
    "stale-books",
    Ending(("B03",), EXAMPLE + COMPLETE, sync=2000, documents=books_of_example(12)),
    is_declared=True,
)
def stale_books(driver: SandboxDriver) -> None:
    """The merchant corrects an order before its sync, and the correction is not pushed."""
    declare_example(driver, order("A-1"))
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.push(ORDERS, [order("A-1")])
    driver.at(MONDAY, "13:00")
    driver.declare(orders=[CORRECTED])
    driver.at(TUESDAY, "09:00")


@story(
    "delete-not-pushed",
    Ending(("B04",), EXAMPLE + COMPLETE, sync=2000, documents=books_of_example(12)),
    is_declared=True,
)
def delete_not_pushed(driver: SandboxDriver) -> None:
    """The merchant deletes an order before its sync, and the delete is not pushed."""
    declare_example(driver, order("A-1"))
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.push(ORDERS, [order("A-1")])
    driver.at(MONDAY, "13:00")
    driver.declare(orders=[{"id": "A-1"}])
    driver.at(TUESDAY, "09:00")


@story(
    "unmapped-tax-rate",
    Ending(("B05",), EXAMPLE + COMPLETE, sync=4000),
    rate=(7, 12.5),
)
def unmapped_tax_rate(driver: SandboxDriver, rate: float = 7) -> None:
    """An order has a tax rate that the merchant has not mapped, and the sync fails."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    taxed = order("A-1")
    taxed["orderLineItems"] = [line("A-1-1", Decimal(12), rate)]
    taxed["totalTaxAmount"] = taxed["orderLineItems"][0]["totalTaxAmount"]
    driver.push(ORDERS, [taxed])
    driver.at(TUESDAY, "09:00")


@story(
    "tax-fraction",
    Ending(("B05",), EXAMPLE + COMPLETE, sync=4000),
    rate=(0.05, 0.175),
)
def tax_fraction(driver: SandboxDriver, rate: float = 0.2) -> None:
    """A tax rate is given as 0.2 instead of 20, and the sync fails for want of such a rate."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    taxed = order("A-1")
    taxed["orderLineItems"][0]["taxPercentage"] = rate
    driver.push(ORDERS, [taxed])
    driver.at(TUESDAY, "09:00")
