"""Moments as text, and the clock that moves them."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from codat_mock import clock
from codat_mock.clock import (
    FIRST,
    LAST,
    Clock,
    format_moment,
    from_microseconds,
    parse_moment,
    parse_moments,
    parse_speed,
    to_microseconds,
)

MOMENTS = st.datetimes(timezones=st.just(UTC))
MINUTE = timedelta(minutes=1)
OFFSETS = st.timedeltas(-14 * 60 * MINUTE, 14 * 60 * MINUTE).map(lambda off: off // MINUTE * MINUTE)
NOON = datetime(2022, 3, 21, 12, tzinfo=UTC)


def refuses(read, text):
    try:
        read(text)
    except ValueError:
        return True
    return False


@pytest.fixture
def machine(monkeypatch):
    """The machine's time as a list of one moment, which a test moves."""
    held = [datetime(2030, 1, 1, tzinfo=UTC)]
    monkeypatch.setattr(clock, "machine_now", lambda: held[0])
    return held


@given(MOMENTS)
def test_a_written_moment_is_read_as_the_same_instant(moment):
    text = format_moment(moment)
    assert parse_moment(text) == moment
    assert text.endswith("Z")
    assert "." not in text or not text.endswith("0Z")


@given(MOMENTS, st.integers(0, 9))
def test_a_seventh_digit_is_cut_and_never_carried_over(moment, digit):
    text = f"{moment:%H:%M:%S}.{moment.microsecond:06}{digit}Z"
    assert parse_moment(f"{moment.date().isoformat()}T{text}") == moment


@given(st.dates())
def test_the_last_tick_of_a_day_stays_in_its_day(day):
    assert parse_moment(f"{day.isoformat()}T23:59:59.9999999Z").date() == day


@given(MOMENTS.filter(lambda moment: 1 < moment.year < 9999), OFFSETS)
def test_an_offset_is_taken_into_account(local, offset):
    moment = local.replace(tzinfo=timezone(offset))
    read = parse_moment(moment.isoformat())
    assert read == moment
    assert read.tzinfo is UTC


@given(st.datetimes())
def test_a_moment_without_an_offset_is_utc(moment):
    assert parse_moment(moment.isoformat()) == moment.replace(tzinfo=UTC)


@given(st.dates())
def test_a_bare_date_is_its_midnight_in_utc(day):
    assert parse_moment(day.isoformat()) == datetime(day.year, day.month, day.day, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "", "Z", "today", "20220321", "2022-03", "2022-W12-1", "2022-080", "2022-13-01",
        "2022-02-29", "2022-03-21 08:00:00Z", "2022-03-21T25:00:00Z", "2022-03-21T08:00:00ZZ",
        "2022-03-21T", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1647849600",
        "2022-03-21T08:00:00+25:00", "21/03/2022", "\u0662022-03-21",
    ],
)  # fmt: skip
def test_other_texts_are_no_moments(text):
    assert refuses(parse_moment, text)


@given(st.text(max_size=40))
def test_any_text_is_a_moment_or_refused_with_a_value_error(text):
    assert refuses(parse_moment, text) or parse_moment(text).tzinfo is UTC


@given(MOMENTS)
def test_the_store_keeps_moments_to_the_microsecond(moment):
    assert from_microseconds(to_microseconds(moment)) == moment


def test_a_frozen_clock_stands(machine):
    frozen = Clock.starting(NOON, 0)
    machine[0] += timedelta(days=400)
    assert frozen.now() == NOON
    assert frozen.mode == "frozen"


@given(st.timedeltas(timedelta(0), timedelta(days=1000)), st.floats(0.001, 1000))
def test_a_running_clock_passes_by_its_speed(passed, speed):
    started = datetime(2030, 1, 1, tzinfo=UTC)
    running = Clock(NOON, started, speed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "machine_now", lambda: started + passed)
        assert running.now() == NOON + passed * speed


def test_a_clock_without_a_start_begins_at_the_machines_time(machine):
    assert Clock.starting(None, 1).now() == machine[0]
    assert Clock.starting(None, 1).mode == "real"


def test_a_machine_clock_set_back_does_not_take_the_sandbox_with_it(machine):
    real = Clock.starting(NOON, 1)
    machine[0] -= timedelta(hours=1)
    assert real.now() == NOON


def test_a_moved_clock_goes_on_from_there(machine):
    moved = Clock.starting(NOON, 60).moved_to(NOON + timedelta(days=1))
    machine[0] += timedelta(seconds=1)
    assert moved.now() == NOON + timedelta(days=1, minutes=1)
    assert moved.mode == "x60"


@pytest.mark.parametrize("years", [7, 7000])
def test_the_fastest_clock_stands_still_at_the_end_of_the_calendar(machine, years):
    fast = Clock.starting(NOON, 1_000_000)
    machine[0] += timedelta(days=366 * years)
    assert fast.now() == LAST


def test_every_time_zone_can_tell_the_ends_of_the_clock():
    for moment in (FIRST, LAST):
        for hours in (-14, 14):
            assert moment.astimezone(timezone(timedelta(hours=hours))).date() != date(1, 1, 3)


@pytest.mark.parametrize(
    ("text", "speed"), [("real", 1), ("frozen", 0), ("x60", 60), ("x0.5", 0.5), ("x1000000", 1e6)]
)
def test_a_speed_is_read(text, speed):
    assert parse_speed(text) == speed


@pytest.mark.parametrize(
    "text", ["", "x", "x0", "x-1", "xnan", "xinf", "x1e9", "60", "fast", "REAL", "xx2"]
)
def test_other_texts_are_no_speeds(text):
    assert refuses(parse_speed, text)


ALIKE = [
    "2022-03-21T10:00:00Z", "2022-03-21T10:00:01Z", "2022-02-30T10:00:00Z", "2022-03-21T1:00:00+0Z",
    "2022-03-21t10:00:00Z", "2022-03-21T10:00:00z", "2022-03-21 10:00:00Z", "2022/03/21T10:00:00Z",
    "2022-03-21T10:00:0 Z", "2022-03-21T10:00+01Z", "2022-03-21T100000.1Z", "2022-03-21T10:00:00,",
]  # fmt: skip
TEXTS = st.sampled_from([*ALIKE, "2022-03-21", "2022-03-21T10:00:00", "2022-03-21T10:00:00.5Z"])


@given(st.lists(st.sampled_from(ALIKE)) | st.lists(TEXTS))
@example(["2022-03-21T10:00:00", "Z2022-03-21T10:00:00Z"])
@example(["2022-03-21T10:00Z"])
def test_several_times_are_read_as_each_alone(texts: list[str]) -> None:
    try:
        each = [*map(parse_moment, texts)]
    except ValueError:
        assert refuses(parse_moments, texts)
    else:
        assert parse_moments(texts) == each
        assert all(moment.tzinfo is UTC for moment in parse_moments(texts))
