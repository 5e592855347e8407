"""The rules for reconciling, on syncs made by hand."""

from __future__ import annotations

from typing import Any

import pytest
from judged import ORDERS, PAYMENTS, TRANSACTIONS, look, of, order, payment, sync, transaction

from codat_mock.models.commerce import Record
from codat_mock.rules.contexts import OpenRecordsContext, SyncContext
from codat_mock.rules.registry import RULES

NEITHER = "it names neither an order nor a payment"


def test_types_that_are_missing_are_named() -> None:
    assert look("R01", sync()) is None
    assert look("R01", sync(order())) == []
    assert look("R01", sync(missing_types=[PAYMENTS, TRANSACTIONS])) == [
        (PAYMENTS, ""),
        (TRANSACTIONS, ""),
    ]


@pytest.mark.parametrize(
    ("record", "note"),
    [
        (transaction(), ""),
        (transaction(source=("Q", "Payment"), kind="PaymentFee"), ""),
        (transaction(source=None), NEITHER),
        (transaction(source=("F", "Fee")), NEITHER),
        (transaction(source=("", "Order")), NEITHER),
        (of(TRANSACTIONS, id="P", type="Payment", transactionSourceRef={"id": "O"}), NEITHER),
        (transaction(source=None, kind="Payout"), ""),
        (transaction(source=None, kind="FailedPayout"), ""),
        (transaction(source=None, kind="Transfer"), ""),
        (transaction(source=None, kind="Refund"), NEITHER),
        (transaction(source=None, kind="PaymentFee"), NEITHER),
        (transaction(source=("F", "Fee"), kind="PaymentFee"), ""),
        (transaction(source=("F", "Fee"), kind="PaymentFeeRefund"), ""),
        (transaction(source=("F", "ServiceCharge"), kind="PaymentFee"), NEITHER),
        (transaction(source=("X", "Order")), "its source 'X' was never pushed"),
        (transaction(source=("O", "Payment")), "its source 'O' was never pushed"),
        (transaction(source=("D", "Order")), "its source 'D' was deleted"),
        (transaction(source=("X", "Order"), kind="Payout"), "its source 'X' was never pushed"),
    ],
)
def test_a_source_is_known(record: Record, note: str) -> None:
    given = {"others": [order(), payment(id_="Q")], "deleted": {(ORDERS, "D")}}
    key = f"P/{record.type}"
    assert look("R02", sync(record, **given)) == ([(key, note)] if note else [])
    deferred = sync(record, **given, deferred={(TRANSACTIONS, key)})
    assert look("R02", deferred) == []


def test_a_transaction_without_a_source_leaves_those_after_it_to_be_judged() -> None:
    unknown = transaction(source=("X", "Order"), id_="Q")
    for first, deferred in (
        (transaction(source=None, kind="Payout"), set()),
        (transaction(source=("Y", "Order")), {(TRANSACTIONS, "P/Payment")}),
    ):
        found = look("R02", sync(first, unknown, deferred=deferred))
        assert found == [("Q/Payment", "its source 'X' was never pushed")]


def test_a_sync_without_transactions_or_payments_has_nothing_to_reconcile() -> None:
    for code in ("R02", "R03", "R04", "R06", "R07", "R08"):
        assert look(code, sync(order())) is None
    for code in ("R05", "R09"):
        assert look(code, sync(payment())) is None
    assert look("R10", sync()) is None


@pytest.mark.parametrize(
    ("status", "kind", "is_alone"),
    [
        ("Paid", "Payment", False),
        ("Paid", "Refund", False),
        ("Paid", "PaymentFee", True),
        ("Paid", "Payout", True),
    ],
)
def test_a_payment_has_a_transaction_of_its_id(status: str, kind: str, is_alone: bool) -> None:
    records = [payment(status=status), transaction(kind=kind)]
    assert look("R03", sync(*records)) == ([("P", "")] if is_alone else [])
    assert look("R03", sync(records[0], others=records[1:])) == ([("P", "")] if is_alone else [])
    assert look("R03", sync(*records, deferred={(PAYMENTS, "P")})) == []


