"""How long a server works at a night of many orders, and at the books of a merchant."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from codat_scenarios.benchmark import ORDERS, Figure, Served, body_of, order, push_path, served

NIGHT_ORDERS: Final = 300_000
LOOKS: Final = 3
SALE: Final = {
    "id": "sale", "currency": "GBP", "createdDate": "2022-03-21T10:00:00Z",
}  # fmt: skip
PAYMENT: Final = {"payments": [SALE | {"amount": 37.5, "status": "Paid"}]}
TRANSACTION: Final = {"transactions": [SALE | {"type": "Payment", "totalAmount": 37.5}]}


def figures_of_books(orders: int = NIGHT_ORDERS) -> Iterator[Figure]:
    """Measure, in processor time, the sync of a night and the books after it, in memory.

    Args:
        orders: that the night books.
    """
    with served() as server:
        company_id = server.new_company()
        for start in range(0, orders, ORDERS):
            body = body_of([order(start + number) for number in range(ORDERS)])
            server.ask("POST", push_path(company_id), body)
        for data_type, push in (("payments", PAYMENT), ("transactions", TRANSACTION)):
            path = push_path(company_id).replace("orders", data_type)
            server.ask("POST", path, json.dumps(push).encode())
        yield Figure(
            f"night of {orders:,}", seconds_at(server, "POST", "/_mock/clock/advance"), "s"
        )
        books = f"/_mock/books?companyId={company_id}"
        yield Figure(f"books of {orders:,}, first look", seconds_at(server, "GET", books), "s")
        again = min(seconds_at(server, "GET", books) for _ in range(LOOKS))
        yield Figure(f"books of {orders:,}, again", again, "s")


def seconds_at(server: Served, method: str, path: str) -> float:
    """How long a server works at a request, in seconds; one that is sent a body moves a day on.

    Args:
        server: the server.
        method: of the request.
        path: of the request.
    """
    began = server.seconds
    server.ask(method, path, b'{"hours": 24}' if method == "POST" else None)
    return server.seconds - began
