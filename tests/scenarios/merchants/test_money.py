from decimal import ROUND_HALF_UP, Decimal, localcontext

from hypothesis import given
from hypothesis import strategies as st

from codat_scenarios.merchants.money import Amounts, proportion, tax_within

UNITS = st.integers(-(10**12), 10**12)


@given(UNITS, st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_proportion_is_the_exact_share_rounded_half_away_from_zero(units, part, whole):
    with localcontext(prec=60):
        exact = Decimal(units) * part / whole
        assert proportion(units, part, whole) == exact.quantize(Decimal(1), ROUND_HALF_UP)


@given(UNITS, st.integers(0, 30_000))
def test_tax_within_an_amount_and_the_rest_are_in_the_rates_proportion(units, rate):
    tax = tax_within(units, rate)
    net = units - tax
    assert abs(net * rate - tax * 100_000) * 2 <= 100_000 + rate


def test_the_tax_in_the_worked_example_is_found():
    assert (tax_within(6000, 20_000), tax_within(2500, 20_000)) == (1000, 417)


@given(UNITS)
def test_an_amount_has_the_digits_of_its_currency(units):
    assert str(Amounts.of("JPY")[units]) == str(units)
    assert Amounts.of("GBP")[units] * 100 == units
    assert Amounts.of("GBP")[units].as_tuple().exponent == -2
    assert Amounts.of("KWD")[units].as_tuple().exponent == -3


def test_an_amount_is_exact_whatever_context_the_caller_has():
    with localcontext(prec=3):
        assert str(Amounts(2)[123_456]) == "1234.56"


def test_the_cache_of_amounts_is_bounded(monkeypatch):
    monkeypatch.setattr("codat_scenarios.merchants.money.REMEMBERED", 10)
    amounts = Amounts(2)
    assert [amounts[units] for units in range(100)] == [
        Decimal(units) / 100 for units in range(100)
    ]
    assert len(amounts) <= 10
