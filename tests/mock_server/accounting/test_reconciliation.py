from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace
from sample_records import (
    DAY,
    payment,
    replace_record,
    shown,
    transaction,
    without,
    worked_example,
)
from sample_sales import (
    Paid,
    Part,
    Sale,
    booked,
    configured,
    earlier,
    picked_payment,
    picked_transaction,
)

from codat_mock.accounting.selection import Picked


def reasons(picked: list[Picked], **settings: Any) -> list[tuple[str, str]]:
    return [(item.key, item.reason) for item in booked(picked, **settings).unreconciled]


def test_a_payment_without_its_transaction_is_left_to_be_reconciled_manually():
    picked = worked_example()[:2]
    assert reasons(picked) == [
        ("P", "Reconcile manually: no transaction of type Payment has the id 'P'.")
    ]
    assert [d.kind for d in booked(picked).documents] == ["Invoice"]


def test_a_payment_of_an_unknown_order_is_left_to_be_reconciled_manually():
    picked = worked_example()[1:3]
    assert reasons(picked) == [
        ("P", "Reconcile manually: the source of its transaction, order 'O', is not known.")
    ]


def test_a_fee_of_an_unknown_payment_is_left_to_be_reconciled_manually():
    picked = worked_example()[3:]
    assert reasons(picked) == [
        ("P/PaymentFee", "Reconcile manually: its source, payment 'P', is not known.")
    ]


def test_a_transaction_of_an_unknown_payment_is_left_to_be_reconciled_manually():
    picked = [worked_example()[0], worked_example()[2]]
    assert reasons(picked) == [("P/Payment", "Reconcile manually: no payment has its id, 'P'.")]


def test_a_transaction_without_a_source_is_left_to_be_reconciled_manually():
    picked = worked_example()
    picked[2] = replace_record(picked[2], transaction_source_ref=UNSET)
    reason = "the source of its transaction, which it does not have, is not known"
    assert reasons(picked) == [("P", f"Reconcile manually: {reason}.")]


def test_transactions_that_lead_in_a_circle_lead_nowhere():
    picked = [picked_payment(payment(id=key)) for key in "AB"]
    for key, source in ("AB", "BA"):
        link = transaction("Payment", "85", (source, "Payment"), id=key)
        picked.append(picked_transaction(link))
    assert [key for key, _ in reasons(picked)] == ["A", "B"]


def test_a_payment_type_without_an_account_is_left_to_be_reconciled_manually():
    accounts = configured().configuration.payments.accounts
    unselected = {"card": replace(accounts["card"], selected_account_id=None)}
    found = reasons(
        worked_example(), configuration=without("payments", accounts=accounts | unselected)
    )
    assert found == [("P", "Reconcile manually: no account is selected for payments of type Card.")]


def test_a_refund_that_names_the_payment_finds_the_payments_order():
    sale = Sale(
        "O", DAY, 12, "UTC",
        parts=(Part(0, 1000), Part(0, -400)),
        payments=(Paid("Card", 1000),),
    )  # fmt: skip
    back = picked_payment(payment("-4", id="R"))
    link = picked_transaction(transaction("Refund", "-4", ("O-0", "Payment"), id="R"))
    booking = booked([*sale.picked, back, link])
    assert booking.unreconciled == ()
    refund = booking.documents[3]
    assert (refund.kind, str(refund.total), refund.applies_to) == ("Refund", "4.00", "CN-0001")


def test_money_paid_back_for_an_order_without_refunds_makes_a_credit_note():
    sale = Sale(
        "O", DAY, 12, "UTC",
        parts=(Part(0, 1000),),
        payments=(Paid("Card", 1000), Paid("Card", -400)),
    )  # fmt: skip
    assert shown(booked(sale.picked).documents) == [
        ("INV-0001", "10.00", "Paid"),
        ("CN-0001", "4.00", "Paid"),
        ("PAY-0001", "10.00", "Paid"),
        ("RF-0001", "4.00", "Paid"),
    ]


@pytest.mark.parametrize("kinds", [("Payment", "Refund"), ("Refund", "Payment")])
def test_of_two_transactions_with_a_payments_id_the_payment_names_its_order(kinds):
    sources = {"Payment": ("O", "Order"), "Refund": ("elsewhere", "Order")}
    links = [picked_transaction(transaction(kind, "85", sources[kind])) for kind in kinds]
    booking = booked([*worked_example()[:2], *links])
    assert booking.unreconciled == ()
    assert booking.documents[1].applies_to == "INV-0001"


def test_a_fee_may_come_a_sync_later_than_its_payment():
    first = booked(worked_example()[:3])
    booking = booked(worked_example()[3:], sync_id="sync-2", earlier=earlier(first))
    assert [document.kind for document in booking.documents] == ["Bill", "BillPayment"]
    assert booking.unreconciled == ()


def test_a_fee_of_what_is_neither_order_nor_payment_is_left_to_be_reconciled_manually():
    fee = picked_transaction(transaction("PaymentFee", "-1", ("O", "ServiceCharge"), id="F"))
    assert reasons([*worked_example(), fee]) == [
        ("F/PaymentFee", "Reconcile manually: its source, servicecharge 'O', is not known.")
    ]


def test_a_fee_without_an_account_is_left_to_be_reconciled_manually():
    accounts = configured().configuration.fees.accounts
    unselected = {"paymentFee": replace(accounts["paymentFee"], selected_account_id=None)}
    booking = booked(worked_example(), without("fees", accounts=accounts | unselected))
    assert [document.kind for document in booking.documents] == ["Invoice", "Payment"]
    (fee,) = booking.unreconciled
    assert fee.reason == "Reconcile manually: no account is selected for paymentFee."
    assert (fee.currency, fee.amount) == ("GBP", Decimal("-1.49"))


def test_payments_that_are_not_synced_need_no_reconciling():
    loose = [worked_example()[0], worked_example()[2]]
    assert reasons(loose, configuration=without("payments", sync_payments=False)) == []
