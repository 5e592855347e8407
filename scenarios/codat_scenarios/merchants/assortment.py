"""What a merchant sells: single products, ranges of many, and their prices week by week."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import product as combinations
from random import Random
from typing import Final

from codat_scenarios.merchants.chance import normal
from codat_scenarios.merchants.money import proportion
from codat_scenarios.merchants.profile import Product, Profile, Range

WEIGHT: Final = 10_000  # of a product of demand 1
FLATTENING: Final = 4  # added to the rank of a product: the best ones are nearly alike
# A Monday: prices are those of the profile in the week of this day.
PRICED_ON: Final = date(2022, 1, 3)
WEEKS_A_YEAR: Final = 52
MAX_STEPS: Final = 12  # price changes before or after that week, so that no price runs away
FEWEST_WEEKS, MOST_WEEKS = 20, 52  # between two changes of a price


def weighted_products(profile: Profile, source: Random) -> Iterator[tuple[Product, int]]:
    """All products, each with its weight among the others.

    Within a range demand falls with the rank as in real assortments, by Zipf and Mandelbrot's law:
    few products sell often, and most of them seldom.

    Args:
        profile: its products and ranges.
        source: ranks and prices the products of the ranges.
    """
    for each in profile.products:
        yield each, each.demand * WEIGHT
    for each_range in profile.ranges:
        members = [*members_of(each_range, profile.price_step, source)]
        ranked = sorted((source.random(), number) for number in range(len(members)))
        levels = [WEIGHT // (rank + FLATTENING) for rank in range(1, len(members) + 1)]
        for level, (_, number) in zip(levels, ranked, strict=True):
            yield members[number], max(1, each_range.demand * WEIGHT * level // sum(levels))


def members_of(range_: Range, step: int, source: Random) -> Iterator[Product]:
    """The products of a range: every thing of every make in every size.

    Args:
        range_: the range.
        step: what prices are multiples of, in smallest units.
        source: prices the makes, each up to a fifth above or below.
    """
    makes = [(make, 80 + int(source.random() * 41)) for make in range_.makes]
    sizes = [*enumerate(range_.sizes or ("",))]
    for (thing, price), (make, level), (number, size) in combinations(range_.things, makes, sizes):
        asked = proportion(price, level * (100 + number * range_.size_percent), 10_000)
        name = " ".join(part for part in (thing, make, size) if part)
        yield Product(name, in_steps(asked, step), range_.tax, series=make)


def in_steps(price: int, step: int) -> int:
    """A price as a multiple of a step, at least one; both in smallest units."""
    return max(1, (2 * price + step) // (2 * step)) * step


def price_in_week(product: Product, rhythm: tuple[int, int], profile: Profile, monday: date) -> int:
    """The price of a product in a week, in smallest units.

    Args:
        product: a gift card keeps its price.
        rhythm: the weeks between two of its price changes, and the weeks since the last one.
        profile: how much dearer its prices become in a year.
        monday: the first day of the week.
    """
    if product.gift_card:
        return product.price
    every, since = rhythm
    week = (monday - PRICED_ON).days // 7
    steps = min(max((week + since) // every, -MAX_STEPS), MAX_STEPS)
    if not steps:
        return product.price
    factor = 1000 + profile.yearly_rise * every // WEEKS_A_YEAR
    dearer, base = factor ** abs(steps), 1000 ** abs(steps)
    changed = (dearer, base) if steps > 0 else (base, dearer)
    return in_steps(proportion(product.price, *changed), profile.price_step)


def draw_rhythm(source: Random) -> tuple[int, int]:
    """Draw how often a price changes, and how long ago it did; see `price_in_week`."""
    every = FEWEST_WEEKS + int(source.random() * (MOST_WEEKS - FEWEST_WEEKS + 1))
    return every, int(source.random() * every)


def fashion(weight: int, source: Random) -> int:
    """The weight of a product in one week: some sell better, others worse.

    Args:
        weight: on average.
        source: the week's.
    """
    mood = 1 + 0.35 * normal(source)
    return max(1, int(weight * max(0.1, mood)))
