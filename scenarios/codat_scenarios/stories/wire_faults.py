"""Stories of faults on the wire, for which the integration is not to blame."""

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
    "maintenance": ("meets five minutes of maintenance", "maintenance", {"seconds": 300}),
    "unreachable": ("finds the service unreachable for a while", "unreachable", {"seconds": 0.2}),
    "answer-closed": ("is processed, and the connection closes", "lose", {"by": "close"}),
    "answer-reset": ("is processed, and the connection is reset", "lose", {"by": "reset"}),
    "answer-hangs": ("is processed, and no answer arrives", "lose", {"by": "hang"}),
    "answer-truncated": ("gets half of the JSON as its answer", "spoil", {"how": "truncated"}),
    "answer-of-others": ("gets other JSON as its answer", "spoil", {"how": "wrong-json"}),
    "answer-late": ("gets its answer late", "delay", {"seconds": 0.2}),
    "answer-slow": ("gets its answer slowly", "slow", {"bytesPerSecond": 5000}),
}

DONE_ONCE = EXAMPLE + COMPLETE


def add_wire_story(name: str, text: str, kind: str, details: dict[str, Any]) -> None:
    """Enter the story of a push that is repeated if its answer cannot be read.

    Args:
        name: of the story.
        text: what happens to the push.
        kind: the kind of fault, such as `lose`.
        details: more properties of the fault, such as `by`.
    """

    def act(driver: SandboxDriver) -> None:
        driver.at(MONDAY, "12:05")
        push_worked_example(driver)
        driver.at(MONDAY, "12:10")
        driver.plan_fault(kind, "push-orders", **details)
        if driver.push_despite_faults(ORDERS, [order("A-1")]):
            driver.at(MONDAY, "12:16")
            driver.push(ORDERS, [order("A-1")])
        driver.at(TUESDAY, "09:00")

    act.__doc__ = f"A push {text}; its order is booked once."
    ending = Ending(datasets=DONE_ONCE, sync=2000, documents=books_of_example(12))
    story(name, ending)(act)


for _name, _fault in WIRE.items():
    add_wire_story(_name, *_fault)


@story("rate-limited", Ending(datasets=DONE_ONCE, sync=2000, documents=books_of_example(12)))
def rate_limited(driver: SandboxDriver) -> None:
    """A push is answered 429, and repeated once Retry-After is over."""
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
    """A push is processed, but its answer is lost; the repeat is excused, and booked once."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.plan_fault("lose", "push-orders", by="bad-gateway")
    driver.try_push(ORDERS, [order("A-1")])
    driver.at(MONDAY, "12:12")
    driver.push(ORDERS, [order("A-1")])
    driver.at(TUESDAY, "09:00")
