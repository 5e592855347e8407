"""What failed at once, and was not pushed again before the sync (rule S14)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from codat_mock.clock import format_moment
from codat_mock.domain.dataset_lifecycle import make_plan
from codat_mock.models.pushes import pushed_record
from codat_mock.models.request_log import LoggedRequest
from codat_mock.rules.contexts import Request
from codat_mock.sandbox import SandboxRegistry, companies, failed_pushes
from codat_mock.sandbox.failed_pushes import (
    failed_entries,
    failed_requests,
    held_by_request,
    is_failed,
    is_of,
    why,
)
from codat_mock.sandbox.session import Session
from codat_mock.storage import CompanyRow, DatasetRow
from codat_mock.storage.request_log import pack
from codat_scenarios.sandbox_driver import SandboxDriver

ORDERS = "commerce-orders"
ORDER = {"id": "A-1", "createdDate": "2022-03-21T07:00:00Z", "totalAmount": 5}
DAY_SECONDS = 86_400


def fail(driver: SandboxDriver, *orders: dict[str, Any], **fault: Any) -> None:
    driver.plan_fault("refuse", "push-orders", **{"status": 503, **fault})
    driver.try_push(ORDERS, orders)
    driver.advance(minutes=1)


def s14(driver: SandboxDriver) -> list[str]:
    """The messages of rule S14 after the night's sync."""
    driver.advance(seconds=DAY_SECONDS)
    return [each["message"] for each in driver.findings()["findings"] if each["code"] == "S14"]


@pytest.mark.parametrize("status", [401, 403, 404, 408, 429, 500, 502, 503])
def test_a_push_that_was_answered_with_an_error_has_to_be_repeated(driver, status):
    fail(driver, ORDER, ORDER | {"id": "A-2"}, status=status)
    [message] = s14(driver)
    assert "2 records, such as A-1: request" in message
    assert f"was answered {status}." in message


def test_the_push_is_shown_with_the_finding(driver):
    fail(driver, ORDER)
    driver.advance(seconds=DAY_SECONDS)
    [finding] = [each for each in driver.findings()["findings"] if each["code"] == "S14"]
    assert [each["path"] for each in finding["requests"]] == [
        f"/data/companies/{driver.company_id}/sync/{ORDERS}"
    ]


def test_a_push_that_was_answered_with_400_is_left_to_rule_s15(driver):
    driver.try_push(ORDERS, [ORDER | {"totalAmount": "5"}])
    assert s14(driver) == []


def test_a_push_of_partner_commerce_has_to_be_repeated(driver, http):
    driver.plan_fault("refuse", "partner-push-orders", status=500)
    path = f"/companies/{driver.company_id}/data/{ORDERS}"
    http.post(path, json=[ORDER])
    driver.advance(minutes=1)
    assert len(s14(driver)) == 1


def test_a_repeat_resolves_it_and_so_does_a_delete(driver):
    fail(driver, ORDER, ORDER | {"id": "A-2"})
    driver.push(ORDERS, [ORDER])
    driver.push(ORDERS, [{"id": "A-2"}])
    assert s14(driver) == []


def test_what_was_accepted_before_need_not_be_pushed_again(driver):
    driver.push(ORDERS, [ORDER])
    driver.advance(minutes=1)
    fail(driver, ORDER)
    assert s14(driver) == []


def test_an_update_that_failed_has_to_be_repeated(driver):
    driver.push(ORDERS, [ORDER])
    driver.advance(minutes=1)
    fail(driver, ORDER | {"totalAmount": 6})
    assert len(s14(driver)) == 1


def test_of_two_tries_that_failed_the_last_is_named_once(driver):
    fail(driver, ORDER)
    fail(driver, ORDER, status=500)
    [message] = s14(driver)
    assert "was answered 500" in message


def test_it_is_found_once_and_not_at_every_sync(driver):
    fail(driver, ORDER)
    assert len(s14(driver)) == 1
    assert len(s14(driver)) == 1


def test_what_the_merchant_does_not_have_any_more_need_not_be_pushed(driver):
    driver.declare(orders=[ORDER | {"id": "A-2"}])
    fail(driver, ORDER)
    assert s14(driver) == []


def test_a_push_whose_answer_was_lost_after_it_was_processed_need_not_be_repeated(driver):
    driver.plan_fault("lose", "push-orders", by="reset")
    driver.try_push(ORDERS, [ORDER])
    driver.advance(minutes=1)
    assert s14(driver) == []


def test_a_push_to_a_mistyped_company_belongs_to_the_most_similar_one(http, set_stage):
    one, other = set_stage(http), set_stage(http)
    mistyped = other.company_id[1:]
    http.post(f"/data/companies/{mistyped}/sync/{ORDERS}", json={"orders": [ORDER]})
    one.advance(minutes=1)
    one.advance(seconds=DAY_SECONDS)
    found = [each for each in one.findings()["findings"] if each["code"] == "S14"]
    assert [each["companyId"] for each in found] == [other.company_id]
    assert f"to the unknown company '{mistyped}'" in found[0]["message"]


