"""Fees of payments, and refunds of them, as each platform books them."""

from __future__ import annotations

from sample_records import (
    DAY,
    shown,
    transaction,
    worked_example,
)
from sample_sales import (
    Paid,
    Part,
    Sale,
    booked,
    configured,
    picked_transaction,
)


def test_a_fee_of_the_other_sign_is_reversed():
    fees = [
        picked_transaction(transaction(kind, amount, ("O", "Order"), id=key))
        for key, kind, amount in [
            ("A", "PaymentFee", "-1.20"),
            ("B", "PaymentFee", "0.30"),
            ("C", "PaymentFeeRefund", "0.40"),
            ("D", "PaymentFeeRefund", "-0.10"),
        ]
    ]
    documents = booked([worked_example()[0], *fees]).documents
    assert shown(documents)[1:] == [
        ("BILL-0001", "0.90", "Paid"),
        ("BP-0001", "0.90", "Paid"),
        ("BCN-0001", "0.30", "Paid"),
        ("BCR-0001", "0.30", "Paid"),
    ]


def fees_of(kind: str, *, platform: str) -> list[tuple[str, str, str]]:
    """A fee of 0.30 and a refund of 0.10 of a payment of that type, as they are booked."""
    sale = Sale(
        "O", DAY, 12, "UTC", parts=(Part(0, 1000),),
        payments=(Paid(kind, 1000, fee=30, fee_back=10),),
    )  # fmt: skip
    documents = booked(sale.picked, configured(platform), platform_key=platform).documents
    return [(d.kind, str(d.total), d.account) for d in documents if d.kind not in
            ("Invoice", "Payment")]  # fmt: skip


def test_xero_bills_fees_of_a_clearing_account_and_spends_those_of_a_bank_account():
    assert fees_of("Card", platform="gbol") == [
        ("Bill", "0.30", None), ("BillPayment", "0.30", "gbol-092"),
        ("BillCreditNote", "0.10", None), ("BillCreditRefund", "0.10", "gbol-092"),
    ]  # fmt: skip
    assert fees_of("Paypal", platform="gbol") == [
        ("SpendMoney", "0.30", "gbol-093"), ("ReceiveMoney", "0.10", "gbol-093"),
    ]  # fmt: skip


def test_quickbooks_bills_fees_and_deposits_their_refunds():
    assert fees_of("Paypal", platform="qhyg") == [
        ("Bill", "0.30", None), ("BillPayment", "0.30", "qhyg-38"),
        ("BankDeposit", "0.10", "qhyg-38"),
    ]  # fmt: skip
