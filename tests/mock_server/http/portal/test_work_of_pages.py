"""What a page or an answer costs the database does not grow with what a company holds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import httpx
import pytest

from codat_mock.clock import parse_moment
from codat_mock.http.app import create_app
from codat_mock.sandbox import SandboxRegistry, Settings
from codat_scenarios.sandbox_driver import SandboxDriver

START: datetime = parse_moment("2022-03-21T08:00:00Z")
FEW, MANY = 60, 3000
STEPS = 100  # instructions of SQLite's machine between two counts
LOOKS = (
    "/_mock/findings", "/_mock/report", "/", "/portal", "/portal/syncs", "/portal/timeline",
    "/portal/books", "/portal/findings", "/portal/requests", "/portal/alerts", "/portal/controls",
    "/portal/companies/{company}", "/portal/companies/{company}/records", "/companies/{company}",
    "/meta/companies/{company}/pull/history/{dataset}", "/meta/companies/{company}/pull/history/",
    "/meta/companies/{company}/sync/commerce/status", "/config/companies/{company}/sync/commerce",
)  # fmt: skip


def order(number: int) -> dict[str, Any]:
    return {
        "id": f"A-{number}", "createdDate": "2022-03-21T08:00:00Z", "currency": "GBP",
        "totalAmount": 5, "orderLineItems": [{"id": "1", "quantity": 1, "totalAmount": 5}],
    }  # fmt: skip


class Shop:
    """A company with so many orders, most of them in its books, and a count of SQLite's work."""

    def __init__(self, size: int) -> None:
        self.registry = SandboxRegistry(Settings(start_at=START, speed=0))
        transport = httpx.WSGITransport(app=create_app(self.registry))
        self.http = httpx.Client(transport=transport, base_url="http://127.0.0.1")
        driver = SandboxDriver(self.http, "test-key")
        driver.stop_polling()
        driver.create_company("Shop")
        driver.link_accounting()
        driver.configure(parse_moment("2022-03-21T00:00:00Z"))
        for kind in ("commerce-payments", "commerce-transactions"):
            driver.push(kind, [])
        driver.push("commerce-orders", [order(number) for number in range(size)])
        driver.advance(days=1)
        later = [order(number) | {"createdDate": "2022-03-22T08:00:00Z"} for number in range(size)]
        self.dataset = driver.push(
            "commerce-orders", [each | {"id": f"B-{each['id']}"} for each in later]
        )
        self.driver = driver

    def work_of(self, path: str) -> int:
        """The instructions of SQLite's machine for a second look, in hundreds."""
        named = path.format(company=self.driver.company_id, dataset=self.dataset)
        counts: list[None] = []
        headers = {**self.driver._headers, "Accept": "text/html"}
        for _ in range(2):
            counts.clear()
            self.driver.advance(seconds=1)  # so that no look is remembered whole
            database = self.registry._store._db
            database.set_progress_handler(lambda: counts.append(None), STEPS)
            answer = self.http.get(named, headers=headers)
            database.set_progress_handler(None, STEPS)
            assert answer.status_code == 200, answer.text
        return len(counts)


@pytest.fixture(scope="module")
def shops():
    made = [Shop(FEW), Shop(MANY)]
    yield made
    for shop in made:
        shop.http.close()
        shop.registry.close()


@pytest.mark.parametrize("path", LOOKS)
def test_a_look_does_not_grow_with_the_records(shops, path):
    few, many = (shop.work_of(path) for shop in shops)
    assert many <= 2 * few + 10
