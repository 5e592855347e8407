"""How fast a server starts and answers, and how much memory it takes.

A server runs as a process of its own, and is asked over its socket. Times of pushes are shown as
multiples of a floor: what msgspec takes to decode the same body into floats and times, in the same
run. Both are processor time where the system tells that of another process, so that what else the
machine does matters less. Every figure is the median of several rounds.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any, Final

import msgspec
from msgspec import Struct

ORDERS: Final = 5000  # of a large push
ROUNDS: Final = 3
REQUESTS: Final = 500  # of a small kind
CONNECTIONS: Final = 32
KEPT_PUSHES: Final = 20  # after which the memory is read
ANSWER_BYTES: Final = 1 << 16  # read at once
NOW: Final = "2022-03-21T18:00:00Z"
KEY: Final = f"Basic {b64encode(b'benchmark').decode()}"
LINE: Final = {
    "id": "8d0f3c5e-6f0b-4c8e-9d5d-0a8d5a3f0a11", "quantity": 1, "taxPercentage": 20,
    "totalAmount": 12.5, "totalTaxAmount": 2.08, "unitPrice": 12.5,
    "productRef": {"id": "5f0c6a52-51f2-4b4e-bb0e-0f1c6b0c7c55", "name": "Flat white, large"},
    "productVariantRef": {"id": "7a8a1b66-3f7e-4f9e-8b50-0a3c2b1d9e77", "name": "Oat milk"},
    "discountAllocations": [{"name": "Regular", "totalAmount": 0.5}],
}  # fmt: skip


class Reference(Struct, rename="camel"):
    """What a line refers to."""

    id: str
    name: str


class Discount(Struct, rename="camel"):
    """A discount on a line."""

    name: str
    total_amount: float


class Line(Struct, rename="camel"):
    """A line of an order."""

    id: str
    quantity: float
    tax_percentage: float
    total_amount: float
    total_tax_amount: float
    unit_price: float
    product_ref: Reference
    product_variant_ref: Reference
    discount_allocations: list[Discount]


class Order(Struct, rename="camel"):
    """An order, by native types only."""

    id: str
    order_number: str
    country: str
    currency: str
    created_date: datetime
    closed_date: datetime
    total_amount: float
    total_refund: float
    total_tax_amount: float
    total_discount: float
    total_gratuity: float
    order_line_items: list[Line]
    modified_date: datetime
    source_modified_date: datetime


class Orders(Struct):
    """The body of a push of orders."""

    orders: list[Order]


class Figure(Struct, frozen=True):
    """One measured value.

    Args:
        name: what was measured.
        value: the median of the rounds.
        unit: of the value, such as `ms`, `/s`, `MB` or `x floor`.
    """

    name: str
    value: float
    unit: str


decode_natively: Final = msgspec.json.Decoder(Orders).decode


def order(number: int, total: float = 37.5) -> dict[str, Any]:
    """An order of some 1,500 bytes.

    Args:
        number: of the order, from which its id is made.
        total: its amount; another one is another version.
    """
    day = "2022-03-21T10:02:00Z" if total == 37.5 else "2022-03-21T11:02:00Z"
    return {
        "id": f"order {number}", "orderNumber": f"{number}", "country": "GB", "currency": "GBP",
        "createdDate": "2022-03-21T10:00:00Z", "closedDate": "2022-03-21T10:02:00Z",
        "totalAmount": total, "totalRefund": 0, "totalTaxAmount": 6.24, "totalDiscount": 1.5,
        "totalGratuity": 0, "orderLineItems": [LINE, LINE, LINE],
        "modifiedDate": day, "sourceModifiedDate": day,
    }  # fmt: skip


def body_of(orders: list[dict[str, Any]]) -> bytes:
    """The body of a push of orders."""
    return json.dumps({"orders": orders}, separators=(",", ":")).encode()


class Served:
    """A server that runs, and one client of it.

    Args:
        process: the server's.
        address: its host and port.
        began: when it was started, in seconds of `perf_counter`.

    Attributes:
        start_seconds: from its start to its first answer.
    """

    def __init__(
        self, process: subprocess.Popen[str], address: tuple[str, int], began: float
    ) -> None:
        self._process = process
        self.address = address
        self._http = HTTPConnection(*address, timeout=600)
        self.ask("GET", "/_mock/health")
        self.start_seconds = perf_counter() - began

    def ask(self, method: str, path: str, body: bytes | None = None) -> Any:
        """The answer to a request, decoded.

        Args:
            method: of the request.
            path: of the request.
            body: JSON; None for none.

        Raises:
            RuntimeError: it is an error.
        """
        headers = {"Authorization": KEY} | ({"Content-Type": "application/json"} if body else {})
        self._http.request(method, path, body, headers)
        answer = self._http.getresponse()
        content = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:300]!r}")
        return json.loads(content) if content else None

    def close(self) -> None:
        """Close its client's connection."""
        self._http.close()

    def new_company(self) -> str:
        """The id of a company whose syncs can run."""
        company_id: str = self.ask("POST", "/_mock/companies", b'{"name": "Bean There"}')["id"]
        return company_id

    def push_seconds(self, company_id: str, body: bytes) -> float:
        """How long the server works at a push, the transfer both ways included, in seconds.

        Args:
            company_id: the company's.
            body: of the push.
        """
        began = self.seconds
        self.ask("POST", push_path(company_id), body)
        return self.seconds - began

    @property
    def seconds(self) -> float:
        """The processor time of its threads (Linux); the time of day where that is unknown."""
        # To the nanosecond, where `stat` counts hundredths of a second.
        found = [*Path(f"/proc/{self._process.pid}/task").glob("*/schedstat")]
        if not found:
            return perf_counter()
        return sum(int(each.read_text(encoding="ascii").split()[0]) for each in found) / 1e9

    def rate(self, requests: list[bytes], connections: int = 1) -> float:
        """How many requests are answered a second.

        Args:
            requests: each as it is sent, head and body.
            connections: that are used beside each other.
        """
        self._http.close()  # the server closes what is idle for long
        return request_rate(self.address, requests, connections)

    @property
    def resident_megabytes(self) -> float:
        """Its resident memory (Linux); 0 where that is unknown."""
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="utf-8")
        except OSError:
            return 0.0
        (line,) = [line for line in status.splitlines() if line.startswith("VmRSS:")]
        return int(line.split()[1]) / 1024