@pytest.mark.parametrize("status", ["Pending", "Authorized", "Failed", "Cancelled", "Unknown"])
def test_a_payment_that_is_not_paid_needs_no_transaction(status: str) -> None:
    assert look("R03", sync(payment(status=status))) is None


@pytest.mark.parametrize(
    ("paid", "moved", "currency", "differs"),
    [
        (85, 85, "GBP", False),
        (85, 85.009, "GBP", False),
        (85, 85.01, "GBP", True),
        (85.01, 85, "GBP", True),
        (85, -85, "GBP", True),
        (85, 85.9, " jpy ", False),
        (85, 86, "JPY", True),
        (None, 86, "GBP", False),
        (85, None, "GBP", False),
    ],
)
def test_a_payment_and_its_transaction_agree_to_the_smallest_unit(
    paid: float | None, moved: float | None, currency: str, differs: bool
) -> None:
    subject = sync(payment(paid, currency=currency), transaction(moved, currency=currency))
    note = f"{paid} paid, {moved} in the transaction"
    assert look("R04", subject) == ([("P", note)] if differs else [])
    for each in RULES["R04"].look(subject):
        assert [request.number for request in each.requests] == [1, 2]


def test_a_payment_without_a_transaction_hides_no_other() -> None:
    subject = sync(payment(id_="Q"), payment(85), transaction(86))
    assert look("R04", subject) == [("P", "85 paid, 86 in the transaction")]


def paid_order(
    *moved: float, cash: bool = False, fails: bool = False, currency: str = "GBP", **properties: Any
) -> list[tuple[str, str]] | None:
    """What R04 finds of an order of these properties with these sums moved."""
    records = [order(**properties, currency=currency)]
    for number, amount in enumerate(moved):
        kind = "Payment" if amount > 0 else "Refund"
        more = {"id_": f"P-{number}", "currency": currency}
        means = {"type": "Cash" if cash else "Card", "status": "Failed" if fails else "Paid"}
        records += [payment(amount, **more, **means), transaction(amount, kind=kind, **more)]
    other = [payment(id_="Q"), transaction(id_="Q", source=("elsewhere", "Order"))]
    return look("R04", sync(*records, *other))


TWO_LINES = [{"id": "1", "totalAmount": 80}, {"id": "2", "totalAmount": 5}]


@pytest.mark.parametrize(
    ("given", "note"),
    [
        ({"moved": [85]}, ""),
        ({"moved": [85.01]}, ""),
        ({"moved": [85.02]}, "85.02 paid, 85 owed"),
        ({"moved": [85.02], "orderLineItems": TWO_LINES}, ""),
        ({"moved": [85.03], "orderLineItems": TWO_LINES}, "85.03 paid, 85 owed"),
        ({"moved": [50]}, ""),
        ({"moved": [50, 35.02]}, "85.02 paid, 85 owed"),
        ({"moved": [90], "totalGratuity": 5}, ""),
        ({"moved": [90.02], "totalGratuity": 5}, "90.02 paid, 90 owed"),
        ({"moved": []}, ""),
        ({"moved": [], "total": -5}, ""),
        ({"moved": [85, -10], "totalRefund": 10}, ""),
        ({"moved": [95], "totalRefund": 10}, ""),
        ({"moved": [95.02], "totalRefund": 10}, "95.02 paid, 85 owed"),
        ({"moved": [-10], "totalRefund": 10}, ""),
        ({"moved": [-10.02], "totalRefund": 10}, "10.02 paid back, 10 owed back"),
        ({"moved": [-5], "total": -5}, ""),
        ({"moved": [-5.02], "total": -5}, "5.02 paid back, 5 owed back"),
        ({"moved": [-85]}, "85 paid back, 0 owed back"),
        ({"moved": [90], "fails": True}, ""),
        ({"moved": [85.05], "currency": "CHF"}, "85.05 paid, 85 owed"),
        ({"moved": [85.05], "currency": "CHF", "cash": True}, ""),
        ({"moved": [85.06], "currency": "CHF", "cash": True}, ""),
        ({"moved": [85.07], "currency": "CHF", "cash": True}, "85.07 paid, 85 owed"),
    ],
)
def test_no_order_is_paid_more_than_it_owes(given: dict[str, Any], note: str) -> None:
    assert paid_order(*given.pop("moved"), **given) == ([("O", note)] if note else [])


