"""More odd days of a shop, each with its balances in every mapping and sync type.

An accountant works out the balances by hand: debits above zero, credits below, by the purpose of
the account. What comes to nothing is left out. Also debits equal credits, no document is below
zero, and where nothing is owed every document is paid.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
from hand_made_days import Day, back, charge, gift, line
from shop_books import MAPPINGS, MORE_MAPPINGS, Shop

from codat_mock.accounting.documents import SETTLED_KINDS
from codat_mock.accounting.ledger import entries

TUESDAY, WEDNESDAY, THURSDAY = "2022-03-22", "2022-03-23", "2022-03-24"
GIFT_CARDS: dict[str, Any] = {"gift_cards": ["gift"]}
NEW_YORK: dict[str, Any] = {"rates": {"8.875": "qhyg-tax-8.875"}}


class Odd(NamedTuple):
    """Days, and the balances that they leave.

    Args:
        days: each is followed by the sync of its night.
        balances: by purpose, in the currency of the first day; or by currency and purpose.
        shop: how it is set up.
        only: the mappings it is for; all by default.
        is_clean: whether no rule is broken.
        unreconciled: how many records are left for somebody to reconcile.
    """

    days: list[Day]
    balances: Mapping[Any, float]
    shop: Mapping[str, Any] = MappingProxyType({})
    only: tuple[str, ...] = (*MAPPINGS, *MORE_MAPPINGS)
    is_clean: bool = True
    unreconciled: int = 0


def sold(date: str = "2022-03-21", currency: str = "GBP", at: str = "10:00:00") -> Day:
    """24.00 with 4.00 of VAT, not paid."""
    return Day(date, currency).order("O", 24, line(24, 20, 4), tax=4, at=at)


def refunded(date: str = TUESDAY, currency: str = "GBP", **more: Any) -> Day:
    """The same given back, by an order of its own, not repaid."""
    return Day(date, currency).order("R", -24, back(24, 20, 4), tax=-4, refund=24, **more)


def mixed() -> Day:
    """54.00 at 20 % and 37.80 at 5 % after 10.20 off the order, and 8.00 of tip, paid by card."""
    day = Day().order("O", 91.8, line(60, 20, 10), line(42, 5, 2), tax=10.8, totalDiscount=10.2,
                      tip=8)  # fmt: skip
    return day.pay("P", 99.8, "O")


def half_back() -> Day:
    """27.00 of the 54.00 come back: 4.50 of VAT."""
    return Day(TUESDAY).order("R", -27, back(27, 20, 4.5), tax=-4.5, refund=27)


def without(day: Day, kind: str, name: str) -> Day:
    """The day without a property of its first record of a kind."""
    del day.records[kind][0][name]
    return day


SOLD = {"sales": -20, "vat": -4}
PAID = {**SOLD, "card": 24}
BACK = {"sales": -20, "refunds": 20}
# 99.80 came in by card, 27.00 went back in cash. VAT 9.00 + 1.80 - 4.50.
MIXED = {"sales": -81, "tips": -8, "vat": -6.3, "refunds": 22.5, "card": 99.8, "cash": -27}

ODD_DAYS = {
    "discount, tip and two rates, partly refunded in cash": Odd(
        [mixed(), half_back().pay("PR", -27, "R", "Cash")], MIXED
    ),
    "the same, the repayment names the payment": Odd(
        [mixed(), half_back().pay("PR", -27, "P", "Cash", of="Payment")], MIXED
    ),
    "the same, the repayment names the sale": Odd(
        [mixed(), half_back().pay("PR", -27, "O", "Cash")], MIXED
    ),
    # The discount of 10.20 is on the 102.00 sold, before anything came back.
    "the same within one order": Odd(
        [Day().order("O", 64.8, line(60, 20, 10), line(42, 5, 2), back(27, 20, 4.5), tax=6.3,
                     totalDiscount=10.2, refund=27, tip=8)
         .pay("P", 99.8, "O").pay("PR", -27, "O", "Cash", at="11:00:00")],
        MIXED,
    ),
    # Half of 91.80 comes back by value: half of the VAT, and none of the tip.
    "the same, half refunded in totalRefund only": Odd(
        [Day().order("O", 45.9, line(60, 20, 10), line(42, 5, 2), tax=5.4, totalDiscount=10.2,
                     refund=45.9, tip=8)
         .pay("P", 99.8, "O").pay("PR", -45.9, "O", "Cash", at="11:00:00")],
        {"sales": -81, "tips": -8, "vat": -5.4, "refunds": 40.5, "card": 99.8, "cash": -45.9},
    ),
    "deposits of two days and types, then the order and the rest": Odd(
        [Day().pay("P1", 20, "O"), Day(TUESDAY).pay("P2", 30, "O", "Cash"),
         Day(WEDNESDAY).order("O", 96, line(96, 20, 16), tax=16).pay("P3", 46, "O", "Paypal")],
        {"sales": -80, "vat": -16, "card": 20, "cash": 30, "paypal": 46},
    ),
    # 20.00 were paid before the order; 12.00 stay sold, so that 8.00 go back.
    "deposit, of which a part is cancelled in the order": Odd(
        [Day().pay("P1", 20, "O"),
         Day(TUESDAY).order("O", 12, line(24, 20, 4), back(12, 20, 2), tax=2, refund=12)
         .pay("P2", -8, "O")],
        {"sales": -20, "refunds": 10, "vat": -2, "card": 12},
    ),
    "deposit given back, of an order that never came": Odd(
        [Day().pay("P1", 20, "O"), Day(TUESDAY).pay("P2", -20, "O")], {},
        is_clean=False, unreconciled=2,
    ),
    "paid in three nights by three types": Odd(
        [sold().pay("P1", 10, "O"), Day(TUESDAY).pay("P2", 10, "O", "Cash"),
         Day(WEDNESDAY).pay("P3", 4, "O", "Paypal")],
        {**SOLD, "card": 10, "cash": 10, "paypal": 4},
    ),
    "never paid, and refunded in the same order": Odd(
        [Day().order("O", 0, line(24, 20, 4), back(24, 20, 4), tax=0, refund=24)], BACK
    ),
    # A card of 50.00 for 45.00: as much is owed for it as was paid.
    "gift card sold at a discount, redeemed, and the goods returned": Odd(
        [Day().order("O", 45, gift(45, discountAllocations=[{"totalAmount": 5}]), tax=0,
                     totalDiscount=5).pay("P", 45, "O"),
         Day(TUESDAY).order("Q", 60, line(60, 20, 10), tax=10).pay("P1", 50, "Q", "Prepaid")
         .pay("P2", 10, "Q", "Cash"),
         Day(WEDNESDAY).order("R", -60, back(60, 20, 10), tax=-10, refund=60)
         .pay("R1", -50, "R", "Prepaid").pay("R2", -10, "R", "Cash")],
        {"gift cards sold": -45, "card": 45, "sales": -50, "refunds": 50}, GIFT_CARDS,
    ),
    "gift card returned": Odd(
        [Day().order("O", 50, gift(50), tax=0).pay("P", 50, "O"),
         Day(TUESDAY).order("R", -50, gift(-50, quantity=-1), tax=0, refund=50)
         .pay("PR", -50, "R")],
        {}, GIFT_CARDS,
    ),
    # 7.40 are a tenth: 5.00 off the card, 2.40 off the book with 0.40 of its VAT.
    "gift card and a book with a discount on the order": Odd(
        [Day().order("O", 66.6, gift(50), line(24, 20, 4), tax=3.6, totalDiscount=7.4)
         .pay("P", 66.6, "O")],
        {"gift cards sold": -45, "sales": -18, "vat": -3.6, "card": 66.6}, GIFT_CARDS,
    ),
    "exchanged for a gift card": Odd(
        [sold().pay("P", 24, "O"),
         Day(TUESDAY).order("X", 0, back(24, 20, 4), gift(24), tax=-4, refund=24)],
        {**BACK, "card": 24, "gift cards sold": -24}, GIFT_CARDS,
    ),
    "chargeback of a gift card": Odd(
        [Day().order("O", 50, gift(50), tax=0).pay("P", 50, "O"),
         Day(TUESDAY).pay("C", -50, "P", of="Payment")],
        {}, GIFT_CARDS,
    ),
    "voucher as a line, and a gift card": Odd(
        [Day().order("O", 18, line(24, 20, 4), line(-6, 20, -1, quantity=None), tax=3)
         .pay("P1", 10, "O", "Prepaid").pay("P2", 8, "O", "Cash")],
        {"sales": -15, "vat": -3, "gift cards redeemed": 10, "cash": 8},
    ),
    "voucher without tax": Odd(
        [Day().order("O", 18, line(24, 20, 4), line(-6, 0, 0, quantity=None), tax=4)
         .pay("P", 18, "O")],
        {"sales": -14, "vat": -4, "card": 18},
    ),
    # The voucher of 6.00 comes back into the customer's hands, the goods into the shop.
    "sale with a voucher, returned": Odd(
        [Day().order("O", 18, line(24, 20, 4), line(-6, 20, -1, quantity=None), tax=3)
         .pay("P", 18, "O"),
         Day(TUESDAY).order("R", -18, back(24, 20, 4), line(6, 20, 1), tax=-3, refund=24)
         .pay("PR", -18, "R")],
        BACK,
    ),
    # The bank takes 30.00 back: 24.00 for the refund of the night before, 6.00 of the overpayment.
    "overpaid, refunded, and all paid back a night later by way of the payment": Odd(
        [sold().pay("P", 30, "O"), refunded(), Day(WEDNESDAY).pay("PR", -30, "P", of="Payment")],
        BACK, is_clean=False,
    ),
    "overpaid, refunded and paid back in one night": Odd(
        [sold().pay("P", 30, "O"), refunded().pay("PR", -30, "P", of="Payment")], BACK,
        is_clean=False,
    ),
    "overpayment used for another order by store credit": Odd(
        [sold().pay("P", 30, "O"),
         Day(TUESDAY).order("Q", 6, line(6, 20, 1), tax=1)
         .pay("U", -6, "P", "StoreCredit", of="Payment").pay("V", 6, "Q", "StoreCredit")],
        {"sales": -25, "vat": -5, "card": 30}, is_clean=False,
    ),
    # The order says itself that 5.00 are beyond what it owes: the customer's money.
    "charge of type Overpayment": Odd(
        [Day().order("O", 29, line(24, 20, 4), tax=4,
                     serviceCharges=[charge(5, 0, 0, "Overpayment")]).pay("P", 29, "O")],
        {**PAID, "card": 29, "overpaid": -5}, is_clean=False,
    ),
    "charge taxed, and refunded alone": Odd(
        [Day().order("O", 27, line(24, 20, 4), tax=4.5, tip=2, serviceCharges=[charge(3, 20, 0.5)])
         .pay("P", 29, "O"),
         Day(TUESDAY).order("R", -3, tax=-0.5, refund=3,
                            serviceCharges=[charge(-3, 20, -0.5) | {"quantity": -1}])
         .pay("PR", -3, "R")],
        {"sales": -22.5, "tips": -2, "vat": -4, "refunds": 2.5, "card": 26},
    ),
    # 5.25 are off the goods at 5 % alone: 21.00 with 1.00 of VAT, and 0.70 in the shipping.
    "discount on goods, not on their shipping at another rate": Odd(
        [Day().order("O", 25.2, line(26.25, 5, 1.25), tax=1.7, totalDiscount=5.25,
                     serviceCharges=[charge(4.2, 20, 0.7, "Shipping")]).pay("P", 25.2, "O")],
        {"sales": -23.5, "vat": -1.7, "card": 25.2},
    ),
    "charge, half refunded in totalRefund only": Odd(
        [Day().order("O", 13.5, line(24, 20, 4), tax=2.25, refund=13.5,
                     serviceCharges=[charge(3, 20, 0.5)])
         .pay("P", 27, "O").pay("R", -13.5, "O", at="11:00:00")],
        {"sales": -22.5, "refunds": 11.25, "vat": -2.25, "card": 13.5},
    ),
    "zero-rated, exempt, and neither rate nor tax": Odd(
        [Day().order("O", 54, line(24, 20, 4), line(10, 0, 0), line(10, None, 0),
                     line(10, None), tax=4).pay("P", 54, "O")],
        {"sales": -50, "vat": -4, "card": 54},
    ),
    "rates without taxes": Odd(
        [Day().order("O", 34.5, line(24, 20), line(10.5, 5), tax=None).pay("P", 34.5, "O")],
        {"sales": -30, "vat": -4.5, "card": 34.5},
    ),
    # Two pieces of 12.00: what a line comes to is said by its price.
    "line without a total": Odd(
        [Day().order("O", 24, {"quantity": 2, "unitPrice": 12, "taxPercentage": 20,
                               "totalTaxAmount": 4}, tax=4).pay("P", 24, "O")],
        PAID,
    ),
    "line without a total, with its discount, returned": Odd(
        [Day().order("O", 24, {"quantity": 2, "unitPrice": 15, "taxPercentage": 20,
                               "discountAllocations": [{"totalAmount": 6}]}, tax=4)
         .pay("P", 24, "O"),
         Day(TUESDAY).order("R", -24, {"quantity": -2, "unitPrice": 15, "taxPercentage": 20,
                                       "discountAllocations": [{"totalAmount": 6}]},
                            tax=-4, refund=24).pay("PR", -24, "R")],
        BACK,
    ),
    "no total": Odd([without(sold().pay("P", 24, "O"), "orders", "totalAmount")], PAID),
    "a cent less than its lines, and no tax of the order's": Odd(
        [Day().order("O", 9.99, line(5, 20, 0.83), line(5, 20, 0.83), tax=None)
         .pay("P", 9.99, "O")],
        {"sales": -8.34, "vat": -1.66, "card": 9.99, "rounding": 0.01},
    ),
    # All of it is free, but for the tip.
    "given away, with a tip": Odd(
        [Day().order("O", 0, line(0, 20, 0, discountAllocations=[{"totalAmount": 24}]), tax=0,
                     totalDiscount=24, tip=2).pay("P", 2, "O")],
        {"tips": -2, "card": 2},
    ),
    "tip given back alone": Odd(
        [Day().order("O", 24, line(24, 20, 4), tax=4, tip=3).pay("P", 27, "O"),
         Day(TUESDAY).order("R", 0, tax=0, tip=-3).pay("PR", -3, "R")],
        PAID,
    ),
    # 24.00 at 20 % come back, 21.00 at 5 % are taken: 3.00 go back in cash.
    "exchange at another rate": Odd(
        [sold().pay("P", 24, "O"),
         Day(TUESDAY).order("X", -3, back(24, 20, 4), line(21, 5, 1), tax=-3, refund=24)
         .pay("PX", -3, "X", "Cash")],
        {"sales": -40, "vat": -1, "refunds": 20, "card": 24, "cash": -3},
    ),
    "paid by two types, refunded by both": Odd(
        [Day().order("O", 36, line(36, 20, 6), tax=6).pay("P1", 20, "O").pay("P2", 16, "O", "Cash"),
         Day(TUESDAY).order("R", -36, back(36, 20, 6), tax=-6, refund=36)
         .pay("R1", -20, "P1", of="Payment").pay("R2", -16, "P2", "Cash", of="Payment")],
        {"sales": -30, "refunds": 30},
    ),
    "refund repaid in two parts, by two types, in two nights": Odd(
        [sold().pay("P", 24, "O"), refunded().pay("P1", -10, "R"),
         Day(WEDNESDAY).pay("P2", -14, "P", "Cash", of="Payment")],
        {**BACK, "card": 14, "cash": -14},
    ),
    "refunded into store credit, which is spent": Odd(
        [sold().pay("P", 24, "O"), refunded().pay("PR", -24, "R", "StoreCredit"),
         Day(WEDNESDAY).order("Q", 30, line(30, 20, 5), tax=5).pay("Q1", 24, "Q", "StoreCredit")
         .pay("Q2", 6, "Q", "Cash")],
        {"sales": -45, "vat": -5, "refunds": 20, "card": 24, "cash": 6},
    ),
    "two refunds of as much, of two sales": Odd(
        [sold().order("Q", 24, line(24, 20, 4), tax=4).pay("P", 24, "O").pay("PQ", 24, "Q"),
         Day(TUESDAY).order("R1", -6, back(6, 20, 1), tax=-1, refund=6)
         .order("R2", -6, back(6, 20, 1), tax=-1, refund=6).pay("PR1", -6, "P", of="Payment"),
         Day(WEDNESDAY).pay("PR2", -6, "PQ", "Cash", of="Payment")],
        {"sales": -40, "vat": -6, "refunds": 10, "card": 42, "cash": -6},
    ),
    "two locations, sold at one and refunded at the other": Odd(
        [Day().order("O", 24, line(24, 20, 4), tax=4, locationRef={"id": "a", "name": "A"})
         .order("Q", 12, line(12, 20, 2), tax=2, locationRef={"id": "b", "name": "B"})
         .pay("P", 24, "O").pay("PQ", 12, "Q"),
         refunded(locationRef={"id": "b", "name": "B"}).pay("PR", -24, "P", "Cash", of="Payment")],
        {"sales": -30, "vat": -2, "refunds": 20, "card": 36, "cash": -24}, {"by_location": True},
    ),
    "chargeback of a sale with a tip": Odd(
        [Day().order("O", 24, line(24, 20, 4), tax=4, tip=3).pay("P", 27, "O"),
         Day(TUESDAY).pay("C", -27, "P", of="Payment")],
        BACK,
    ),
    # The bank takes 15.00 for the chargeback, and gives them back with the money.
    "chargeback with a fee, won with the fee": Odd(
        [sold().pay("P", 24, "O", fee=0.42),
         Day(TUESDAY).pay("C", -24, "P", of="Payment").move("C", "PaymentFee", -15, "C", "Payment"),
         Day(WEDNESDAY).pay("V", 24, "C", of="Payment")
         .move("V", "PaymentFee", 15, "V", "Payment")],
        {"sales": -40, "vat": -4, "refunds": 20, "card": 23.58, "fees": 0.42},
    ),
    # Half of what was taken comes back: half of the sale stands again.
    "chargeback, half of it won": Odd(
        [sold().pay("P", 24, "O"), Day(TUESDAY).pay("C", -24, "P", of="Payment"),
         Day(WEDNESDAY).pay("V", 12, "C", of="Payment")],
        {"sales": -30, "vat": -2, "refunds": 20, "card": 12},
    ),
    "chargeback won in two parts": Odd(
        [sold().pay("P", 24, "O"), Day(TUESDAY).pay("C", -24, "P", of="Payment"),
         Day(WEDNESDAY).pay("V", 9, "C", of="Payment"),
         Day(THURSDAY).pay("W", 15, "C", of="Payment")],
        {"sales": -40, "vat": -4, "refunds": 20, "card": 24},
    ),
    "chargeback won, and lost again": Odd(
        [sold().pay("P", 24, "O"), Day(TUESDAY).pay("C", -24, "P", of="Payment"),
         Day(WEDNESDAY).pay("V", 24, "C", of="Payment"),
         Day(THURSDAY).pay("D", -24, "V", of="Payment")],
        {"sales": -40, "refunds": 40},
    ),
    "payouts of two currencies, less fees": Odd(
        [sold().pay("P", 24, "O", fee=0.42)
         .order("E", 36, line(36, 20, 6), tax=6, currency="EUR")
         .pay("PE", 36, "E", currency="EUR", fee=0.6).move("T1", "Payout", -23.58, "", "Unknown")
         .move("T2", "Payout", 35.4, "", "Unknown", currency="EUR")],
        {**SOLD, "fees": 0.42, "bank": 23.58, ("EUR", "sales"): -30, ("EUR", "vat"): -6,
         ("EUR", "fees"): 0.6, ("EUR", "bank"): 35.4},
    ),
    "payout that fails, and is made again": Odd(
        [sold().pay("P", 24, "O", fee=0.42),
         Day(TUESDAY).move("T1", "Payout", -23.58, "", "Unknown"),
         Day(WEDNESDAY).move("T2", "FailedPayout", 23.58, "", "Unknown"),
         Day(THURSDAY).move("T3", "Payout", -23.58, "", "Unknown")],
        {**SOLD, "fees": 0.42, "bank": 23.58},
    ),
    "transfer of a payment": Odd(
        [sold().pay("P", 24, "O", "Paypal").move("T1", "Transfer", -24, "P", "Payment")],
        {**SOLD, "bank": 24},
    ),
    "fee in another currency than its payment": Odd(
        [sold(currency="EUR").pay("P", 24, "O")
         .move("P", "PaymentFee", -0.4, "P", "Payment", currency="GBP")],
        {**PAID, ("GBP", "fees"): 0.4, ("GBP", "card"): -0.4},
    ),
    # A fee without a currency is in that of its payment, whatever else was sold.
    "fee without a currency": Odd(
        [sold(currency="EUR").pay("P", 24, "O")
         .move("P", "PaymentFee", -0.4, "P", "Payment", currency=None)
         .order("G", 12, line(12, 20, 2), tax=2, currency="GBP")
         .pay("PG", 12, "G", currency="GBP")],
        {**SOLD, "card": 23.6, "fees": 0.4, ("GBP", "sales"): -10, ("GBP", "vat"): -2,
         ("GBP", "card"): 12},
    ),
    "payout and fee without a currency, a night later": Odd(
        [sold(currency="EUR").pay("P", 24, "O", currency=None),
         Day(TUESDAY, "EUR").move("T1", "Payout", -23.6, "P", "Payment", currency=None)
         .move("P", "PaymentFee", -0.4, "O", "Order", currency=None)],
        {**SOLD, "fees": 0.4, "bank": 23.6},
    ),
    "fee of a kind that names nothing known": Odd(
        [sold().pay("P", 24, "O").move("P", "PaymentFee", -0.4, "charge", "ServiceCharge")], PAID,
        is_clean=False, unreconciled=1,
    ),
    "terminal's fee, and its reversal": Odd(
        [sold().pay("P", 24, "O").move("F", "PaymentFee", -9, "terminal", "Fee"),
         Day(TUESDAY).move("G", "PaymentFee", 9, "terminal", "Fee")],
        PAID,
    ),
    "fee of a refund returned in part": Odd(
        [sold().pay("P", 24, "O", fee=0.42),
         refunded().pay("PR", -24, "R").move("PR", "PaymentFeeRefund", 0.3, "PR", "Payment")],
        {**BACK, "fees": 0.12, "card": -0.12},
    ),
    "fee of a bank account, and its refund": Odd(
        [sold().pay("P", 24, "O", fee=0.42),
         Day(TUESDAY).move("P", "PaymentFeeRefund", 0.42, "P", "Payment")],
        PAID,
        {"accounts": {("payments", "card"): "gbol-090", ("payments", "payout"): "gbol-093"}},
        ("Xero", "journal"),
    ),
    # 1,080 contain 180 at 20 %; 235 at 5 % contain 11.19, so 11.
    "yen at two rates, one returned": Odd(
        [Day(currency="JPY").order("O", 1315, line(1080, 20, 180), line(235, 5, 11), tax=191)
         .pay("P", 1315, "O", fee=43),
         Day(TUESDAY, "JPY").order("R", -235, back(235, 5, 11), tax=-11, refund=235)
         .pay("PR", -235, "R")],
        {"sales": -1124, "vat": -180, "refunds": 224, "card": 1037, "fees": 43},
    ),
    # 0.333 over 2.500 and 1.250: 0.222 and 0.111. VAT: 2.278 / 6 = 0.380, 1.139 / 21 = 0.054.
    "dinars with a discount on the order": Odd(
        [Day(currency="KWD").order("O", 3.417, line(2.5, 20, 0.417), line(1.25, 5, 0.06), tax=0.434,
                                   totalDiscount=0.333).pay("P", 3.417, "O")],
        {"sales": -2.983, "vat": -0.434, "card": 3.417},
    ),
    "dinars in cash, a third returned": Odd(
        [Day(currency="KWD").order("O", 3.333, line(3.333, 20, 0.556), tax=0.556)
         .pay("P", 3.333, "O", "Cash"),
         Day(TUESDAY, "KWD").order("R", -1.111, back(1.111, 20, 0.185), tax=-0.185, refund=1.111)
         .pay("PR", -1.111, "R", "Cash")],
        {"sales": -2.777, "vat": -0.371, "refunds": 0.926, "cash": 2.222},
    ),
    # 9.98 are paid with 10.00, and 4.96 of them repaid with 4.95: 0.03 are gained.
    "francs rounded in and out, in one order": Odd(
        [Day(currency="CHF").order("O", 5.02, line(9.98, 20, 1.66), back(4.96, 20, 0.83), tax=0.83,
                                   refund=4.96)
         .pay("P", 10, "O", "Cash").pay("PR", -4.95, "O", "Cash", at="11:00:00")],
        {"sales": -8.32, "vat": -0.83, "refunds": 4.13, "cash": 5.05, "rounding": -0.03},
    ),
    "francs rounded in and out, on two days": Odd(
        [Day(currency="CHF").order("O", 9.98, line(9.98, 20, 1.66), tax=1.66)
         .pay("P", 10, "O", "Cash"),
         Day(TUESDAY, "CHF").order("R", -4.96, back(4.96, 20, 0.83), tax=-0.83, refund=4.96)
         .pay("PR", -4.95, "R", "Cash")],
        {"sales": -8.32, "vat": -0.83, "refunds": 4.13, "cash": 5.05, "rounding": -0.03},
    ),
    "francs by card, the rest in cash a night later": Odd(
        [Day(currency="CHF").order("O", 9.98, line(9.98, 20, 1.66), tax=1.66).pay("P", 5, "O"),
         Day(TUESDAY, "CHF").pay("P2", 5, "O", "Cash")],
        {"sales": -8.32, "vat": -1.66, "card": 5, "cash": 5, "rounding": -0.02},
    ),
    "kronor rounded up and down by as much": Odd(
        [Day(currency="SEK").order("O", 99.6, line(99.6, 20, 16.6), tax=16.6)
         .pay("P", 100, "O", "Cash").order("Q", 50.4, line(50.4, 20, 8.4), tax=8.4)
         .pay("PQ", 50, "Q", "Cash")],
        {"sales": -125, "vat": -25, "cash": 150},
    ),
    # 10.88 of the 21.75 come back: 0.887 of tax, so 0.89, in its components.
    "New York, half returned": Odd(
        [Day(currency="USD").order("O", 21.75, line(21.75, 8.875, 1.77), tax=1.77)
         .pay("P", 21.75, "O"),
         Day(TUESDAY, "USD").order("R", -10.88, back(10.88, 8.875, 0.89), tax=-0.89, refund=10.88)
         .pay("PR", -10.88, "R")],
        {"sales": -19.98, "vat": -0.88, "refunds": 9.99, "card": 10.87}, NEW_YORK,
        ("QuickBooks", "QuickBooks journal"),
    ),
    "paid a second before the order, across the sync": Odd(
        [Day().pay("P", 24, "O", at="2022-03-22T02:59:59Z"),
         sold(TUESDAY, at="2022-03-22T03:00:00Z")],
        PAID,
    ),
    "Honolulu, where the morning is the day before": Odd(
        [sold(at="2022-03-21T09:59:59Z").pay("P", 24, "O"), Day(TUESDAY)], PAID,
        {"time_zone": "Pacific/Honolulu", "sync_hour": 23},
    ),
    "the night in which summer time begins": Odd(
        [Day("2022-03-26").order("O", 24, line(24, 20, 4), tax=4, at="2022-03-26T23:59:59Z")
         .pay("P", 24, "O", at="2022-03-27T00:59:59Z"),
         Day("2022-03-27").order("Q", 12, line(12, 20, 2), tax=2, at="2022-03-27T22:59:59Z")
         .pay("PQ", 12, "Q", at="2022-03-27T23:00:00Z"), Day("2022-03-28")],
        {"sales": -30, "vat": -6, "card": 36}, {"sync_hour": 1},
    ),
}  # fmt: skip
CASES = [
    pytest.param(name, mapping, marks=[pytest.mark.long] if mapping in MORE_MAPPINGS else [])
    for name, odd in ODD_DAYS.items()
    for mapping in odd.only
]


@pytest.mark.parametrize(("name", "mapping"), CASES)
def test_an_odd_day_leaves_the_balances_worked_out_by_hand(name: str, mapping: str) -> None:
    odd = ODD_DAYS[name]
    shop = Shop(odd.days[0].date, mapping, **odd.shop)
    for day in odd.days:
        shop.sell(day.records)
    assert shop.balances() == expected(odd)
    assert (shop.errors() == []) == odd.is_clean
    books = shop.company_books()
    assert (len(books.unreconciled), books.missed) == (odd.unreconciled, [])
    is_open = any("owed" in place for place in expected(odd))
    for document in books.documents:
        movements = entries(document)
        assert sum(each.debit for each in movements) == sum(each.credit for each in movements)
        assert document.total >= 0
        assert is_open or document.kind not in SETTLED_KINDS or document.status == "Paid"


def expected(odd: Odd) -> dict[tuple[str, str], Decimal]:
    """The same of an odd day."""
    own = odd.days[0].currency
    return {
        place if isinstance(place, tuple) else (own, place): Decimal(str(amount))
        for place, amount in odd.balances.items()
    }
