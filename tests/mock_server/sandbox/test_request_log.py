"""The request log: what it keeps, finds and drops, and the findings on the answer itself."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from codat_mock.domain.dataset_lifecycle import make_plan
from codat_mock.http.app import create_app
from codat_mock.models.errors import NotFound
from codat_mock.models.request_log import LoggedRequest
from codat_mock.rules.contexts import Request
from codat_mock.sandbox import SandboxRegistry, Settings, companies, request_log
from codat_mock.storage import DatasetRow
from codat_mock.storage.request_log import pack

NOON = datetime(2022, 3, 21, 12, tzinfo=UTC)
ORDERS = "commerce-orders"
ORDER = {"id": "o", "totalAmount": 1, "createdDate": "2022-03-21T08:00:00Z"}
PIE = {"id": "p", "totalAmount": 2, "createdDate": "2022-03-21T08:00:00Z"}
PUSH = "/data/companies/{companyId}/sync/commerce-orders"
HISTORY = "/meta/companies/{companyId}/pull/history/{datasetId}"


def logged(driver, query=""):
    return driver.call("GET", f"/_mock/requests{query}")


def push_path(driver):
    return f"/data/companies/{driver.company_id}/sync/{ORDERS}"


def test_every_request_of_the_integration_is_kept_in_order(driver):
    seen = logged(driver)
    numbers = [each["number"] for each in seen["requests"]]
    assert numbers == list(range(1, seen["count"] + 1))
    operations = [each["operation"] for each in seen["requests"]]
    assert operations == [
        "create-sync-company",
        "create-connection",
        "get-configuration",
        "set-configuration",
    ]
    assert seen["dropped"] == 0


def test_a_push_is_kept_with_its_dataset_and_both_bodies(http, driver):
    body = b'{ "orders": [{"id": "o", "totalAmount": 1.50}] }'
    answer = http.post(push_path(driver), content=body)
    [entry] = logged(driver, "?operation=push-orders")["requests"]
    assert entry["datasetId"] == answer.json()["datasetId"]
    assert (entry["status"], entry["sentBytes"]) == (200, len(body))
    assert entry["answeredBytes"] == len(answer.content)
    assert 0 <= entry["seconds"] < 60
    whole = driver.call("GET", f"/_mock/requests/{entry['number']}")
    assert whole["bodies"] == {"sent": body.decode(), "answered": answer.text}


@pytest.mark.parametrize("body", [b'{"orders": [{"id": 5}]}', b"[", "{'é'}".encode()])
def test_a_refused_push_is_kept_with_what_was_answered(http, driver, body):
    answer = http.post(push_path(driver), content=body)
    [entry] = logged(driver, "?status=400")["requests"]
    whole = driver.call("GET", f"/_mock/requests/{entry['number']}")
    assert whole["bodies"] == {"sent": body.decode(), "answered": answer.text}


def test_a_packed_body_is_kept_as_it_came_and_counted_so(http, driver):
    body = gzip.compress(json.dumps({"orders": [ORDER]}).encode())
    http.post(push_path(driver), content=body, headers={"Content-Encoding": "gzip"})
    [entry] = logged(driver, "?operation=push-orders")["requests"]
    assert entry["sentBytes"] == len(body)


def test_the_findings_of_a_request_are_on_its_answer_and_in_the_log(http, driver):
    first = http.post(push_path(driver), json={"orders": [ORDER, PIE]})
    assert "Codat-Mock-Findings" not in first.headers
    driver.advance(minutes=1)
    again = http.post(push_path(driver), json={"orders": [ORDER, PIE, PIE]})
    assert again.headers["Codat-Mock-Findings"] == "S03;count=3, S04;count=1"
    [entry] = logged(driver, "?code=S04")["requests"]
    assert entry["findings"] == [{"code": "S03", "count": 3}, {"code": "S04", "count": 1}]
    assert [each["number"] for each in logged(driver, "?code=S03")["requests"]] == [entry["number"]]


def test_a_refused_push_tells_its_findings_too(http, driver):
    answer = http.post(push_path(driver), json={"orders": [{"id": 5}]})
    assert (answer.status_code, answer.headers["Codat-Mock-Findings"]) == (400, "S15;count=1")


def test_requests_are_found_and_counted(http, driver):
    for status, path in ((404, "/nothing"), (404, "/nothing/else"), (200, "/meta/companies")):
        assert http.get(path).status_code == status
    assert logged(driver, "?path=/nothing")["count"] == 1
    assert logged(driver, "?path=/nothing*&status=404")["count"] == 2
    assert logged(driver, "?method=post&limit=0") == {"count": 3, "dropped": 0, "requests": []}
    assert len(logged(driver, "?limit=2")["requests"]) == 2


@pytest.mark.parametrize(
    ("query", "message"), [("?colour=red", "'colour'"), ("?limit=x", "'x'"), ("?limit=-1", "'-1'")]
)
def test_a_search_for_what_there_is_not_is_refused(http, query, message):
    answer = http.get(f"/_mock/requests{query}")
    assert answer.status_code == 400
    assert message in answer.json()["detail"]


def test_a_request_that_there_is_not_is_not_found(http):
    for number in (99, 10**26):
        answer = http.get(f"/_mock/requests/{number}")
        assert answer.status_code == 404
        assert f"Request {number} " in answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "nearest"),
    [
        ("POST", "/meta/companies/{}/push/commerce-order", f"POST {PUSH}"),
        ("GET", "/data/companies/{}/sync/commerce-orders", f"POST {PUSH}"),
        ("GET", "/meta/companies/{}/pull/histories/x", f"GET {HISTORY}"),
        ("POST", "/meta/companies/{}/pull/histories/x", "POST /meta/companies/"),
        ("DELETE", "/meta/companies/{}/connection/x", "DELETE /companies/"),
    ],
)
def test_a_request_outside_the_api_is_logged_with_the_nearest_operation(
    http, driver, method, path, nearest
):
    answer = http.request(method, path.format(driver.company_id))
    assert answer.headers["Codat-Mock-Findings"] == "T02;count=1"
    [entry] = logged(driver, "?code=T02")["requests"]
    assert entry["operation"] is None
    assert entry["nearest"].startswith(nearest)
    [finding] = driver.findings()["findings"]
    assert nearest in finding["message"]


def test_asking_for_options_reads_no_dataset(http, driver):
    dataset_id = driver.push(ORDERS, [ORDER])
    path = HISTORY.format(companyId=driver.company_id, datasetId=dataset_id)
    for _ in range(2):
        assert "Codat-Mock-Findings" not in http.options(path).headers
    assert [each["operation"] for each in logged(driver, "?method=OPTIONS")["requests"]] == [
        None
    ] * 2


def test_a_company_that_there_is_not_is_no_unknown_operation(http, driver):
    assert http.get("/companies/nobody").status_code == 404
    assert driver.findings()["findings"] == []


def test_the_same_mistake_again_is_joined_to_the_first(http, driver):
    for _ in range(30):
        http.get("/nothing")
    [finding] = driver.findings()["findings"]
    assert (finding["code"], finding["count"], finding["records"]) == ("T02", 30, ["GET /nothing"])
    assert len(finding["requests"]) == 21
    assert finding["message"].startswith("No such operation in the API: 30 requests")


def test_what_people_and_tests_ask_is_not_the_integration_s(http, driver):
    before = logged(driver)["count"]
    pages = ("/link/nothing", "/flow/nothing", "/portal/alerts", "/portal/nothing", "/swagger/")
    for path in ("/_mock/nothing", "/favicon.ico", *pages):
        http.get(path)
    assert logged(driver)["count"] == before
    assert driver.findings()["verdict"] == "nothing-observed"


def test_a_request_without_a_good_key_is_kept_where_only_one_can_be_meant():
    http = create_app(SandboxRegistry(Settings(api_keys=("k",)))).test_client()
    answer = http.get("/meta/companies", headers={"Authorization": "Basic bm8="})
    assert (answer.status_code, answer.headers["Codat-Mock-Findings"]) == (401, "T01;count=1")
    [found] = http.get("/_mock/findings").json["findings"]
    assert (found["code"], found["records"]) == ("T01", ["GET /meta/companies"])


def test_nobody_s_request_is_nobody_s():
    http = create_app(SandboxRegistry()).test_client()
    for name in ("a", "b"):
        http.get("/_mock/clock", headers={"X-Test-Id": name})
    assert "Codat-Mock-Findings" not in http.get("/meta/companies").headers
    for name in ("a", "b"):
        seen = http.get("/_mock/requests", headers={"X-Test-Id": name}).json
        assert seen["count"] == 0


def test_the_oldest_are_dropped_first_and_the_verdict_says_so():
    limit = 40_000
    http = create_app(SandboxRegistry(Settings(journal_limit=limit, speed=0))).test_client()
    for name in ("a", "b"):
        company = http.post(
            "/_mock/companies", headers={"X-Test-Id": name}, json={"name": "x"}
        ).json
        for number in range(100):
            path = f"/companies/{company['id']}/data/history/{number}"
            http.get(path, headers={"X-Test-Id": name, "Authorization": "Basic aw=="})
    seen = {
        name: http.get("/_mock/requests?limit=1000", headers={"X-Test-Id": name}).json
        for name in ("a", "b")
    }
    assert seen["a"]["dropped"] + seen["a"]["count"] == 100
    assert seen["b"]["dropped"] + seen["b"]["count"] == 100
    assert seen["a"]["dropped"] > seen["b"]["dropped"]
    kept = [each["number"] for each in seen["b"]["requests"]]
    assert kept == list(range(101 - len(kept), 101))
    verdict = http.get("/_mock/findings", headers={"X-Test-Id": "a"}).json
    assert (verdict["dropped"], verdict["isComplete"]) == (seen["a"]["dropped"], False)


def test_a_reset_begins_a_log_of_its_own(driver):
    driver.call("POST", "/_mock/reset")
    assert logged(driver) == {"count": 0, "dropped": 0, "requests": []}
    driver.create_company("x")
    assert [each["number"] for each in logged(driver)["requests"]] == [1]


def test_a_read_whose_answer_is_lost_is_none_after_the_end(driver):
    dataset = driver.push("commerce-orders", [ORDER])
    driver.advance(minutes=1)
    driver.dataset(dataset)
    path = f"/meta/companies/{driver.company_id}/pull/history/{dataset}"
    driver.plan_fault("lose", "get-dataset", by="bad-gateway", at=[1, 3, 5, 7, 9])
    for _ in range(10):  # each is lost and read again
        driver.advance(minutes=1)
        driver.try_call("GET", path)
    assert "T08" not in [each["code"] for each in driver.findings()["findings"]]
    for _ in range(4):
        driver.advance(minutes=1)
        driver.try_call("GET", path)
    assert "T08" in [each["code"] for each in driver.findings()["findings"]]


@pytest.mark.parametrize(("answered", "seconds"), [(None, 0), (100.0, 0), (102.5, 2.5)])
def test_a_request_is_answered_now_or_as_long_after_its_arrival_as_was_recorded(
    monkeypatch, answered, seconds
):
    monkeypatch.setattr(request_log, "machine_seconds", lambda: 99.0)
    found = request_log.answered_at(NOON, 100.0, answered)
    assert found.sandbox == NOON + timedelta(seconds=seconds)
    assert found.machine == (99.0 if answered is None else answered)


def test_all_requests_are_read_with_their_bodies_but_those_that_were_dropped(registry, driver):
    driver.push("commerce-orders", [])
    sandbox = registry.sandbox(registry.names()[0])
    numbers = [entry.number for entry, _ in request_log.exchanges(sandbox)]
    assert len(numbers) > 3
    reading = request_log.exchanges(sandbox)
    next(reading)
    registry._store._db.execute("DELETE FROM requests WHERE number = ?", (numbers[1],))
    assert [entry.number for entry, _ in reading] == numbers[2:]


@pytest.mark.parametrize(
    ("given", "bodies"),
    [
        ({}, (b'{"orders":[]}', b'{"data":{"orders":[]},"datasetId":"d"}')),
        ({"dataset_id": "deleted"}, (b"", b"")),
        ({"dataset_id": None}, (b"", b"")),
        ({"company_id": None}, (b"", b"")),
        ({"sent_bytes": 0}, (b"", b"")),
    ],
)
@pytest.mark.parametrize("kept", [None, b"kept"])
def test_the_bodies_of_an_accepted_push_are_those_of_its_dataset(registry, given, bodies, kept):
    with registry.sandbox("k").session() as session:
        row = session.company(companies.create(session, "Café").id)
        session.tables.datasets.add(
            row.number,
            DatasetRow("d", "c", data_type="commerce-orders", requested=NOON, ends=NOON,
                       plan=make_plan(), request=Request(1, "", "POST", "/")),
            b'{"orders":[]}',
        )  # fmt: skip
        entry = LoggedRequest(
            number=1, at="", seconds=0, method="POST", path="/", query="", status=200,
            is_planned=False, operation=None, nearest=None, answered_bytes=0, sent_type="",
            answered_type="", findings=[],
            **({"company_id": row.company.id, "dataset_id": "d", "sent_bytes": 13} | given),
        )  # fmt: skip
        session.tables.request_log.add(entry, None, kept and pack(kept))
        found = request_log.get(session, 1)[1]
        assert (found.sent, found.answered) == (bodies[0], kept or bodies[1])
        session.tables.request_log.add(replace(entry, number=2), pack(b"sent"), kept and pack(kept))
        found = request_log.get(session, 2)[1]
        assert (found.sent, found.answered) == (b"sent", kept or b"")
        with pytest.raises(NotFound):
            request_log.get(session, 3)
