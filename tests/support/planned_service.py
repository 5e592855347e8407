"""A service whose answers to pushes are planned, for an outbox on its own clock."""

from __future__ import annotations

from typing import Any

import httpx
from client_mock import NOON, FakeClock

from codat_push.encoding import read_json

ORDERS = "commerce-orders"
Json = dict[str, Any]
Answer = httpx.Response | Exception


def sale(identity: str = "a", total: Any = 1, **more: Any) -> Json:
    return {"id": identity, "totalAmount": total, "createdDate": NOON} | more


class Service:
    """A service whose answers to pushes are planned; the rest goes well."""

    def __init__(self, *answers: Answer, ends: tuple[str, ...] = ()) -> None:
        self.answers = [*answers]
        self.ends = [*ends]
        self.pushes: list[tuple[float, list[Json]]] = []
        self.requests: list[tuple[float, str]] = []
        self.datasets: list[str] = []
        self.clock = FakeClock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append((self.clock.now(), request.url.path))
        if request.method == "POST":
            return self._push(request)
        if request.url.path.endswith("/data/history"):
            rows = [self._dataset(identity, "Queued") for identity in reversed(self.datasets)]
            return httpx.Response(200, json={"results": rows})
        if "/pull/history/" in request.url.path:
            status = self.ends.pop(0) if self.ends else "Complete"
            return httpx.Response(200, json=self._dataset(request.url.path[-2:], status))
        return httpx.Response(404)

    def _push(self, request: httpx.Request) -> httpx.Response:
        (records,) = read_json(request.content).values()
        self.pushes.append((self.clock.now(), records))
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, httpx.ConnectError):
            raise answer
        if isinstance(answer, httpx.Response):
            return answer
        self.datasets.append(f"d{len(self.datasets)}")
        if answer is not None:
            raise answer
        return httpx.Response(200, json={"datasetId": self.datasets[-1]})

    def _dataset(self, identity: str, status: str) -> Json:
        return {"id": identity, "companyId": "c", "dataType": ORDERS, "status": status}

    @property
    def pushed(self) -> list[list[Any]]:
        return [[record["id"] for record in records] for _, records in self.pushes]
