"""Days worked out by hand: how money is allocated across orders and syncs."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sample_records import NOON, line, order, payment, pounds, transaction
from sample_sales import booked, earlier, picked_order, picked_payment, picked_transaction

from codat_mock.accounting import reconciliation
from codat_mock.accounting.documents import Document, last_numbers, settled
from codat_mock.accounting.ledger import trial_balance
from codat_mock.accounting.selection import Picked

TOMORROW = NOON + timedelta(days=1)


def sale(key: str, gross: str, **properties: object) -> Picked:
    given = {"id": key, "total_amount": pounds(gross), "order_line_items": [line(gross)]}
    return picked_order(order(**{**given, **properties}))


def refund(key: str, gross: str) -> Picked:
    back = line(f"-{gross}")
    back.quantity = Decimal(-1)
    amount = pounds(f"-{gross}")
    return sale(key, f"-{gross}", total_refund=amount, order_line_items=[back],
                created_date=TOMORROW)  # fmt: skip


def paid(
    key: str, amount: str, source: tuple[str, str], kind: str = "Payment", **properties: object
) -> list[Picked]:
    moment = {"id": key, "created_date": TOMORROW, "currency": "GBP"} | {
        name: value for name, value in properties.items() if name != "type"
    }
    money = payment(amount, **moment, type=properties.get("type", "Card"))
    return [picked_payment(money), picked_transaction(transaction(kind, amount, source, **moment))]


def two_syncs(first: list[Picked], second: list[Picked]) -> tuple[Document, ...]:
    one = booked(first)
    used = last_numbers(one.documents)
    two = booked(second, earlier=earlier(one), numbers_used=used, sync_id="sync-2")
    return settled((*one.documents, *two.documents))


def described(documents: tuple[Document, ...]) -> list[str]:
    return [
        f"{each.number} {each.date} {each.total} {each.status} {each.applies_to or ''}".strip()
        for each in documents
    ]


def balances(documents: tuple[Document, ...]) -> dict[str, Decimal]:
    return {
        each.name: each.debit - each.credit
        for each in trial_balance(documents)
        if each.debit != each.credit
    }


def test_a_refund_whose_source_is_the_payment_settles_the_refund_order_it_belongs_to():
    # Sold 20.00, returned as an order of its own, repaid by a refund of the first payment: one
    # credit note of 20.00, paid, and nothing is owed.
    first = [sale("O", "20"), *paid("P", "20", ("O", "Order"), created_date=NOON)]
    second = [refund("R", "20"), *paid("RP", "-20", ("P", "Payment"), "Refund")]
    documents = two_syncs(first, second)
    assert described(documents) == [
        "INV-0001 2022-02-14 20.00 Paid",
        "PAY-0001 2022-02-14 20.00 Paid INV-0001",
        "CN-0001 2022-02-15 20.00 Paid",
        "RF-0001 2022-02-15 20.00 Paid CN-0001",
    ]
    assert sorted(balances(documents).values()) == [pounds("-16.67"), pounds("16.67")]


@pytest.mark.parametrize("source", ["other amount", "own repayment"])
def test_a_refund_of_a_payment_is_credited_to_its_own_order_where_no_other_matches(source: str):
    first = [sale("O", "20"), *paid("P", "20", ("O", "Order"), created_date=NOON)]
    second = [refund("R", "5"), *paid("RP", "-20", ("P", "Payment"), "Refund")]
    if source == "own repayment":
        second = [refund("R", "20"), *paid("RR", "-20", ("R", "Order"), "Refund"), *second[1:]]
    note = next(each for each in two_syncs(first, second) if each.kind == "CreditNote")
    assert note.total == (25 if source == "other amount" else 40)


@pytest.mark.parametrize(
    ("gross", "cash", "expected", "rounding"),
    [
        (
            "9.97",
            "9.95",
            ["INV-0001 2022-02-14 9.97 Paid", "CN-0001 2022-02-15 0.02 Paid",
             "PAY-0001 2022-02-15 9.95 Paid INV-0001"],
            "0.02",
        ),
        (
            "9.98",
            "10",
            ["INV-0001 2022-02-14 9.98 Paid", "INV-0002 2022-02-15 0.02 Paid",
             "PAY-0001 2022-02-15 0.02 Paid INV-0002", "PAY-0002 2022-02-15 9.98 Paid INV-0001"],
            "-0.02",
        ),
    ],
)  # fmt: skip
def test_cash_that_pays_an_invoice_of_an_earlier_sync_is_rounded_on_the_day_of_the_payment(
    gross: str, cash: str, expected: list[str], rounding: str
):
    first = [sale("O", gross, currency="CHF")]
    second = paid("P", cash, ("O", "Order"), type="Cash", currency="CHF")
    documents = two_syncs(first, second)
    assert described(documents) == expected
    found = balances(documents)
    assert found.pop("Rounding") == pounds(rounding)
    assert sum(found.values()) == -pounds(rounding)
    assert len(found) == 3  # cash, sales and tax: nothing is owed


def test_a_coin_less_than_an_earlier_invoice_is_not_rounding():
    first = [sale("O", "10", currency="CHF")]
    second = paid("P", "9.95", ("O", "Order"), type="Cash", currency="CHF")
    assert described(two_syncs(first, second)) == [
        "INV-0001 2022-02-14 10.00 PartPaid",
        "PAY-0001 2022-02-15 9.95 Paid INV-0001",
    ]


def test_the_payments_of_an_order_are_found_without_reading_every_link_for_each_fee(
    monkeypatch: pytest.MonkeyPatch,
):
    read = 0
    source_of = reconciliation.source_of

    def counting(link: object) -> tuple[str, str]:
        nonlocal read
        read += 1
        return source_of(link)

    monkeypatch.setattr(reconciliation, "source_of", counting)
    picked = []
    for number in range(100):
        picked.append(sale(f"O{number}", "10"))
        picked += paid(f"P{number}", "10", (f"O{number}", "Order"))
        fee = transaction("PaymentFee", "-1", (f"O{number}", "Order"), id=f"F{number}")
        picked.append(picked_transaction(fee))
    documents = booked(picked).documents
    assert [each.total for each in documents if each.kind == "Bill"] == [100]
    assert read < 10 * 100
