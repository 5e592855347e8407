"""Each sync status code of the limits page is reached, and answered in the vendor's form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import vendor_schemas
from openapi_conformance import client_of

from codat_mock.accounting.sync_codes import SYNC_CODES
from codat_mock.clock import parse_moment
from codat_mock.domain.planned_ends import SYNC_ENDS
from codat_mock.http.app import create_app
from codat_mock.sandbox import SandboxRegistry, Settings

NOON = parse_moment("2022-03-21T12:00:00Z")
BETA = "GET /meta/companies/{companyId}/sync/commerce/status"
SYNCS = "GET /companies/{companyId}/sync/commerce/syncs"
LAST_SUCCESS = (
    f"{SYNCS}/lastSuccessful/status", "GET /companies/{companyId}/sync/status/lastSuccessful",
)  # fmt: skip


class Shop:
    """A company that is ready to be synced, with an order to sync."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http
        made = http.post("/_mock/companies", json={"name": "Corner Coffee"}).json()
        self.id = str(made["id"])
        self.connection = made["dataConnections"][1]["id"]

    def send(self, method: str, path: str, **sent: Any) -> Any:
        answer = self.http.request(method, path.replace("ID", self.id), **sent)
        return answer.raise_for_status().json() if answer.content else None

    def push(self, *types: str) -> None:
        order = {"id": "A", "createdDate": "2022-03-21T09:00:00Z", "totalAmount": 5}
        for name in types:
            body = {name: [order] if name == "orders" else []}
            self.send("POST", f"/data/companies/ID/sync/commerce-{name}", json=body)
        self.send("POST", "/_mock/clock/advance", json={"seconds": 10})

    def patch(self, status: str) -> None:
        path = f"/companies/ID/connections/{self.connection}"
        self.send("PATCH", path, json={"status": status})

    def configure(self, **changes: Any) -> None:
        path = "/config/companies/ID/sync/commerce"
        self.send("POST", path, json={**self.send("GET", path), **changes})

    def plan(self, outcome: str, **more: Any) -> None:
        body = {"target": "sync", "outcome": outcome, **more}
        self.send("POST", "/_mock/outcomes", json=body)

    def latest(self) -> None:
        self.send("POST", "/companies/ID/sync/commerce/latest")

    def historic(self) -> None:
        span = {"start": "2022-03-21", "finish": "2022-03-21T11:00:00Z"}
        self.send("POST", "/meta/companies/ID/sync/commerce/historic", json=span)

    def checked(self, operation: str) -> Any:
        """The answer of a status operation, which has to be in the vendor's form."""
        method, _, path = operation.partition(" ")
        answer = self.http.request(method, path.replace("{companyId}", self.id))
        assert vendor_schemas.problems(operation, answer.status_code, answer.json()) == []
        return answer.json() if answer.status_code == 200 else None


@pytest.fixture
def shop() -> Iterator[Shop]:
    app = create_app(SandboxRegistry(Settings(start_at=NOON, speed=0)))
    with client_of(app) as http:
        yield Shop(http)


def pushed(shop: Shop) -> None:
    shop.push("orders", "payments", "transactions")
    shop.latest()


def running(seconds: int) -> Callable[[Shop], None]:
    def run(shop: Shop) -> None:
        shop.push("orders", "payments", "transactions")
        shop.plan("Complete", durations=[3600])
        shop.latest()
        shop.send("POST", "/_mock/clock/advance", json={"seconds": seconds})

    return run


def unconfigured(shop: Shop) -> None:
    shop.configure(configuration=None)
    shop.latest()


def unmapped_component(shop: Shop) -> None:
    components = [{"id": "vat-17", "rate": 17}, {"id": "vat-20", "rate": 20}]
    shop.send("PUT", "/companies/ID/data/commerce-taxComponents", json=components)
    path = "/config/companies/ID/sync/commerce"
    configuration = shop.send("GET", path)["configuration"]
    configuration["mapSettings"] = {"outputFormat": "JournalEntry"}
    configuration["sales"]["taxRates"]["17"] = {}
    shop.configure(configuration=configuration)
    line = {"id": "1", "quantity": 1, "taxPercentage": 17, "totalAmount": 117, "unitPrice": 100}
    order = {"id": "A", "createdDate": "2022-03-21T09:00:00Z", "totalAmount": 117}
    body = {"orders": [{**order, "orderLineItems": [line]}]}
    shop.send("POST", "/data/companies/ID/sync/commerce-orders", json=body)
    shop.push("payments", "transactions")
    shop.latest()
    assert shop.checked(BETA)["errorMessage"] == (
        "Cannot match the tax id 'vat-17' to a mapped account on the accounting platform for"
        " journal entry."
    )


def with_status(status: str) -> Callable[[Shop], None]:
    def run(shop: Shop) -> None:
        shop.patch(status)
        shop.latest()

    return run


def overlapping(shop: Shop) -> None:
    shop.latest()
    shop.historic()


def without_payments(shop: Shop) -> None:
    shop.push("orders")
    shop.latest()


NATURAL: dict[int, Callable[[Shop], None]] = {
    1000: running(60),
    1010: running(601),
    2000: pushed,
    2040: Shop.latest,
    4000: unconfigured,
    4040: with_status("Unlinked"),
    4200: unmapped_component,
    4220: with_status("Deauthorized"),
    5080: overlapping,
    5120: without_payments,
}
PLANNED = {code: name for name, code in SYNC_ENDS.items() if code != 2000}


def planned(outcome: str) -> Callable[[Shop], None]:
    def run(shop: Shop) -> None:
        shop.push("orders", "payments", "transactions")
        shop.plan(outcome)
        shop.latest()

    return run


CASES = [
    *NATURAL.items(),
    *((code, planned(name)) for code, name in PLANNED.items()),
]


@pytest.mark.parametrize(("code", "lead_to"), CASES)
def test_a_code_is_answered_by_every_status_operation(
    shop: Shop, code: int, lead_to: Callable[[Shop], None]
) -> None:
    lead_to(shop)
    shown = shop.checked(BETA)
    same = {"syncStatusCode", "syncStatus", "errorMessage", "syncExceptionMessage", "dataPushed"}
    for status in (
        shop.checked(f"{SYNCS}/latest/status"),
        shop.checked(f"{SYNCS}/list/status")[0],
    ):
        assert {name: status[name] for name in same} == {name: shown[name] for name in same}
    assert (shown["syncStatusCode"], shown["syncStatus"]) == (code, SYNC_CODES[code].status)
    assert shown["errorMessage"] == shown["syncExceptionMessage"]
    assert bool(shown["errorMessage"]) == (code >= 4000)
    assert shown["dataPushed"] == (code in (2000, 5130))
    for operation in LAST_SUCCESS:
        found = shop.checked(operation)
        assert found is None or found["syncStatusCode"] in (2000, 2040)


def test_every_code_is_natural_or_planned() -> None:
    assert {code for code, _ in CASES} == set(SYNC_CODES)
    listed = vendor_schemas.SYNC_CODE["enum"]
    assert listed == list(SYNC_CODES)
