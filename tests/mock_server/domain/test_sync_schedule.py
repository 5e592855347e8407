from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from codat_mock.domain.sync_schedule import MAX_FAILURES, next_due, period
from codat_mock.models.configuration import Schedule

START = datetime(2022, 1, 1, tzinfo=UTC)
DAILY = Schedule(
    selected_frequency="Daily", start_date=START, sync_hour_utc=2, time_zone="Europe/London"
)

# Half hours, quarter hours, both hemispheres, changes at midnight, and a day that never was.
ZONES = (
    "UTC", "Europe/London", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe",
    "America/Havana", "Asia/Beirut", "Pacific/Apia", "Pacific/Auckland", "America/St_Johns",
)  # fmt: skip

YEARS = [datetime(year, 1, 1) for year in (2008, 2030)]  # noqa: DTZ001  (hypothesis adds the zone)
moments = st.datetimes(*YEARS, timezones=st.just(UTC))
schedules = st.builds(
    Schedule,
    selected_frequency=st.just("Daily"),
    start_date=moments,
    sync_hour_utc=st.integers(0, 23),
    time_zone=st.sampled_from(ZONES),
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("after", "due"),
    [
        ("2022-02-14T01:59", "2022-02-14T02:00"),  # winter: London shows UTC
        ("2022-02-14T02:00", "2022-02-15T02:00"),  # strictly after
        ("2022-06-14T00:00", "2022-06-14T01:00"),  # summer: an hour earlier
        ("2021-06-01T00:00", "2022-01-01T02:00"),  # never before the start date
        ("2022-12-31T02:00", "2023-01-01T02:00"),
    ],
)
def test_a_daily_sync_is_due_at_the_hour_of_the_merchants_own_clock(after, due):
    assert next_due(DAILY, utc(after)) == utc(due)


@pytest.mark.parametrize(
    ("frequency", "after", "due"),
    [
        ("Daily", "2022-02-14T23:00", "2022-02-15T12:00"),  # the 15th there, after its hour
        ("Monthly", "2022-07-31T23:00", "2022-08-31T12:00"),  # August there, after its hour
        ("Weekly", "2022-07-31T23:00", None),
    ],
)
def test_the_next_due_day_is_met_furthest_to_the_east_too(frequency, after, due):
    schedule = replace(DAILY, selected_frequency=frequency, time_zone="Pacific/Kiritimati")
    assert next_due(schedule, utc(after)) == (due and utc(due))


def test_an_hour_that_is_skipped_is_due_when_the_clocks_change_in_its_middle():
    schedule = replace(DAILY, start_date=utc("2010-01-01T00:00"), time_zone="America/St_Johns")
    # There the clocks went from 00:01 to 01:01.
    due = next_due(replace(schedule, sync_hour_utc=1), utc("2010-03-14T03:00"))
    assert due == utc("2010-03-14T03:31")


def test_the_first_sync_is_due_after_the_start_date_not_at_it():
    schedule = replace(DAILY, start_date=utc("2022-01-01T02:00"))
    assert next_due(schedule, utc("2021-12-01T00:00")) == utc("2022-01-02T02:00")


@pytest.mark.parametrize(
    ("zone", "hour", "after", "due"),
    [
        # New York skips 02:00 to 03:00 on 13 March 2022: due when the clocks jump.
        ("America/New_York", 2, "2022-03-13T00:00", "2022-03-13T07:00"),
        # New York repeats 01:00 to 02:00 on 6 November 2022: due the first time only.
        ("America/New_York", 1, "2022-11-06T00:00", "2022-11-06T05:00"),
        ("America/New_York", 1, "2022-11-06T05:00", "2022-11-07T06:00"),
        # Lord Howe skips half an hour from 02:00.
        ("Australia/Lord_Howe", 2, "2022-10-01T12:00", "2022-10-01T15:30"),
        # Havana skips its midnight.
        ("America/Havana", 0, "2022-03-12T12:00", "2022-03-13T05:00"),
        # Apia skipped the whole of 30 December 2011: due when the next day began.
        ("Pacific/Apia", 15, "2011-12-30T05:00", "2011-12-30T10:00"),
        ("Pacific/Apia", 15, "2011-12-30T10:00", "2011-12-31T01:00"),
    ],
)
def test_skipped_and_repeated_hours(zone, hour, after, due):
    schedule = replace(
        DAILY, time_zone=zone, sync_hour_utc=hour, start_date=utc("2010-01-01T00:00")
    )
    assert next_due(schedule, utc(after)) == utc(due)


