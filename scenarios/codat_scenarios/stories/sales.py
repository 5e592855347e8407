"""The few records that stories tell of, each as plain as can be."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from codat_fixtures import load
from codat_mock.records.datasets import LIST_NAMES, DataType
from codat_scenarios.stage import Stage

ORDERS: Final[DataType] = "commerce-orders"
NOON: Final = "2022-03-21T12:00:00Z"


def order(id_: str, pounds: int = 12, *, modified: str = NOON) -> dict[str, Any]:
    """An order of that many pounds, made at noon, tax included."""
    total = Decimal(pounds)
    tax = round(total / 6, 2)
    return {
        "id": id_,
        "currency": "GBP",
        "createdDate": NOON,
        "totalAmount": total,
        "totalTaxAmount": tax,
        "totalGratuity": 0,
        "orderLineItems": [
            {
                "id": f"{id_}-1",
                "quantity": 1,
                "taxPercentage": 20,
                "totalAmount": total,
                "totalTaxAmount": tax,
                "unitPrice": total,
            }
        ],
        "sourceModifiedDate": modified,
    }


def push_worked_example(stage: Stage) -> None:
    """Push the four records of the vendor's own example."""
    for data_type, name in LIST_NAMES.items():
        stage.push(data_type, load(f"{name}/worked-example")[name])


def end_datasets(stage: Stage) -> None:
    """Let every dataset come to its end."""
    stage.advance(minutes=1)


def pass_the_sync(stage: Stage) -> None:
    """Let the night pass with its sync, until nine in the morning."""
    stage.advance(days=1)
