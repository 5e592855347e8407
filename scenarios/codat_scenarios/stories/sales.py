"""The few records that stories tell of, each as plain as can be."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from codat_fixtures import load
from codat_mock.records.datasets import LIST_NAMES, DataType
from codat_scenarios.stage import Stage

ORDERS: Final[DataType] = "commerce-orders"
NOON: Final = "2022-03-21T12:00:00Z"
COMPLETE: Final = ("Complete",)
EXAMPLE: Final = COMPLETE * 3  # the datasets of the worked example


def order(id_: str, pounds: int = 12, *, created: str = NOON, modified: str = "") -> dict[str, Any]:
    """An order of that many pounds, tax included, made on Monday at noon unless told otherwise."""
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


def line(id_: str, total: Decimal) -> dict[str, Any]:
    """A line of one piece at 20 percent tax; one of less than nothing is taken back."""
    return {
        "id": id_,
        "quantity": 1 if total >= 0 else -1,
        "taxPercentage": 20,
        "totalAmount": total,
        "totalTaxAmount": round(total / 6, 2),
        "unitPrice": abs(total),
    }


def push_worked_example(stage: Stage) -> None:
    """Push the four records of the vendor's own example, made on Monday before noon."""
    for data_type, name in LIST_NAMES.items():
        stage.push(data_type, load(f"{name}/worked-example")[name])


def books_of_example(more_pounds: int = 0) -> tuple[str, ...]:
    """What the first sync writes of the worked example, and of orders made on the same day.

    Args:
        more_pounds: what those orders amount to.
    """
    return (
        f"2022-03-21 Invoice {85 + more_pounds}.00 GBP",
        "2022-03-21 Payment 85.00 GBP",
        "2022-03-21 Bill 1.49 GBP",
        "2022-03-21 BillPayment 1.49 GBP",
    )
