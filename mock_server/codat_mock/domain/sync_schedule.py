"""When syncs are due, and which period each covers.

Source: contract section 6. The sync hour is on the merchant's own clock, whatever the name
`syncHourUtc` says.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from codat_mock.models.configuration import Schedule
from codat_mock.models.values import find_zone

MAX_FAILURES: Final = 31  # "31 failed days in a row switch the sync off"
HOURS: Final = range(24)
SECOND: Final = timedelta(seconds=1)
DAYS_AHEAD: Final = {"daily": 5, "monthly": 35}  # in which the next due day is in every time zone


def next_due(schedule: Schedule, after: datetime) -> datetime | None:
    """The first due moment that is later than `after` and later than the start date, UTC.

    An hour that the clocks skip is due at the first moment after it; one that they repeat is due
    once, the first time.

    Args:
        schedule: the merchant's.
        after: UTC.

    Returns:
        None where the schedule has no start date, or no known frequency, hour or time zone, or
        where the calendar ends before.
    """
    zone, hour, start = find_zone(schedule.zone), schedule.hour, schedule.start_date
    if zone is None or hour not in HOURS or start is None:
        return None
    earliest = max(after, start)
    for day in due_days(schedule, earliest):
        try:
            due = moment_of(day, hour, zone)
        except OverflowError:  # at the ends of the calendar
            continue
        if due > earliest:
            return due
    return None


def due_days(schedule: Schedule, around: datetime) -> Iterator[date]:
    """The merchant's days on which a sync is due, near a moment; none where unscheduled.

    It begins two days early: the merchant's day may not be the one in UTC, and a skipped hour is
    due on the day after its own.
    """
    frequency = (schedule.selected_frequency or "").casefold()
    first = max(around.toordinal() - 2, date.min.toordinal())
    last = min(first + DAYS_AHEAD.get(frequency, 0), date.max.toordinal() + 1)
    for day in map(date.fromordinal, range(first, last)):
        # The contract names no day for a monthly sync: the first of the month is our choice.
        if frequency == "daily" or day.day == 1:
            yield day


def moment_of(day: date, hour: int, zone: ZoneInfo) -> datetime:
    """The moment, UTC, at which the clocks of a zone first show that hour or a later time.

    Args:
        day: the merchant's.
        hour: on the merchant's clock, 0 to 23.
        zone: the merchant's.

    Raises:
        OverflowError: the moment is outside the calendar.
    """
    local = datetime.combine(day, time(hour), zone)
    moment = local.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return moment
    # The clocks skip it. By the offset after the change it lies before the change, by the offset
    # before the change after it; the change itself lies between.
    before, after = local.replace(fold=1).astimezone(UTC), moment
    old = before.astimezone(zone).utcoffset()
    while after - before > SECOND:
        middle = before + (after - before) // (2 * SECOND) * SECOND
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after


def period(
    schedule: Schedule, last_success_finish: datetime | None, due: datetime
) -> tuple[datetime, datetime]:
    """The period that the sync due at `due` covers: from its start to before its finish, UTC.

    A failed day is covered by the next success, since only a success moves the start. Where a sync
    on demand has gone beyond the due date, nothing is left: the period is empty.

    Args:
        schedule: the merchant's.
        last_success_finish: where the last successful sync's period ended; None before the first.
        due: when the sync is due, UTC.
    """
    return min(last_success_finish or schedule.start_date or due, due), due
