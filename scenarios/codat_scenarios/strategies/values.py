"""Strategies for single values, each shrinking to the simplest: `0`, an empty text, a date."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import partial

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

EDGE_TEXTS = ("", "GB ", " ", "Zoë ☕", "お茶", "e\u0301", "'; --", "\x00")
EDGE_IDS = ("01e63721-1205-478e-8503-9d8bf8a93f44", "A", "a", " ", "\u00e9", "e\u0301")
EDGE_FRACTIONS = ("", ".6756749", ".5", ".9999999", ".123")
EDGE_ZONES = ("Z", "", "+01:00", "-05:00", "+05:45")


def ids() -> SearchStrategy[str]:
    """Record ids: any text that is not empty.

    Source: contract section 1.
    """
    return st.text(min_size=1, max_size=36) | st.sampled_from(EDGE_IDS)


def texts() -> SearchStrategy[str]:
    """Texts, including those that break code that trims, folds or guesses encodings."""
    return st.text(max_size=20) | st.sampled_from(EDGE_TEXTS)


def amounts(least: int = -(10**9), most: int = 10**9, digits: int = 2) -> SearchStrategy[Decimal]:
    """Amounts of money as exact decimals.

    Args:
        least: the lowest, in minor units.
        most: the highest, in minor units.
        digits: the number of decimal places.
    """
    return st.integers(least, most).map(partial(units, digits=digits))


def units(count: int, digits: int = 2) -> Decimal:
    """The amount of `count` minor units, without trailing zeros."""
    amount = Decimal(f"{count}E-{digits}")
    return Decimal(count // 10**digits) if amount == amount.to_integral_value() else amount


def moments() -> SearchStrategy[str]:
    """Dates and times in every format that the API accepts.

    Bare dates; times in UTC, with an offset or unqualified; fractions of up to seven digits.

    Source: contract section 1.
    """
    days = st.dates(date(2020, 1, 1), date(2030, 12, 31)).map(date.isoformat)
    zones = st.sampled_from(EDGE_ZONES)
    return days | times(days, zones)


def moments_of(day: date) -> SearchStrategy[str]:
    """Dates and times of one day, UTC; see `moments`."""
    days = st.just(day.isoformat())
    return days | times(days, st.sampled_from(("Z", "")))


def times(days: SearchStrategy[str], zones: SearchStrategy[str]) -> SearchStrategy[str]:
    """Times of days, with their zones."""
    seconds = st.integers(0, 86_399).map(time_text)
    fractions = st.sampled_from(EDGE_FRACTIONS)
    return st.builds("{}T{}{}{}".format, days, seconds, fractions, zones)


def time_text(second: int) -> str:
    """The time of day, `HH:MM:SS`, of a second of the day."""
    return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
