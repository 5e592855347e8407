"""Orders as they are pushed, of one line each."""

from __future__ import annotations

from datetime import UTC, datetime

from codat_mock.clock import format_moment
from codat_scenarios.sandbox_driver import SandboxDriver

START = datetime(2022, 3, 21, 8, tzinfo=UTC)
ORDERS = "commerce-orders"


def order(key: str, at: datetime = START, total: int = 5) -> dict[str, object]:
    line = {"quantity": 1, "taxPercentage": 20, "totalAmount": total, "totalTaxAmount": 0}
    return {
        "id": key,
        "createdDate": format_moment(at),
        "totalAmount": total,
        "orderLineItems": [line],
    }


def push(driver: SandboxDriver, *orders: dict[str, object]) -> None:
    """Push orders, and the other types once, so that no data type is missing."""
    driver.push(ORDERS, orders)
    driver.push("commerce-payments", [])
    driver.push("commerce-transactions", [])
