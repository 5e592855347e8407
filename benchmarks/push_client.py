"""How fast the client compares and queues records, against the least that could do so.

    python benchmarks/push_client.py            100,000 records
    python benchmarks/push_client.py 1000000

The measure is a naive loop in the same run: `json.dumps`, a hash and a look-up in SQLite for each
record, with no rule kept. For a first push and an unchanged nightly snapshot, it prints seconds of
the processor, their ratio, that of seconds by the clock, which on a busy machine is mostly that of
the disk, and the peak memory. The aims are 2 for the first push, and 1.5 for the snapshot.
"""

from __future__ import annotations

import json
import resource
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from codat_push import Dataset, Ledger

COUNT = 100_000
DATA_TYPE = "commerce-orders"
ENDED = Dataset(
    id="d",
    company_id="c",
    data_type=DATA_TYPE,
    status="Complete",
    requested=datetime(2022, 3, 21, 12, tzinfo=UTC),
)


def orders(count: int) -> Iterator[dict[str, Any]]:
    """Orders of one line and one payment, some 700 bytes each."""
    for number in range(count):
        minute, second = divmod(number % 3600, 60)
        moment = f"2022-03-21T10:{minute:02}:{second:02}Z"
        yield {
            "id": f"order-{number}", "orderNumber": str(number), "country": "GB",
            "currency": "GBP", "totalAmount": 12.5, "totalTaxAmount": 2.08, "totalDiscount": 0,
            "createdDate": moment, "closedDate": moment, "sourceModifiedDate": moment,
            "orderLineItems": [{
                "id": "1", "quantity": 1, "taxPercentage": 20, "totalAmount": 12.5,
                "totalTaxAmount": 2.08, "unitPrice": 12.5,
                "productRef": {"id": "p-1", "name": "Flat white, large"},
            }],
            "payments": [{
                "id": f"payment-{number}", "amount": 12.5, "currency": "GBP", "type": "Cash",
                "createdDate": moment, "sourceModifiedDate": moment,
            }],
            "locationRef": {"id": "l-1", "name": "High Street"},
        }  # fmt: skip


def naive(path: Path, count: int) -> int:
    """Bring the table up to date, and return how many records differed."""
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE IF NOT EXISTS known (id TEXT PRIMARY KEY, digest BLOB)")
    changed = 0
    for record in orders(count):
        body = json.dumps(record, sort_keys=True).encode()
        digest = blake2b(body, digest_size=20).digest()
        find = "SELECT digest FROM known WHERE id = ?"
        row = connection.execute(find, (record["id"],)).fetchone()
        if row is None or row[0] != digest:
            add = "INSERT OR REPLACE INTO known VALUES (?, ?)"
            connection.execute(add, (record["id"], digest))
            changed += 1
    connection.commit()
    connection.close()
    return changed


def ledgers(path: Path, count: int) -> int:
    """The same by a ledger; every chunk is accepted at once."""
    changed = 0
    with Ledger(path) as ledger:
        for chunk in ledger.changes("c", DATA_TYPE, orders(count), snapshot=True):
            ledger.bodies(chunk)
            ledger.settle(ledger.mark_sent(chunk, f"d-{changed}"), ENDED)
            changed += chunk.size
    return changed


def main(count: int) -> None:
    """Print a line for each of the two."""
    began = process_time()
    for _ in orders(count):
        pass
    drawing = process_time() - began
    with tempfile.TemporaryDirectory() as folder:
        for what, aim, expected in (("first push", 2.0, count), ("unchanged snapshot", 1.5, 0)):
            seconds, by_clock = [], []
            for work in (naive, ledgers):
                began, began_by_clock = process_time(), perf_counter()
                if (found := work(Path(folder) / work.__name__, count)) != expected:
                    raise SystemExit(f"{work.__name__} found {found} changes, not {expected}")
                seconds.append(process_time() - began - drawing)
                by_clock.append(perf_counter() - began_by_clock - drawing)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(
                f"{what:18}  naive {seconds[0]:6.2f} s, ledger {seconds[1]:6.2f} s:"
                f" {seconds[1] / seconds[0]:.2f} times (aim {aim}),"
                f" by the clock {by_clock[1] / by_clock[0]:.2f}, peak {peak:.0f} MB"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT)
