"""When an order adds up."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sample_records import line, order, pounds

from codat_mock.models.commerce import DiscountAllocation
from codat_mock.rules.reconciling import misfit


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
