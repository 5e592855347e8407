"""Random walks over all operations: each answer, good or error, has the vendor's form exactly."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import httpx
import pytest
import vendor_schemas
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openapi_conformance import client_of

from codat_mock.clock import parse_moment
from codat_mock.http.app import create_app
from codat_mock.sandbox import SandboxRegistry, Settings

EVENING = parse_moment("2022-03-21T21:00:00Z")
UNKNOWN = "a00a94a8-9443-4f1d-b658-bfb19d74c6bf"
SALE = {"id": "A-1", "createdDate": "2022-03-21T09:00:00.1234567+01:00", "currency": "GBP"}
AMOUNTS = {"totalAmount": 12.5, "orderLineItems": None, "surplus": {"a": [1]}}
RULE = {"type": "Dataset data changed", "notifiers": {"emails": ["a@example.com"]}}
RANGE = {"start": "2022-03-01", "finish": "2022-03-02T00:00:00+02:00"}
COMPLETE = "COMPLETE"  # stands for the company's own configuration with everything selected

# Bodies by the end of an operation's path, longest first: what is right, surplus, null, and wrong.
BODIES: dict[str, list[Any]] = {
    "/meta/companies/sync": [{"name": "Corner Café", "x": 1}, {"name": "()"}, {}],
    "POST /companies": [{"name": "Shop & Co.", "description": None}, {"name": "a", "x": []}, 7],
    "POST /meta/companies/{companyId}/connections": ["gbol", "LQAI", "fbrh", "none", {}, None],
    "POST /companies/{companyId}/connections": [{"platformKey": "gbol"}, "qhyg", {}, {"a": 1}],
    "/connections/{connectionId}": [
        {"status": status} for status in ("Linked", "Unlinked", "Deauthorized", "odd", None)
    ],
    "/authorization": [{}, {"token": "x"}, {"token": 1}, []],
    "POST /config/companies/{companyId}/sync/commerce": [
        {},
        None,
        COMPLETE,
        {"enabled": None, "schedule": None, "configuration": {"sales": {"taxRates": None}}},
        {"enable": False, "schedule": {"syncHour": 23, "startDate": "2022-03-01"}},
        {"schedule": {"startDate": "tomorrow"}},
        {"schedule": {"startDate": "2022-12-01T00:00:00+05:30", "timeZone": "Asia/Kolkata"}},
        {"companyId": None, "configured": None, "enable": None, "enabled": False},
        {"configuration": {"mapSettings": None, "sales": {"taxRates": {"17.5": None, "x": {}}}}},
        {"configuration": {"sales": {"newTaxRates": {"taxRateMappings": [{}]}}}},
        {"configuration": {"newPayments": {"accounts": {"cash": {"selectedAccountId": "1"}}}}},
    ],
    "orders": [
        {"orders": [SALE | AMOUNTS], "contractVersion": None},
        {"orders": None},
        {"orders": [SALE | {"payments": [{"id": "p", "amount": None}], "locationRef": None}]},
        {"orders": [{"id": "A-1"}]},
        {"orders": [{"id": None}]},
        {"orders": [{"id": "A", "totalAmount": "5"}]},
        [SALE],
        [],
    ],
    "payments": [
        {"payments": [SALE | {"amount": 12.5, "type": "Card"}]},
        {},
        [SALE],
        {"payments": 1},
    ],
    "transactions": [
        {"transactions": [SALE | {"totalAmount": 12.5, "type": "Payment"}]},
        {"transactions": [SALE | {"type": "odd"}]},
        [SALE | {"type": "Payment"}],
    ],
    "latest": [{}, None, {"syncTo": None}, {"syncTo": "2022-03-20"}, {"syncTo": "2099-01-01"}],
    "historic": [RANGE, {"dateRange": RANGE}, {"dateRange": {}}, {"start": "x"}, {}, None],
    "text": [
        {"configure-misc-nextButton": "Go"},
        {"b": {"text": "", "required": None}},
        {"a": {"text": None}},
        {},
        {"a": 1},
    ],
    "platform/{platformKey}": [{}, {"visibleAccounts": []}, {"visibleAccounts": None}, [], None],
    "locations": [[{"id": "L", "address": None}], [{"id": 1}], {}],
    "products": [[{"id": "P", "isGiftCard": True, "productCategoryRefs": [{"id": "C"}]}], [{}]],
    "taxComponents": [[{"id": "T", "rate": 20}], [{"id": "T", "rate": "x"}]],
    "paymentMethods": [[{"id": "M", "modifiedDate": "2022-03-21"}], [None]],
    "productCategories": [
        {"ContractVersion": "9.3.1", "ProductCategories": [{"id": "C", "name": None}]},
        {"ProductCategories": [{"id": "C"}], "ContractVersion": None},
        {"productCategories": []},
    ],
    "POST /rules": [RULE, RULE | {"companyId": UNKNOWN}, RULE | {"type": "odd"}, {}],
    "/rules/{ruleId}": [RULE | {"notifiers": {"emails": None}}, {}, None],
}
QUERIES = [
    *[{}] * 6,
    {"page": "2", "pageSize": "1", "surplus": "1"},
    {"page": "0"},
    {"pageSize": "many"},
    {"orderBy": "-id"},
    {"orderBy": "colour"},
    {"query": "id!=x"},
    {"query": "id%253Dx"},
    {"query": "id~a%20b", "orderBy": "created"},
    {"query": "%", "page": ""},
    {"query": "colour=red"},
    {"query": "{id=x"},
    {"locale": "fr-fr"},
    {"locale": "de-de"},
    {"merchantIdentifier": "Corner (Café)", "redirectUrl": "app.codat.io"},
    {"merchantIdentifier": UNKNOWN, "redirectUrl": "javascript:alert(1)"},
]
PLANS = [
    {"target": "sync", "outcome": outcome}
    for outcome in ("ServerError", "DataPushError", "MappingError", "BillingExpired")
] + [
    {"target": "dataset", "outcome": outcome}
    for outcome in ("FetchError", "AuthError", "Cancelled", "NotSupported", "ValidationError")
]
IDS = {  # by the name of a property of an answer: what else it identifies
    "companyId": "companyId",
    "datasetId": "datasetId",
    "commerceSyncId": "syncId",
    "syncId": "syncId",
    "connectionId": "connectionId",
}
# Deletions end a walk's company, and so come seldom; the more there is, the more can be shown.
OPERATIONS = [
    operation
    for operation in vendor_schemas.ANSWERS
    for _ in range(1 if operation.startswith("DELETE") else 3)
]


class Shop:
    """A mock, and every id that its answers have named."""

    def __init__(self) -> None:
        app = create_app(SandboxRegistry(Settings(start_at=EVENING, speed=0, company_limit=4)))
        self.http = client_of(app)
        self.known: dict[str, list[str]] = defaultdict(list)
        made = self.http.post("/_mock/companies", json={"name": "Corner Coffee"}).json()
        self.note("GET /companies/{companyId}", made)

    def note(self, operation: str, answered: Any) -> None:
        """Remember the ids in an answer."""
        if isinstance(answered, list):
            for each in answered:
                self.note(operation, each)
        elif isinstance(answered, dict):
            for name, value in answered.items():
                if name in IDS and value not in self.known[IDS[name]]:
                    self.known[IDS[name]].append(value)
            own = answered.get("id")
            if own and "integrationKey" in answered:
                self.known["connectionId"].append(own)
            elif own and "redirect" in answered:
                self.known["companyId"].append(own)
            elif own and "notifiers" in answered:
                self.known["ruleId"].append(own)
            elif own and "dataType" in answered:
                self.known["datasetId"].append(own)
            for name in ("results", "dataConnections"):
                self.note(operation, answered.get(name))

    def choose(self, name: str, draw: st.DataObject) -> str:
        """A value for a part of the path: mostly the id of what there is."""
        if name.endswith("Key"):
            return draw.draw(st.sampled_from(["gbol", "lqai", "gbol", "LQAI", "none"]))
        known = self.known[name][-4:]
        return draw.draw(st.sampled_from([*known, *known, *known, UNKNOWN, "no-id"]))

    def body(self, operation: str, company: str, draw: st.DataObject) -> Any:
        """A body for an operation."""
        ends = sorted(BODIES, key=len, reverse=True)
        end = next(each for each in ends if operation.endswith(each))
        body = draw.draw(st.sampled_from(BODIES[end]))
        if body == COMPLETE:
            return self.http.get(f"/config/companies/{company}/sync/commerce").json()
        return body


@pytest.mark.parametrize("most", [15, pytest.param(60, marks=pytest.mark.long)])
def test_every_answer_on_a_random_walk_has_the_vendors_form(most: int) -> None:
    @given(data=st.data())
    @settings(
        max_examples=most,
        derandomize=True,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    def walk(data: st.DataObject) -> None:
        shop = Shop()
        for _ in range(60):
            move = data.draw(st.integers(0, 11))
            if move == 0:
                seconds = data.draw(st.sampled_from([1, 8, 3600, 86_400]))
                shop.http.post("/_mock/clock/advance", json={"seconds": seconds}).raise_for_status()
            elif move == 1:
                plan = data.draw(st.sampled_from(PLANS))
                shop.http.post("/_mock/outcomes", json=plan).raise_for_status()
            else:
                step(shop, data.draw(st.sampled_from(OPERATIONS)), data)

    walk()


def step(shop: Shop, operation: str, data: st.DataObject) -> None:
    """Send one request of an operation, and hold the answer against the vendor's schema."""
    method, _, path = operation.partition(" ")
    company = ""
    for name in vendor_schemas.names_in(path):
        value = shop.choose(name, data)
        company = value if name == "companyId" else company
        path = path.replace(f"{{{name}}}", value)
    sent: dict[str, Any] = {}
    if method in ("POST", "PUT", "PATCH"):
        sent["content"] = json.dumps(shop.body(operation, company, data))
        sent["headers"] = {"Content-Type": "application/json"}
    if method == "GET" or "/text" in path:
        sent["params"] = data.draw(st.sampled_from(QUERIES))
    answer = shop.http.request(method, path, **sent)
    assert_vendors(operation, answer)
    if answer.is_success and answer.content:
        shop.note(operation, answer.json())


def assert_vendors(operation: str, answer: httpx.Response) -> None:
    """Fails where an answer is not in the vendor's form."""
    body = answer.json() if answer.content else None
    assert vendor_schemas.problems(operation, answer.status_code, body) == [], operation
    assert answer.status_code in (200, 204, 400, 402, 404, 409, 500), (operation, answer.text)
    if answer.status_code == 500:
        assert operation.endswith(("latest", "historic")), answer.text  # before the start date
    if answer.content:
        assert answer.headers["Content-Type"].startswith("application/json")
