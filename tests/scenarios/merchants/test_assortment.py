"""Hundreds of products with a long tail, prices that change, and baskets that go together."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codat_scenarios.merchants import KINDS, merchant
from codat_scenarios.merchants.assortment import PRICED_ON, draw_rhythm, in_steps, price_in_week
from codat_scenarios.merchants.kinds import PROFILES
from codat_scenarios.merchants.profile import Product

YEAR = timedelta(weeks=52)


@pytest.mark.parametrize("kind", KINDS)
def test_a_merchant_sells_hundreds_of_products_of_different_names(kind):
    products = merchant(kind, seed=7).products
    assert len(products) > (1_000 if kind == "web-shop" else 150)
    assert len({product["name"] for product in products}) == len(products)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fifth_of_the_products_makes_about_three_quarters_of_the_demand(kind):
    weights = sorted((item.weight for item in merchant(kind, seed=7).shop.items), reverse=True)
    assert 0.6 < sum(weights[: len(weights) // 5]) / sum(weights) < 0.9
    assert weights[-1] * 20 < weights[0]


@pytest.mark.parametrize("kind", KINDS)
def test_prices_rise_by_the_yearly_rate_each_at_its_own_time(kind):
    shop = merchant(kind, seed=7).shop
    ratios, changed = [], Counter()
    for item in shop.items:
        weeks = [PRICED_ON + timedelta(weeks=week) for week in range(53)]
        prices = [price_in_week(item.product, item.rhythm, shop.profile, week) for week in weeks]
        if item.product.gift_card:
            assert set(prices) == {item.product.price}
            continue
        ratios.append(prices[-1] / prices[0])
        changed.update(n for n in range(1, 53) if prices[n] != prices[n - 1])
    assert 1000 * (fmean(ratios) - 1) == pytest.approx(shop.profile.yearly_rise, rel=0.15)
    assert len(changed) > 26


def test_prices_fall_into_the_past_and_do_not_run_away():
    profile, tea = PROFILES["cafe"], Product("Tea", 300, 0)
    before, after = (
        price_in_week(tea, (26, 0), profile, PRICED_ON + sign * YEAR) for sign in (-1, 1)
    )
    assert before < 300 < after
    far = [price_in_week(tea, (26, 0), profile, PRICED_ON + 52 * YEAR) for _ in "ab"]
    assert far[0] < 10 * tea.price


@given(st.integers(1, 10**6), st.integers(1, 500))
def test_a_price_is_a_multiple_of_the_step_and_at_least_one(price, step):
    asked = in_steps(price, step)
    assert asked % step == 0
    assert asked >= step
    assert asked == step or abs(asked - price) * 2 <= step


@given(st.integers())
def test_a_price_changes_at_least_once_a_year(seed):
    every, since = draw_rhythm(Random(seed))
    assert 0 <= since < every <= 52


def test_what_is_of_one_series_is_bought_together():
    def share(together):
        shop = merchant("web-shop", seed=7)
        shop = type(shop)(replace(shop.profile, together=together), 7)
        series = {
            item.ref["id"]: item.product.series for item in shop.shop.items if item.product.series
        }
        pairs = [
            (series.get(first["productRef"]["id"]), series.get(second["productRef"]["id"]))
            for order in shop.day(date(2022, 3, 26)).orders
            for first, second in [order["orderLineItems"][:2]] * (len(order["orderLineItems"]) > 1)
        ]
        return fmean(first == second for first, second in pairs if first)

    assert share(40) > 2 * share(0)