@contextmanager
def served(*options: str) -> Iterator[Served]:
    """A server of its own process, with further options of `codat-mock serve`."""
    command = shutil.which("codat-mock") or str(Path(sys.executable).with_name("codat-mock"))
    began = perf_counter()
    process = subprocess.Popen(  # noqa: S603  (our own command)
        [command, "serve", "--port", "0", "--speed", "frozen", "--start-at", NOW, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        line = process.stdout.readline() if process.stdout else ""
        host, _, port = line.split()[3].removeprefix("http://").partition(":")
        with closing(Served(process, (host, int(port)), began)) as server:
            yield server
    finally:
        process.terminate()
        process.communicate()


def request_rate(address: tuple[str, int], requests: list[bytes], connections: int = 1) -> float:
    """How many requests a server answers a second.

    Args:
        address: its host and port.
        requests: each as it is sent, head and body.
        connections: that are used beside each other.
    """
    with ExitStack() as opened:
        sockets = [
            opened.enter_context(closing(socket.create_connection(address)))
            for _ in range(connections)
        ]
        for each in sockets:
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        began = perf_counter()
        for start in range(0, len(requests), connections):
            some = requests[start : start + connections]
            for connection, request in zip(sockets, some, strict=False):
                connection.sendall(request)
            for connection, _ in zip(sockets, some, strict=False):
                read_answer(connection)
        return len(requests) / (perf_counter() - began)


def read_answer(connection: socket.socket) -> None:
    """Read one answer to its end.

    Raises:
        RuntimeError: it is an error.
    """
    answer = connection.recv(ANSWER_BYTES)
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(ANSWER_BYTES)
    head, _, content = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(head[:100].decode(errors="replace"))
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    while len(content) < length:
        content += connection.recv(ANSWER_BYTES)


def raw_request(method: str, path: str, body: bytes = b"") -> bytes:
    """A request as it is sent.

    Args:
        method: of the request.
        path: of the request.
        body: JSON; empty for none.
    """
    length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {KEY}\r\n{length}\r\n"
    return head.encode() + body


def push_path(company_id: str) -> str:
    """Where a company's orders are pushed."""
    return f"/data/companies/{company_id}/sync/commerce-orders"


def floor_seconds(body: bytes) -> float:
    """What decoding a body natively takes, in seconds: the least of five times."""
    taken = []
    for _ in range(5):
        began = process_time()
        decode_natively(body)
        taken.append(process_time() - began)
    return min(taken)


def measure(*options: str, orders: int = ORDERS, requests: int = REQUESTS) -> Iterator[Figure]:
    """Measure a server.

    Args:
        options: of `codat-mock serve`.
        orders: in a large push.
        requests: of each small kind.

    Yields:
        The figures, in the order they are measured.
    """
    with served(*options) as server:
        yield Figure("start to first answer", server.start_seconds * 1000, "ms")
        yield Figure("idle memory", server.resident_megabytes, "MB")
        yield from measure_small(server, requests)
        yield from measure_large(server, orders)
    with served(*options) as server:
        company_id = server.new_company()
        for start in range(KEPT_PUSHES):
            numbers = range(start * orders, (start + 1) * orders)
            server.push_seconds(company_id, body_of([order(number) for number in numbers]))
        yield Figure(f"memory after {KEPT_PUSHES} pushes", server.resident_megabytes, "MB")


def measure_small(server: Served, requests: int) -> Iterator[Figure]:
    """Measure polls and small pushes.

    Args:
        server: the server.
        requests: of each kind.

    Yields:
        The figures, in the order they are measured.
    """
    company_id, numbers = server.new_company(), count()
    dataset_id = server.ask("POST", push_path(company_id), body_of([]))["datasetId"]
    poll = raw_request("GET", f"/meta/companies/{company_id}/pull/history/{dataset_id}")
    for connections in (1, CONNECTIONS):
        began = server.seconds
        rates = [server.rate([poll] * requests, connections) for _ in range(ROUNDS)]
        each = (server.seconds - began) / ROUNDS / requests
        yield Figure(f"polls, {connections} connections", median(rates), "/s")
        yield Figure("  the server's work at one", each * 1e6, "us")
    rates = []
    began = server.seconds
    for _ in range(ROUNDS):
        bodies = [body_of([order(next(numbers))]) for _ in range(requests)]
        pushes = [raw_request("POST", push_path(company_id), body) for body in bodies]
        rates.append(server.rate(pushes))
    yield Figure("small pushes", median(rates), "/s")
    yield Figure(
        "  the server's work at one", (server.seconds - began) / len(rates) / requests * 1e6, "us"
    )


def measure_large(server: Served, orders: int) -> Iterator[Figure]:
    """Measure large pushes beside the floor.

    Args:
        server: the server.
        orders: in a push.

    Yields:
        The figures, in the order they are measured.
    """
    first = body_of([order(number) for number in range(orders)])
    half = body_of([order(number, 37.5 + number % 2) for number in range(orders)])
    seconds: dict[str, list[float]] = {"first push": [], "resent": [], "half changed": []}
    ratios: dict[str, list[float]] = {name: [] for name in seconds}
    for _ in range(ROUNDS):
        company_id = server.new_company()
        for name, body in zip(seconds, (first, first, half), strict=True):
            floor = floor_seconds(body)
            seconds[name].append(server.push_seconds(company_id, body))
            ratios[name].append(seconds[name][-1] / floor)
    for name, taken in seconds.items():
        yield Figure(f"{name} of {orders:,}", median(taken) * 1000, "ms")
        yield Figure(f"{name} of {orders:,}, against decoding", median(ratios[name]), "x")


def growth(pushes: int, orders: int = ORDERS) -> list[float]:
    """How long the server works at each of many pushes of new records, with a database, in seconds.

    Args:
        pushes: how many.
        orders: in each.
    """
    with TemporaryDirectory() as folder, served("--db", str(Path(folder) / "m.db")) as server:
        company_id = server.new_company()
        return [
            server.push_seconds(
                company_id,
                body_of([order(start * orders + number) for number in range(orders)]),
            )
            for start in range(pushes)
        ]
