"""The client against the mock, from the first push to the books."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from rehearsal import NOON, Here

from codat_push import Ledger


def order(number: int, total: str = "85.00", **more: Any) -> dict[str, Any]:
    return {
        "id": f"order-{number}",
        "currency": "GBP",
        "createdDate": NOON - timedelta(minutes=number % 600),
        "totalAmount": Decimal(total),
        "totalTaxAmount": Decimal(0),
        "sourceModifiedDate": NOON,
    } | more


def push_all(here: Here, ledger: Ledger, orders: list[Any], *, snapshot: bool = True) -> int:
    here.client.resume(ledger, here.company)
    pushed = 0
    for chunk in ledger.changes(here.company, "commerce-orders", orders, snapshot=snapshot):
        assert here.client.deliver(ledger, chunk).is_complete
        pushed += chunk.size
    return pushed


def test_a_snapshot_is_pushed_once_and_then_only_what_changed(here: Here) -> None:
    ledger = Ledger(":memory:", most_records=10)
    orders = [order(number) for number in range(25)]
    assert push_all(here, ledger, orders) == 25
    assert push_all(here, ledger, orders) == 0
    orders[3] = order(3, "90.00", sourceModifiedDate=NOON + timedelta(minutes=1))
    assert push_all(here, ledger, orders[:20]) == 1 + 5  # five are gone: sparse deletes
    assert not here.findings
