"""When a merchant sells: the moments of a day's orders, daylight saving included."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from random import Random
from zoneinfo import ZoneInfo

from codat_scenarios.merchants.business_calendar import USUAL, busyness, hours_of
from codat_scenarios.merchants.chance import overdispersed
from codat_scenarios.merchants.profile import Profile

HOUR = 3_600  # seconds
CLOCK_TEXTS = [f":{second // 60:02}:{second % 60:02}Z" for second in range(HOUR)]


def day_bounds(day: date, zone: ZoneInfo) -> tuple[int, int]:
    """The first second of a local day and that of the next; 23, 24 or 25 hours apart.

    Returns:
        Seconds since 1970, UTC.
    """
    first, last = (
        datetime.combine(day + timedelta(days=days), time(), zone).timestamp() for days in (0, 1)
    )
    return int(first), int(last)


def selling_moments(profile: Profile, day: date, source: Random) -> list[int]:
    """Draw the moments at which a day's orders are created.

    Args:
        profile: its hours, weekdays, months and special days count.
        day: the merchant's local date.
        source: the day's random source.

    Returns:
        Seconds since 1970, UTC, in order; none where it is closed.
    """
    zone = ZoneInfo(profile.time_zone)
    weights = hours_of(profile, day)
    hours: list[int] = []
    # In UTC: at a change of the clocks an hour is skipped or happens twice.
    for start in range(*day_bounds(day, zone), HOUR):
        hours += [start] * weights.get(datetime.fromtimestamp(start, zone).hour, 0)
    if not hours:
        return []
    busy = profile.weekdays[day.weekday()] * profile.months[day.month - 1]
    mean = profile.volume * busy * busyness(profile, day) / (10_000 * USUAL)
    orders = overdispersed(mean, profile.dispersion, source)
    draw, count = source.random, len(hours)
    return sorted(hours[int(draw() * count)] + int(draw() * HOUR) for _ in range(orders))


def moment_text(seconds: int) -> str:
    """Write a moment, in seconds since 1970, as the API does: `2022-03-21T08:04:11Z`."""
    return hour_text(seconds // HOUR) + CLOCK_TEXTS[seconds % HOUR]


@lru_cache(maxsize=256)
def hour_text(hours: int) -> str:
    """Write the hour, in hours since 1970: `2022-03-21T08`."""
    return datetime.fromtimestamp(hours * HOUR, UTC).isoformat()[:13]
