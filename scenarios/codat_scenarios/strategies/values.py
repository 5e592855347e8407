"""Strategies for single values, each shrinking to the plainest: `0`, an empty text, a bare date."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import partial

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

TELLING_TEXTS = ("", "GB ", " ", "Zoë ☕", "お茶", "e\u0301", "'; --", "\x00")
TELLING_IDS = ("01e63721-1205-478e-8503-9d8bf8a93f44", "A", "a", " ", "\u00e9", "e\u0301")
TELLING_FRACTIONS = ("", ".6756749", ".5", ".9999999", ".123")
TELLING_ZONES = ("Z", "", "+01:00", "-05:00", "+05:45")


def ids() -> SearchStrategy[str]:
    """Merchants' ids: any text that is not empty.

    Source: contract section 1.
    """
    return st.text(min_size=1, max_size=36) | st.sampled_from(TELLING_IDS)


def texts() -> SearchStrategy[str]:
    """Texts, among them such as code that trims, folds or guesses gets wrong."""
    return st.text(max_size=20) | st.sampled_from(TELLING_TEXTS)


def amounts(least: int = -(10**9), most: int = 10**9, digits: int = 2) -> SearchStrategy[Decimal]:
    """Amounts of money, exact.

    Args:
        least: the lowest, in smallest units.
        most: the highest, in smallest units.
        digits: after the point.
    """
    return st.integers(least, most).map(partial(units, digits=digits))


def units(count: int, digits: int = 2) -> Decimal:
    """The amount of so many smallest units, without digits that say nothing."""
    amount = Decimal(f"{count}E-{digits}")
    return Decimal(count // 10**digits) if amount == amount.to_integral_value() else amount


def moments() -> SearchStrategy[str]:
    """Dates and times in every form the API takes.

    Bare dates; times in UTC, with an offset or unqualified; fractions of up to seven digits.

    Source: contract section 1.
    """
    days = st.dates(date(2020, 1, 1), date(2030, 12, 31)).map(date.isoformat)
    seconds = st.integers(0, 86_399).map(time_text)
    fractions = st.sampled_from(TELLING_FRACTIONS)
    zones = st.sampled_from(TELLING_ZONES)
    return days | st.builds("{}T{}{}{}".format, days, seconds, fractions, zones)


def time_text(second: int) -> str:
    """The time of day after so many seconds, `HH:MM:SS`."""
    return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
