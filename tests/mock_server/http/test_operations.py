"""Every operation over HTTP; each answer is checked by the document and the vendor's schemas."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import vendor_schemas
from openapi_conformance import client_of, conform, document_of

from codat_mock.clock import parse_moment
from codat_mock.http.app import create_app
from codat_mock.sandbox import SandboxRegistry, Settings

NOON = parse_moment("2022-03-21T12:00:00Z")
SALE = "2022-03-21T09:30:00Z"
LATER = "the later generation"


def assert_vendors(answer: httpx.Response) -> None:
    """Fails where an answer differs from the vendor's documents."""
    operation = vendor_schemas.operation_at(answer.request.method, answer.request.url.path)
    body = answer.json() if answer.content else None
    assert vendor_schemas.problems(operation, answer.status_code, body) == [], operation


class Walk:
    """A client that remembers which operations it has called."""

    def __init__(self) -> None:
        app = create_app(SandboxRegistry(Settings(start_at=NOON, speed=0)))
        self.document = document_of(app)
        self.called: set[str] = set()
        self.http = client_of(app, self.check)

    def check(self, answer: httpx.Response) -> None:
        if "/_mock/" not in str(answer.request.url):
            self.called.add(conform(self.document, answer))
            assert_vendors(answer)

    def get(self, path: str, **query: Any) -> Any:
        return self.http.get(path, params=query).raise_for_status().json()

    def send(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.http.request(method, path, json=body).raise_for_status()
        return answer.json() if answer.content else None

    def post(self, path: str, body: Any = None) -> Any:
        return self.send("POST", path, body)

    def example(self, name: str) -> Any:
        for methods in self.document["paths"].values():
            for operation in methods.values():
                if operation["operationId"] == name:
                    return operation["requestBody"]["content"]["application/json"]["example"]
        raise LookupError(name)


@pytest.fixture
def walk() -> Iterator[Walk]:
    walking = Walk()
    with walking.http:
        yield walking


def test_every_operation_answers_as_documented(walk: Walk) -> None:
    company = companies(walk)
    connections(walk, company)
    configuration(walk, company)
    preferences(walk)
    pushes(walk, company)
    syncs(walk, company)
    alert_rules(walk, company)
    deletions(walk, company)
    declared = {
        operation["operationId"]
        for methods in walk.document["paths"].values()
        for operation in methods.values()
    }
    assert walk.called == declared


def companies(walk: Walk) -> str:
    made = walk.post("/meta/companies/sync", {"name": "Corner Coffee"})
    assert [each["status"] for each in made["dataConnections"]] == ["Linked"]
    bare = walk.post("/companies", {"name": "Bare", "description": "From the later generation"})
    assert bare["dataConnections"] == []
    assert bare["description"] == "From the later generation"
    assert walk.get("/meta/companies", query="name~coffee")["results"] == [made]
    [later] = walk.get("/companies", query="name~coffee")["results"]
    assert later == {name: value for name, value in made.items() if name != "platform"}
    assert walk.get(f"/companies/{bare['id']}") == bare
    return str(made["id"])


def connections(walk: Walk, company: str) -> None:
    beta, later = f"/meta/companies/{company}/connections", f"/companies/{company}/connections"
    first = walk.post(beta, "gbol")
    second = walk.post(later, {"platformKey": "qhyg"})
    third = walk.post(later, second["integrationId"])
    assert [each["status"] for each in (first, second, third)] == ["PendingAuth"] * 3
    assert walk.get(beta)["totalResults"] == walk.get(later)["totalResults"] == 4
    for connection in (first, second, third):
        path = f"{later}/{connection['id']}"
        authorised = walk.send("PUT", f"{path}/authorization", {"token": "x"})
        assert authorised["status"] == "Linked"
        assert walk.get(path) == authorised
    for path, connection in ((beta, second), (later, third)):
        unlinked = walk.send("PATCH", f"{path}/{connection['id']}", {"status": "Unlinked"})
        assert unlinked["status"] == "Unlinked"
    counts = {
        each["key"]: (each["linkedConnectionsCount"], each["totalConnectionsCount"])
        for each in walk.get("/config/integrations")["results"]
    }
    assert counts == {"lqai": (1, 1), "gbol": (1, 1), "qhyg": (0, 2), "fbrh": (0, 0)}
    assert walk.get("/config/integrations/gbol/branding")["logo"]["full"]["image"]["alt"] == "Xero"


def configuration(walk: Walk, company: str) -> None:
    url = walk.get("/config/sync/commerce/lqai/gbol/start", merchantIdentifier=company)["url"]
    assert re.fullmatch(
        r"http://127.0.0.1:4620/flow/[0-9a-f-]{36}/lqai/gbol/start\?merchantIdentifier="
        + company
        + r"&otp=\d{6}",
        url,
    )
    path = f"/config/companies/{company}/sync/commerce"
    assert walk.get(path)["configured"] is False
    assert walk.post(path, walk.example("set-configuration"))["configured"] is True


def preferences(walk: Walk) -> None:
    path = "/sync/commerce/config/ui/text"
    defaults = walk.get(path)
    assert len(defaults) == 55
    field, other = "configure-misc-nextButton", "configure-misc-previousButton"
    changed = walk.send("PATCH", path, {field: {"text": "Onwards", "required": True}, "b": {}})
    assert changed[field] == {"text": "Onwards", "required": True}
    assert walk.get(path) == changed
    assert walk.get(path, locale="fr-fr") == defaults
    plain = walk.send("PATCH", path, {field: None, other: ""})
    assert (plain[field], plain[other]) == (defaults[field]["text"], "")
    assert walk.get(path)[field] == {"text": defaults[field]["text"], "required": True}
    client = "a00a94a8-9443-4f1d-b658-bfb19d74c6bf"
    for key, method in (("gbol", "POST"), ("lqai", "PATCH")):
        shown = f"/clients/{client}/config/ui/accounts/platform/{key}"
        assert walk.get(shown) == {"visibleAccounts": None}
        accounts = {"visibleAccounts": [f"sales-accounts-{key}"]}
        assert (
            walk.send(method, f"/sync/commerce/config/ui/accounts/platform/{key}", accounts)
            == accounts
        )
        assert walk.get(shown) == accounts


def pushes(walk: Walk, company: str) -> None:
    pushed = []
    for name in ("orders", "payments", "transactions"):
        body = walk.example(f"push-{name}")
        answer = walk.post(f"/data/companies/{company}/sync/commerce-{name}", body)
        assert answer["data"] == body
        pushed.append(answer["datasetId"])
    walk.post("/_mock/clock/advance", {"seconds": 10})
    for name in ("orders", "payments", "transactions"):
        array = [{**body, "id": f"other-{name}"} for body in walk.example(f"partner-push-{name}")]
        assert walk.post(f"/companies/{company}/data/commerce-{name}", array) == array
    for name in ("products", "locations", "taxComponents", "paymentMethods", "productCategories"):
        body = walk.example(f"put-{name}")
        assert walk.send("PUT", f"/companies/{company}/data/commerce-{name}", body) == body
    history = f"/companies/{company}/data/history"
    listed = walk.get(history)["results"]
    assert [each["status"] for each in listed] == ["Queued"] * 3 + ["Complete"] * 3
    assert [each["id"] for each in reversed(listed)][:3] == pushed
    for path in (history, f"/meta/companies/{company}/pull/history"):
        assert walk.get(f"{path}/{pushed[0]}") == listed[-1]
    walk.post("/_mock/clock/advance", {"seconds": 10})
    pulls = walk.get(f"/meta/companies/{company}/pull/history/", query="dataType=bankAccounts")
    assert [each["status"] for each in pulls["results"]] == ["Complete"]


def syncs(walk: Walk, company: str) -> None:
    ran = walk.post(f"/companies/{company}/sync/commerce/latest", {})
    assert (ran["syncStatusCode"], ran["syncStatus"], ran["errorMessage"]) == (2000, "Complete", "")
    overlapping = {"dateRange": {"start": SALE, "finish": "2022-03-21T10:00:00Z"}}
    stopped = walk.post(f"/meta/companies/{company}/sync/commerce/historic", overlapping)
    assert stopped["syncStatusCode"] == 5080
    assert stopped["errorMessage"].startswith("Date overlaps with a previous sync date range.")
    assert ran["commerceSyncId"] in stopped["syncExceptionMessage"]
    earlier = {"start": "2022-01-01", "finish": "2022-02-01"}
    historic = walk.post(f"/meta/companies/{company}/sync/commerce/historic", earlier)
    assert historic["syncStatusCode"] == 2040
    wrapped = {"dateRange": {"start": "2021-01-01", "finish": "2021-02-01"}}
    older = walk.post(f"/companies/{company}/sync/historic", wrapped)
    path = f"/companies/{company}/sync/commerce/syncs"
    listed = walk.get(f"{path}/list/status")
    runs = (older, historic, stopped, ran)
    assert [each["syncId"] for each in listed] == [each["commerceSyncId"] for each in runs]
    assert walk.get(f"{path}/{stopped['commerceSyncId']}/status") == listed[2]
    assert walk.get(f"{path}/latest/status") == listed[0]
    assert walk.get(f"{path}/lastSuccessful/status") == listed[0]
    assert walk.get(f"/companies/{company}/sync/status/lastSuccessful") == listed[0]
    status = walk.get(f"/meta/companies/{company}/sync/commerce/status")
    assert status == {**older, "syncId": older["commerceSyncId"]}
    shown = walk.get(f"/companies/{company}")
    assert shown["lastSync"] == ran["syncUtc"]


def alert_rules(walk: Walk, company: str) -> None:
    asked = {
        "companyId": company,
        "type": "Data Sync Status Changed To Error",
        "notifiers": {"emails": ["a@example.com"], "webhook": "http://127.0.0.1:1/hook"},
    }
    made = walk.post("/rules", asked)
    assert made == {**asked, "id": made["id"]}
    changed = {"type": "Push Operation Timed Out", "notifiers": {"emails": ["b@example.com"]}}
    answer = walk.send("PUT", f"/rules/{made['id']}", changed)
    assert answer == {**changed, "id": made["id"]}
    assert walk.get("/rules")["results"] == [answer]


def deletions(walk: Walk, company: str) -> None:
    path = f"/companies/{company}/connections"
    accounting = walk.get(path, query="sourceType=Accounting")["results"][0]
    assert walk.send("DELETE", f"{path}/{accounting['id']}") is None
    assert walk.http.get(f"{path}/{accounting['id']}").status_code == 404
    configuration = walk.get(f"/config/companies/{company}/sync/commerce")
    assert (configuration["configured"], "startDate" in configuration["schedule"]) == (False, False)
    assert walk.http.delete(f"/companies/{company}").status_code == 204
    assert walk.http.get(f"/companies/{company}").status_code == 404


def test_before_the_first_sync_there_is_none_to_show(walk: Walk) -> None:
    company = walk.post("/meta/companies/sync", {"name": "New"})["id"]
    syncs = f"/companies/{company}/sync/commerce/syncs"
    for path in (
        f"/meta/companies/{company}/sync/commerce/status",
        f"{syncs}/latest/status",
        f"{syncs}/lastSuccessful/status",
        f"/companies/{company}/sync/status/lastSuccessful",
    ):
        answer = walk.http.get(path)
        assert answer.status_code == 404
        assert company in answer.json()["error"]
    assert walk.get(f"{syncs}/list/status") == []


def test_a_range_that_ends_before_it_starts_is_refused(walk: Walk) -> None:
    company = walk.post("/meta/companies/sync", {"name": "New"})["id"]
    body = {"dateRange": {"start": SALE, "finish": SALE}}
    answer = walk.http.post(f"/meta/companies/{company}/sync/commerce/historic", json=body)
    assert answer.status_code == 400
    assert "$.dateRange.finish" in answer.json()["validation"]["errors"][0]["message"]


def test_beyond_the_limit_no_company_is_made() -> None:
    registry = SandboxRegistry(Settings(start_at=NOON, speed=0, company_limit=2))
    app = create_app(registry)
    document = document_of(app)

    def check(answer: httpx.Response) -> None:
        conform(document, answer)

    with client_of(app, check) as http:
        for path in ("/meta/companies/sync", "/companies"):
            assert http.post(path, json={"name": "Shop"}).status_code == 200
        for path in ("/meta/companies/sync", "/companies"):
            answer = http.post(path, json={"name": "Shop"})
            assert answer.status_code == 402
            assert "Company limit exceeded" in answer.json()["error"]
        start = "/config/sync/commerce/lqai/gbol/start"
        assert http.get(start, params={"merchantIdentifier": "Third"}).status_code == 402
        assert http.get("/companies").json()["totalResults"] == 2


def test_data_is_not_taken_for_a_company_without_a_shop(walk: Walk) -> None:
    company = walk.post("/companies", {"name": "Bare"})["id"]
    walk.post(f"/companies/{company}/connections", {"platformKey": "gbol"})
    answer = walk.http.post(f"/data/companies/{company}/sync/commerce-orders", json={})
    assert answer.status_code == 404
    assert answer.json()["error"] == (
        "Datatype [commerce-orders] not supported by platform(s) [Xero]"
    )


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ('[{"id": "a"}, {"id": 7}]', "$[1].id"),
        ('[], "contractVersion": "x"', "line 1, column"),
        ('{"orders": []}', "$:"),
        ("[1]", "$[0]"),
    ],
    ids=["type", "two values", "object", "element"],
)
def test_what_is_wrong_with_a_bare_array_is_named_where_it_stands(
    walk: Walk, body: str, place: str
) -> None:
    company = walk.post("/meta/companies/sync", {"name": "Shop"})["id"]
    path = f"/companies/{company}/data/commerce-orders"
    answer = walk.http.post(path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    [error] = answer.json()["validation"]["errors"]
    assert place in error["message"]
    assert "orders" not in error["message"]
