"""Counts that differ from day to day as those of shops do."""

from random import Random
from statistics import fmean, pvariance

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codat_scenarios.merchants.chance import normal, overdispersed


@pytest.mark.parametrize(("mean", "dispersion"), [(40, 10), (200, 20), (400, 60)])
def test_the_variance_is_that_of_a_negative_binomial(mean, dispersion):
    source = Random(7)
    counts = [overdispersed(mean, dispersion, source) for _ in range(4_000)]
    assert fmean(counts) == pytest.approx(mean, rel=0.02)
    assert pvariance(counts) == pytest.approx(mean + mean**2 / dispersion, rel=0.1)


@given(st.floats(0, 1e5), st.integers(1, 1000), st.integers())
def test_a_count_is_never_negative(mean, dispersion, seed):
    assert overdispersed(mean, dispersion, Random(seed)) >= 0
    assert overdispersed(0, dispersion, Random(seed)) == 0


def test_a_normal_number_is_the_same_on_every_machine():
    assert normal(Random(7)).hex() == "-0x1.5a03811b0cb32p+1"