def test_a_push_to_a_company_that_was_deleted_cannot_be_repeated(http, set_stage):
    one, other = set_stage(http), set_stage(http)
    assert http.delete(f"/companies/{one.company_id}").is_success
    http.post(f"/data/companies/{one.company_id}/sync/{ORDERS}", json={"orders": [ORDER]})
    other.advance(minutes=1)
    assert s14(other) == []


def test_a_record_that_cannot_be_read_is_passed_over(driver):
    fail(driver, ORDER, {"id": 5})
    [message] = s14(driver)
    assert "1 record, A-1" in message


def test_a_push_that_is_nested_too_deeply_is_passed_over(driver, http):
    deep = b"[" * 5000 + b"]" * 5000
    for body in (b'{"orders":[{"id":"A-1","x":%b}]}', b'{"orders":%b}'):
        driver.plan_fault("refuse", "push-orders", status=503)
        answer = http.post(
            f"/data/companies/{driver.company_id}/sync/{ORDERS}", content=body % deep
        )
        assert answer.status_code == 503
    driver.advance(minutes=1)
    assert s14(driver) == []
    assert http.get("/_mock/health").json()["failures"] == []


def test_the_failed_pushes_are_looked_up_by_an_index(registry: SandboxRegistry, http: httpx.Client):
    http.get("/companies")
    plan = registry._store._db.execute(
        "EXPLAIN QUERY PLAN SELECT number, entry FROM requests"
        " WHERE sandbox = 1 AND sent IS NOT NULL AND number < 9 ORDER BY number DESC LIMIT 9"
    ).fetchall()
    assert "requests_with_bodies" in plan[0][3]


def test_a_record_of_another_type_mends_none_of_the_same_id(driver):
    fail(driver, ORDER)
    driver.push("commerce-payments", [{"id": "A-1", "createdDate": "2022-03-21T07:00:00Z"}])
    assert len(s14(driver)) == 1


def test_a_dataset_that_failed_is_mended_by_a_later_push_and_not_by_itself(driver):
    driver.plan_outcome("dataset", "MapError")
    dataset = driver.push(ORDERS, [ORDER])
    driver.plan_outcome("dataset", "MapError")
    driver.push(ORDERS, [ORDER | {"id": "A-2"}])
    driver.push(ORDERS, [ORDER | {"id": "A-2"}])
    [message] = s14(driver)
    assert message.endswith(f"1 record, A-1: dataset {dataset} ended in MapError.")


def test_a_failed_push_of_another_type_mends_none_of_the_same_id(driver):
    fail(driver, ORDER)
    driver.plan_fault("refuse", "push-payments", status=503)
    driver.try_push("commerce-payments", [{"id": "A-1", "createdDate": "2022-03-21T07:00:00Z"}])
    driver.advance(seconds=DAY_SECONDS)
    found = [each for each in driver.findings()["findings"] if each["code"] == "S14"]
    assert sum(each["count"] for each in found) == 2


def test_a_delete_that_failed_has_to_be_repeated_if_there_is_something_to_delete(driver):
    driver.push(ORDERS, [ORDER])
    fail(driver, {"id": "A-1"}, {"id": "never"})
    [message] = s14(driver)
    assert "1 record, A-1: " in message


def test_a_delete_that_failed_and_was_repeated_is_mended(driver):
    driver.push(ORDERS, [ORDER])
    fail(driver, {"id": "A-1"})
    driver.push(ORDERS, [{"id": "A-1"}])
    assert s14(driver) == []


START = datetime(2022, 3, 21, 8, tzinfo=UTC)
STEP = timedelta(microseconds=1)
FAILED = LoggedRequest(
    number=1, at=format_moment(START), seconds=0, method="POST", path="/", query="", status=503,
    is_planned=False, operation="push-orders", nearest=None, company_id=None, dataset_id=None,
    sent_bytes=0, answered_bytes=0, sent_type="", answered_type="", findings=[],
)  # fmt: skip


@pytest.fixture
def session(registry: SandboxRegistry) -> Iterator[Session]:
    with registry.sandbox("k").session() as opened:
        yield opened


@pytest.fixture
def row(session: Session) -> CompanyRow:
    return session.company(companies.create(session, "Café", company_id="company-1").id)


def log(session: Session, row: CompanyRow, number: int, **more: Any) -> LoggedRequest:
    """A push that failed, with one order."""
    entry = replace(FAILED, number=number, company_id=row.company.id, **more)
    session.tables.request_log.add(
        entry, pack(b'{"orders":[{"id":"o%d","totalAmount":1}]}' % number), None
    )
    return entry


