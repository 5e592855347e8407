"""How a run begins and ends by the control API, and its report."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codat_mock.clock import parse_moment
from codat_mock.http.app import create_app
from codat_mock.sandbox import SandboxRegistry, Settings
from codat_scenarios.sandbox_driver import SandboxDriver

ORDER = {"id": "A-1", "currency": "GBP", "createdDate": "2022-03-21T09:00:00Z", "totalAmount": 5}
FORMS = {
    "json": "application/json",
    "junit": "application/xml",
    "sarif": "application/sarif+json",
    "html": "text/html",
    "markdown": "text/markdown",
    "github": "text/plain",
}


def prepare(http: httpx.Client, **details: str) -> str:
    return str(http.post("/_mock/companies", json={"name": "Café"} | details).json()["id"])


def push(http: httpx.Client, company: str) -> httpx.Response:
    return http.post(f"/data/companies/{company}/sync/commerce-orders", json={"orders": [ORDER]})


def repeats(http: httpx.Client) -> list[Any]:
    findings = http.get("/_mock/findings").json()["findings"]
    return [finding for finding in findings if finding["code"] == "S03"]


def now(http: httpx.Client) -> str:
    return str(http.get("/_mock/clock").json()["now"])


def test_a_company_is_ready_at_once(http: httpx.Client) -> None:
    company = prepare(http)
    shown = http.get(f"/companies/{company}").json()
    assert {each["status"] for each in shown["dataConnections"]} == {"Linked"}
    stored = http.get(f"/config/companies/{company}/sync/commerce").json()
    assert stored["configured"]
    assert stored["enabled"]
    assert stored["schedule"]["startDate"] == "2022-03-21T00:00:00Z"
    assert http.get("/_mock/clock").json()["nextEvent"] == "2022-03-22T03:00:00Z"


def test_the_accounting_platform_can_be_chosen(http: httpx.Client) -> None:
    company = prepare(http, accounting="qhyg")
    shown = http.get(f"/companies/{company}").json()["dataConnections"]
    assert [each["integrationKey"] for each in shown] == ["lqai", "qhyg"]


@pytest.mark.parametrize(
    ("details", "status"),
    [({"accounting": "none"}, 404), ({"accounting": "lqai"}, 404), ({"name": " "}, 400)],
)
def test_what_cannot_be_made_is_refused_and_leaves_nothing(
    http: httpx.Client, details: dict[str, str], status: int
) -> None:
    assert http.post("/_mock/companies", json={"name": "Café"} | details).status_code == status
    assert http.get("/companies").json()["totalResults"] == 0


def test_preparing_and_closing_are_no_requests_of_the_integration(http: httpx.Client) -> None:
    company = prepare(http)
    http.post("/_mock/clock/close-day")
    push(http, company)
    push(http, company)
    [found] = repeats(http)
    assert [request["number"] for request in found["requests"]] == [2, 1]


def test_a_closed_day_has_seen_its_sync(http: httpx.Client) -> None:
    company = prepare(http)
    push(http, company)
    reported = http.post("/_mock/clock/close-day").json()
    assert reported["now"] == "2022-03-22T03:00:00Z"
    [sync] = http.get("/_mock/report").json()["companies"][0]["syncs"]
    assert sync["finish"] == "2022-03-22T03:00:00Z"


def test_a_day_without_any_company_is_closed_at_once(http: httpx.Client) -> None:
    before = now(http)
    assert http.post("/_mock/clock/close-day").json()["now"] == before


def test_a_dataset_that_never_ends_keeps_no_day_open(
    driver: SandboxDriver, http: httpx.Client
) -> None:
    driver.call("POST", "/_mock/outcomes", {"target": "dataset", "stuckIn": "Mapping"})
    driver.push("commerce-orders", [ORDER])
    http.post("/_mock/clock/close-day")
    assert now(http) == "2022-03-22T03:00:00Z"


def test_a_sync_that_takes_long_is_waited_for(driver: SandboxDriver, http: httpx.Client) -> None:
    plan = {"target": "sync", "outcome": "Complete", "durations": [900]}
    driver.call("POST", "/_mock/outcomes", plan)
    driver.push("commerce-orders", [ORDER])
    http.post("/_mock/clock/close-day")
    assert now(http) == "2022-03-22T03:15:00Z"


def test_what_ends_after_its_sync_is_closed_by_the_next(http: httpx.Client) -> None:
    company = prepare(http)
    http.post("/_mock/clock/set", json={"to": "2022-03-22T02:59:58Z"})
    dataset = push(http, company).json()["datasetId"]
    http.post("/_mock/clock/close-day")
    assert now(http) == "2022-03-23T03:00:00Z"
    history = http.get(f"/companies/{company}/data/history/{dataset}").json()
    assert history["completed"] > "2022-03-22T03:00:00Z"


@given(st.lists(st.integers(0, 50_000), max_size=3), st.integers(0, 3))
def test_nothing_is_under_way_once_the_day_is_closed(waits: list[int], delay_hours: int) -> None:
    settings = Settings(
        start_at=parse_moment("2022-03-21T08:00:00Z"),
        speed=0,
        sync_delay_seconds=delay_hours * 3600,
    )
    registry = SandboxRegistry(settings)
    with httpx.Client(
        base_url="http://127.0.0.1:4620",
        headers={"Authorization": "Basic a2V5"},
        transport=httpx.WSGITransport(app=create_app(registry)),
    ) as http:
        company = prepare(http)
        for wait in waits:
            http.post("/_mock/clock/advance", json={"seconds": wait})
            push(http, company)
        before = parse_moment(now(http))
        http.post("/_mock/clock/close-day")
        [reported] = http.get("/_mock/report").json()["companies"]
        assert parse_moment(now(http)) >= before
        assert all(each["completed"] for each in reported["datasets"])
        assert len(reported["datasets"]) == len(waits)
        last = max((each["completed"] for each in reported["datasets"]), default="")
        assert reported["syncs"][-1]["at"] >= last
    registry.close()


@pytest.mark.parametrize(("form", "content_type"), FORMS.items())
def test_a_report_is_given_in_every_form(
    driver: SandboxDriver, http: httpx.Client, form: str, content_type: str
) -> None:
    for _ in range(2):
        driver.push("commerce-orders", [ORDER])
    answer = http.get("/_mock/report", params={"format": form})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].split(";")[0] == content_type
    assert "S03" in answer.text


def test_a_report_tells_pushes_syncs_and_books(driver: SandboxDriver, http: httpx.Client) -> None:
    company = driver.company_id
    own = f"/_mock/companies/{company}/merchant-records"
    http.put(own, json={"orders": [ORDER, ORDER | {"id": "A-2"}]})
    driver.push("commerce-orders", [ORDER])
    driver.push("commerce-payments", [])
    driver.push("commerce-transactions", [])
    http.post("/_mock/clock/close-day")
    run = json.loads(http.get("/_mock/report").content)
    [reported] = run["companies"]
    assert [each["dataType"].removeprefix("commerce-") for each in reported["datasets"]] == [
        "orders",
        "payments",
        "transactions",
    ]
    assert [each["code"] for each in reported["syncs"]] == [2000]
    assert [each["number"] for each in reported["documents"]] == ["INV-0001"]
    assert reported["comparison"]["agreeing"] == 1
    assert [each["key"] for each in reported["comparison"]["missing"]] == ["A-2"]


def test_an_unknown_form_is_refused_with_those_that_are_known(http: httpx.Client) -> None:
    answer = http.get("/_mock/report?format=pdf")
    assert answer.status_code == 400
    assert (
        "There is no report 'pdf'; known: github, html, json, junit, markdown, sarif."
        in answer.json()["detail"]
    )


def test_a_push_says_where_it_was_sent(driver: SandboxDriver, http: httpx.Client) -> None:
    path = f"/data/companies/{driver.company_id}/sync/commerce-orders"
    for line in (7, 8):
        sent = {"Codat-Mock-Source": f"sync.py:{line}"}
        http.post(path, json={"orders": [ORDER]}, headers=sent)
    http.post(path, json={"orders": [ORDER]})
    first, second = repeats(http)
    assert [request["caller"] for request in first["requests"]] == ["sync.py:8", "sync.py:7"]
    assert "caller" not in second["requests"][0]
