"""How fast the server starts and answers, and what it weighs.

    python benchmarks/server.py

It starts `codat-mock serve` as a process of its own, in memory and with a file, and prints
seconds from start to first answer, idle resident memory, the time of a push of 5,000 orders and
of the same push sent again, and answers a second to one client that polls a dataset.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import httpx

from codat_scenarios.merchants import encode
from codat_scenarios.sandbox_driver import SandboxDriver

ORDERS = 5000
POLLS = 2000
LINE = {
    "id": "8d0f3c5e-6f0b-4c8e-9d5d-0a8d5a3f0a11", "quantity": 1, "taxPercentage": 20,
    "totalAmount": 12.5, "totalTaxAmount": 2.08, "unitPrice": 12.5,
    "productRef": {"id": "5f0c6a52-51f2-4b4e-bb0e-0f1c6b0c7c55", "name": "Flat white, large"},
    "productVariantRef": {"id": "7a8a1b66-3f7e-4f9e-8b50-0a3c2b1d9e77", "name": "Oat milk"},
    "discountAllocations": [{"name": "Regular", "totalAmount": 0.5}],
}  # fmt: skip


def order(number: int) -> dict[str, Any]:
    """An order of some 1,500 bytes."""
    return {
        "id": f"order {number}", "orderNumber": f"{number}", "country": "GB", "currency": "GBP",
        "createdDate": "2022-03-21T10:00:00Z", "closedDate": "2022-03-21T10:02:00Z",
        "totalAmount": 37.5, "totalRefund": 0, "totalTaxAmount": 6.24, "totalDiscount": 1.5,
        "totalGratuity": 0, "orderLineItems": [LINE, LINE, LINE],
        "modifiedDate": "2022-03-21T10:02:00Z", "sourceModifiedDate": "2022-03-21T10:02:00Z",
    }  # fmt: skip


def timed(work: Callable[[], object]) -> float:
    """Seconds that a piece of work takes."""
    began = perf_counter()
    work()
    return perf_counter() - began


def resident_megabytes(pid: int) -> float:
    """Resident memory of a process (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) / 1024


def measure(*arguments: str) -> None:
    """Start a server with those arguments, and print its figures."""
    command = shutil.which("codat-mock") or str(Path(sys.executable).with_name("codat-mock"))
    began = perf_counter()
    process = subprocess.Popen(  # noqa: S603  (our own command)
        [command, "serve", "--port", "0", "--speed", "frozen", *arguments],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        address = (process.stdout.readline() if process.stdout else "").split()[3]
        with httpx.Client(base_url=address, timeout=60) as http:
            http.get("/_mock/health").raise_for_status()
            print(f"  start to first answer   {perf_counter() - began:8.3f} s")
            print(f"  idle memory             {resident_megabytes(process.pid):8.1f} MB")
            driver = SandboxDriver(http, "benchmark")
            driver.create_company("Bean There")
            orders = [order(number) for number in range(ORDERS)]
            size = len(encode({"orders": orders})) / 1e6
            time_push(http, driver.company_id, encode({"orders": orders}), f"push of {size:.1f} MB")
            time_push(http, driver.company_id, encode({"orders": orders}), "the same again")
            dataset = driver.push("commerce-payments", [])
            seconds = timed(lambda: [driver.dataset(dataset) for _ in range(POLLS)])
            print(f"  polls by one client     {POLLS / seconds:8.0f} a second")
            print(f"  memory after it         {resident_megabytes(process.pid):8.1f} MB")
    finally:
        process.terminate()
        process.wait()


def time_push(http: httpx.Client, company_id: str, body: bytes, name: str) -> None:
    """Push a body and print how long that took, the transfer both ways included."""
    headers = {"Authorization": "Basic YmVuY2htYXJr"}
    path = f"/data/companies/{company_id}/sync/commerce-orders"
    seconds = timed(lambda: http.post(path, content=body, headers=headers).raise_for_status())
    print(f"  {name:23} {seconds:8.3f} s")


def main() -> None:
    """Measure a server in memory, and one with a file."""
    print("in memory")
    measure()
    with tempfile.TemporaryDirectory() as folder:
        print("with a file")
        measure("--db", str(Path(folder) / "shop.db"))


if __name__ == "__main__":
    main()
