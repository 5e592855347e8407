"""Odd days of a shop, each with the books that an accountant works out by hand.

The lines are those of `docs/examples.md`: a document, then its debits and credits.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
from hand_made_days import Day, charge, line
from shop_books import Shop, normal

TUESDAY, WEDNESDAY = "2022-03-22", "2022-03-23"
NEW_YORK = {"8.875": "qhyg-tax-8.875"}
QB: dict[str, Any] = {"mapping": "QuickBooks"}


class Odd(NamedTuple):
    """Days, the books that they make, and how the shop is set up."""

    days: list[Day]
    books: list[str]
    shop: Mapping[str, Any] = MappingProxyType({})
    is_clean: bool = True


def sold(key: str = "O", currency: str = "GBP") -> Day:
    """24.00 with 4.00 of VAT, not paid."""
    return Day(currency=currency).order(key, 24, line(24, 20, 4), tax=4)


SOLD = "Invoice 2022-03-21 24.00 GBP Paid: owed 24.00, sales -20.00, vat -4.00"
PAID = "Payment 2022-03-21 24.00 GBP Paid: card 24.00, owed -24.00"

ODD_DAYS = {
    # 10.00 over 60.00 and 31.50 by value: 6.56 and 3.44. VAT: 53.44 / 6 = 8.91, 28.06 / 21 = 1.34.
    "several rates with a discount on the order": Odd(
        [Day().order("O", 81.5, line(60, 20, 10), line(31.5, 5, 1.5), tax=10.25, totalDiscount=10)
         .pay("P", 81.5, "O")],
        ["Invoice 2022-03-21 81.50 GBP Paid: owed 81.50, sales -71.25, vat -10.25",
         "Payment 2022-03-21 81.50 GBP Paid: card 81.50, owed -81.50"],
    ),
    # 9.99 + 9.99 = 19.98 at 8.875 % is 1.77; each line alone has 0.89. 1.77 was charged.
    "New York, tax of the sum": Odd(
        [Day().order("O", 21.75, line(10.88, 8.875, 0.89), line(10.88, 8.875, 0.89), tax=1.77)
         .pay("P", 21.75, "O")],
        ["Invoice 2022-03-21 21.75 GBP Paid: owed 21.75, sales -19.98, vat -1.77",
         "Payment 2022-03-21 21.75 GBP Paid: card 21.75, owed -21.75"],
        {**QB, "rates": NEW_YORK},
    ),
    # Two lines of 0.89 of tax, and the order says the same: 1.78.
    "New York, sum of the taxes": Odd(
        [Day().order("O", 21.76, line(10.88, 8.875, 0.89), line(10.88, 8.875, 0.89), tax=1.78)
         .pay("P", 21.76, "O")],
        ["Invoice 2022-03-21 21.76 GBP Paid: owed 21.76, sales -19.98, vat -1.78",
         "Payment 2022-03-21 21.76 GBP Paid: card 21.76, owed -21.76"],
        {**QB, "rates": NEW_YORK},
    ),
    "exempt beside taxed": Odd(
        [Day().order("O", 22, line(12, 20, 2), line(10, 0, 0), tax=2).pay("P", 22, "O")],
        ["Invoice 2022-03-21 22.00 GBP Paid: owed 22.00, sales -20.00, vat -2.00",
         "Payment 2022-03-21 22.00 GBP Paid: card 22.00, owed -22.00"],
    ),
    # 3.33 within 10.00 is no rate that is mapped: it is still tax.
    "tax without a percentage": Odd(
        [Day().order("O", 25, line(10, None, 1.67), line(5, None), line(10, None, 3.33), tax=5)
         .pay("P", 25, "O")],
        ["Invoice 2022-03-21 25.00 GBP Paid: owed 25.00, sales -20.00, vat -5.00",
         "Payment 2022-03-21 25.00 GBP Paid: card 25.00, owed -25.00"],
    ),
    # 6.90 over 24.00 and 10.50 by value: 4.80 and 2.10, with VAT of 0.80 and 0.10.
    "refund in totalRefund only": Odd(
        [Day().order("O", 27.6, line(24, 20, 4), line(10.5, 5, 0.5), tax=3.6, refund=6.9)
         .pay("P", 34.5, "O").pay("R", -6.9, "O", at="11:00:00")],
        ["Invoice 2022-03-21 34.50 GBP Paid: owed 34.50, sales -30.00, vat -4.50",
         "CreditNote 2022-03-21 6.90 GBP Paid: refunds 6.00, vat 0.90, owed -6.90",
         "Payment 2022-03-21 34.50 GBP Paid: card 34.50, owed -34.50",
         "Refund 2022-03-21 6.90 GBP Paid: owed 6.90, card -6.90"],
    ),
    # 18.00 with 3.00 of VAT are left of 24.00: 24.00 / 6 = 4.00, 6.00 / 6 = 1.00.
    "order without lines, partly refunded": Odd(
        [Day().order("O", 18, tax=3, refund=6).pay("P", 24, "O").pay("R", -6, "O", at="11:00:00")],
        [SOLD, PAID,
         "CreditNote 2022-03-21 6.00 GBP Paid: refunds 5.00, vat 1.00, owed -6.00",
         "Refund 2022-03-21 6.00 GBP Paid: owed 6.00, card -6.00"],
    ),
    "lines without tax": Odd(
        [Day().order("O", 34.5, line(24, None), line(10.5, None), tax=5.75).pay("P", 34.5, "O")],
        ["Invoice 2022-03-21 34.50 GBP Paid: owed 34.50, sales -28.75, vat -5.75",
         "Payment 2022-03-21 34.50 GBP Paid: card 34.50, owed -34.50"],
    ),
    "charges without products": Odd(
        [Day().order("O", 10, tax=1, serviceCharges=[charge(6, 20, 1), charge(4, 0, 0, "Shipping")])
         .pay("P", 10, "O", "Cash")],
        ["Invoice 2022-03-21 10.00 GBP Paid: owed 10.00, sales -9.00, vat -1.00",
         "Payment 2022-03-21 10.00 GBP Paid: cash 10.00, owed -10.00"],
    ),
    # A tip given back with the goods: 24.00 + 3.00 come back, the credit note has both.
    "refund with its tip": Odd(
        [Day().order("O", 24, line(24, 20, 4), tax=4, tip=3).pay("P", 27, "O"),
         Day(TUESDAY).order("R", -24, line(-24, 20, -4, quantity=-1), tax=-4, refund=24, tip=-3)
         .pay("PR", -27, "R")],
        ["Invoice 2022-03-21 27.00 GBP Paid: owed 27.00, sales -20.00, tips -3.00, vat -4.00",
         "Payment 2022-03-21 27.00 GBP Paid: card 27.00, owed -27.00",
         "CreditNote 2022-03-22 27.00 GBP Paid: refunds 20.00, tips 3.00, vat 4.00, owed -27.00",
         "Refund 2022-03-22 27.00 GBP Paid: owed 27.00, card -27.00"],
    ),
    # The whole fee is reversed on the same day: the provider's statement shows both.
    "fee and its reversal": Odd(
        [sold().pay("P", 24, "O", fee=0.42).move("P2", "PaymentFee", 0.42, "P", "Payment")],
        [SOLD, PAID,
         "Bill 2022-03-21 0.42 GBP Paid: fees 0.42, payable -0.42",
         "BillPayment 2022-03-21 0.42 GBP Paid: payable 0.42, card -0.42",
         "BillCreditNote 2022-03-21 0.42 GBP Paid: payable 0.42, fees -0.42",
         "BillCreditRefund 2022-03-21 0.42 GBP Paid: card 0.42, payable -0.42"],
    ),
    # No fee is known that it may reverse: its sign is wrong.
    "fee above zero": Odd(
        [sold().pay("P", 24, "O").move("F", "PaymentFee", 0.42, "P", "Payment")],
        [SOLD, PAID,
         "BillCreditNote 2022-03-21 0.42 GBP Paid: payable 0.42, fees -0.42",
         "BillCreditRefund 2022-03-21 0.42 GBP Paid: card 0.42, payable -0.42"],
        is_clean=False,
    ),
    # A refund takes its fee back: it has the id of the repayment.
    "fee reversed with a refund": Odd(
        [sold().pay("P", 24, "O", fee=0.42),
         Day(TUESDAY).order("R", -24, line(-24, 20, -4, quantity=-1), tax=-4, refund=24)
         .pay("PR", -24, "R").move("PR", "PaymentFee", 0.42, "PR", "Payment")],
        [SOLD, PAID, "Bill 2022-03-21 0.42 GBP Paid: fees 0.42, payable -0.42",
         "BillPayment 2022-03-21 0.42 GBP Paid: payable 0.42, card -0.42",
         "CreditNote 2022-03-22 24.00 GBP Paid: refunds 20.00, vat 4.00, owed -24.00",
         "Refund 2022-03-22 24.00 GBP Paid: owed 24.00, card -24.00",
         "BillCreditNote 2022-03-22 0.42 GBP Paid: payable 0.42, fees -0.42",
         "BillCreditRefund 2022-03-22 0.42 GBP Paid: card 0.42, payable -0.42"],
    ),
    "fee refund and its reversal": Odd(
        [sold().pay("P", 24, "O").move("P", "PaymentFeeRefund", 0.42, "P", "Payment"),
         Day(TUESDAY).move("F", "PaymentFeeRefund", -0.42, "P", "Payment")],
        [SOLD, PAID, "BillCreditNote 2022-03-21 0.42 GBP Paid: payable 0.42, fees -0.42",
         "BillCreditRefund 2022-03-21 0.42 GBP Paid: card 0.42, payable -0.42",
         "Bill 2022-03-22 0.42 GBP Paid: fees 0.42, payable -0.42",
         "BillPayment 2022-03-22 0.42 GBP Paid: payable 0.42, card -0.42"],
    ),
    "monthly fee of the provider": Odd(
        [sold().pay("P", 24, "O").move("F", "PaymentFee", -9, "terminal", "Fee")],
        [SOLD, PAID,
         "Bill 2022-03-21 9.00 GBP Paid: fees 9.00, payable -9.00",
         "BillPayment 2022-03-21 9.00 GBP Paid: payable 9.00, card -9.00"],
    ),
    "payments without a currency": Odd(
        [sold(currency="EUR").pay("P", 24, "O", currency=None)
         .order("Q", 12, line(12, 20, 2), tax=2, currency="GBP").pay("PQ", 12, "Q", currency=None)],
        ["Invoice 2022-03-21 24.00 EUR Paid: owed 24.00, sales -20.00, vat -4.00",
         "Payment 2022-03-21 24.00 EUR Paid: card 24.00, owed -24.00",
         "Invoice 2022-03-21 12.00 GBP Paid: owed 12.00, sales -10.00, vat -2.00",
         "Payment 2022-03-21 12.00 GBP Paid: card 12.00, owed -12.00"],
    ),
    # Nobody said at what rate: the invoice stays open, the euros are the customer's.
    "payment in another currency": Odd(
        [sold().pay("P", 28, "O", currency="EUR")],
        ["Invoice 2022-03-21 24.00 GBP Submitted: owed 24.00, sales -20.00, vat -4.00",
         "Overpayment 2022-03-21 28.00 EUR Paid: card 28.00, overpaid -28.00"],
        is_clean=False,
    ),
    "overpaid, and paid back the next day": Odd(
        [sold().pay("P", 30, "O"), Day(TUESDAY).pay("R", -6, "P", of="Payment")],
        [SOLD, PAID,
         "Overpayment 2022-03-21 6.00 GBP Paid: card 6.00, overpaid -6.00",
         "Refund 2022-03-22 6.00 GBP Paid: overpaid 6.00, card -6.00"],
        is_clean=False,
    ),
    "gift card sold, and redeemed the next day": Odd(
        [Day().order("O", 25, line(25, 0, 0, productRef={"id": "gift"}), tax=0).pay("P", 25, "O"),
         Day(TUESDAY).order("Q", 30, line(30, 20, 5), tax=5).pay("P1", 25, "Q", "Prepaid")
         .pay("P2", 5, "Q", "Cash")],
        ["Invoice 2022-03-21 25.00 GBP Paid: owed 25.00, gift cards sold -25.00",
         "Payment 2022-03-21 25.00 GBP Paid: card 25.00, owed -25.00",
         "Invoice 2022-03-22 30.00 GBP Paid: owed 30.00, sales -25.00, vat -5.00",
         "Payment 2022-03-22 25.00 GBP Paid: gift cards redeemed 25.00, owed -25.00",
         "Payment 2022-03-22 5.00 GBP Paid: cash 5.00, owed -5.00"],
        {"gift_cards": ["gift"]},
    ),
    # PayPal is a bank account in Xero: no bill.
    "fee out of a bank account": Odd(
        [sold().pay("P", 24, "O", "Paypal", fee=0.5)],
        [SOLD, "Payment 2022-03-21 24.00 GBP Paid: paypal 24.00, owed -24.00",
         "SpendMoney 2022-03-21 0.50 GBP Paid: fees 0.50, paypal -0.50"],
    ),
    # One bill, paid from the account of each payment's type.
    "fees of two payment types in QuickBooks": Odd(
        [sold().order("Q", 24, line(24, 20, 4), tax=4).pay("P", 24, "O", "Paypal", fee=0.5)
         .pay("PQ", 24, "Q", fee=0.3)],
        ["Invoice 2022-03-21 48.00 GBP Paid: owed 48.00, sales -40.00, vat -8.00", PAID,
         "Payment 2022-03-21 24.00 GBP Paid: paypal 24.00, owed -24.00",
         "Bill 2022-03-21 0.80 GBP Paid: fees 0.80, payable -0.80",
         "BillPayment 2022-03-21 0.30 GBP Paid: payable 0.30, card -0.30",
         "BillPayment 2022-03-21 0.50 GBP Paid: payable 0.50, paypal -0.50"],
        QB,
    ),
    "fee refund in QuickBooks": Odd(
        [sold().pay("P", 24, "O"),
         Day(TUESDAY).move("P", "PaymentFeeRefund", 0.42, "P", "Payment")],
        [SOLD, PAID, "BankDeposit 2022-03-22 0.42 GBP Paid: card 0.42, fees -0.42"],
        QB,
    ),
    "fee refund in Xero": Odd(
        [sold().pay("P", 24, "O"),
         Day(TUESDAY).move("P", "PaymentFeeRefund", 0.42, "P", "Payment")],
        [SOLD, PAID, "BillCreditNote 2022-03-22 0.42 GBP Paid: payable 0.42, fees -0.42",
         "BillCreditRefund 2022-03-22 0.42 GBP Paid: card 0.42, payable -0.42"],
    ),
    "orders of nothing": Odd(
        [Day().order("O", 0, line(0, 20, 0), tax=0).order("Q", 0, tax=0)], [],
    ),
    # 99.60 kronor are paid with 100 of cash, 99.40 with 99.
    "cash rounded up": Odd(
        [Day(currency="SEK").order("O", 99.6, line(99.6, 20, 16.6), tax=16.6)
         .pay("P", 100, "O", "Cash")],
        ["Invoice 2022-03-21 100.00 SEK Paid: owed 100.00, rounding -0.40, sales -83.00,"
         " vat -16.60",
         "Payment 2022-03-21 100.00 SEK Paid: cash 100.00, owed -100.00"],
    ),
    "card and cash, rounded down": Odd(
        [Day(currency="SEK").order("O", 99.4, line(99.4, 20, 16.57), tax=16.57)
         .pay("P", 50, "O").pay("P2", 49, "O", "Cash")],
        ["Invoice 2022-03-21 99.00 SEK Paid: owed 99.00, rounding 0.40, sales -82.83, vat -16.57",
         "Payment 2022-03-21 50.00 SEK Paid: card 50.00, owed -50.00",
         "Payment 2022-03-21 49.00 SEK Paid: cash 49.00, owed -49.00"],
    ),
    "yen have no fraction": Odd(
        [Day(currency="JPY").order("O", 1099, line(1099, 20, 183), tax=183).pay("P", 1099, "O")],
        ["Invoice 2022-03-21 1099 JPY Paid: owed 1099, sales -916, vat -183",
         "Payment 2022-03-21 1099 JPY Paid: card 1099, owed -1099"],
    ),
    "dinars have three digits": Odd(
        [Day(currency="KWD").order("O", 1.005, line(1.005, 20, 0.168), tax=0.168)
         .pay("P", 1.005, "O")],
        ["Invoice 2022-03-21 1.005 KWD Paid: owed 1.005, sales -0.837, vat -0.168",
         "Payment 2022-03-21 1.005 KWD Paid: card 1.005, owed -1.005"],
    ),
    # The payment names a sale as its source that refunds nothing: it settles the credit note.
    "refund repaid a sync later, by its payment": Odd(
        [sold().pay("P", 24, "O"),
         Day(TUESDAY).order("R", -24, line(-24, 20, -4, quantity=-1), tax=-4, refund=24),
         Day(WEDNESDAY).pay("PR", -24, "P", of="Payment")],
        [SOLD, PAID, "CreditNote 2022-03-22 24.00 GBP Paid: refunds 20.00, vat 4.00, owed -24.00",
         "Refund 2022-03-23 24.00 GBP Paid: owed 24.00, card -24.00"],
    ),
    "refund repaid a sync later, in two parts": Odd(
        [sold().pay("P", 24, "O"),
         Day(TUESDAY).order("R", -12, line(-12, 20, -2, quantity=-1), tax=-2, refund=12),
         Day(WEDNESDAY).pay("P1", -8, "P", of="Payment").pay("P2", -4, "P", of="Payment")],
        [SOLD, PAID, "CreditNote 2022-03-22 12.00 GBP Paid: refunds 10.00, vat 2.00, owed -12.00",
         "Refund 2022-03-23 12.00 GBP Paid: owed 12.00, card -12.00"],
    ),
    # The money went back first: the credit note of that day becomes the refund's, with its VAT:
    # 10.50 / 21 = 0.50, where 24.00 and 10.50 by value have 10.50 * 4.50 / 34.50 = 1.37.
    "refund repaid a sync before it arrives": Odd(
        [Day().order("O", 34.5, line(24, 20, 4), line(10.5, 5, 0.5), tax=4.5).pay("P", 34.5, "O"),
         Day(TUESDAY).pay("PR", -10.5, "P", of="Payment"),
         Day(WEDNESDAY).order("R", -10.5, line(-10.5, 5, -0.5, quantity=-1), tax=-0.5,
                              refund=10.5)],
        ["Invoice 2022-03-21 34.50 GBP Paid: owed 34.50, sales -30.00, vat -4.50",
         "Payment 2022-03-21 34.50 GBP Paid: card 34.50, owed -34.50",
         "CreditNote 2022-03-22 10.50 GBP Paid: refunds 10.00, vat 0.50, owed -10.50",
         "Refund 2022-03-22 10.50 GBP Paid: owed 10.50, card -10.50"],
    ),
    "refund repaid a sync before it arrives, as a journal": Odd(
        [sold().pay("P", 24, "O"), Day(TUESDAY).pay("PR", -24, "P", of="Payment"),
         Day(WEDNESDAY).order("R", -24, line(-24, 20, -4, quantity=-1), tax=-4, refund=24)],
        ["JournalEntry 2022-03-21 24.00 GBP: card 24.00, sales -20.00, vat -4.00",
         "JournalEntry 2022-03-22 24.00 GBP: refunds 20.00, vat 4.00, card -24.00"],
        {"mapping": "journal"},
    ),
    # 2.00 more than the refund are paid back: the customer owes them, the books say so.
    "more is paid back than the refund": Odd(
        [sold().pay("P", 24, "O"),
         Day(TUESDAY).order("R", -12, line(-12, 20, -2, quantity=-1), tax=-2, refund=12)
         .pay("PR", -14, "R")],
        [SOLD, PAID, "CreditNote 2022-03-22 12.00 GBP Paid: refunds 10.00, vat 2.00, owed -12.00",
         "Refund 2022-03-22 12.00 GBP Paid: owed 12.00, card -12.00",
         "Refund 2022-03-22 2.00 GBP Paid: owed 2.00, card -2.00"],
        is_clean=False,
    ),
    # The sale was in euros; the refund and its repayment are in pounds, and settle each other.
    "refund in another currency than its sale": Odd(
        [sold(currency="EUR").pay("P", 24, "O"),
         Day(TUESDAY).order("R", -24, line(-24, 20, -4, quantity=-1), tax=-4, refund=24)
         .pay("PR", -24, "P", of="Payment")],
        ["Invoice 2022-03-21 24.00 EUR Paid: owed 24.00, sales -20.00, vat -4.00",
         "Payment 2022-03-21 24.00 EUR Paid: card 24.00, owed -24.00",
         "CreditNote 2022-03-22 24.00 GBP Paid: refunds 20.00, vat 4.00, owed -24.00",
         "Refund 2022-03-22 24.00 GBP Paid: owed 24.00, card -24.00"],
    ),
    "refunds repaid in one sum a sync before they arrive": Odd(
        [Day().order("O", 34.5, line(24, 20, 4), line(10.5, 5, 0.5), tax=4.5).pay("P", 34.5, "O"),
         Day(TUESDAY).pay("PR", -16.5, "P", of="Payment"),
         Day(WEDNESDAY).order("R", -10.5, line(-10.5, 5, -0.5, quantity=-1), tax=-0.5, refund=10.5)
         .order("Q", -6, line(-6, 20, -1, quantity=-1), tax=-1, refund=6)],
        ["Invoice 2022-03-21 34.50 GBP Paid: owed 34.50, sales -30.00, vat -4.50",
         "Payment 2022-03-21 34.50 GBP Paid: card 34.50, owed -34.50",
         "CreditNote 2022-03-22 16.50 GBP Paid: refunds 15.00, vat 1.50, owed -16.50",
         "Refund 2022-03-22 16.50 GBP Paid: owed 16.50, card -16.50"],
    ),
    # The sale's own refund of 6.00 and another order's of 6.00, repaid alike: both are paid.
    "refund in the order and another order's, repaid alike": Odd(
        [Day().order("O", 18, line(24, 20, 4), line(-6, 20, -1, quantity=-1), tax=3, refund=6)
         .pay("P", 24, "O").order("R", -6, line(-6, 20, -1, quantity=-1), tax=-1, refund=6)
         .pay("P1", -6, "P", of="Payment", at="11:00:00")
         .pay("P2", -6, "P", of="Payment", at="12:00:00")],
        [SOLD, PAID, "CreditNote 2022-03-21 12.00 GBP Paid: refunds 10.00, vat 2.00, owed -12.00",
         "Refund 2022-03-21 12.00 GBP Paid: owed 12.00, card -12.00"],
    ),
    # 6.00 of the sale's own refund and 12.00 of another order's leave in one sum.
    "refund in the order and another order's, repaid together": Odd(
        [Day().order("O", 18, line(24, 20, 4), line(-6, 20, -1, quantity=-1), tax=3, refund=6)
         .pay("P", 24, "O"),
         Day(TUESDAY).order("R", -12, line(-12, 20, -2, quantity=-1), tax=-2, refund=12),
         Day(WEDNESDAY).pay("PR", -18, "P", of="Payment")],
        [SOLD, PAID, "CreditNote 2022-03-21 6.00 GBP Paid: refunds 5.00, vat 1.00, owed -6.00",
         "CreditNote 2022-03-22 12.00 GBP Paid: refunds 10.00, vat 2.00, owed -12.00",
         "Refund 2022-03-23 6.00 GBP Paid: owed 6.00, card -6.00",
         "Refund 2022-03-23 12.00 GBP Paid: owed 12.00, card -12.00"],
    ),
    # Half of the refund names it, the other half the first payment.
    "refund repaid in two ways": Odd(
        [sold().pay("P", 24, "O"),
         Day(TUESDAY).order("R", -12, line(-12, 20, -2, quantity=-1), tax=-2, refund=12)
         .pay("P1", -8, "R").pay("P2", -4, "P", of="Payment")],
        [SOLD, PAID, "CreditNote 2022-03-22 12.00 GBP Paid: refunds 10.00, vat 2.00, owed -12.00",
         "Refund 2022-03-22 12.00 GBP Paid: owed 12.00, card -12.00"],
    ),
    # The repayment names the sale, which owes nothing back, and not the refund.
    "refund repaid a sync later, by its sale": Odd(
        [sold().pay("P", 24, "O"),
         Day(TUESDAY).order("R", -12, line(-12, 20, -2, quantity=-1), tax=-2, refund=12),
         Day(WEDNESDAY).pay("PR", -12, "O")],
        [SOLD, PAID, "CreditNote 2022-03-22 12.00 GBP Paid: refunds 10.00, vat 2.00, owed -12.00",
         "Refund 2022-03-23 12.00 GBP Paid: owed 12.00, card -12.00"],
    ),
    # No record says that the refund is of this sale; either may still be paid. Nothing is owed in
    # all, and both stay open for somebody to allocate (assumed).
    "sale and its refund by an order of its own, neither paid": Odd(
        [sold(), Day(TUESDAY).order("R", -24, line(-24, 20, -4, quantity=-1), tax=-4, refund=24)],
        ["Invoice 2022-03-21 24.00 GBP Submitted: owed 24.00, sales -20.00, vat -4.00",
         "CreditNote 2022-03-22 24.00 GBP Submitted: refunds 20.00, vat 4.00, owed -24.00"],
    ),
    # The bank takes the payment back, and gives it again: the sale stands.
    "chargeback that is won": Odd(
        [sold().pay("P", 24, "O"), Day(TUESDAY).pay("C", -24, "P", of="Payment"),
         Day(WEDNESDAY).pay("W", 24, "C", of="Payment")],
        [SOLD, PAID, "CreditNote 2022-03-22 24.00 GBP Paid: refunds 20.00, vat 4.00, owed -24.00",
         "Refund 2022-03-22 24.00 GBP Paid: owed 24.00, card -24.00",
         "Invoice 2022-03-23 24.00 GBP Paid: owed 24.00, sales -20.00, vat -4.00",
         "Payment 2022-03-23 24.00 GBP Paid: card 24.00, owed -24.00"],
    ),
    "refund order without lines": Odd(
        [sold().pay("P", 24, "O"),
         Day(TUESDAY).order("R", -24, tax=-4, refund=24).pay("PR", -24, "R")],
        [SOLD, PAID, "CreditNote 2022-03-22 24.00 GBP Paid: refunds 20.00, vat 4.00, owed -24.00",
         "Refund 2022-03-22 24.00 GBP Paid: owed 24.00, card -24.00"],
    ),
    # The transaction of a payment that failed is a warning (R08), and no money.
    "failed, then paid": Odd(
        [sold().pay("F", 24, "O", status="Failed").pay("P", 24, "O", at="10:01:00")],
        [SOLD, PAID],
    ),
    "exchange whose difference is paid a sync later": Odd(
        [Day().order("O", 12, line(24, 20, 4), line(-12, 20, -2, quantity=-1), tax=2, refund=12),
         Day(TUESDAY).pay("P", 12, "O")],
        [SOLD, "CreditNote 2022-03-21 12.00 GBP Paid: refunds 10.00, vat 2.00, owed -12.00",
         "Payment 2022-03-22 12.00 GBP Paid: card 12.00, owed -12.00"],
    ),
    "refund repaid in QuickBooks a sync later": Odd(
        [sold().pay("P", 24, "O"),
         Day(TUESDAY).order("R", -24, line(-24, 20, -4, quantity=-1), tax=-4, refund=24),
         Day(WEDNESDAY).pay("PR", -24, "P", of="Payment")],
        [SOLD, PAID, "CreditNote 2022-03-22 24.00 GBP Paid: refunds 20.00, vat 4.00, owed -24.00",
         "JournalEntry 2022-03-23 24.00 GBP: owed 24.00, card -24.00",
         "Payment 2022-03-23 0.00 GBP Paid:"],
        QB,
    ),
    # 9.97 francs are paid back with 9.95 two days later: 0.02 are the shop's gain.
    "refund in cash a sync later, rounded down": Odd(
        [Day(currency="CHF").order("O", 9.97, line(9.97, 20, 1.66), tax=1.66).pay("P", 9.97, "O"),
         Day(TUESDAY, "CHF").order("R", -9.97, line(-9.97, 20, -1.66, quantity=-1), tax=-1.66,
                                   refund=9.97),
         Day(WEDNESDAY, "CHF").pay("PR", -9.95, "R", "Cash")],
        ["Invoice 2022-03-21 9.97 CHF Paid: owed 9.97, sales -8.31, vat -1.66",
         "Payment 2022-03-21 9.97 CHF Paid: card 9.97, owed -9.97",
         "CreditNote 2022-03-22 9.97 CHF Paid: refunds 8.31, vat 1.66, owed -9.97",
         "Invoice 2022-03-23 0.02 CHF Paid: owed 0.02, rounding -0.02",
         "Refund 2022-03-23 9.95 CHF Paid: owed 9.95, cash -9.95"],
    ),
    # 9.98 francs are paid back with 10.00, by way of the first payment: 0.02 are lost.
    "refund in cash a sync later, rounded up": Odd(
        [Day(currency="CHF").order("O", 9.98, line(9.98, 20, 1.66), tax=1.66)
         .pay("P", 10, "O", "Cash"),
         Day(TUESDAY, "CHF").order("R", -9.98, line(-9.98, 20, -1.66, quantity=-1), tax=-1.66,
                                   refund=9.98),
         Day(WEDNESDAY, "CHF").pay("PR", -10, "P", "Cash", of="Payment")],
        ["Invoice 2022-03-21 10.00 CHF Paid: owed 10.00, rounding -0.02, sales -8.32, vat -1.66",
         "Payment 2022-03-21 10.00 CHF Paid: cash 10.00, owed -10.00",
         "CreditNote 2022-03-22 9.98 CHF Paid: refunds 8.32, vat 1.66, owed -9.98",
         "CreditNote 2022-03-23 0.02 CHF Paid: rounding 0.02, owed -0.02",
         "Refund 2022-03-23 9.98 CHF Paid: owed 9.98, cash -9.98",
         "Refund 2022-03-23 0.02 CHF Paid: owed 0.02, cash -0.02"],
    ),
    # 9.98 francs are paid with 10.00, and 4.96 of them repaid with 4.95: each is rounded.
    "cash rounded in and out, in one order": Odd(
        [Day(currency="CHF").order("O", 5.02, line(9.98, 20, 1.66),
                                   line(-4.96, 20, -0.83, quantity=-1), tax=0.83, refund=4.96)
         .pay("P", 10, "O", "Cash").pay("PR", -4.95, "O", "Cash", at="11:00:00")],
        ["Invoice 2022-03-21 10.00 CHF Paid: owed 10.00, rounding -0.02, sales -8.32, vat -1.66",
         "CreditNote 2022-03-21 4.95 CHF Paid: refunds 4.13, vat 0.83, owed -4.95, rounding -0.01",
         "Payment 2022-03-21 10.00 CHF Paid: cash 10.00, owed -10.00",
         "Refund 2022-03-21 4.95 CHF Paid: owed 4.95, cash -4.95"],
    ),
    # In a journal entry a fee and its reversal would leave no line: both sides are shown.
    "fee and its reversal alone, as a journal": Odd(
        [sold().pay("P", 24, "O"),
         Day(TUESDAY).move("F", "PaymentFee", -0.42, "P", "Payment")
         .move("G", "PaymentFee", 0.42, "P", "Payment")],
        ["JournalEntry 2022-03-21 24.00 GBP: card 24.00, sales -20.00, vat -4.00",
         "JournalEntry 2022-03-22 0.84 GBP: card 0.00, fees 0.00"],
        {"mapping": "journal"},
    ),
    # The payout leaves what is not paid out in the clearing account; a failed one comes back.
    "payout, and one that failed": Odd(
        [sold().pay("P", 24, "O", fee=0.42),
         Day(TUESDAY).move("T1", "Payout", -23.58, "", "Unknown")
         .move("T2", "FailedPayout", 23.58, "", "Unknown")],
        [SOLD, PAID, "Bill 2022-03-21 0.42 GBP Paid: fees 0.42, payable -0.42",
         "BillPayment 2022-03-21 0.42 GBP Paid: payable 0.42, card -0.42",
         "BankTransfer 2022-03-22 23.58 GBP Paid: bank 23.58, card -23.58",
         "BankTransfer 2022-03-22 23.58 GBP Paid: card 23.58, bank -23.58"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD_DAYS)
def test_an_odd_day_is_booked_as_an_accountant_would(name: str) -> None:
    odd = ODD_DAYS[name]
    shop = Shop(odd.days[0].date, **odd.shop)
    for day in odd.days:
        shop.sell(day.records)
    assert sorted(shop.books()) == sorted(normal(odd.books))
    assert (shop.errors() == []) == odd.is_clean
    balances: dict[str, Any] = {}
    for each in shop.company_books().trial_balance:
        balances[each.currency] = balances.get(each.currency, 0) + each.debit - each.credit
    assert not any(balances.values())


UNMAPPED = {
    "Tax rate is missing selected tax rate id. (10 percent)": Odd(
        [Day().order("O", 11, line(11, 10, 1), tax=1)], []
    ),
    "No account is selected for payments of type Vipps.": Odd(
        [sold().pay("P", 24, "O", "Vipps")], [], {"accounts": {("payments", "vipps"): None}}
    ),
}


@pytest.mark.parametrize("message", UNMAPPED)
def test_what_is_not_mapped_stops_the_sync_and_is_named(message: str) -> None:
    odd = UNMAPPED[message]
    shop = Shop(odd.days[0].date, **odd.shop)
    shop.sell(odd.days[0].records)
    sync = shop.driver.last_sync()
    assert sync is not None
    assert (sync["syncStatusCode"], sync["errorMessage"]) == (4000, message)
    assert shop.company_books().documents == []
