"""Syncs that end as planned: what they leave in the books, and what the next one does."""

from __future__ import annotations

import pytest
from pushed_orders import ORDERS, START, order, push

from codat_mock.clock import format_moment
from codat_scenarios.sandbox_driver import SandboxDriver


def plan(driver: SandboxDriver, outcome: str, **more: object) -> None:
    driver.call("POST", "/_mock/outcomes", {"target": "sync", "outcome": outcome, **more})


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        ("BillingExpired", 4260),
        ("ServerError", 5000),
        ("DataProcessingError", 5120),
        ("CompanyNotFound", 4040),
        ("Deauthorized", 4220),
    ],
)
def test_a_planned_failure_writes_nothing_and_the_next_success_covers_it(
    http, driver, outcome, code
) -> None:
    push(driver, order("o"))
    plan(driver, outcome)
    driver.advance(days=1)
    failed = driver.sync_status()
    assert (failed["syncStatusCode"], failed["dataPushed"]) == (code, False)
    assert failed["errorMessage"]
    assert driver.books()["documents"] == []
    path = f"/config/companies/{driver.company_id}/sync/commerce"
    driver.call("POST", path, driver.call("GET", path) | {"enabled": True})
    driver.advance(days=1)
    success = driver.sync_status()
    assert success["syncStatusCode"] == 2000
    assert success["syncDateRangeUtc"]["start"] == format_moment(START)
    [invoice] = driver.books()["documents"]
    listed = f"/companies/{driver.company_id}/sync/commerce/syncs/list/status"
    assert len(http.get(listed).json()) == 2
    assert invoice["total"] == 5


def paid_sale(driver: SandboxDriver) -> None:
    money = {"currency": "GBP", "createdDate": format_moment(START)}
    driver.push(ORDERS, [order("o") | {"currency": "GBP"}])
    driver.push("commerce-payments", [{"id": "p", "amount": 5, "status": "Paid", **money}])
    source = {"id": "o", "type": "Order"}
    moved = {"id": "p", "type": "Payment", "totalAmount": 5, "transactionSourceRef": source}
    fee = {"id": "p", "type": "PaymentFee", "totalAmount": -1, **money}
    fee["transactionSourceRef"] = {"id": "p", "type": "Payment"}
    driver.push("commerce-transactions", [moved | money, fee])


def test_a_push_error_leaves_what_was_written_and_the_next_sync_writes_the_rest(
    http, set_stage
) -> None:
    broken, whole = set_stage(http), set_stage(http)
    for driver in (broken, whole):
        paid_sale(driver)
    plan(broken, "DataPushError", companyId=broken.company_id, message="Payments are closed")
    broken.advance(days=1)
    status = broken.sync_status()
    assert (status["syncStatusCode"], status["dataPushed"]) == (5130, True)
    assert status["syncExceptionMessage"].endswith("Payments are closed")
    assert [document["kind"] for document in broken.books()["documents"]] == ["Invoice"]
    broken.advance(days=1)
    books = broken.books()
    expected = whole.books()
    assert books["trialBalance"] == expected["trialBalance"]
    kinds = [(document["kind"], document["total"]) for document in books["documents"]]
    assert kinds == [("Invoice", 5), ("Payment", 5), ("Bill", 1), ("BillPayment", 1)]
    assert books["unreconciled"] == books["missed"] == []
    assert {document["status"] for document in books["documents"]} == {"Paid"}


def test_a_push_error_leaves_nothing_to_reconcile_by_hand(http, set_stage) -> None:
    broken, whole = set_stage(http), set_stage(http)
    for driver in (broken, whole):
        push(driver, order("o"), order("odd") | {"currency": "GBP", "paymentRefs": [{"id": "p"}]})
        money = {"currency": "GBP", "createdDate": format_moment(START), "totalAmount": 5}
        lost = {"id": "gone", "type": "Order"}
        moved = {"id": "p", "type": "Payment", "transactionSourceRef": lost} | money
        payment = {"id": "p", "amount": 5, "status": "Paid"} | money
        del payment["totalAmount"]
        driver.push("commerce-payments", [payment])
        driver.push("commerce-transactions", [moved])
    plan(broken, "DataPushError", companyId=broken.company_id)
    broken.advance(days=1)  # and the other, on the same clock
    assert whole.books()["unreconciled"]
    assert broken.books()["unreconciled"] == []


def test_a_push_error_with_nothing_to_write_has_pushed_nothing(driver: SandboxDriver) -> None:
    plan(driver, "DataPushError")
    driver.advance(days=1)
    status = driver.sync_status()
    assert (status["syncStatusCode"], status["dataPushed"]) == (5130, False)


def test_a_long_sync_is_in_progress_until_it_ends(http, driver) -> None:
    push(driver, order("o"))
    plan(driver, "Complete", durations=[900])
    driver.advance(hours=19)
    seen = []
    for _ in range(4):
        status = driver.sync_status()
        seen.append((status["syncStatusCode"], status["errorMessage"], status["syncStatus"]))
        successful = f"/companies/{driver.company_id}/sync/commerce/syncs/lastSuccessful/status"
        assert http.get(successful).is_success == (status["syncStatusCode"] == 2000)
        driver.advance(minutes=5)
    assert [code for code, _, _ in seen] == [1000, 1000, 1000, 2000]
    assert {message for _, message, _ in seen} == {""}
    assert [text for _, _, text in seen] == ["Started"] * 3 + ["Complete"]


def test_a_sync_that_takes_more_than_ten_minutes_says_so(driver: SandboxDriver) -> None:
    plan(driver, "ServerError", durations=[900])
    driver.advance(hours=19)
    driver.advance(minutes=10)
    assert driver.sync_status()["syncStatusCode"] == 1000
    reading = driver.advance_to_next_event()
    assert driver.sync_status()["syncStatusCode"] == 1010
    assert reading["nextEvent"] == "2022-03-22T03:15:00Z"
    driver.advance_to_next_event()
    status = driver.sync_status()
    assert (status["syncStatusCode"], status["syncUtc"]) == (5000, "2022-03-22T03:00:00Z")


def test_a_planned_end_is_that_of_its_company_and_of_as_many_syncs(http, set_stage) -> None:
    one, other = set_stage(http), set_stage(http)
    plan(one, "BillingExpired", companyId=one.company_id, count=2)
    one.advance(days=3)
    codes = {
        driver.company_id: [
            summary["syncStatusCode"]
            for summary in http.get(
                f"/companies/{driver.company_id}/sync/commerce/syncs/list/status"
            ).json()
        ]
        for driver in (one, other)
    }
    assert codes == {one.company_id: [2040, 4260, 4260], other.company_id: [2040] * 3}
