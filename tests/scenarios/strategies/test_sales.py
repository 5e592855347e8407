"""Sales of a day and of a currency, and lists of sales without a common id."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codat_mock.models.currencies import minor_units
from codat_scenarios.strategies import sale_lists, sales

MONDAY = date(2022, 3, 21)


@given(sales(on=MONDAY))
def test_sales_of_a_day_are_created_on_it(sale):
    for record in (sale.order, *sale.payments, *sale.transactions):
        assert record["createdDate"].startswith("2022-03-21")
        assert record["createdDate"].removeprefix("2022-03-21")[-6:-5] not in ("+", "-")


@given(st.sampled_from(("GBP", "JPY", "KWD")).flatmap(lambda code: sales(currency=code)))
def test_sales_in_a_currency_have_its_smallest_units_and_still_add_up(sale):
    currency = sale.order["currency"]
    smallest = minor_units()[currency]
    paid = [each for each in sale.payments if each["status"] == "Paid"]
    for payment in paid:
        assert payment["currency"] == currency
        assert payment["amount"] % smallest == 0
    due = sale.order["totalAmount"] + sale.order.get("totalGratuity", Decimal(0))
    assert sum(each["amount"] for each in paid) == due


def test_no_sales_are_in_a_currency_that_is_none():
    with pytest.raises(ValueError, match="'GPB' is no currency"):
        sales(currency="GPB")


@given(sale_lists(on=MONDAY))
def test_no_two_sales_of_a_list_share_an_id(drawn):
    for kind in (
        [sale.order["id"] for sale in drawn],
        [payment["id"] for sale in drawn for payment in sale.payments],
    ):
        assert len(kind) == len({*kind})
    for sale in drawn:
        ids = {sale.order["id"], *(payment["id"] for payment in sale.payments)}
        assert {moved["transactionSourceRef"]["id"] for moved in sale.transactions} <= ids
