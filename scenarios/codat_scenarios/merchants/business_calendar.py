"""The days on which a merchant is closed or busier than usual, by the calendar of its country."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from codat_scenarios.merchants.profile import Hours, Profile

USUAL: Final = 100  # percent of the orders of such a day
# Days on which shops sell more or less and that are no public holidays.
FIXED_SPECIAL_DAYS: Final = {
    (2, 14): "Valentine's Day",
    (3, 17): "Saint Patrick's Day",
    (10, 31): "Halloween",
    (12, 23): "Day before Christmas Eve",
    (12, 24): "Christmas Eve",
    (12, 31): "New Year's Eve",
}
NOVEMBER: Final = 11
THURSDAY: Final = 3


@lru_cache(maxsize=256)
def public_holidays(country: str, region: str | None, year: int) -> Mapping[date, str]:
    """The public holidays of a year with their names in English.

    Args:
        country: ISO 3166 code.
        region: ISO 3166-2 code of a part of it, without the country; None for the whole.
        year: of the common era; none are known of years long past.
    """
    import holidays  # late: it takes a third of a second

    found = holidays.country_holidays(country, subdiv=region, years=year, language="en_US")
    return dict(found.items())


def special_days(profile: Profile, day: date) -> tuple[str, ...]:
    """The names of what a day is: a public holiday, Black Friday, Christmas Eve.

    Args:
        profile: its country and region.
        day: the merchant's local date.
    """
    holiday = public_holidays(profile.country, profile.region, day.year).get(day)
    named = [*(holiday.split("; ") if holiday else ())]
    fixed = FIXED_SPECIAL_DAYS.get((day.month, day.day))
    if fixed:
        named.append(fixed)
    if day - timedelta(days=1) == thanksgiving(day.year):
        named.append("Black Friday")
    return tuple(named)


def thanksgiving(year: int) -> date:
    """The fourth Thursday of November."""
    first = date(year, NOVEMBER, 1)
    return first + timedelta(days=(THURSDAY - first.weekday()) % 7 + 21)


def busyness(profile: Profile, day: date) -> int:
    """Percent of the orders that the same day sells without being special; 0 is closed.

    Args:
        profile: its special days.
        day: the merchant's local date.
    """
    named = (
        profile.special_days[name]
        for name in special_days(profile, day)
        if name in profile.special_days
    )
    return min(named, key=lambda percent: -abs(percent - USUAL), default=USUAL)


def hours_of(profile: Profile, day: date) -> Hours:
    """The hours in which a merchant sells on a day; none if it is closed.

    Args:
        profile: its hours.
        day: the merchant's local date.
    """
    usual = profile.opening[day.weekday()]
    if not busyness(profile, day):
        return {}
    is_holiday = day in public_holidays(profile.country, profile.region, day.year)
    return profile.holiday_hours if usual and is_holiday and profile.holiday_hours else usual
