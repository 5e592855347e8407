"""What orders owe, what belongs to them, and which days and records of earlier syncs that needs."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import judged
import pytest
from judged import order, payment, transaction
from sample_records import without
from sample_sales import configured

from codat_mock.accounting.booking import (
    days_to_extend,
    rates_without_account,
    references,
    unmapped_payment_types,
    unmapped_rates,
)
from codat_mock.accounting.booking_context import booking_context
from codat_mock.accounting.catalogue import Catalogue
from codat_mock.accounting.comparison import Booked as BookedBefore
from codat_mock.accounting.comparison import belongs_in_books, differs, own_record
from codat_mock.accounting.day_of_business import Business
from codat_mock.accounting.fees import add_fees, add_payouts, currency_of
from codat_mock.accounting.order_accounts import (
    Credit,
    PaidAmount,
    close,
    is_in_currency_of,
    reopen,
)
from codat_mock.accounting.order_parts import Part, Taxed
from codat_mock.accounting.payment_allocation import payment_order
from codat_mock.accounting.reconciliation import (
    BookedCredit,
    BookedOrder,
    BookedPart,
    BookedPayment,
    Earlier,
    Unjoined,
    link,
)
from codat_mock.accounting.selection import Picked
from codat_mock.models.commerce import Record
from codat_mock.models.configuration import AccountSelection

ZERO = Decimal(0)
FINISH = datetime(2022, 3, 22, tzinfo=UTC)
DAY, PART = ("2022-03-21", "GBP", ""), BookedPart("sales", Decimal(20), Decimal(12), Decimal(2))


def booked(**more: Any) -> BookedOrder:
    given = {
        "number": "INV-1", "credit_note": None, "currency": "GBP", "location": "", "owed": ZERO,
        "due_back": ZERO, "overpaid": ZERO, "sold": (PART,), "day": "2022-03-20",
    }  # fmt: skip
    return BookedOrder(**{**given, **more})


def picked(*records: Record) -> list[Picked]:
    return [Picked(*judged.name_of(each), each) for each in records]


def context() -> Any:
    return booking_context(configured(), "gbol", "s", FINISH, [])


CREDIT = BookedCredit("CN-1", "2022-03-20", (PART,))


def test_an_order_is_reopened_and_closed_as_it_was():
    before = booked(owed=Decimal(5), due_back=Decimal(3), overpaid=Decimal(1), credits=(CREDIT,))
    account = reopen(before)
    assert close(account, {}) == before
    assert account.sold == 12
    assert account.remaining == {Part("sales", Decimal(20)): Taxed(Decimal(12), Decimal(2))}


def test_a_new_order_has_the_numbers_of_its_day():
    account = reopen(booked())
    account.booked, account.day = None, DAY
    account.credits = [Credit(DAY, {}), Credit(("2022-03-19", "GBP", ""), {}, "CN-9")]
    found = close(account, {DAY: ("INV-7", "CN-7")})
    assert (found.number, found.credit_note, found.day) == ("INV-7", "CN-7", "2022-03-21")
    assert [(each.credit_note, each.day) for each in found.credits] == [
        ("CN-7", "2022-03-21"),
        ("CN-9", "2022-03-19"),
    ]
    account.day, account.credits = None, [Credit(DAY, {})]
    nowhere = close(account, {})
    assert (nowhere.number, nowhere.credit_note, nowhere.day) == ("", None, "")
    assert nowhere.credits[0].credit_note is None


def test_only_what_was_sold_counts_as_sold():
    account = reopen(booked())
    account.remaining[Part("prepaid")] = Taxed(Decimal(-5))
    assert account.sold == 12
    for currency, is_own in ((None, True), ("", True), (" gbp", True), ("EUR", False)):
        assert is_in_currency_of(account, payment(currency=currency)) == is_own


@pytest.mark.parametrize(
    ("due_back", "credited", "is_open"), [(0, (), False), (1, (), True), (0, (CREDIT,), True)]
)
def test_an_order_is_open_while_money_or_a_refund_may_come(due_back, credited, is_open):
    assert booked(due_back=Decimal(due_back), credits=credited).is_open is is_open


@pytest.mark.parametrize(
    ("total", "days"),
    [(-0.01, {"2022-03-20", "2022-03-19"}), (0, {"2022-03-19"}), (1, {"2022-03-19"})],
)
def test_refunds_may_extend_the_days_of_credits_and_payments_those_of_exchanges(total, days):
    both = {"owed": Decimal(1), "due_back": Decimal(1), "day": "2022-03-19"}
    orders = {"C": booked(credits=(CREDIT,)), "O": booked(**both), "X": booked(**both)}
    records = picked(order(total, id="N"), transaction(), payment())
    assert days_to_extend(records, Earlier(orders, {})) == days
    for one_side in ({"owed": ZERO}, {"due_back": ZERO}):
        orders["O"] = booked(**both | one_side)
        assert days_to_extend(records, Earlier(orders, {})) == days - {"2022-03-19"}
    by_payment = Earlier({"O": booked(**both)}, {"P": BookedPayment("O", "Card")})
    assert days_to_extend([], by_payment) == {"2022-03-19"}


def test_records_refer_to_their_own_payment_and_to_their_source():
    found = references(picked(order(), payment(), transaction(id_="T")))
    names = {("commerce-payments", "P")}
    for key in ("T", "O"):
        names |= {("commerce-orders", key), ("commerce-payments", key)}
    assert found == names


CARD, CASH = payment(id_="P"), payment(id_="Q", type="Cash")


def links(*transactions: Record, earlier: Earlier | None = None, orders=("O",)) -> Any:
    known = {"P": CARD, "Q": CASH}
    return link(orders, known, transactions, earlier or Earlier.nothing())


BEFORE = Earlier({"E": booked(currency="EUR")}, {"B": BookedPayment("E", "Cash")})


@pytest.mark.parametrize(
    ("given", "payment_id", "found"),
    [
        ([transaction()], "P", "O"),
        ([transaction(kind="Refund")], "P", "O"),
        ([transaction(kind="Refund"), transaction(source=("E", "Order"))], "P", "E"),
        ([transaction(source=("E", "Order")), transaction(kind="Refund")], "P", "E"),
        ([transaction(), transaction(source=("P", "Payment"), id_="R")], "R", "O"),
        ([transaction(source=("B", "Payment"))], "P", "E"),
        ([], "B", "E"),
        ([transaction(source=("X", "Order"))], "P", None),
        ([transaction(source=("O", "Fee"))], "P", None),
        ([transaction(source=("P", "Payment"))], "P", None),
        ([transaction(source=("R", "Payment")), transaction(source=("P", "Payment"), id_="R")],
         "P", None),
        ([transaction(kind="PaymentFee")], "P", None),
    ],
)  # fmt: skip
def test_a_payment_leads_to_its_order(given, payment_id, found):
    known = links(*given, earlier=BEFORE)
    if found:
        assert known.order_of(payment_id) == found
    else:
        with pytest.raises(Unjoined):
            known.order_of(payment_id)


@pytest.mark.parametrize(
    ("moved", "kind", "of_order"),
    [
        (transaction(-1, ("Q", "Payment"), "PaymentFee", "P"), "Cash", "O"),
        (transaction(-1, ("P", "Payment"), "PaymentFee", "Q"), "Card", "O"),
        (transaction(-1, None, "PaymentFee", "Q"), "Cash", "O"),
        (transaction(-1, ("O", "Order"), "PaymentFee", "F"), "Card", "O"),
        (transaction(-1, ("B", "Payment"), "PaymentFee", "F"), "Cash", "E"),
        (transaction(-1, ("Z", "Order"), "PaymentFee", "F"), "Card", "Z"),
        (transaction(-1, None, "PaymentFee", "F"), "Card", ""),
    ],
)
def test_a_fee_belongs_to_its_source_or_to_the_payment_of_its_id(moved, kind, of_order):
    known = links(transaction(), transaction(id_="Q"), earlier=BEFORE)
    assert known.payment_type(moved) == kind
    assert known.order_of_money(moved) == of_order


@pytest.mark.parametrize(
    ("source", "is_known"),
    [
        (("O", "Order"), True), (("E", "Order"), True), (("X", "Order"), False),
        (("P", "Payment"), True), (("B", "Payment"), True), (("X", "Payment"), False),
        (("X", "Fee"), True), (("O", "ServiceCharge"), False), (None, False),
        (("O", "Payment"), False), (("P", "Order"), False),
    ],
)  # fmt: skip
def test_the_source_of_a_fee_is_known(source, is_known):
    fee = transaction(-1, source, "PaymentFee")
    known = links(earlier=BEFORE)
    if is_known:
        known.check_source(fee)
    else:
        with pytest.raises(Unjoined):
            known.check_source(fee)


def test_a_payment_names_another_or_its_order():
    known = links(transaction(), transaction(source=("P", "Payment"), id_="R"))
    assert [known.names_payment(key) for key in ("P", "R", "X")] == [False, True, False]


@pytest.mark.parametrize(
    ("own", "source", "found"),
    [
        ("USD", ("P", "Payment"), "USD"),
        (None, ("P", "Payment"), "GBP"),
        (None, ("O", "Order"), "CHF"),
        (None, ("E", "Order"), "EUR"),
        (None, ("X", "Order"), "GBP"),
    ],
)
def test_a_fee_without_a_currency_has_that_of_its_payment_or_order(own, source, found):
    business = Business()
    business.add_orders([("O", order(currency="CHF"))], context())
    fee = transaction(-1, source, "PaymentFee", "F", currency=own)
    assert currency_of(fee, business, links(earlier=BEFORE), context()) == found


def test_fees_and_payouts_are_gathered_by_account_and_those_of_nothing_left_out():
    business, known = Business(), links(transaction(), transaction(id_="Q"))
    fees = [
        transaction(-1.004, ("P", "Payment"), "PaymentFee"),
        transaction(0.5, ("P", "Payment"), "PaymentFeeRefund"),
        transaction(-0.004, ("P", "Payment"), "PaymentFee", "R"),
        transaction(-7, ("X", "Payment"), "PaymentFee", "X"),
        transaction(85),
    ]
    payouts = [
        transaction(100, None, "Payout", "A"),
        transaction(-30, None, "FailedPayout", "B"),
        transaction(-20, None, "Transfer", "C"),
        transaction(0, None, "Payout", "D"),
    ]
    add_fees(business, [(f"{each.id}/{each.type}", each) for each in fees], known, context())
    add_payouts(business, [(f"{each.id}/{each.type}", each) for each in payouts], known, context())
    assert sorted((at.purpose, total.amount) for at, total in business.fees.items()) == [
        ("paymentFee", Decimal(-1)),
        ("paymentFeeRefund", Decimal("0.5")),
    ]
    assert sorted((at.is_failed, total.amount) for at, total in business.payouts.items()) == [
        (False, Decimal(120)),
        (True, Decimal(-30)),
    ]
    assert business.deferred == {("commerce-transactions", "X/PaymentFee")}


def test_money_in_is_allocated_before_money_out_and_by_date():
    later = payment(createdDate="2022-03-21T13:00:00Z")
    early = payment(createdDate="2022-03-21T12:00:00Z")
    given = [
        PaidAmount("out", early, Decimal(-1)), PaidAmount("b", later, Decimal(1)),
        PaidAmount("undated", payment(), ZERO), PaidAmount("a", later, Decimal(1)),
        PaidAmount("early", early, Decimal(1)),
    ]  # fmt: skip
    found = [each.key for each in sorted(given, key=payment_order)]
    assert found == ["early", "a", "b", "undated", "out"]


@pytest.mark.parametrize(
    ("amount", "currency", "modified", "is_stale"),
    [
        ("5", "GBP", None, False), ("5.004", "GBP", None, False), ("5.005", "GBP", None, True),
        ("4.99", "GBP", None, True), ("5", "EUR", None, True), ("5", None, None, False),
        ("5", "GBP", "12:00:00", False), ("5", "GBP", "11:59:59", False),
        ("5", "GBP", "12:00:00.000001", True),
    ],
)  # fmt: skip
def test_a_booked_record_is_outdated_by_its_amount_currency_or_date(
    amount, currency, modified, is_stale
):
    dates = {"sourceModifiedDate": f"2022-03-21T{modified}Z"} if modified else {}
    own = own_record("commerce-payments", "P", payment(float(amount), currency=currency, **dates))
    before = BookedBefore(Decimal(5), "GBP", datetime(2022, 3, 21, 12, tzinfo=UTC))
    assert differs(own, before) is is_stale
    assert differs(own, BookedBefore(Decimal(5), "GBP", None)) is (is_stale and not modified)


@pytest.mark.parametrize(
    ("record", "belongs", "is_nil"),
    [
        (order(), True, False), (order(0), True, True), (payment(), True, False),
        (payment(0), True, True), (payment(status="Pending"), False, False),
        (transaction(), False, False), (transaction(kind="Refund"), False, False),
        (transaction(kind="PaymentFee"), True, False), (transaction(kind="Payout"), True, False),
        (transaction(0, kind="PaymentFeeRefund"), True, True),
        (order(0, orderLineItems=[{"id": "1", "totalAmount": 5},
                                  {"id": "2", "totalAmount": 5, "quantity": -1}]), True, False),
    ],
)  # fmt: skip
def test_orders_paid_payments_fees_and_payouts_belong_in_the_books(record, belongs, is_nil):
    own = own_record(*judged.name_of(record), record)
    assert (belongs_in_books(own, configured()), own.is_nil) == (belongs, is_nil)


def test_what_is_not_mapped_is_listed_once_in_order():
    lines = [{"id": "l", "totalAmount": 1, "taxPercentage": rate} for rate in (77, 33, 20, 77)]
    records = picked(order(orderLineItems=lines), payment(), payment(type="Cash", status="Failed"))
    assert unmapped_rates(records, configured()) == [33, 77]
    assert rates_without_account(records, configured(), "nowhere") == []
    assert unmapped_payment_types(records, configured()) == []


@pytest.mark.parametrize(
    ("status", "found"), [("Paid", ["Cash"]), ("Failed", []), ("Pending", []), ("Unknown", [])]
)
def test_only_types_of_paid_payments_have_to_be_mapped(status, found):
    accounts = configured().configuration.payments.accounts
    without_cash = without("payments", accounts={**accounts, "cash": AccountSelection()})
    records = picked(payment(type="Cash", status=status), payment())
    assert unmapped_payment_types(records, without_cash) == found
    assert unmapped_payment_types(records, without("payments", sync_payments=False)) == []


def test_a_product_decides_the_purpose_of_a_line():
    catalogue = Catalogue(frozenset({"g"}), {"h": "hats", "x": "gone"}, {"hats": "Hats"})
    purposes = []
    for product in ({"id": "g"}, {"id": "h"}, {"id": "x"}, {"id": "other"}, {}, None):
        named = {"productRef": product} if product else {}
        lines = [{"id": "l", "totalAmount": 1, **named}]
        [line] = order(orderLineItems=lines).order_line_items
        purposes.append(catalogue.purpose_of(line))
    assert purposes == ["prepaid", "category-hats", "sales", "sales", "sales", "sales"]
