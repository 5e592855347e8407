"""Stories of trouble on the wire, which is no fault of the integration."""

from __future__ import annotations

from typing import Any, Final

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

WIRE: Final[dict[str, tuple[str, str, dict[str, Any]]]] = {
    "server-error": ("is refused with 500", "refuse", {"status": 500}),
    "maintenance": ("meets a maintenance of five minutes", "maintenance", {"seconds": 300}),
    "unreachable": ("finds nobody there for a while", "unreachable", {"seconds": 0.2}),
    "answer-closed": ("is carried out, and the connection ends", "lose", {"by": "close"}),
    "answer-reset": ("is carried out, and the connection is reset", "lose", {"by": "reset"}),
    "answer-hangs": ("is carried out, and no answer comes", "lose", {"by": "hang"}),
    "answer-truncated": ("is answered by half of the JSON", "spoil", {"how": "truncated"}),
    "answer-of-others": ("is answered by other JSON", "spoil", {"how": "wrong-json"}),
    "answer-late": ("is answered late", "delay", {"seconds": 0.2}),
    "answer-slow": ("is answered slowly", "slow", {"bytesPerSecond": 5000}),
}

DONE_ONCE = EXAMPLE + COMPLETE


def tell_wire(name: str, text: str, kind: str, details: dict[str, Any]) -> None:
    """Enter the story of a push that is sent again where its answer cannot be read."""

    def act(driver: SandboxDriver) -> None:
        driver.at(MONDAY, "12:05")
        push_worked_example(driver)
        driver.at(MONDAY, "12:10")
        driver.plan_fault(kind, "push-orders", **details)
        if driver.push_despite_faults(ORDERS, [order("A-1")]):
            driver.at(MONDAY, "12:16")
            driver.push(ORDERS, [order("A-1")])
        driver.at(TUESDAY, "09:00")

    act.__doc__ = f"A push {text}; what it brings is booked once."
    ending = Ending(datasets=DONE_ONCE, sync=2000, documents=books_of_example(12))
    story(name, ending)(act)


for _name, _told in WIRE.items():
    tell_wire(_name, *_told)


@story("rate-limited", Ending(datasets=DONE_ONCE, sync=2000, documents=books_of_example(12)))
def rate_limited(driver: SandboxDriver) -> None:
    """A push is one too many and answered 429; once Retry-After is over it is sent again."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.plan_fault("refuse", "push-orders", status=429, retryAfter=60)
    driver.try_push(ORDERS, [order("A-1")])
    driver.at(MONDAY, "12:12")
    driver.push(ORDERS, [order("A-1")])
    driver.at(TUESDAY, "09:00")


@story("lost-answer", Ending(datasets=DONE_ONCE, sync=2000, documents=books_of_example(12)))
def lost_answer(driver: SandboxDriver) -> None:
    """A push is carried out, but its answer is lost; the repeat is excused, and booked once."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.plan_fault("lose", "push-orders", by="bad-gateway")
    driver.try_push(ORDERS, [order("A-1")])
    driver.at(MONDAY, "12:12")
    driver.push(ORDERS, [order("A-1")])
    driver.at(TUESDAY, "09:00")
