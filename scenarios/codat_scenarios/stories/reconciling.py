"""Stories of sales whose records do not match."""

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
    """An order is pushed with its payment and the transaction with that payment's id."""
    push_sale(driver, [order("A-1")], [payment("P-1")], [transaction("P-1", "A-1")])


@story(
    "unknown-source",
    Ending(("R02",), WHOLE, sync=2000, documents=books_of_example(12)),
    kind=("Order", "Payment"),
)
def unknown_source(driver: SandboxDriver, kind: str = "Order") -> None:
    """A transaction's source is an order that is never pushed."""
    push_sale(driver, [order("A-1")], [payment("P-1")], [transaction("P-1", "A-9", kind=kind)])


@story(
    "payment-alone",
    Ending(("R03",), EXAMPLE + COMPLETE * 2, sync=2000, documents=books_of_example(12)),
)
def payment_alone(driver: SandboxDriver) -> None:
    """An order and its payment are pushed, and the payment's transaction is not."""
    push_sale(driver, [order("A-1")], [payment("P-1")])


@story(
    "amounts-differ",
    Ending(("R04",), WHOLE, sync=2000, documents=PAID),
    pounds=("0.01", "11.99", "12.01", "500"),
)
def amounts_differ(driver: SandboxDriver, pounds: str = "10") -> None:
    """A payment is for 12 pounds, and its transaction for 10."""
    push_sale(driver, [order("A-1")], [payment("P-1")], [transaction("P-1", "A-1", pounds)])


@story(
    "wrong-sum",
    Ending(("R05",), EXAMPLE + COMPLETE, sync=2000, documents=books_of_example(12)),
    pounds=("11.98", "12.02", "500"),
)
def wrong_sum(driver: SandboxDriver, pounds: str = "10") -> None:
    """An order's total is 12 pounds, and its only line is 10."""
    lines = order("A-1", pounds)["orderLineItems"]
    push_sale(driver, [order("A-1") | {"orderLineItems": lines}])


@story(
    "two-currencies",
    Ending(("R06",), WHOLE, sync=2000, documents=PAID),
    currency=("USD", "eur"),
)
def two_currencies(driver: SandboxDriver, currency: str = "EUR") -> None:
    """An order and its payment are in pounds, and their transaction is in euros."""
    foreign = transaction("P-1", "A-1") | {"currency": currency}
    push_sale(driver, [order("A-1")], [payment("P-1")], [foreign])
