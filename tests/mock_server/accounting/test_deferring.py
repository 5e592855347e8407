"""What a sync cannot book yet, the next one takes again."""

from __future__ import annotations

import pytest

from codat_scenarios.sandbox_driver import SandboxDriver

BEFORE, AFTER = "2022-03-22T02:59:59Z", "2022-03-22T03:00:01Z"  # of the sync at 03:00
NOON = "2022-03-21T10:00:00Z"


def order(created: str = NOON) -> dict[str, object]:
    return {
        "id": "O", "currency": "GBP", "createdDate": created, "totalAmount": 12,
        "totalTaxAmount": 2, "orderLineItems": [
            {"id": "L", "quantity": 1, "taxPercentage": 20, "totalAmount": 12, "totalTaxAmount": 2},
        ],
    }  # fmt: skip


def payment(created: str = NOON, status: str = "Paid", **more: object) -> dict[str, object]:
    common = {"id": "P", "amount": 12, "currency": "GBP", "createdDate": created}
    return common | {"type": "Card", "status": status} | more


def transaction(created: str = NOON, kind: str = "Payment", units: float = 12) -> dict[str, object]:
    source = {"id": "O", "type": "Order"} if kind == "Payment" else {"id": "P", "type": "Payment"}
    common = {"id": "P", "totalAmount": units, "currency": "GBP", "createdDate": created}
    return common | {"type": kind, "transactionSourceRef": source}


def push(driver: SandboxDriver, **records: list[dict[str, object]]) -> None:
    for kind in ("orders", "payments", "transactions"):
        driver.push(f"commerce-{kind}", records.get(kind, []))
        driver.advance(minutes=1)


def kinds(driver: SandboxDriver) -> list[tuple[object, object]]:
    return [(each["kind"], each["status"]) for each in driver.books()["documents"]]


def test_a_pending_payment_is_booked_once_it_is_paid(driver: SandboxDriver) -> None:
    push(driver, orders=[order()], payments=[payment(status="Pending")],
         transactions=[transaction()])  # fmt: skip
    driver.advance(days=1)
    assert kinds(driver) == [("Invoice", "Submitted")]
    assert driver.books()["unreconciled"] == []
    paid = payment(sourceModifiedDate="2022-03-22T10:00:00Z")
    push(driver, payments=[paid])
    driver.advance(days=1)
    assert kinds(driver) == [("Invoice", "Paid"), ("Payment", "Paid")]
    codes = {each["code"] for each in driver.findings()["findings"]}
    assert not codes & {"U02", "B01"}


def test_a_deposit_is_booked_with_its_order(driver: SandboxDriver) -> None:
    push(driver, payments=[payment()], transactions=[transaction()])
    driver.advance(days=1)
    books = driver.books()
    assert books["documents"] == books["missed"] == []
    [deposit] = books["unreconciled"]
    assert (deposit["key"], deposit["date"], deposit["amount"]) == ("P", "2022-03-21", 12)
    push(driver, orders=[order("2022-03-22T10:00:00Z")])
    driver.advance(days=1)
    assert kinds(driver) == [("Invoice", "Paid"), ("Payment", "Paid")]
    assert driver.books()["unreconciled"] == []


@pytest.mark.parametrize("early", ["orders", "payments", "transactions"])
def test_records_of_one_sale_may_fall_on_both_sides_of_a_sync(
    driver: SandboxDriver, early: str
) -> None:
    created = {kind: BEFORE if kind == early else AFTER for kind in
               ("orders", "payments", "transactions")}  # fmt: skip
    push(
        driver,
        orders=[order(created["orders"])],
        payments=[payment(created["payments"])],
        transactions=[
            transaction(created["transactions"]),
            transaction(created["transactions"], "PaymentFee", -0.24),
        ],
    )
    driver.advance(days=1)
    driver.advance(days=1)
    books = driver.books()
    assert sorted(kind for kind, _ in kinds(driver)) == [
        "Bill", "BillPayment", "Invoice", "Payment",
    ]  # fmt: skip
    assert {status for _, status in kinds(driver)} == {"Paid"}
    assert books["missed"] == books["unreconciled"] == []


def test_what_is_deferred_is_listed_once_however_often_it_is_tried(driver: SandboxDriver) -> None:
    push(driver, orders=[order()], payments=[payment()])
    for _ in range(3):
        driver.advance(days=1)
    [left] = driver.books()["unreconciled"]
    assert left["key"] == "P"
    assert kinds(driver) == [("Invoice", "Submitted")]
