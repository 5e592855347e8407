"""How long the long work of one sandbox keeps another one waiting.

    python benchmarks/fairness.py                    300,000 orders, in memory and with a file
    python benchmarks/fairness.py --orders 50000

It starts `codat-mock serve` as a process of its own. While one sandbox pushes, updates, syncs and
reads that many orders, another one polls; the longest of its waits is printed beside each work.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from json import dumps, loads
from pathlib import Path
from threading import Event, Thread
from time import perf_counter
from typing import Any

LINE = {"id": "l", "quantity": 1, "taxPercentage": 20, "totalAmount": 6.5, "totalTaxAmount": 1.08}
PAUSE_SECONDS = 0.01  # between two polls


class Shop:
    """A sandbox, asked over one connection."""

    def __init__(self, address: str, key: str) -> None:
        self.connection = HTTPConnection(address, timeout=600)
        self.headers = {"Authorization": f"Basic {b64encode(key.encode()).decode()}"}

    def ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """The body of the answer to a request; fails where it is an error."""
        headers = self.headers | ({"Content-Type": "application/json"} if body else {})
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:300]!r}")
        return content

    def send(self, method: str, path: str, value: Any = None) -> Any:
        """The same with JSON."""
        content = self.ask(method, path, None if value is None else dumps(value).encode())
        return loads(content) if content else None


class Probe:
    """Polls from a sandbox of its own, and keeps the longest wait."""

    def __init__(self, address: str) -> None:
        self.shop = Shop(address, "probe")
        self.company = self.shop.send("POST", "/meta/companies/sync", {"name": "Probe"})["id"]
        self.longest = 0.0
        self.polls = 0
        self._is_over = Event()

    def run(self) -> None:
        """Poll until `stop`."""
        while not self._is_over.wait(PAUSE_SECONDS):
            began = perf_counter()
            self.shop.ask("GET", f"/companies/{self.company}/data/history")
            self.longest = max(self.longest, perf_counter() - began)
            self.polls += 1

    def stop(self) -> None:
        """End the polls."""
        self._is_over.set()


@contextmanager
def served(*arguments: str) -> Iterator[str]:
    """A server of its own; yields its host and port."""
    command = shutil.which("codat-mock") or str(Path(sys.executable).with_name("codat-mock"))
    process = subprocess.Popen(  # noqa: S603  (our own command)
        [command, "serve", "--port", "0", "--speed", "frozen", "--largest-body", "512", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        line = process.stdout.readline() if process.stdout else ""
        yield line.split()[3].removeprefix("http://")
    finally:
        process.terminate()
        process.wait()


def orders(count: int, total: float) -> bytes:
    """The body of a push of so many orders."""
    return dumps({
        "orders": [
            {"id": f"order {number}", "currency": "GBP", "createdDate": "2022-03-21T10:00:00Z",
             "totalAmount": total, "orderLineItems": [LINE, LINE]}
            for number in range(count)
        ]
    }).encode()  # fmt: skip


def measure(count: int, *arguments: str) -> dict[str, float]:
    """The longest wait, in seconds, during each work."""
    waits: dict[str, float] = {}
    with served("--start-at", "2022-03-21T18:00:00Z", *arguments) as address:
        shop = Shop(address, "large")
        company = shop.send("POST", "/_mock/companies", {"name": "Large"})["id"]
        for name, kind in (("payments", "Cash"), ("transactions", "Transfer")):
            other = {"id": "x", "createdDate": "2022-03-21T10:00:00Z", "type": kind}
            shop.send("POST", f"/data/companies/{company}/sync/commerce-{name}", {name: [other]})

        def during(name: str, method: str, path: str, body: bytes | None = None) -> None:
            probe = Probe(address)
            thread = Thread(target=probe.run)
            thread.start()
            began = perf_counter()
            try:
                content = shop.ask(method, path, body)
            finally:
                seconds = perf_counter() - began
                probe.stop()
                thread.join()
            waits[name] = probe.longest
            print(
                f"  {name:22} {seconds:8.2f} s, {len(content) / 1e6:6.1f} MB;"
                f" longest wait of {probe.polls:5} polls {probe.longest:6.3f} s",
                flush=True,
            )

        push = f"/data/companies/{company}/sync/commerce-orders"
        during("first push", "POST", push, orders(count, 13.0))
        during("a push of updates", "POST", push, orders(count, 14.0))
        during("the same again", "POST", push, orders(count, 14.0))
        during("the clock, to the night", "POST", "/_mock/clock/advance", b'{"days": 2}')
        during("books", "GET", "/_mock/books")
        during("books as CSV", "GET", "/_mock/books?format=csv")
        during("findings", "GET", "/_mock/findings")
        during("report", "GET", "/_mock/report?format=html")
        during("a snapshot saved", "PUT", "/_mock/snapshots/big")
        during("a snapshot restored", "POST", "/_mock/snapshots/big/restore")
        during("1,400 nights", "POST", "/_mock/clock/advance", b'{"days": 1400}')
        during("reset", "POST", "/_mock/reset", b"{}")
    return waits


def main() -> None:
    """Measure a server in memory, and one with a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=300_000)
    count = parser.parse_args().orders
    print(f"{count} orders, in memory")
    measure(count)
    with tempfile.TemporaryDirectory() as folder:
        print(f"{count} orders, with a file")
        measure(count, "--db", str(Path(folder) / "shop.db"))


if __name__ == "__main__":
    main()
