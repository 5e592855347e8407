"""Time as a value: the only module that reads the machine's clock."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from msgspec import Meta

MAX_SPEED: Final = 1_000_000  # faster, and a request would find centuries of syncs due
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
# A sandbox's time keeps a day from both ends of the calendar, so that every time zone can show it
# and what is planned from it lies in the calendar as well.
FIRST = datetime(1, 1, 2, tzinfo=UTC)
LAST = datetime(9999, 12, 30, tzinfo=UTC)
LEAST_CHARACTERS = len("2022-03-21T10:00:00Z")


def machine_now() -> datetime:
    """The machine's time, UTC."""
    return datetime.fromtimestamp(time.time(), UTC)


def machine_seconds() -> float:
    """Seconds on the machine's clock that never goes back; only differences mean something."""
    return time.monotonic()


def to_microseconds(moment: datetime) -> int:
    """Microseconds since 1970, as the store keeps moments."""
    return (moment - EPOCH) // MICROSECOND


def from_microseconds(microseconds: int) -> datetime:
    """The moment, UTC, that the store kept as microseconds since 1970."""
    return EPOCH + timedelta(microseconds=microseconds)


def parse_moment(text: str) -> datetime:
    """Read a date-time as the API takes it: with `Z`, an offset, unqualified (UTC), or a bare date.

    Digits beyond the microsecond are cut, never rounded up into the next day.

    Raises:
        ValueError: the text is not such a date-time.

    Source: contract section 1.
    """
    # fromisoformat also reads week dates and other separators, which the API does not take.
    if text[4:8:3] != "--" or text[10:11] not in ("T", ""):
        raise ValueError(text)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is UTC:
        return moment
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:  # an offset that leads out of the years 1 to 9999
        raise ValueError(text) from error


def parse_moments(texts: Sequence[str]) -> list[datetime]:
    """Read several date-times; those that are written alike, with `Z`, in a third of the time.

    Raises:
        ValueError: one is not a date-time.
    """
    count, lengths = len(texts), {*map(len, texts)}
    length = max(lengths, default=0)
    if len(lengths) == 1 and length >= LEAST_CHARACTERS:
        joined = "".join(texts)
        marks = (joined[place::length] for place in (4, 7, 10, length - 1))
        if [*marks] == [mark * count for mark in "--TZ"]:
            return [*map(datetime.fromisoformat, texts)]
    return [*map(parse_moment, texts)]


def format_moment(moment: datetime) -> str:
    """Write a moment as the API does: UTC, `Z`, the fraction without trailing zeros."""
    in_utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    text = in_utc.isoformat().removesuffix("+00:00")
    return f"{text.rstrip('0') if '.' in text else text}Z"


def is_within(spans: Sequence[tuple[datetime, datetime]], moment: datetime | None) -> bool:
    """Whether a moment lies in one of the spans, which are apart and in order."""
    if moment is None:
        return False
    place = bisect_right(spans, moment, key=lambda span: span[0])
    return place > 0 and moment < spans[place - 1][1]


@dataclass(frozen=True, slots=True)
class Clock:
    """A sandbox's time: `anchor` was its time when the machine's was `machine_anchor`.

    Args:
        anchor: a moment of the sandbox, UTC.
        machine_anchor: the machine's moment at which the sandbox stood at `anchor`, UTC.
        speed: sandbox seconds a machine second; 0 is frozen, 1 is real.
    """

    anchor: datetime
    machine_anchor: datetime
    speed: Annotated[float, Meta(ge=0, le=MAX_SPEED)] = 1.0

    @classmethod
    def starting(cls, at: datetime | None, speed: float) -> Clock:
        """A clock that shows `at` now, or the machine's time where `at` is None."""
        machine = machine_now()
        return cls(at or machine, machine, speed)

    @property
    def mode(self) -> str:
        """`real`, `frozen`, or `x` and the factor."""
        named = {0.0: "frozen", 1.0: "real"}
        return named.get(self.speed) or f"x{self.speed:g}"

    def now(self) -> datetime:
        """The sandbox's time, UTC; never before the anchor, should the machine's go back."""
        if not self.speed:
            return self.anchor
        passed = max(machine_now() - self.machine_anchor, timedelta(0))
        try:
            return min(self.anchor + passed * self.speed, LAST)
        except OverflowError:
            return LAST

    def at_speed(self, speed: float) -> Clock:
        """The same clock, which goes on at another speed from now."""
        return replace(self, anchor=self.now(), machine_anchor=machine_now(), speed=speed)

    def moved_to(self, moment: datetime) -> Clock:
        """The same clock, set to `moment` and going on from there."""
        return replace(self, anchor=moment, machine_anchor=machine_now())


def in_calendar(moment: datetime) -> bool:
    """Whether a sandbox's clock can show that moment."""
    return FIRST <= moment <= LAST


def parse_speed(text: str) -> float:
    """Read `real`, `frozen` or `x60` (a factor above 0) as sandbox seconds a machine second.

    Raises:
        ValueError: it is none of these.
    """
    named = {"real": 1.0, "frozen": 0.0}
    if text in named:
        return named[text]
    factor = float(text.removeprefix("x")) if text.startswith("x") else 0.0
    if not 0 < factor <= MAX_SPEED:
        raise ValueError(text)
    return factor