def test_cash_for_one_order_rounds_no_other() -> None:
    given = [
        order(currency="CHF"), payment(85.05, currency="CHF"), transaction(85.05, currency="CHF"),
        order(currency="CHF", id="Q"), payment(85, "C", type="Cash", currency="CHF"),
        transaction(85, ("Q", "Order"), id_="C", currency="CHF"),
    ]  # fmt: skip
    assert look("R04", sync(*given)) == [("O", "85.05 paid, 85 owed")]


def test_a_payment_that_failed_leaves_those_after_it_to_be_judged() -> None:
    failed = [
        order(id="A"),
        payment(85, "F", status="Failed"),
        transaction(85, ("A", "Order"), id_="F"),
    ]
    assert look("R04", sync(*failed, order(), payment(95), transaction(95))) == [
        ("O", "95 paid, 85 owed")
    ]


def test_money_paid_back_for_a_payment_is_of_its_order() -> None:
    back = [payment(-10, "R"), transaction(-10, ("P", "Payment"), "Refund", "R")]
    given = [order(totalRefund=0), payment(95), transaction(95)]
    assert look("R04", sync(*given, *back)) == []
    assert look("R04", sync(*given)) == [("O", "95 paid, 85 owed")]
    lost = transaction(-10, ("X", "Payment"), "Refund", "R")
    assert look("R04", sync(*given, back[0], lost)) == [("O", "95 paid, 85 owed")]


def test_fees_pay_no_order() -> None:
    fee = transaction(30, ("O", "Order"), "PaymentFeeRefund", "F")
    assert look("R04", sync(order(), payment(), transaction(), fee)) == []


@pytest.mark.parametrize(
    ("own", "of_payment", "of_source", "note"),
    [
        ("GBP", "GBP", "GBP", ""),
        ("GBP", "gbp ", " Gbp", ""),
        ("GBP", "EUR", "GBP", "GBP instead of EUR"),
        ("GBP", "GBP", "EUR", "GBP instead of EUR"),
        ("GBP", "USD", "EUR", "GBP instead of USD"),
        ("GBP", None, "EUR", "GBP instead of EUR"),
        ("GBP", "", "", ""),
        (None, "EUR", "USD", ""),
    ],
)
def test_currencies_agree_where_they_are_given(
    own: str | None, of_payment: str | None, of_source: str, note: str
) -> None:
    def absent(value: str | None) -> dict[str, Any]:
        return {"currency": value}

    records = [
        order(**absent(of_source)), payment(**absent(of_payment)), transaction(**absent(own))
    ]  # fmt: skip
    assert look("R06", sync(*records)) == ([("P/Payment", note)] if note else [])
    assert look("R06", sync(records[2])) == []


FEE_BACK = ("P", "Payment")


