from __future__ import annotations

import sys
from decimal import Decimal
from subprocess import run

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codat_mock.accounting.money import (
    is_currency,
    minor_unit,
    minor_units,
    rounded,
    smallest_coin,
)


@pytest.mark.parametrize(
    ("currency", "unit"),
    [("GBP", "0.01"), ("JPY", "1"), ("KWD", "0.001"), ("CLF", "0.0001"), ("XYZ", "0.01")],
)
def test_each_currency_has_its_smallest_unit(currency, unit):
    assert minor_unit(currency) == Decimal(unit)


@pytest.mark.parametrize("code", ["GBP", "JPY", "KWD", "SEK", "HRK", "BGN"])
def test_currencies_of_today_and_of_the_betas_time_are_known(code):
    assert is_currency(code)


@pytest.mark.parametrize("code", ["", "gbp", "GBP ", "£", "XYZ", "XAU", "XXX", "XTS", "EURO"])
def test_what_is_not_the_code_of_a_currency_is_not_one(code):
    assert not is_currency(code)


@pytest.mark.parametrize(
    ("currency", "coin"), [("CHF", "0.05"), ("SEK", "1"), ("GBP", "0.01"), ("JPY", "1")]
)
def test_cash_is_rounded_to_the_smallest_coin(currency, coin):
    assert smallest_coin(currency) == Decimal(coin)


@given(st.decimals(-10_000, 10_000, places=5), st.sampled_from(sorted(minor_units())))
def test_a_rounded_amount_is_a_whole_number_of_units_and_the_nearest(amount, currency):
    unit, result = minor_unit(currency), rounded(amount, currency)
    assert result % unit == 0
    assert abs(result - amount) * 2 <= unit
    assert rounded(-amount, currency) == -result


def test_importing_the_module_does_not_read_the_table_of_currencies():
    program = "import sys, codat_mock.accounting.money; sys.exit('iso4217' in sys.modules)"
    assert run([sys.executable, "-c", program], check=False).returncode == 0
