"""Stories of trouble on the wire, which is no fault of the integration."""

from __future__ import annotations

from codat_scenarios.stage import Stage
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

DONE_ONCE = EXAMPLE + COMPLETE


@story("rate-limited", Ending(datasets=DONE_ONCE, sync=2000, documents=books_of_example(12)))
def rate_limited(stage: Stage) -> None:
    """A push is one too many and answered 429; once Retry-After is over it is sent again."""
    stage.at(MONDAY, "12:05")
    push_worked_example(stage)
    stage.at(MONDAY, "12:10")
    stage.plan_fault("refuse", "push-orders", status=429, retryAfter=60)
    stage.try_push(ORDERS, [order("A-1")])
    stage.at(MONDAY, "12:12")
    stage.push(ORDERS, [order("A-1")])
    stage.at(TUESDAY, "09:00")


@story("lost-answer", Ending(datasets=DONE_ONCE, sync=2000, documents=books_of_example(12)))
def lost_answer(stage: Stage) -> None:
    """A push is carried out, but its answer is lost; the repeat is excused, and booked once."""
    stage.at(MONDAY, "12:05")
    push_worked_example(stage)
    stage.at(MONDAY, "12:10")
    stage.plan_fault("lose", "push-orders", by="bad-gateway")
    stage.try_push(ORDERS, [order("A-1")])
    stage.at(MONDAY, "12:12")
    stage.push(ORDERS, [order("A-1")])
    stage.at(TUESDAY, "09:00")