@pytest.mark.parametrize(
    ("record", "others", "is_wrong"),
    [
        (transaction(-10, kind="Refund"), [], False),
        (transaction(0, kind="Refund"), [], False),
        (transaction(10, kind="Refund"), [], True),
        (transaction(-10, kind="Payment"), [], False),
        (transaction(-10, kind="Payout"), [], False),
        (transaction(-1, FEE_BACK, "PaymentFee"), [payment()], False),
        (transaction(1, FEE_BACK, "PaymentFee"), [payment()], True),
        (transaction(1, FEE_BACK, "PaymentFeeRefund"), [payment()], False),
        (transaction(-1, FEE_BACK, "PaymentFeeRefund"), [payment()], True),
        # of money that is paid back
        (transaction(1, FEE_BACK, "PaymentFee"), [payment(-85)], False),
        (transaction(1, FEE_BACK, "PaymentFee"), [payment(0)], True),
        # of money that is paid back and given again, since the chargeback was won
        (transaction(1, FEE_BACK, "PaymentFee"),
         [payment(), transaction(85, ("B", "Payment")), payment(-85, "B")], False),
        (transaction(1, FEE_BACK, "PaymentFee"),
         [payment(), transaction(85, ("B", "Payment")), payment(85, "B")], True),
        (transaction(1, FEE_BACK, "PaymentFee"),
         [payment(), transaction(0.5, ("B", "Payment")), payment(0.5, "B")], True),
        (transaction(1, FEE_BACK, "PaymentFee"),
         [payment(), transaction(0.5, ("B", "Payment")), payment(-0.5, "B")], False),
        (transaction(1, FEE_BACK, "PaymentFee"),
         [payment(), transaction(85, ("B", "Order")), order(-85, id="B")], True),
        (transaction(-1, FEE_BACK, "PaymentFeeRefund"),
         [payment(), transaction(85, ("B", "Payment")), payment(-85, "B")], True),
        # of another payment, which had a fee
        (transaction(1, FEE_BACK, "PaymentFee", "F"), [payment()], True),
        (transaction(1, FEE_BACK, "PaymentFee", "F"),
         [payment(), transaction(-1, FEE_BACK, "PaymentFee")], False),
        (transaction(1, FEE_BACK, "PaymentFee", "F"),
         [payment(), transaction(0, FEE_BACK, "PaymentFee")], True),
        (transaction(-1, FEE_BACK, "PaymentFeeRefund", "F"),
         [payment(), transaction(1, FEE_BACK, "PaymentFeeRefund")], False),
        (transaction(-1, FEE_BACK, "PaymentFeeRefund", "F"),
         [payment(), transaction(-1, FEE_BACK, "PaymentFee")], True),
        (transaction(1, FEE_BACK, "PaymentFee", "F"), [payment(-85)], False),
        (transaction(1, FEE_BACK, "PaymentFee", "F"), [payment(0)], True),
        (transaction(1, FEE_BACK, "PaymentFee", "F"),
         [transaction(0.5, FEE_BACK, "PaymentFee", "G")], True),
        (transaction(1, FEE_BACK, "PaymentFee", "F"),
         [transaction(-0.5, FEE_BACK, "PaymentFee", "G")], False),
        (transaction(-1, FEE_BACK, "PaymentFeeRefund", "F"), [payment(-85)], True),
        (transaction(1, FEE_BACK, "PaymentFee", "F"),
         [transaction(-1, FEE_BACK, "PaymentFee", "G")], False),
        (transaction(1, FEE_BACK, "PaymentFee", "F"),
         [transaction(-1, ("Q", "Payment"), "PaymentFee", "G")], True),
        (transaction(1, FEE_BACK, "PaymentFee", "F"),
         [transaction(1, FEE_BACK, "PaymentFee", "G")], True),
        # of no payment
        (transaction(1, None, "PaymentFee"), [], False),
        (transaction(1, ("O", "Order"), "PaymentFee"), [], False),
        (transaction(-1, ("F", "Fee"), "PaymentFeeRefund"), [], False),
    ],
)  # fmt: skip
def test_amounts_have_the_sign_of_their_type(
    record: Any, others: list[Record], is_wrong: bool
) -> None:
    found = look("R07", sync(record, *others)) or []
    key = f"{record.id}/{record.type}"
    assert (key in dict(found)) == is_wrong
    if is_wrong:
        assert dict(found)[key] == f"a {record.type} of {record.total_amount}"


