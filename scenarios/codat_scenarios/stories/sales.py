"""The few records of the stories, as simple as possible."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from codat_fixtures import load
from codat_mock.models.datasets import LIST_NAMES, DataType
from codat_scenarios.sandbox_driver import SandboxDriver
from codat_scenarios.stories.week import MONDAY, TUESDAY

ORDERS: Final[DataType] = "commerce-orders"
Pounds = int | str  # a text where there are pence
NOON: Final = "2022-03-21T12:00:00Z"
COMPLETE: Final = ("Complete",)
EXAMPLE: Final = COMPLETE * 3  # the datasets of the worked example


def order(
    id_: str, pounds: Pounds = 12, *, created: str = NOON, modified: str = ""
) -> dict[str, Any]:
    """An order of one line at 20 percent tax.

    Args:
        id_: its id.
        pounds: its total, tax included.
        created: its `createdDate`.
        modified: its `sourceModifiedDate`; `created` by default.
    """
    total = Decimal(pounds)
    tax = round(total / 6, 2)
    return {
        "id": id_,
        "currency": "GBP",
        "createdDate": created,
        "totalAmount": total,
        "totalTaxAmount": tax,
        "totalGratuity": 0,
        "orderLineItems": [line(f"{id_}-1", total)],
        "sourceModifiedDate": modified or created,
    }


def line(id_: str, total: Decimal, rate: float = 20) -> dict[str, Any]:
    """A line of one item; a negative total is a refund.

    Args:
        id_: its id.
        total: pounds, tax included.
        rate: of the tax, percent.
    """
    return {
        "id": id_,
        "quantity": 1 if total >= 0 else -1,
        "taxPercentage": rate,
        "totalAmount": total,
        "totalTaxAmount": round(total * Decimal(rate) / Decimal(100 + rate), 2),
        "unitPrice": abs(total),
    }


def payment(id_: str, pounds: Pounds = 12) -> dict[str, Any]:
    """A card payment on Monday at noon."""
    return {
        "id": id_,
        "amount": Decimal(pounds),
        "currency": "GBP",
        "type": "Card",
        "status": "Paid",
        "createdDate": NOON,
        "sourceModifiedDate": NOON,
    }


def transaction(
    id_: str, source: str, pounds: Pounds = 12, *, kind: str = "Order"
) -> dict[str, Any]:
    """The transaction of a payment.

    Args:
        id_: the payment's, and so the transaction's.
        source: the id of what it pays.
        pounds: its amount.
        kind: the type of its source.
    """
    return {
        "id": id_,
        "totalAmount": Decimal(pounds),
        "currency": "GBP",
        "type": "Payment",
        "transactionSourceRef": {"id": source, "type": kind},
        "createdDate": NOON,
        "sourceModifiedDate": NOON,
    }


# An order of 12 pounds of which 5 are refunded.
REFUNDED: Final = order("A-1", 7, modified="2022-03-21T15:00:00Z") | {
    "totalRefund": Decimal(-5),
    "orderLineItems": [line("A-1-1", Decimal(12)), line("A-1-2", Decimal(-5))],
}


def push_sale(
    driver: SandboxDriver,
    orders: Sequence[dict[str, Any]] = (),
    payments: Sequence[dict[str, Any]] = (),
    transactions: Sequence[dict[str, Any]] = (),
) -> None:
    """Push the worked example, then a sale, one data type after the other.

    Args:
        driver: of the story.
        orders: whole objects; pushed first.
        payments: whole objects.
        transactions: whole objects; a data type without records is not pushed.
    """
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    for data_type, records in zip(LIST_NAMES, (orders, payments, transactions), strict=True):
        if records:
            driver.push(data_type, records)
    driver.at(TUESDAY, "09:00")


def declare_example(driver: SandboxDriver, *orders: dict[str, Any]) -> None:
    """Declare the worked example's records and these orders as the merchant's."""
    example = {name: load(f"{name}/worked-example")[name] for name in LIST_NAMES.values()}
    driver.declare(**example | {"orders": [*example["orders"], *orders]})


def push_worked_example(driver: SandboxDriver) -> None:
    """Push the four records of the vendor's own example, created on Monday before noon."""
    for data_type, name in LIST_NAMES.items():
        driver.push(data_type, load(f"{name}/worked-example")[name])


def books_of_example(more_pounds: int = 0, paid_pounds: int = 0) -> tuple[str, ...]:
    """The documents of the worked example and of other orders of the same day.

    Args:
        more_pounds: the total of those orders.
        paid_pounds: the total of their payments.
    """
    return (
        f"2022-03-21 Invoice {85 + more_pounds}.00 GBP",
        f"2022-03-21 Payment {85 + paid_pounds}.00 GBP",
        "2022-03-21 Bill 1.49 GBP",
        "2022-03-21 BillPayment 1.49 GBP",
    )
