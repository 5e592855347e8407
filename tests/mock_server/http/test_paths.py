"""Spellings of a path that are the same path: a slash at its end, a GUID in capitals."""

from __future__ import annotations

import httpx
import pytest
from werkzeug.routing import Map, Rule

from codat_mock.http.app import create_app
from codat_mock.http.operations import OPERATIONS
from codat_scenarios.sandbox_driver import SandboxDriver

ORDERS = {"orders": [{"id": "A-1", "createdDate": "2022-03-21T08:00:00Z", "totalAmount": 5}]}


@pytest.mark.parametrize("end", ["", "/"])
def test_a_push_and_its_dataset_are_found_with_a_slash_and_in_capitals(
    http: httpx.Client, driver: SandboxDriver, end: str
) -> None:
    company = driver.company_id.upper()
    pushed = http.post(f"/data/companies/{company}/sync/commerce-orders{end}", json=ORDERS)
    assert pushed.status_code == 200
    dataset = pushed.json()["datasetId"].upper()
    assert http.get(f"/meta/companies/{company}/pull/history/{dataset}{end}").status_code == 200
    assert driver.findings()["findings"] == []


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_operation_is_known_with_a_slash_at_its_end(http: httpx.Client, name: str) -> None:
    operation = OPERATIONS[name]
    path = operation.path.replace("{", "").replace("}", "").rstrip("/")
    for spelt in (path, f"{path}/"):
        http.request(operation.method, spelt)
    logged = http.get("/_mock/requests").json()["requests"]
    assert {each["operation"] for each in logged} == {name}


def test_every_route_builds_its_urls_as_werkzeug_does() -> None:
    for route in create_app().url_map.iter_rules():
        plain = Rule(route.rule, endpoint=route.endpoint)
        Map([plain])
        values = dict.fromkeys(route.arguments, 7 if "<int:" in route.rule else "a b/ü")
        for is_appended in (True, False):
            assert route.build(dict(values), is_appended) == plain.build(dict(values), is_appended)
        assert route.build(values | {"page": 2}) == plain.build(values | {"page": 2})
