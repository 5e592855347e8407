"""Every operation, once, over HTTP; each answer is held against the document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from openapi_conformance import client_of, conform, document_of

from codat_mock.clock import parse_moment
from codat_mock.http.app import create_app
from codat_mock.sandbox import SandboxRegistry, Settings

NOON = parse_moment("2022-03-21T12:00:00Z")
SALE = "2022-03-21T09:30:00Z"
LATER = "the later generation"


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

    def get(self, path: str, **query: Any) -> Any:
        return self.http.get(path, params=query).raise_for_status().json()

    def send(self, method: str, path: str, body: Any) -> Any:
        return self.http.request(method, path, json=body).raise_for_status().json()

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
    told = {
        operation["operationId"]
        for methods in walk.document["paths"].values()
        for operation in methods.values()
    }
    assert walk.called == told


def companies(walk: Walk) -> str:
    made = walk.post("/meta/companies/sync", {"name": "Corner Coffee"})
    assert [each["status"] for each in made["dataConnections"]] == ["Linked"]
    bare = walk.post("/companies", {"name": "Bare"})
    assert bare["dataConnections"] == []
    for path in ("/meta/companies", "/companies"):
        assert walk.get(path, query="name~coffee")["results"] == [made]
    assert walk.get(f"/companies/{bare['id']}") == bare
    return str(made["id"])


def connections(walk: Walk, company: str) -> None:
    beta, later = f"/meta/companies/{company}/connections", f"/companies/{company}/connections"
    first = walk.post(beta, "gbol")
    second = walk.post(later, {"platformKey": "qhyg"})
    third = walk.post(later, second["integrationId"])
    assert [each["status"] for each in (first, second, third)] == ["PendingAuth"] * 3
    assert walk.get(beta)["totalResults"] == walk.get(later)["totalResults"] == 4
    authorised = walk.send("PUT", f"{later}/{first['id']}/authorization", {"token": "x"})
    assert authorised["status"] == "Linked"
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
    assert url.startswith("http://127.0.0.1:4620/flow/")
    path = f"/config/companies/{company}/sync/commerce"
    assert walk.get(path)["configured"] is False
    assert walk.post(path, walk.example("set-configuration"))["configured"] is True


def preferences(walk: Walk) -> None:
    path = "/sync/commerce/config/ui/text"
    assert walk.get(path) == {}
    walk.send("PATCH", path, {"a": {"text": "A", "required": True}, "b": {"text": "B"}})
    changed = walk.send("PATCH", path, {"b": {"text": None}})
    assert changed == walk.get(path) == {"a": {"text": "A", "required": True}, "b": {"text": None}}
    assert walk.get(path, locale="fr-fr") == {}
    client = "a00a94a8-9443-4f1d-b658-bfb19d74c6bf"
    shown = f"/clients/{client}/config/ui/accounts/platform/gbol"
    assert walk.get(shown) == {"visibleAccounts": None}
    wanted = {"visibleAccounts": ["sales"]}
    assert walk.post("/sync/commerce/config/ui/accounts/platform/gbol", wanted) == wanted
    assert walk.get(shown) == wanted


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
    history = f"/companies/{company}/data/history"
    listed = walk.get(history)["results"]
    assert [each["status"] for each in listed] == ["Queued"] * 3 + ["Complete"] * 3
    assert [each["id"] for each in reversed(listed)][:3] == pushed
    for path in (history, f"/meta/companies/{company}/pull/history"):
        assert walk.get(f"{path}/{pushed[0]}") == listed[-1]
    walk.post("/_mock/clock/advance", {"seconds": 10})


def syncs(walk: Walk, company: str) -> None:
    ran = walk.post(f"/companies/{company}/sync/commerce/latest", {})
    assert ran["syncStatusCode"] == 2000
    overlapping = {"dateRange": {"start": SALE, "finish": "2022-03-21T10:00:00Z"}}
    stopped = walk.post(f"/meta/companies/{company}/sync/commerce/historic", overlapping)
    assert stopped["syncStatusCode"] == 5080
    assert ran["syncId"] in stopped["syncExceptionMessage"]
    earlier = {"dateRange": {"start": "2022-01-01", "finish": "2022-02-01"}}
    historic = walk.post(f"/meta/companies/{company}/sync/commerce/historic", earlier)
    assert historic["syncStatusCode"] == 2040
    told = f"/companies/{company}/sync/commerce/syncs"
    assert walk.get(f"{told}/list/status") == [historic, stopped, ran]
    assert walk.get(f"{told}/{stopped['syncId']}/status") == stopped
    assert walk.get(f"{told}/latest/status") == historic
    assert walk.get(f"{told}/lastSuccessful/status") == historic
    assert walk.get(f"/meta/companies/{company}/sync/commerce/status") == historic
    shown = walk.get(f"/companies/{company}")
    assert shown["lastSync"] == ran["syncUtc"]


def test_before_the_first_sync_there_is_none_to_show(walk: Walk) -> None:
    company = walk.post("/meta/companies/sync", {"name": "New"})["id"]
    told = f"/companies/{company}/sync/commerce/syncs"
    for path in (
        f"/meta/companies/{company}/sync/commerce/status",
        f"{told}/latest/status",
        f"{told}/lastSuccessful/status",
    ):
        answer = walk.http.get(path)
        assert answer.status_code == 404
        assert company in answer.json()["error"]
    assert walk.get(f"{told}/list/status") == []


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
