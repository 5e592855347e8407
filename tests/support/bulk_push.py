"""Pushes many orders through a ledger and prints its peak memory in KiB after each push.

Arguments: ledger file, URL, key, company, speed of time, how many orders. Run as a process of its
own, since the peak is the process's.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from killable_pos import FastClock

from codat_push import Ledger, PushClient

MORNING = datetime(2022, 3, 21, 8, tzinfo=UTC)


def orders(count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        line = {"id": "1", "quantity": 2, "unitPrice": Decimal("2.50"), "productRef": {"id": "p"}}
        yield {
            "id": f"order-{number}",
            "currency": "GBP",
            "createdDate": MORNING + timedelta(milliseconds=number),
            "totalAmount": Decimal(number % 90) + Decimal("0.50"),
            "orderLineItems": [line] * 4,
        }


def main(path: str, url: str, key: str, company: str, speed: str, count: str) -> None:
    clock = FastClock(float(speed))
    with PushClient(key, url, clock=clock) as client, Ledger(path, clock=clock) as ledger:
        client.resume(ledger, company)
        changes = ledger.changes(company, "commerce-orders", orders(int(count)), snapshot=True)
        for chunk in changes:
            dataset = client.deliver(ledger, chunk)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            print(chunk.size, dataset.status, peak, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
