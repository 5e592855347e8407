"""What comes back days later is an order of its own, and was sold."""

from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from reconciling_sales import after

from codat_scenarios.merchants import Merchant, merchant
from codat_scenarios.merchants.kinds import PROFILES
from codat_scenarios.merchants.late_returns import DAYS_LATER

START = date(2022, 3, 1)


def returned(day):
    """The orders of a day that are returns of earlier days."""
    return [
        order
        for order in day.orders
        if order["orderLineItems"]
        and all(line.get("quantity", 0) < 0 for line in order["orderLineItems"])
    ]


def parts(order, line):
    """What identifies a line that was sold and came back."""
    product, variant = line["productRef"]["id"], line.get("productVariantRef", {}).get("id")
    customer = order.get("customerRef", {}).get("id")
    return customer, product, variant, line["unitPrice"], abs(line["quantity"])


@pytest.fixture(scope="module")
def days():
    return list(merchant("web-shop", seed=7).days(30, start=START))


def test_every_return_was_sold_days_before_at_that_price_to_that_customer(days):
    sold = Counter(
        (day.date, parts(order, line))
        for day in days
        for order in after(day)[0]
        for line in order["orderLineItems"]
        if line.get("quantity", 0) > 0
    )
    back = Counter[tuple[date, tuple[object, ...]]]()
    for day in days[max(DAYS_LATER) :]:
        for order in returned(day):
            [line] = order["orderLineItems"]
            key = parts(order, line)
            origins = [day.date - timedelta(days=later) for later in DAYS_LATER]
            origin = next(each for each in origins if sold[each, key] > back[each, key])
            back[origin, key] += 1
    assert back.total() > 100


def test_a_return_is_repaid_in_full_by_the_method_of_the_sale(days):
    for day in days:
        for order in returned(day):
            [payment] = order["payments"]
            assert payment["amount"] == order["totalAmount"] == order["totalRefund"] < 0
            assert payment["status"] == "Paid"


def test_nothing_comes_back_on_a_closed_day_or_to_a_merchant_without_returns():
    shop = merchant("bike-shop", seed=7)
    sunday = date(2022, 3, 27)
    assert not shop.day(sunday).orders
    assert any(returned(day) for day in shop.days(14, start=START))
    assert not any(returned(day) for day in merchant("cafe", seed=7).days(5, start=START))


def test_a_return_is_the_same_on_a_day_that_is_generated_alone(days):
    alone = Merchant(PROFILES["web-shop"], 7).day(days[20].date)
    assert returned(alone) == returned(days[20])
    created = [datetime.fromisoformat(order["createdDate"]) for order in alone.orders]
    assert created == sorted(created)
