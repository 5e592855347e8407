"""What failed at once, and was not pushed again before the sync (rule S14)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from codat_mock.sandbox import SandboxRegistry
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