@pytest.mark.parametrize(("amount", "is_wrong"), [(-1, False), (1, True), (0, True)])
def test_a_fee_of_an_earlier_sync_may_be_reversed(amount: float, is_wrong: bool) -> None:
    back = transaction(1, FEE_BACK, "PaymentFee", "F")
    earlier = [payment(), transaction(amount, FEE_BACK, "PaymentFee")]
    assert bool(look("R07", sync(back, others=earlier))) == is_wrong


@pytest.mark.parametrize(
    ("kind", "status", "note"),
    [
        ("Payment", "Paid", ""),
        ("Payment", "Unknown", ""),
        ("Refund", "Paid", ""),
        ("Payment", None, "no payment has its id"),
        ("Refund", None, "no payment has its id"),
        ("Payment", "Pending", "the payment is Pending"),
        ("Payment", "Authorized", "the payment is Authorized"),
        ("Refund", "Failed", "the payment is Failed"),
        ("Payment", "Cancelled", "the payment is Cancelled"),
    ],
)
def test_money_that_moved_is_a_payment_s(kind: str, status: str | None, note: str) -> None:
    records = [transaction(kind=kind), *([payment(status=status)] if status else [])]
    subject = sync(*records)
    assert look("R08", subject) == ([(f"P/{kind}", note)] if note else [])
    for each in RULES["R08"].look(subject):
        assert [request.number for request in each.requests] == [1, 2][: len(records)]
    assert look("R08", sync(*records, deferred={(TRANSACTIONS, f"P/{kind}")})) == []


def test_fees_and_payouts_need_no_payment() -> None:
    assert look("R08", sync(transaction(kind="PaymentFee"))) is None
    both = sync(transaction(kind="Payout"), transaction(id_="Q"))
    assert look("R08", both) == [("Q/Payment", "no payment has its id")]


@pytest.mark.parametrize(
    ("record", "note"),
    [
        (order(85.01), ""),
        (order(85.001), "85.001 GBP, whose smallest unit is 0.01"),
        (order(85.000001), ""),
        (order(85.000002), "85.000002 GBP, whose smallest unit is 0.01"),
        (order(85, totalGratuity=0.001), "0.001 GBP, whose smallest unit is 0.01"),
        (order(None), ""),
        (order(85.5, currency="JPY"), "85.5 JPY, whose smallest unit is 1"),
        (order(85.001, currency="KWD"), ""),
        (order(85, currency="POUND"), "'POUND' is not a currency"),
        (order(85.001, currency=""), ""),
        (order(85.01, currency=" gbp"), ""),
        (payment(85.001), "85.001 GBP, whose smallest unit is 0.01"),
        (payment(-0.001), "-0.001 GBP, whose smallest unit is 0.01"),
        (transaction(85.001), "85.001 GBP, whose smallest unit is 0.01"),
        (transaction(85.01), ""),
    ],
)
def test_money_is_in_the_smallest_unit_of_a_currency(record: Record, note: str) -> None:
    subject = sync(record)
    assert look("R10", subject) == ([(subject.records[0].key, note)] if note else [])


def test_sums_and_taxes_of_orders_are_judged() -> None:
    line = {"id": "1", "totalAmount": 80, "taxPercentage": 20, "totalTaxAmount": 20}
    subject = sync(order(orderLineItems=[line]))
    assert look("R05", subject) == [("O", "its lines are 80 = 80, its total is 85")]
    assert look("R09", subject) == [("O", "a tax of 20, but 13.33 within 80 at 20 %")]
    assert look("R05", sync(order())) == look("R09", sync(order())) == []


def test_rules_of_open_records_judge_books_as_well() -> None:
    books = OpenRecordsContext(records=sync(transaction()).records)
    assert look("R02", books) == [("P/Payment", "its source 'O' was never pushed")]
    assert isinstance(sync(), SyncContext)
