"""Whether a schedule can be kept.

Source: contract sections 5 and 6.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from codat_mock.configuration.option_checks import is_among, wrong_choice
from codat_mock.models.configuration import Configuration
from codat_mock.models.values import find_zone

HOURS: Final = range(24)


def schedule_problems(configuration: Configuration) -> list[str]:
    """Why no sync can be planned; empty where one can."""
    return [problem for check in SCHEDULE_CHECKS for problem in check(configuration)]


def frequency(configuration: Configuration) -> Iterator[str]:
    """A schedule has one of the frequencies offered."""
    schedule = configuration.schedule
    if not is_among(schedule.selected_frequency, schedule.frequency_options):
        yield wrong_choice(
            "sync frequency",
            "schedule.selectedFrequency",
            schedule.selected_frequency,
            schedule.frequency_options,
        )


def start_date(configuration: Configuration) -> Iterator[str]:
    """A schedule has a day to start from."""
    if configuration.schedule.start_date is None:
        yield (
            "No start date is set: "
            "set schedule.startDate to the day from which sales are to be synced."
        )


def sync_hour(configuration: Configuration) -> Iterator[str]:
    """A schedule has an hour of the day."""
    hour = configuration.schedule.sync_hour_utc
    if hour not in HOURS:
        found = "No sync hour is set" if hour is None else f"The sync hour {hour} does not exist"
        yield f"{found}: set schedule.syncHourUtc to a whole number from 0 to 23."


def time_zone(configuration: Configuration) -> Iterator[str]:
    """A schedule names a time zone of the IANA database."""
    name = configuration.schedule.time_zone
    if find_zone(name) is None:
        found = f"The time zone '{name}' is not known" if name else "No time zone is set"
        yield f"{found}: set schedule.timeZone to an IANA name such as 'Europe/London'."


SCHEDULE_CHECKS: Final = (frequency, start_date, sync_hour, time_zone)
