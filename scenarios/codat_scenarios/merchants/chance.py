"""Random numbers that are the same on every machine: sums, products and square roots only.

A logarithm or an exponential may differ in its last bit between machines; these may not.
"""

from __future__ import annotations

from math import sqrt
from random import Random


def normal(source: Random) -> float:
    """Draw a number of mean 0 and variance 1, nearly normal: the sum of twelve draws less six."""
    draw = source.random
    return sum(draw() for _ in range(12)) - 6.0


def overdispersed(mean: float, dispersion: int, source: Random) -> int:
    """Draw a count whose variance is `mean + mean² / dispersion`, as of a negative binomial.

    A gamma distributed mean (by the approximation of Wilson and Hilferty), around which the count
    varies as a Poisson distributed one does.

    Args:
        mean: of the count, not negative.
        dispersion: the smaller, the more days differ; shops have 10 to 100.
        source: of randomness.
    """
    root = 1 - 1 / (9 * dispersion) + normal(source) / (3 * sqrt(dispersion))
    level = mean * max(0.0, root * root * root)
    return max(0, int(level + sqrt(level) * normal(source) + 0.5))
