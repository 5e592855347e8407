"""Stories of syncs: when they run, what they cover, and what stops them."""

from __future__ import annotations

from datetime import date

from codat_fixtures import load
from codat_scenarios.sandbox_driver import SandboxDriver
from codat_scenarios.stories.registry import Ending, story
from codat_scenarios.stories.sales import (
    COMPLETE,
    EXAMPLE,
    ORDERS,
    books_of_example,
    order,
    push_worked_example,
)
from codat_scenarios.stories.week import MONDAY, NEXT_MONDAY, SUNDAY, TUESDAY, WEDNESDAY

MORNING_AFTER_30 = date(2022, 4, 20)  # failed syncs, the first on Monday night
MORNING_AFTER_31 = date(2022, 4, 21)


@story(
    "one-type-missing",
    Ending(("R01",), EXAMPLE, sync=2000, documents=books_of_example()),
)
def one_type_missing(driver: SandboxDriver) -> None:
    """The first sync fails because transactions are missing; the next covers its period too."""
    driver.at(MONDAY, "12:05")
    driver.push(ORDERS, load("orders/worked-example")["orders"])
    driver.push("commerce-payments", load("payments/worked-example")["payments"])
    driver.at(TUESDAY, "09:00")
    driver.push("commerce-transactions", load("transactions/worked-example")["transactions"])
    driver.at(WEDNESDAY, "09:00")


@story("connection-deleted", Ending(datasets=EXAMPLE + COMPLETE, sync=4040))
def connection_deleted(driver: SandboxDriver) -> None:
    """The merchant unlinks the accounting software; the next sync fails, and none follows."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "18:00")
    driver.set_connection("Accounting", "Unlinked")
    driver.at(MONDAY, "18:05")
    driver.push(ORDERS, [order("A-1")])
    driver.at(TUESDAY, "09:00")
    driver.set_connection("Accounting", "Linked")
    driver.at(WEDNESDAY, "09:00")


@story(
    "daylight-saving",
    Ending(
        datasets=EXAMPLE + COMPLETE * 3,
        sync=2000,
        documents=(
            *books_of_example(),
            "2022-03-27 Invoice 3.00 GBP",
            "2022-03-28 Invoice 4.00 GBP",
        ),
    ),
)
def daylight_saving(driver: SandboxDriver) -> None:
    """Clocks go forward on Sunday: its sync is due at 2:00 UTC, and its day ends at 23:00."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(SUNDAY, "01:35")
    driver.push(ORDERS, [order("before-the-sync", 1, created="2022-03-27T01:30:00Z")])
    driver.at(SUNDAY, "02:35")
    driver.push(ORDERS, [order("after-the-sync", 2, created="2022-03-27T02:30:00Z")])
    driver.at(SUNDAY, "23:35")
    driver.push(ORDERS, [order("after-midnight", 4, created="2022-03-27T23:30:00Z")])
    driver.at(NEXT_MONDAY, "09:00")


@story("thirty-failed-days", Ending(datasets=EXAMPLE, sync=2000, documents=books_of_example()))
def thirty_bad_days(driver: SandboxDriver) -> None:
    """Thirty syncs in a row fail without authorisation; the next covers all their days."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "18:00")
    driver.set_connection("Accounting", "Deauthorized")
    driver.at(MORNING_AFTER_30, "09:00")
    driver.set_connection("Accounting", "Linked")
    driver.at(MORNING_AFTER_31, "09:00")


@story("thirty-one-failed-days", Ending(datasets=EXAMPLE, sync=4220))
def thirty_one_bad_days(driver: SandboxDriver) -> None:
    """Thirty-one syncs in a row fail, which switches syncing off: none follows."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "18:00")
    driver.set_connection("Accounting", "Deauthorized")
    driver.at(MORNING_AFTER_31, "09:00")
    driver.set_connection("Accounting", "Linked")
    driver.at(date(2022, 4, 25), "09:00")