def add_dataset(session: Session, row: CompanyRow, number: int, key: str) -> None:
    """A dataset of one order, pushed by the request of a number."""
    request = Request(number, "", "POST", "/")
    session.tables.datasets.add(
        row.number,
        DatasetRow(f"d{number}", "c", data_type=ORDERS, requested=START, ends=START,
                   plan=make_plan("MapError"), request=request),
        b'{"orders":[{"id":"%b","totalAmount":1}]}' % key.encode(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "failed"),
    [
        ({}, True),
        ({"operation": "partner-push-orders"}, True),
        ({"operation": "push-payments"}, True),
        ({"operation": "get-company"}, False),
        ({"operation": None}, False),
        ({"status": 400}, False),
        ({"status": 400, "is_lost": True}, False),
        ({"status": 399}, False),
        ({"status": 401}, True),
        ({"status": 200}, False),
        ({"status": 200, "is_lost": True}, True),
        ({"status": 200, "is_lost": True, "dataset_id": "d5"}, False),
        ({"status": 200, "is_lost": True, "dataset_id": "unknown"}, True),
        ({"company_id": "unknown", "dataset_id": "d5"}, True),
    ],
)
def test_a_push_failed_if_it_was_refused_or_its_answer_lost_and_nothing_was_stored(
    session, row, given, failed
):
    add_dataset(session, row, 5, "x")
    entry = replace(FAILED, company_id=row.company.id)
    assert is_failed(session, replace(entry, **given)) == failed


def test_the_failed_pushes_after_a_moment_are_the_latest_first(session, row):
    for number, after in enumerate((-STEP, 0 * STEP, STEP, 2 * STEP)):
        log(session, row, number + 1, at=format_moment(START + after))
    log(session, row, 5, at=format_moment(START + 2 * STEP), status=400)
    for since, numbers in ((START, [4, 3]), (START - STEP, [4, 3, 2]), (START + 2 * STEP, [])):
        assert [each.number for each in failed_entries(session, since)] == numbers
    found = [*failed_requests(session, row, START - STEP, START + STEP)]
    assert [each.request.number for each in found] == [2, 3]
    assert [each.unresolved for each in found] == [["o2"], ["o3"]]
    row.company.data_connections[0].status = "Unlinked"
    assert [*failed_requests(session, row, START - STEP, START + STEP)] == []


def test_a_push_belongs_to_its_company_or_to_that_of_the_most_similar_id(session, row):
    other = session.company(companies.create(session, "Bar", company_id="another").id)
    log(session, row, 1, status=200)
    session.tables.request_log.add(
        replace(FAILED, number=2, company_id="company-0", status=200), None, None
    )
    for named, owner in (
        (row.company.id, row), ("another", other), ("company-2", row), ("anothe", other),
        ("company-0", None),  # it was there once
    ):  # fmt: skip
        entry = replace(FAILED, company_id=named)
        assert [is_of(session, each, entry) for each in (row, other)] == [
            owner is row,
            owner is other,
        ]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"is_lost": True}, "got no answer"),
        ({"status": 404, "company_id": "x"}, "was to the unknown company 'x'"),
        ({"status": 404}, "was answered 404"),
        ({"status": 403, "company_id": "x"}, "was answered 403"),
        ({"status": 405, "company_id": "x"}, "was answered 405"),
    ],
)
def test_why_a_push_failed(session, row, given, words):
    entry = replace(FAILED, company_id=row.company.id)
    assert why(session, replace(entry, **given)) == f"request 1 {words}"


def test_only_later_pushes_of_the_type_mend_what_failed(session, row):
    bodies = (b'{"id":"a","totalAmount":1}', b'{"id":"","totalAmount":1}')
    records = [pushed_record(ORDERS, position, body) for position, body in enumerate(bodies)]
    request = Request(5, "", "POST", "/")

    def unmended() -> list[str]:
        return [*failed_pushes.unmended(session, row, ORDERS, records, request)]

    assert [*failed_pushes.unmended(session, row, ORDERS, records[1:], request)] == []
    add_dataset(session, row, 5, "a")
    assert unmended() == ["a"]
    log(session, row, 4)
    log(session, row, 6, operation="push-payments")
    assert unmended() == ["a"]
    add_dataset(session, row, 6, "a")
    assert unmended() == []


def test_the_records_of_a_failed_push_are_read_as_far_as_they_can_be(session, row):
    for number, (operation, body) in enumerate(
        [
            ("push-orders", b'{"orders":[{"id":"a"},{"id":5},{"id":"b"}]}'),
            ("partner-push-orders", b'[{"id":"a"}]'),
            ("push-orders", b"["),
            ("push-orders", b'{"orders":' + b"[" * 200 + b"]" * 200 + b"}"),
        ]
    ):
        entry = replace(FAILED, number=number, operation=operation, company_id=row.company.id)
        session.tables.request_log.add(entry, pack(body), None)
    found = [
        [each.key for each in held_by_request(session, each)[1]]
        for each in session.tables.request_log.with_bodies()
    ]
    assert found == [[], [], ["a"], ["a", "b"]]