@given(schedules, moments)
@example(replace(DAILY, time_zone="Pacific/Apia", sync_hour_utc=0), utc("2011-12-30T09:59"))
def test_a_due_moment_is_later_than_both_and_shows_the_hour_unless_it_is_skipped(schedule, after):
    due = next_due(schedule, after)
    assert due is not None
    assert due > after
    assert due > schedule.start_date
    zone = ZoneInfo(schedule.time_zone)
    local = due.astimezone(zone)
    just_before = (due - timedelta(seconds=1)).astimezone(zone)
    jumps = local.utcoffset() != just_before.utcoffset()
    assert jumps or (local.hour, local.minute, local.second) == (schedule.sync_hour_utc, 0, 0)
    assert local.fold == 0


@given(schedules, moments)
def test_between_a_moment_and_the_next_due_none_is_left_out(schedule, after):
    """Counted by the minute with the zone's own clock, not with the code under test."""
    due = next_due(schedule, after)
    earliest = max(after, schedule.start_date)
    assert due - earliest <= timedelta(hours=49)
    zone, hour = ZoneInfo(schedule.time_zone), schedule.sync_hour_utc
    minute = earliest.replace(second=0, microsecond=0) + timedelta(minutes=1)
    while minute < due:
        local = minute.astimezone(zone)
        is_due = local.time() == time(hour) and local.fold == 0
        assert not is_due, f"{minute} was left out"
        minute += timedelta(minutes=1)


@given(schedules, moments)
def test_a_year_of_daily_syncs_has_one_for_each_local_day(schedule, after):
    zone = ZoneInfo(schedule.time_zone)
    moment, days = after, []
    for _ in range(40):
        moment = next_due(schedule, moment)
        days.append(moment.astimezone(zone).date())
    assert len(set(days)) >= len(days) - 1  # a skipped day's sync falls on the day after it
    assert days == sorted(days)


@given(moments)
def test_a_monthly_sync_is_due_on_the_first_of_each_month(after):
    schedule = replace(DAILY, selected_frequency="Monthly", start_date=utc("2008-01-01T00:00"))
    due = next_due(schedule, after)
    local = due.astimezone(ZoneInfo("Europe/London"))
    assert (local.day, local.hour) == (1, 2)
    assert due > after
    assert due - after <= timedelta(days=32)


@pytest.mark.parametrize(
    "lacking",
    [
        {"selected_frequency": None},
        {"selected_frequency": "Hourly"},
        {"start_date": None},
        {"sync_hour_utc": 24},
        {"sync_hour_utc": -1},
        {"time_zone": "Mars/Olympus"},
        {"time_zone": "Europe"},
    ],
)
def test_a_schedule_that_lacks_something_is_never_due(lacking):
    assert next_due(replace(DAILY, **lacking), START) is None


def test_a_schedule_without_hour_and_time_zone_is_due_at_midnight_utc():
    schedule = replace(DAILY, sync_hour_utc=None, time_zone=None)
    assert next_due(schedule, utc("2022-06-01T13:00")) == utc("2022-06-02T00:00")


@pytest.mark.parametrize("frequency", ["Daily", "Monthly"])
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/Los_Angeles"])
def test_nothing_is_due_beyond_the_end_of_the_calendar(frequency, zone):
    schedule = replace(DAILY, selected_frequency=frequency, time_zone=zone, sync_hour_utc=23)
    assert next_due(schedule, datetime.max.replace(tzinfo=UTC)) is None


def test_a_sync_is_due_on_the_last_day_of_the_calendar():
    schedule = replace(DAILY, time_zone="UTC", sync_hour_utc=23)
    last = datetime(9999, 12, 31, 23, tzinfo=UTC)
    assert next_due(schedule, last - timedelta(microseconds=1)) == last
    assert next_due(schedule, last) is None


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/Los_Angeles"])
def test_a_schedule_from_the_first_day_of_the_calendar_is_due(zone):
    first = datetime.combine(date.min, time(), UTC)
    due = next_due(replace(DAILY, start_date=first, time_zone=zone), first)
    assert due is not None
    assert due > first


def test_the_first_period_begins_at_the_start_date():
    due = utc("2022-01-01T02:00")
    assert period(DAILY, None, due) == (START, due)


def test_a_failed_day_is_covered_by_the_next_success():
    finish, due = utc("2022-01-05T02:00"), utc("2022-01-08T02:00")
    assert period(DAILY, finish, due) == (finish, due)


def test_thirty_one_failures_switch_the_sync_off():
    assert MAX_FAILURES == 31


@pytest.mark.parametrize(("finish", "start"), [(None, START), ("2022-01-09T02:00", None)])
def test_a_period_begins_at_the_last_finish_and_not_after_its_end(finish, start):
    due = utc("2022-01-08T02:00")
    assert period(DAILY, finish and utc(finish), due) == (start or due, due)
    assert period(replace(DAILY, start_date=None), None, due) == (due, due)
