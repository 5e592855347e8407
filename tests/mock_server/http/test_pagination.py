"""Pages of lists."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openapi_conformance import client_of, conform, document_of

from codat_mock.http.app import create_app

COUNT = 7


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    app = create_app()
    document = document_of(app)

    def check(answer: httpx.Response) -> None:
        if "/_mock/" not in str(answer.url):
            conform(document, answer)

    with client_of(app, check) as client:
        for number in range(COUNT):
            client.post("/companies", json={"name": f"Shop {number}"})
        yield client


@given(size=st.integers(1, 9))
@settings(max_examples=9, deadline=None)
def test_the_links_lead_through_every_page_once(http: httpx.Client, size: int) -> None:
    names: list[str] = []
    href: str | None = f"/companies?pageSize={size}&orderBy=-name&query=name~shop%26%26id!=x"
    backwards = None
    while href:
        page = http.get(href).json()
        links = page["_links"]
        names += [company["name"] for company in page["results"]]
        assert page["totalResults"] == COUNT
        assert http.get(links["current"]["href"]).json() == page
        assert links.get("previous", {}).get("href") == backwards
        href = links.get("next", {}).get("href")
        backwards = links["current"]["href"]
    assert names == [f"Shop {number}" for number in reversed(range(COUNT))]


def test_under_a_prefix_the_links_keep_it(http: httpx.Client) -> None:
    http.post("/sandbox/a b/companies", json={"name": "Shop"})
    http.post("/sandbox/a b/companies", json={"name": "Shop"})
    page = http.get("/sandbox/a b/companies?pageSize=1").json()
    assert page["_links"]["next"]["href"] == "/sandbox/a%20b/companies?pageSize=1&page=2"
    assert http.get(page["_links"]["next"]["href"]).json()["results"] != page["results"]


@pytest.mark.parametrize("value", ["0", "-1", "x", "1.5", "٣", "1_0", " 1", "9" * 30])
@pytest.mark.parametrize("name", ["page", "pageSize"])
def test_a_page_that_is_none_is_refused_by_its_name(
    http: httpx.Client, name: str, value: str
) -> None:
    answer = http.get("/companies", params={name: value})
    assert answer.status_code == 400
    assert f"The parameter '{name}'" in answer.json()["error"]


def test_a_page_of_more_than_5000_is_refused(http: httpx.Client) -> None:
    assert http.get("/companies", params={"pageSize": 5000}).status_code == 200
    assert http.get("/companies", params={"pageSize": 5001}).status_code == 400


def test_a_page_beyond_the_last_is_empty(http: httpx.Client) -> None:
    page = http.get("/companies", params={"page": 3, "pageSize": 5}).json()
    assert page["results"] == []
    assert "next" not in page["_links"]


def test_what_has_no_value_to_sort_by_comes_last(http: httpx.Client) -> None:
    rich = {"X-Test-Id": "sorted"}
    for name in ("a", "b", "c"):
        made = http.post("/meta/companies/sync", headers=rich, json={"name": name}).json()
    http.post(f"/data/companies/{made['id']}/sync/commerce-orders", headers=rich, json={})
    http.post("/_mock/clock/advance", headers=rich, json={"minutes": 1})
    for order in ("lastSync", "-lastSync"):
        page = http.get("/companies", headers=rich, params={"orderBy": order}).json()
        assert [company["name"] for company in page["results"]] == ["c", "a", "b"]
