"""When an order adds up."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import judged
import pytest
from sample_records import line, order, pounds

from codat_mock.models.commerce import DiscountAllocation
from codat_mock.rules.order_sums import misfit, owed, refunded, tax_misfit


def of_order(total: str, discount: str, *lines: str, **properties: Any) -> str:
    items = [line(gross) for gross in lines]
    return misfit(
        order(
            total_amount=pounds(total),
            total_discount=pounds(discount),
            order_line_items=items,
            **properties,
        )
    )


@pytest.mark.parametrize(
    ("total", "discount"),
    [("108", "12"), ("108", "-12"), ("108", "10"), ("107.99", "12"), ("120", "12")],
    ids=["after tax", "below zero", "before tax at 20 %", "with a rounded cent", "in the lines"],
)
def test_a_discount_on_the_order_may_explain_what_its_lines_come_to(total: str, discount: str):
    assert of_order(total, discount, "120") == ""


@pytest.mark.parametrize(("total", "discount"), [("110", "12"), ("105", "12"), ("132", "12")])
def test_a_discount_explains_no_other_difference(total: str, discount: str):
    assert of_order(total, discount, "120") != ""


def test_a_discount_that_the_lines_contain_is_not_taken_off_again():
    item = line("108")
    item.discount_allocations = [DiscountAllocation(total_amount=Decimal(12))]
    given = {"total_discount": pounds("12"), "order_line_items": [item]}
    assert misfit(order(total_amount=pounds("108"), **given)) == ""
    assert misfit(order(total_amount=pounds("96"), **given)) != ""


def found(total: Any = 85, **properties: Any) -> Any:
    return judged.order(total, **properties)


def item(total: Any, **more: Any) -> dict[str, Any]:
    return {"id": "l", "totalAmount": total, **more}


BACK = item(20, quantity=-1)
BEYOND = {"totalAmount": 10, "type": "Overpayment"}


@pytest.mark.parametrize(
    ("given", "due", "back"),
    [
        (found(), 85, 0),
        (found(totalGratuity=5), 90, 0),
        (found(totalRefund=10), 85, 10),
        (found(totalRefund=-10), 85, 10),
        (found(serviceCharges=[BEYOND]), 75, 0),
        (found(serviceCharges=[{"totalAmount": 10, "type": "Shipping"}]), 85, 0),
        (found(orderLineItems=[item(105), BACK]), 85, 20),
        (found(orderLineItems=[item(105), item(-20, quantity=-1)]), 85, 20),
        (found(orderLineItems=[item(105), item(20, quantity=0)]), 85, 0),
        (found(orderLineItems=[item(105), BACK], totalRefund=30), 85, 30),
        (found(orderLineItems=[item(105), BACK], totalRefund=10), 85, 20),
        (found(None), 0, 0),
        (found(None, orderLineItems=[item(60), item(25)]), 85, 0),
        (found(None, orderLineItems=[item(60)], totalRefund=10), 50, 10),
        (found(None, orderLineItems=[item(60), BACK]), 40, 20),
        (found(None, orderLineItems=[item(60), BACK], totalRefund=30), 30, 30),
        (found(None, orderLineItems=[item(60)], serviceCharges=[BEYOND], totalGratuity=1), 61, 0),
    ],
)
def test_what_an_order_owes_and_refunds(given: Any, due: int, back: int) -> None:
    assert (owed(given), refunded(given)) == (due, back)


LONG = [item(number) for number in (1, 2, 3, 4, 5, 6)]


@pytest.mark.parametrize(
    ("given", "note"),
    [
        (found(None, orderLineItems=[item(1)]), ""),
        (found(orderLineItems=[item(85)]), ""),
        (found(orderLineItems=[item(85.01)]), ""),
        (found(orderLineItems=[item(85.02)]), "its lines are 85.02 = 85.02, its total is 85"),
        (found(orderLineItems=[item(84.98)]), "its lines are 84.98 = 84.98, its total is 85"),
        (found(orderLineItems=[item(60), item(25.02)]), ""),
        (found(orderLineItems=[item(60), item(25.03)]),
         "its lines are 60 + 25.03 = 85.03, its total is 85"),
        (found(orderLineItems=[item(60)], serviceCharges=[{"totalAmount": 25.02}]), ""),
        (found(orderLineItems=[item(60)], serviceCharges=[{"totalAmount": 25.03}]),
         "its lines are 60 + 25.03 = 85.03, its total is 85"),
        (found(serviceCharges=[{"totalAmount": 25}]), "its lines are 25 = 25, its total is 85"),
        (found(orderLineItems=[item(105), BACK]), ""),
        (found(orderLineItems=[item(65), item(20, quantity=0)]), ""),
        (found(105, orderLineItems=[item(105), BACK]),
         "its lines are 105 - 20 = 85, its total is 105"),
        (found(orderLineItems=[item(105), BACK], totalRefund=20), ""),
        (found(orderLineItems=[item(105), BACK], totalRefund=-20), ""),
        (found(75, orderLineItems=[item(105), BACK], totalRefund=30), ""),
        (found(orderLineItems=[item(105), BACK], totalRefund=30),
         "its lines are 105 - 20 - 10 refunded = 75, its total is 85"),
        (found(orderLineItems=[item(105)], totalRefund=20), ""),
        # discounts of the lines beyond that of the order explain nothing
        (found(orderLineItems=[item(82, discountAllocations=[{"totalAmount": 5}])],
               totalDiscount=2), "its lines are 82 = 82, its total is 85"),
        (found(orderLineItems=[item(84.5, discountAllocations=[{"totalAmount": 2.5}])],
               totalDiscount=2), "its lines are 84.5 = 84.5, its total is 85"),
        (found(84.5, orderLineItems=[item(85), item(0.5, quantity=-1)], totalRefund=0.5), ""),
        (found(0, orderLineItems=LONG[:5]), "its lines are 1 + 2 + 3 + 4 + 5 = 15, its total is 0"),
        (found(0, orderLineItems=LONG),
         "its lines are 1 + 2 + 3 + 4 + 5 + … = 21, its total is 0"),
        (found(payments=[{"id": "P", "amount": 85.01, "status": "Paid"}]), ""),
        (found(payments=[{"id": "P", "amount": 85.02, "status": "Paid"}]),
         "its payments add up to 85.02, total and gratuity to 85"),
        (found(payments=[{"id": "P", "amount": 60, "status": "Paid"}] * 2),
         "its payments add up to 120, total and gratuity to 85"),
        (found(payments=[{"id": "P", "amount": 85.02, "status": "Failed"}]), ""),
        (found(payments=[{"id": "P", "amount": 60, "status": "Paid"}]), ""),
        (found(totalGratuity=5, payments=[{"id": "P", "amount": 90, "status": "Paid"}]), ""),
        (found(-85, payments=[{"id": "P", "amount": 85, "status": "Failed"}]), ""),
        (found(totalGratuity=5, payments=[{"id": "P", "amount": 90.02, "status": "Paid"}]),
         "its payments add up to 90.02, total and gratuity to 90"),
    ],
)  # fmt: skip
def test_what_does_not_add_up_is_shown(given: Any, note: str) -> None:
    assert misfit(given) == note


@pytest.mark.parametrize(
    ("total", "rate", "is_explained"),
    [
        # 120 less 12 after tax is 108, less 12 before tax at 20 % is 105.60
        (107.98, 0, False), (107.99, 0, True), (108.01, 0, True), (108.02, 0, False),
        (105.58, 20, False), (105.59, 20, True), (108.01, 20, True), (108.02, 20, False),
        (107.98, -20, False), (107.99, -20, True),
    ],
)  # fmt: skip
def test_a_discount_explains_a_difference_to_the_cent(
    total: float, rate: int, is_explained: bool
) -> None:
    items = [item(120, taxPercentage=rate)]
    given = found(total, totalDiscount=12, orderLineItems=items)
    assert (misfit(given) == "") == is_explained


def taxed(*parts: tuple[Any, Any, Any], tax: Any = None, **more: Any) -> Any:
    items = []
    for gross, rate, within in parts:
        named = {"taxPercentage": rate, "totalTaxAmount": within}
        known = {name: each for name, each in named.items() if each is not None}
        items.append(item(gross, quantity=-1 if gross < 0 else 1, **known))
    total = more.pop("total", sum(each[0] for each in parts))
    whole = {} if tax is None else {"totalTaxAmount": tax}
    return found(total, orderLineItems=items, **whole, **more)


@pytest.mark.parametrize(
    ("given", "note"),
    [
        (found(), ""),
        (found(totalTaxAmount=7), ""),
        (taxed((120, 20, 20)), ""),
        (taxed((120, 20, 20.01)), ""),
        (taxed((120, 20, 19.99)), ""),
        (taxed((120, 20, 20.011)), "a tax of 20.011, but 20.00 within 120 at 20 %"),
        (taxed((120, 20, 19.989)), "a tax of 19.989, but 20.00 within 120 at 20 %"),
        (taxed((120, 20, -20)), ""),
        (taxed((-120, 20, 20)), ""),
        (taxed((120, 20, None)), ""),
        (taxed((0.6, 20, 0.1), tax=0.1), ""),
        (taxed((0, 20, 0), tax=0), ""),
        (taxed((0, 20, 0.01), tax=0.01), ""),
        (taxed((-0.6, 20, 0.1), tax=-0.1), ""),
        (taxed((0.6, 20, 0.1), tax=0.09, total=0.54, totalDiscount=0.06, currency="KWD"), ""),
        (taxed((120, 0, 0), (-60, 20, -10), tax=-12, total=48, totalDiscount=12),
         "a tax of -12, but -10.00 in its lines"),
        (taxed((120, None, 50)), ""),
        (taxed((120, 0, 0)), ""),
        (taxed((120, 1, 1.19)), ""),
        (taxed((120, 0.2, 20)), "a tax rate of 0.2 percent"),
        (taxed((120, 0.99, None)), "a tax rate of 0.99 percent"),
        (taxed((120, 20, None), (120, 20, 24)), "a tax of 24, but 20.00 within 120 at 20 %"),
        (taxed((120, None, 50), (120, 20, 24)), "a tax of 24, but 20.00 within 120 at 20 %"),
        (taxed((120, 20, 20), tax=20), ""),
        (taxed((120, 20, 20), tax=20.01), ""),
        (taxed((120, 20, 20), tax=20.02), "a tax of 20.02, but 20.00 in its lines"),
        (taxed((120, 20, 20), tax=19.98), "a tax of 19.98, but 20.00 in its lines"),
        (taxed((120, 20, 20), (60, 20, 10), tax=30.02), ""),
        (taxed((120, 20, 20), (60, 20, 10), tax=30.03), "a tax of 30.03, but 30.00 in its lines"),
        (taxed((120, 20, 20), (60, 20, None), tax=99), ""),
        (taxed((120, 20, 20), (-60, 20, 10), tax=10), ""),
        (taxed((120, 20, 20), (-60, 20, -10), tax=10), ""),
        (taxed((120, 20, 20), (-60, 20, 10), tax=30), "a tax of 30, but 10.00 in its lines"),
        # a discount of 12 takes 2 of the tax at 20 %, or nothing of it
        (taxed((120, 20, 20), tax=18, total=108, totalDiscount=12), ""),
        (taxed((120, 20, 20), tax=17.98, total=108, totalDiscount=12),
         "a tax of 17.98, but 20.00 in its lines"),
        (taxed((120, 20, 20), tax=18.02, total=108, totalDiscount=12),
         "a tax of 18.02, but 20.00 in its lines"),
        (taxed((120, 20, 20), tax=19.91, total=119.5, totalDiscount=0.5), ""),
        (taxed((120, 20, 20), (110, 10, 10), tax=28, total=218, totalDiscount=12), ""),
        (taxed((120, 20, 20), (110, 10, 10), tax=28.9, total=218, totalDiscount=12), ""),
        (taxed((120, 20, 20), (110, 10, 10), tax=28.94, total=218, totalDiscount=12),
         "a tax of 28.94, but 30.00 in its lines"),
        (taxed((120, 20, 20), (110, None, 10), tax=20, total=218, totalDiscount=12), ""),
        (taxed((120, 20, 20), tax=18, total=108), "a tax of 18, but 20.00 in its lines"),
        (taxed((120, 20, 20), tax=20, total=132, totalDiscount=12), ""),
        (taxed((120, 20, 20), tax=22, total=132, totalDiscount=12),
         "a tax of 22, but 20.00 in its lines"),
        (taxed((120, 20, 20), tax=20, total=120.5, totalDiscount=12), ""),
        (taxed((120, 0, 0), tax=0, total=108, totalDiscount=12), ""),
        # a refund's tax may be taken off, or still be contained
        (taxed((120, 20, 20), tax=18, total=108, totalRefund=12), ""),
        (taxed((120, 20, 20), tax=19, total=108, totalRefund=12), ""),
        (taxed((120, 20, 20), tax=20, total=108, totalRefund=12), ""),
        (taxed((120, 20, 20), tax=20.02, total=108, totalRefund=12),
         "a tax of 20.02, but 20.00 in its lines"),
        (taxed((120, 20, 20), tax=18, total=108, totalRefund=0),
         "a tax of 18, but 20.00 in its lines"),
        (found(108, totalTaxAmount=1.5, serviceCharges=[{"totalAmount": 10, "taxPercentage": 20,
               "taxAmount": 1.67}]), "a tax of 1.5, but 1.67 in its lines"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_tax_is_shown(given: Any, note: str) -> None:
    assert tax_misfit(given) == note


def test_a_tax_may_differ_by_a_yen_where_there_is_no_cent() -> None:
    given = {"id": "l", "totalAmount": 120, "taxPercentage": 20}
    for tax, is_wrong in ((21, False), (21.5, True)):
        line_of_yen = {**given, "totalTaxAmount": tax}
        assert (
            bool(tax_misfit(found(120, currency="JPY", orderLineItems=[line_of_yen]))) == is_wrong
        )
