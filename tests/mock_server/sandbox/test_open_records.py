"""What is in no books at this moment: found while it is so, and not after."""

from __future__ import annotations

from typing import Any

import pytest

from codat_scenarios.sandbox_driver import SandboxDriver

NOON, NEXT_NOON = "2022-03-21T10:00:00Z", "2022-03-22T10:00:00Z"
START = "2022-03-21T08:00:00Z"  # of the company
BEFORE = "2022-03-21T07:59:59.999999Z"


def order(created: str = NOON) -> dict[str, Any]:
    line = {"id": "L", "quantity": 1, "taxPercentage": 20, "totalAmount": 12, "totalTaxAmount": 2}
    return {
        "id": "O", "currency": "GBP", "createdDate": created, "totalAmount": 12,
        "totalTaxAmount": 2, "orderLineItems": [line],
    }  # fmt: skip


def payment(**more: Any) -> dict[str, Any]:
    common = {"id": "P", "amount": 12, "currency": "GBP", "createdDate": NOON}
    return common | {"type": "Card", "status": "Paid"} | more


def transaction(**more: Any) -> dict[str, Any]:
    common = {"id": "P", "totalAmount": 12, "currency": "GBP", "createdDate": NOON}
    source = {"id": "O", "type": "Order"}
    return common | {"type": "Payment", "transactionSourceRef": source} | more


def push(driver: SandboxDriver, **records: list[dict[str, Any]]) -> None:
    for kind in ("orders", "payments", "transactions"):
        driver.push(f"commerce-{kind}", records.get(kind, []))  # type: ignore[arg-type]
        driver.advance(minutes=1)


def found(driver: SandboxDriver) -> dict[str, str]:
    """The messages of the findings, by code."""
    return {each["code"]: each["message"] for each in driver.findings()["findings"]}


def test_a_deposit_is_found_until_its_order_comes(driver: SandboxDriver) -> None:
    push(driver, payments=[payment()], transactions=[transaction()])
    driver.advance(days=1)
    assert found(driver) == {
        "R02": "Source unknown: 1 record, P/Payment: its source 'O' was never pushed."
    }
    push(driver, orders=[order(NEXT_NOON)])
    driver.advance(days=1)
    assert found(driver) == {}


def test_what_a_sync_did_not_try_to_book_is_judged_by_the_next(driver: SandboxDriver) -> None:
    push(driver, payments=[payment()], transactions=[transaction()])
    driver.plan_outcome("sync", "DataPushError")
    driver.advance(days=1)
    push(driver, orders=[order(NEXT_NOON)])
    driver.advance(days=1)
    assert found(driver) == {}


def test_an_order_that_was_deleted_is_said_to_be(driver: SandboxDriver) -> None:
    push(driver, orders=[order()], payments=[payment()], transactions=[transaction()])
    driver.push("commerce-orders", [{"id": "O"}])
    driver.advance(minutes=1)
    driver.advance(days=1)
    assert "its source 'O' was deleted" in found(driver)["R02"]


@pytest.mark.parametrize("late", ["payments", "transactions"])
def test_the_rest_of_a_sale_may_come_a_day_later(driver: SandboxDriver, late: str) -> None:
    records = {"orders": [order()], "payments": [payment()], "transactions": [transaction()]}
    later = {late: [records.pop(late)[0] | {"createdDate": NEXT_NOON}]}
    push(driver, **records)
    driver.advance(days=1)
    assert found(driver).keys() == {"R08" if late == "payments" else "R03"}
    push(driver, **later)
    driver.advance(days=1)
    assert found(driver) == {}


def test_what_waits_for_long_is_found_once(driver: SandboxDriver) -> None:
    push(driver, orders=[order()], payments=[payment()])
    for _ in range(3):
        driver.advance(days=1)
    found = driver.findings()["findings"]
    assert [(each["code"], each["count"]) for each in found] == [("R03", 1)]


@pytest.mark.parametrize(
    "source", [None, {"id": "O"}, {"type": "Order"}, {"id": "", "type": "Order"}, {}]
)
def test_a_source_that_is_null_or_incomplete_is_none(driver: SandboxDriver, source: Any) -> None:
    push(
        driver,
        orders=[order()],
        payments=[payment()],
        transactions=[transaction(transactionSourceRef=source)],
    )
    driver.advance(days=1)
    assert "it names neither an order nor a payment" in found(driver)["R02"]


def test_a_payment_of_an_order_before_the_start_date_is_left_to_rule_s12(
    driver: SandboxDriver,
) -> None:
    push(driver, orders=[order(BEFORE)], payments=[payment()], transactions=[transaction()])
    driver.advance(days=1)
    assert found(driver).keys() == {"S12"}


@pytest.mark.parametrize(("created", "codes"), [(BEFORE, {"S12", "S20"}), (START, set())])
def test_the_start_date_itself_is_not_before_it(
    driver: SandboxDriver, created: str, codes: set[str]
) -> None:
    push(driver, orders=[order(created)])
    driver.advance(days=1)
    assert found(driver).keys() == codes


def test_a_run_whose_every_record_lies_before_the_start_date_names_each(
    driver: SandboxDriver,
) -> None:
    orders = [order(BEFORE) | {"id": id_} for id_ in ("O-1", "O-2")]
    push(driver, orders=orders)
    driver.advance(days=1)
    [finding] = [each for each in driver.findings()["findings"] if each["code"] == "S20"]
    assert (finding["severity"], finding["records"]) == ("error", ["O-1", "O-2"])
    push(driver, orders=[order(NEXT_NOON) | {"id": "O-3"}])
    assert found(driver).keys() == {"S12"}


def test_a_deleted_record_is_not_before_the_start_date(driver: SandboxDriver) -> None:
    push(driver, orders=[order(BEFORE)])
    driver.push("commerce-orders", [{"id": "O"}])
    assert found(driver) == {}


def test_a_payout_without_an_account_is_not_reconciled(driver: SandboxDriver) -> None:
    path = f"/config/companies/{driver.company_id}/sync/commerce"
    configuration = driver.call("GET", path)
    configuration["configuration"]["payments"]["accounts"]["payout"]["selectedAccountId"] = None
    driver.call("POST", path, configuration)
    payout = transaction(id="X", type="Payout", transactionSourceRef=None)
    push(driver, orders=[order()], transactions=[payout])
    driver.advance(days=1)
    assert "1 record, X/Payout: Reconcile manually: no payout account" in found(driver)["B06"]


def test_the_property_that_is_outdated_in_the_books_is_named(driver: SandboxDriver) -> None:
    push(driver, orders=[order()])
    note = order() | {"totalDiscount": 1, "sourceModifiedDate": "2022-03-21T12:00:00Z"}
    driver.declare(orders=[order() | {"totalAmount": 13}, note | {"id": "other"}])
    driver.advance(days=1)
    [finding] = [each for each in driver.findings()["findings"] if each["code"] == "B03"]
    assert "differs in totalAmount" in finding["message"]
    assert [(each["path"], each["old"], each["new"]) for each in finding["differences"]] == [
        ("$.totalAmount", 12, 13)
    ]
