"""Stories of sales whose records do not go together."""

from __future__ import annotations

from codat_scenarios.sandbox_driver import SandboxDriver
from codat_scenarios.stories.registry import Ending, story
from codat_scenarios.stories.sales import (
    COMPLETE,
    EXAMPLE,
    books_of_example,
    order,
    payment,
    push_sale,
    transaction,
)

WHOLE = EXAMPLE + COMPLETE * 3
PAID = books_of_example(12, 12)


@story("paid-sale", Ending(datasets=WHOLE, sync=2000, documents=PAID))
def paid_sale(driver: SandboxDriver) -> None:
    """An order is pushed with its payment, and with the transaction of that payment's id."""
    push_sale(driver, [order("A-1")], [payment("P-1")], [transaction("P-1", "A-1")])


@story("unknown-source", Ending(("R02",), WHOLE, sync=2000, documents=books_of_example(12)))
def unknown_source(driver: SandboxDriver) -> None:
    """A transaction names an order as its source that is never pushed."""
    push_sale(driver, [order("A-1")], [payment("P-1")], [transaction("P-1", "A-9")])


@story(
    "payment-alone",
    Ending(("R03",), EXAMPLE + COMPLETE * 2, sync=2000, documents=books_of_example(12)),
)
def payment_alone(driver: SandboxDriver) -> None:
    """An order and its payment are pushed, and the payment's transaction is not."""
    push_sale(driver, [order("A-1")], [payment("P-1")])


@story("amounts-differ", Ending(("R04",), WHOLE, sync=2000, documents=PAID))
def amounts_differ(driver: SandboxDriver) -> None:
    """A payment is of 12 pounds, and its transaction of 10."""
    push_sale(driver, [order("A-1")], [payment("P-1")], [transaction("P-1", "A-1", 10)])


@story("wrong-sum", Ending(("R05",), EXAMPLE + COMPLETE, sync=2000, documents=books_of_example(12)))
def wrong_sum(driver: SandboxDriver) -> None:
    """An order's total is 12 pounds, and its only line is of 10."""
    lines = order("A-1", 10)["orderLineItems"]
    push_sale(driver, [order("A-1") | {"orderLineItems": lines}])


@story("two-currencies", Ending(("R06",), WHOLE, sync=2000, documents=PAID))
def two_currencies(driver: SandboxDriver) -> None:
    """An order and its payment are told in pounds, and their transaction in euros."""
    in_euros = transaction("P-1", "A-1") | {"currency": "EUR"}
    push_sale(driver, [order("A-1")], [payment("P-1")], [in_euros])
