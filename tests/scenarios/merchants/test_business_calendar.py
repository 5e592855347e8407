"""Closed days, holiday hours and peaks by the calendar of the merchant's country."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codat_scenarios.merchants import KINDS, merchant
from codat_scenarios.merchants.business_calendar import (
    busyness,
    hours_of,
    special_days,
    thanksgiving,
)
from codat_scenarios.merchants.kinds import PROFILES
from codat_scenarios.merchants.opening import selling_moments

YEARS = [date(2021, 1, 1) + timedelta(days=number) for number in range(5 * 365)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_special_day_of_a_merchant_is_a_day_of_its_calendar(kind):
    profile = PROFILES[kind]
    named = {name for day in YEARS for name in special_days(profile, day)}
    assert profile.special_days.keys() <= named


@pytest.mark.parametrize(
    ("kind", "closed"),
    [
        ("cafe", date(2022, 12, 25)),
        ("bike-shop", date(2022, 4, 27)),
        ("bike-shop", date(2022, 5, 26)),
        ("market-stall", date(2022, 1, 1)),
    ],
)
def test_nobody_sells_on_a_closed_holiday(kind, closed):
    shop = merchant(kind, seed=7)
    assert shop.profile.opening[closed.weekday()]
    assert shop.day(closed).records == {name: [] for name in shop.day(closed).records}


def test_a_cafe_opens_as_at_the_weekend_on_a_bank_holiday():
    cafe = PROFILES["cafe"]
    holiday, usual = date(2022, 5, 2), date(2022, 5, 9)
    assert hours_of(cafe, holiday) == cafe.opening[6] != hours_of(cafe, usual)


def test_a_web_shop_sells_far_more_on_black_friday():
    shop = merchant("web-shop", seed=7)
    friday = thanksgiving(2022) + timedelta(days=1)
    assert friday == date(2022, 11, 25)
    usual = [len(shop.day(friday - timedelta(weeks=weeks)).orders) for weeks in (1, 2, 3)]
    assert len(shop.day(friday).orders) > 1.8 * max(usual)


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_thanksgiving_is_the_fourth_thursday_of_november(day):
    found = thanksgiving(day.year)
    assert (found.month, found.weekday()) == (11, 3)
    assert 22 <= found.day <= 28


@given(st.sampled_from(KINDS), st.sampled_from(YEARS))
def test_a_merchant_sells_when_it_is_open_and_only_then(kind, day):
    profile = replace(PROFILES[kind], volume=200)
    sold = selling_moments(profile, day, Random(day.toordinal()))
    assert bool(sold) == bool(hours_of(profile, day)) or busyness(profile, day) < 50


def test_a_day_long_before_any_calendar_has_no_holidays():
    assert special_days(PROFILES["cafe"], date(2, 3, 4)) == ()
