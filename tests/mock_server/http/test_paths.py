"""Spellings of a path that are the same path: a slash at its end, a GUID in capitals."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, MapAdapter, Rule
from werkzeug.test import EnvironBuilder

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


def found(adapter: MapAdapter) -> Any:
    """The route and what its path names, or the error."""
    try:
        return adapter.match(return_rule=True)
    except HTTPException as error:
        return type(error), error.code, getattr(error, "new_url", None)


@given(
    st.sampled_from([route.rule for route in create_app().url_map.iter_rules()]),
    st.text(max_size=8) | st.sampled_from(["A-1", "x" * 300]),
    st.sampled_from(["GET", "POST", "DELETE", "OPTIONS"]),
    st.sampled_from(["", "/sandbox/shop"]),
)
@example("/swagger/", "", "GET", "/sandbox/shop")
def test_a_path_is_found_as_werkzeug_finds_it_the_second_time_too(
    route: str, name: str, method: str, prefix: str
) -> None:
    app = create_app()
    path = route.replace("<", "").replace(">", "").replace("company_id", quote(name))
    for spelt in (path, path.rstrip("/")):
        environ = EnvironBuilder(
            spelt, f"http://shop.example:81{prefix}", method=method, query_string="a=1"
        ).get_environ()
        expected = found(app.url_map.bind_to_environ(environ))
        for _ in range(2):
            adapter = app.create_url_adapter(app.request_class(environ))
            assert adapter
            assert found(adapter) == expected


def test_what_a_path_names_is_not_shared_between_requests() -> None:
    app = create_app()
    environ = EnvironBuilder("/companies/A").get_environ()
    for _ in range(2):
        adapter = app.create_url_adapter(app.request_class(environ))
        assert adapter
        _, named = adapter.match(return_rule=True)
        assert named == {"company_id": "A"}
        named["company_id"] = "changed"  # type: ignore[index]  # as the application does
