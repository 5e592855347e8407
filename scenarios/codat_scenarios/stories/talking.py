"""Stories of requests to the service: keys, paths, limits, and waits."""

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

LIMIT_A_MINUTE = 1000  # requests, on a mock that enforces the published limits
DONE_ONCE = EXAMPLE + COMPLETE
BOOKS = books_of_example(12)


@story(
    "wrong-key",
    Ending(("T01",), EXAMPLE, sync=2000, documents=books_of_example()),
    key=("", "Basic", "Bearer c2VjcmV0", "c2VjcmV0"),
)
def wrong_key(driver: SandboxDriver, key: str = "Basic my-key") -> None:
    """A request has the API key itself instead of its base64."""
    driver.at(MONDAY, "12:05")
    driver.try_call("GET", "/meta/companies", key=key)
    push_worked_example(driver)
    driver.at(TUESDAY, "09:00")


@story(
    "misspelt-path",
    Ending(("T02",), EXAMPLE, sync=2000, documents=books_of_example()),
    method=("GET", "DELETE"),
    path=("/company/{company}", "/sync/latest", "/data/companies/{company}/orders"),
)
def misspelt_path(
    driver: SandboxDriver,
    method: str = "GET",
    path: str = "/meta/companies/{company}/pull/histories/{dataset}",
) -> None:
    """A dataset is requested at a path that the API does not have.

    Args:
        driver: of the story.
        method: the HTTP method.
        path: `{company}` and `{dataset}` stand for ids.
    """
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.try_call(method, path.format(company=driver.company_id, dataset=driver.datasets[-1]))
    driver.at(TUESDAY, "09:00")


@story("over-the-limit", Ending(("T03",), EXAMPLE, sync=2000, documents=books_of_example()))
def over_the_limit(driver: SandboxDriver) -> None:
    """The companies are listed 1,001 times in a minute, on a mock that enforces limits."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.try_call("GET", "/meta/companies", times=LIMIT_A_MINUTE + 1)
    driver.at(TUESDAY, "09:00")


@story(
    "waits-before-retrying",
    Ending(datasets=EXAMPLE + COMPLETE * 2, sync=2000, documents=books_of_example(24)),
)
def waits_before_retrying(driver: SandboxDriver) -> None:
    """One push gets Retry-After, another fails three times; both wait, longer each time."""
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


@story(
    "ignores-retry-after",
    Ending(("T04",), DONE_ONCE, sync=2000, documents=BOOKS),
    status=(429, 503),
    seconds=(10, 40, 59),
)
def ignores_retry_after(driver: SandboxDriver, status: int = 429, seconds: int = 10) -> None:
    """A push gets a Retry-After of a minute, and is repeated after ten seconds.

    Args:
        driver: of the story.
        status: of the answer.
        seconds: between the push and its repetition, ten or more.
    """
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.plan_fault("refuse", "push-orders", status=status, retryAfter=60)
    driver.try_push(ORDERS, [order("A-1")])
    driver.at(MONDAY, f"12:10:{seconds}")
    driver.push(ORDERS, [order("A-1")])
    driver.at(TUESDAY, "09:00")


@story(
    "retries-without-backoff",
    Ending(("T05",), DONE_ONCE, sync=2000, documents=BOOKS),
    pause=range(1, 15),
)
def retries_without_backoff(driver: SandboxDriver, pause: int = 10) -> None:
    """A push fails four times, and is repeated after ten seconds each time."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.plan_fault("refuse", "push-orders", status=500, at=[1, 2, 3, 4])
    for times in (1, 2, 3, 4):
        driver.try_push(ORDERS, [order("A-1")])
        driver.at(MONDAY, f"12:10:{times * pause:02}")
    driver.push(ORDERS, [order("A-1")])
    driver.at(TUESDAY, "09:00")


@story("hot-polling", Ending(("T06",), DONE_ONCE, sync=2000, documents=BOOKS), seconds=(0.1, 0.999))
def hot_polling(driver: SandboxDriver, seconds: float = 0.5) -> None:
    """A dataset is polled twice a second until it has ended."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    dataset = driver.push(ORDERS, [order("A-1")])
    while not driver.dataset(dataset)["isCompleted"]:
        driver.advance(seconds=seconds)
    driver.at(TUESDAY, "09:00")


@story(
    "stops-polling", Ending(("S13", "T07"), DONE_ONCE, sync=2000, documents=BOOKS), seconds=range(8)
)
def stops_polling(driver: SandboxDriver, seconds: int = 2) -> None:
    """A dataset is polled once before it has ended, and never again."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    dataset = driver.push(ORDERS, [order("A-1")])
    driver.advance(seconds=seconds)
    driver.dataset(dataset)
    driver.stop_polling()
    driver.at(TUESDAY, "09:00")


@story(
    "polls-after-the-end", Ending(("T08",), DONE_ONCE, sync=2000, documents=BOOKS), reads=(5, 20)
)
def polls_after_the_end(driver: SandboxDriver, reads: int = 10) -> None:
    """A dataset is polled ten more times after its end was read."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    dataset = driver.push(ORDERS, [order("A-1")])
    driver.at(MONDAY, "12:11")
    for _ in range(reads):
        driver.dataset(dataset)
        driver.advance(seconds=5)
    driver.at(TUESDAY, "09:00")


@story(
    "same-refused-body",
    Ending(("S15", "T05"), EXAMPLE, sync=2000, documents=books_of_example()),
    times=(5, 20),
)
def same_refused_body(driver: SandboxDriver, times: int = 8) -> None:
    """A push is refused with 400, and sent again every ten seconds."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    for _ in range(times):
        driver.try_push(ORDERS, [order("A-1") | {"totalAmount": "12.00"}])
        driver.advance(seconds=10)
    driver.at(TUESDAY, "09:00")


@story("other-worker", Ending(datasets=EXAMPLE + COMPLETE * 2, sync=2000, documents=BOOKS))
def other_worker(driver: SandboxDriver) -> None:
    """A push of orders gets 429, and another worker goes on pushing payments meanwhile."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.plan_fault("refuse", "push-orders", status=429, retryAfter=60)
    driver.try_push(ORDERS, [order("A-1")])
    driver.push("commerce-payments", [])
    driver.at(MONDAY, "12:12")
    driver.push(ORDERS, [order("A-1")])
    driver.at(TUESDAY, "09:00")
