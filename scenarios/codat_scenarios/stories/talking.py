"""Stories of talking to the service: keys, paths, limits, and how to wait."""

from __future__ import annotations

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
from codat_scenarios.stories.week import MONDAY, TUESDAY

A_MINUTE = 1000  # requests that the service takes in a minute, where it keeps its limits
DONE_ONCE = EXAMPLE + COMPLETE
BOOKS = books_of_example(12)


@story("wrong-key", Ending(("T01",), EXAMPLE, sync=2000, documents=books_of_example()))
def wrong_key(driver: SandboxDriver) -> None:
    """A request carries the API key as it is instead of its base64."""
    driver.at(MONDAY, "12:05")
    driver.try_call("GET", "/meta/companies", key="Basic my-key")
    push_worked_example(driver)
    driver.at(TUESDAY, "09:00")


@story("misspelt-path", Ending(("T02",), EXAMPLE, sync=2000, documents=books_of_example()))
def misspelt_path(driver: SandboxDriver) -> None:
    """A dataset is asked for at a path that the API does not have."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    dataset = driver.datasets[-1]
    driver.try_call("GET", f"/meta/companies/{driver.company_id}/pull/histories/{dataset}")
    driver.at(TUESDAY, "09:00")


@story("over-the-limit", Ending(("T03",), EXAMPLE, sync=2000, documents=books_of_example()))
def over_the_limit(driver: SandboxDriver) -> None:
    """The companies are listed too often for a minute, which only a mock with limits minds."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.try_call("GET", "/meta/companies", times=A_MINUTE + 1)
    driver.at(TUESDAY, "09:00")


@story(
    "patient", Ending(datasets=EXAMPLE + COMPLETE * 2, sync=2000, documents=books_of_example(24))
)
def patient(driver: SandboxDriver) -> None:
    """A push is told to come in a minute, another fails three times; both wait, ever longer."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.plan_fault("refuse", "push-orders", status=503, retryAfter=60)
    driver.try_push(ORDERS, [order("A-1")])
    driver.at(MONDAY, "12:12")
    driver.push(ORDERS, [order("A-1")])
    driver.at(MONDAY, "12:20")
    driver.plan_fault("refuse", "push-orders", status=500, at=[1, 2, 3])
    for clock in ("12:20:10", "12:20:30", "12:21:10"):
        driver.try_push(ORDERS, [order("A-2")])
        driver.at(MONDAY, clock)
    driver.push(ORDERS, [order("A-2")])
    driver.at(TUESDAY, "09:00")


@story("pushy", Ending(("T04",), DONE_ONCE, sync=2000, documents=BOOKS))
def pushy(driver: SandboxDriver) -> None:
    """A push is told to come again in a minute, and comes after ten seconds."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.plan_fault("refuse", "push-orders", status=429, retryAfter=60)
    driver.try_push(ORDERS, [order("A-1")])
    driver.at(MONDAY, "12:10:10")
    driver.push(ORDERS, [order("A-1")])
    driver.at(TUESDAY, "09:00")


@story("hammering", Ending(("T05",), DONE_ONCE, sync=2000, documents=BOOKS))
def hammering(driver: SandboxDriver) -> None:
    """A push fails four times, and each time comes again after ten seconds."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.plan_fault("refuse", "push-orders", status=500, at=[1, 2, 3, 4])
    for seconds in (10, 20, 30, 40):
        driver.try_push(ORDERS, [order("A-1")])
        driver.at(MONDAY, f"12:10:{seconds}")
    driver.push(ORDERS, [order("A-1")])
    driver.at(TUESDAY, "09:00")


@story("hot-polling", Ending(("T06",), DONE_ONCE, sync=2000, documents=BOOKS))
def hot_polling(driver: SandboxDriver) -> None:
    """A dataset is asked for twice a second until it has ended."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    dataset = driver.push(ORDERS, [order("A-1")])
    while not driver.dataset(dataset)["isCompleted"]:
        driver.advance(seconds=0.5)
    driver.at(TUESDAY, "09:00")


@story("gives-up", Ending(("S13", "T07"), DONE_ONCE, sync=2000, documents=BOOKS))
def gives_up(driver: SandboxDriver) -> None:
    """A dataset is looked at once while it is on its way, and never again."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    dataset = driver.push(ORDERS, [order("A-1")])
    driver.advance(seconds=2)
    driver.dataset(dataset)
    driver.stop_polling()
    driver.at(TUESDAY, "09:00")
