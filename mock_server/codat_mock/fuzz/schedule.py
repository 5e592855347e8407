"""The faults of one run, as events that can be described, planned and kept in a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from codat_mock.models.datasets import DatasetStatus
from codat_mock.models.faults import (
    Delay,
    Elapse,
    Fault,
    Lose,
    Maintenance,
    Refuse,
    Slow,
    Spoil,
    Unreachable,
)
from codat_mock.models.planned_outcomes import PlannedOutcome, Profile

MAX_DAYS: Final = 31
OVERLAP_SECONDS: Final = 2  # for which an answer is held back while a second run works
MAX_DATASETS: Final = 10_000  # of a run: each dataset before a planned one is planned, too
MAX_SKEW_SECONDS: Final = 3600
LostStatus = Literal["Unlinked", "Deauthorized", "PendingAuth"]


class DatasetEvent(
    Struct,
    frozen=True,
    kw_only=True,
    rename="camel",
    forbid_unknown_fields=True,
    tag="dataset",
    tag_field="kind",
):
    """A dataset with another outcome or pace.

    Args:
        at: the number of the dataset in the run, from 1.
        outcome: its last status.
        profile: how fast it is processed; None for as fast as the others.
        stuck_in: the status that it never leaves; None for none.
    """

    at: Annotated[int, Meta(ge=1, le=MAX_DATASETS)]
    outcome: DatasetStatus = "Complete"
    profile: Profile | None = None
    stuck_in: DatasetStatus | None = None

    @property
    def is_slow(self) -> bool:
        """Whether it takes half an hour or more."""
        return self.profile == "slow" or self.stuck_in is not None


class SyncEvent(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="sync", tag_field="kind"
):
    """The sync at the end of a day with another outcome or length.

    Args:
        day: the number of the day, from 1.
        outcome: how it ends.
        minutes: how long it runs.
    """

    day: Annotated[int, Meta(ge=1, le=MAX_DAYS)]
    outcome: str = "Complete"
    minutes: Annotated[int, Meta(ge=0, le=120)] = 0


class AlertEvent(
    Struct,
    frozen=True,
    kw_only=True,
    rename="camel",
    forbid_unknown_fields=True,
    tag="alerts",
    tag_field="kind",
):
    """Alerts that are delivered repeatedly, or out of order.

    Args:
        copies: how many times each alert is delivered.
        overtaken_seconds: how much later every second alert is sent, so that the next overtakes it.
    """

    copies: Annotated[int, Meta(ge=1, le=10)] = 1
    overtaken_seconds: Annotated[float, Meta(ge=0, le=3600)] = 0


class Kill(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="kill", tag_field="kind"
):
    """The integration is killed after a request took effect, before it has the answer.

    Args:
        operation: the name of the request's operation.
        at: which of its requests, from 1.
    """

    operation: str
    at: Annotated[int, Meta(ge=1)]


class Overlap(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="overlap", tag_field="kind"
):
    """A second run is started while the first waits for the answer of a request.

    Args:
        operation: the name of the request's operation.
        at: which of its requests, from 1.
    """

    operation: str
    at: Annotated[int, Meta(ge=1)]


class Unlink(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="unlink", tag_field="kind"
):
    """The shop is not linked before a day's run, and is linked again before the next.

    Args:
        day: the number of the day, from 1.
        status: of its connection in the meantime: the merchant unlinks it, the platform withdraws
            the authorisation, or the merchant has to authorise it again.
    """

    day: Annotated[int, Meta(ge=1, le=MAX_DAYS)]
    status: LostStatus = "Unlinked"


class SyncHour(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="sync-hour", tag_field="kind"
):
    """The merchant moves the nightly sync before a day's run.

    Args:
        day: the number of the day, from 1.
        hour: of the night, UTC.
    """

    day: Annotated[int, Meta(ge=1, le=MAX_DAYS)]
    hour: Annotated[int, Meta(ge=0, le=23)]


class ClockSkew(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="skew", tag_field="kind"
):
    """The integration's clock, which it is given as `CODAT_NOW`, is fast or slow.

    Args:
        seconds: how much it is fast; negative for slow.
    """

    seconds: Annotated[int, Meta(ge=-MAX_SKEW_SECONDS, le=MAX_SKEW_SECONDS)]


# Faults are those of the control API.
Event = (
    Fault | DatasetEvent | SyncEvent | AlertEvent | Kill | Overlap | Unlink | SyncHour | ClockSkew
)


class Schedule(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The faults of one run.

    Args:
        start_at: where the sandbox's clock starts, as ISO 8601 text.
        seed: the seed of the search.
        days: how many days the integration runs, once a day.
        events: the faults, in no order.
    """

    start_at: str
    seed: int = 0
    days: Annotated[int, Meta(ge=1, le=MAX_DAYS)] = 1
    events: tuple[Event, ...] = ()

    def __post_init__(self) -> None:
        """Refuse two events of which only one could happen."""
        datasets = [each.at for each in self.events if isinstance(each, DatasetEvent)]
        for at, count in Counter(datasets).items():
            if count > 1:
                raise ValueError(f"there are {count} events of dataset {at}")
        syncs = [each.day for each in self.events if isinstance(each, SyncEvent)]
        for day, count in Counter(syncs).items():
            if count > 1:
                raise ValueError(f"there are {count} events of the sync of day {day}")
        if sum(isinstance(each, AlertEvent) for each in self.events) > 1:
            raise ValueError("there is more than one event of alerts")
        if sum(isinstance(each, Kill) for each in self.events) > 1:
            raise ValueError("the integration is killed more than once")
        lost = [each.day for each in self.events if isinstance(each, Unlink)]
        for day, count in Counter(lost).items():
            if count > 1:
                raise ValueError(f"the shop is unlinked {count} times before the run of day {day}")
        if sum(isinstance(each, ClockSkew) for each in self.events) > 1:
            raise ValueError("there is more than one event of the integration's clock")
        hours = [each.day for each in self.events if isinstance(each, SyncHour)]
        for day, count in Counter(hours).items():
            if count > 1:
                raise ValueError(f"the merchant moves the sync of day {day} {count} times")
        if sum(isinstance(each, Overlap) for each in self.events) > 1:
            raise ValueError("runs overlap more than once")

    @property
    def origin(self) -> Schedule:
        """The same schedule without events."""
        return Schedule(start_at=self.start_at, seed=self.seed, days=self.days)

    @property
    def faults(self) -> list[Fault]:
        """The faults of requests; the answer that a kill forestalls is held back, as the last."""
        faults: list[Fault] = [each for each in self.events if isinstance(each, Fault)]
        if self.overlap:
            overlap = self.overlap
            held = Delay(operation=overlap.operation, at=(overlap.at,), seconds=OVERLAP_SECONDS)
            faults.append(held)
        if self.kill:
            kill = self.kill
            faults.append(Lose(operation=kill.operation, at=(kill.at,), by="hang"))
        return faults

    @property
    def kill(self) -> Kill | None:
        """When the integration is killed; None for never."""
        return next((each for each in self.events if isinstance(each, Kill)), None)

    @property
    def overlap(self) -> Overlap | None:
        """When a second run is started; None for never."""
        return next((each for each in self.events if isinstance(each, Overlap)), None)

    @property
    def longest_wait_seconds(self) -> int:
        """The longest `Retry-After` that the integration gets; 0 for none."""
        refused = (each.retry_after or 0 for each in self.events if isinstance(each, Refuse))
        shut = (ceil(each.seconds) for each in self.events if isinstance(each, Maintenance))
        return max([0, *refused, *shut])

    @property
    def has_hanging_answer(self) -> bool:
        """Whether an answer is never sent, and its connection stays open."""
        return any(isinstance(each, Lose) and each.by == "hang" for each in self.events)

    @property
    def skew(self) -> timedelta:
        """How much the integration's clock is fast."""
        skews = (each.seconds for each in self.events if isinstance(each, ClockSkew))
        return timedelta(seconds=next(skews, 0))

    def lost_status_of(self, day: int) -> LostStatus | None:
        """The status of the shop's connection before the run of a day; None while it is linked."""
        lost = (each for each in self.events if isinstance(each, Unlink) and each.day == day)
        return next((each.status for each in lost), None)

    def sync_hour_of(self, day: int) -> int | None:
        """The hour to which the merchant moves the sync on a day; None for none."""
        moved = (each for each in self.events if isinstance(each, SyncHour) and each.day == day)
        return next((each.hour for each in moved), None)

    @property
    def outcomes(self) -> Iterator[PlannedOutcome]:
        """The outcomes of datasets, from the first to the last that an event names."""
        planned = {each.at: each for each in self.events if isinstance(each, DatasetEvent)}
        for number in range(1, max(planned, default=0) + 1):
            event = planned.get(number, DatasetEvent(at=number))
            yield PlannedOutcome(
                target="dataset",
                outcome=event.outcome,
                profile=event.profile,
                stuck_in=event.stuck_in,
            )

    @property
    def has_slow_datasets(self) -> bool:
        """Whether a dataset takes half an hour or more."""
        return any(isinstance(each, DatasetEvent) and each.is_slow for each in self.events)

    def sync_of(self, day: int) -> PlannedOutcome | None:
        """The outcome of the sync at the end of a day; None for an ordinary one."""
        for each in self.events:
            if isinstance(each, SyncEvent) and each.day == day:
                durations = (60 * each.minutes,) if each.minutes else None
                return PlannedOutcome(target="sync", outcome=each.outcome, durations=durations)
        return None

    @property
    def alerts(self) -> AlertEvent | None:
        """How alerts are delivered; None for normally."""
        return next((each for each in self.events if isinstance(each, AlertEvent)), None)


@dataclass(frozen=True, slots=True)
class Uses:
    """The requests of an integration on a day without faults.

    Args:
        operations: the number of requests to each operation, by name, in the order of first use.
        datasets: the number of datasets.
        has_alerts: whether it receives alerts.
        can_be_killed: whether it is a process.
        days: how many days it runs.
    """

    operations: Mapping[str, int]
    datasets: int
    has_alerts: bool
    can_be_killed: bool = False
    days: int = 1


def describe(event: Event) -> str:
    """An event in words."""
    match event:
        case Lose():
            return f"{requests_of(event)} is carried out, but its answer is lost ({event.by})"
        case Refuse():
            after = event.retry_after
            form = "" if event.retry_after_as == "seconds" else " as a date"
            wait = "" if after is None else f", Retry-After: {after}{form}"
            return f"{requests_of(event)} is refused with {event.status}{wait}"
        case Spoil():
            return f"{requests_of(event)} is carried out, but its answer is garbled ({event.how})"
        case Delay():
            return f"{requests_of(event)} is answered {lateness(event)} late"
        case Slow():
            return f"{requests_of(event)} is answered at {event.bytes_per_second} bytes a second"
        case Unreachable():
            return f"the connection of {requests_of(event)} is closed before it is carried out"
        case Maintenance():
            return f"{requests_of(event)} is refused for {event.seconds:g} seconds"
        case Elapse():
            minutes, seconds = divmod(event.seconds, 60)
            time = f"{event.seconds:g} seconds" if seconds else f"{minutes:g} minutes"
            return f"{time} pass before {requests_of(event)}"
        case DatasetEvent():
            pace = f"is processed at the pace '{event.profile}'" if event.profile else ""
            if event.stuck_in:
                return f"dataset {event.at} stays in {event.stuck_in}"
            end = f"ends in {event.outcome}" if event.outcome != "Complete" or not pace else ""
            return f"dataset {event.at} {' and '.join(filter(None, [pace, end]))}"
        case SyncEvent():
            length = f" after {event.minutes} minutes" if event.minutes else ""
            return f"the sync of day {event.day} ends in {event.outcome}{length}"
        case Kill():
            return (
                f"the integration is killed while it waits for {event.operation} {event.at},"
                " and started again"
            )
        case Overlap():
            return f"a second run starts while the first waits for {event.operation} {event.at}"
        case Unlink(status="Unlinked"):
            return f"the merchant unlinks the shop before the run of day {event.day}, until later"
        case Unlink():
            return (
                f"the shop's connection is {event.status} before the run of day {event.day},"
                " until later"
            )
        case ClockSkew():
            speed = "fast" if event.seconds > 0 else "slow"
            return f"the integration's clock is {abs(event.seconds)} seconds {speed}"
        case SyncHour():
            return f"the merchant moves the sync to {event.hour}:00 on day {event.day}"
        case AlertEvent():
            copies = f"delivered {event.copies} times" if event.copies > 1 else ""
            late = event.overtaken_seconds
            order = f"every second one {late:g} seconds late, overtaken by the next" if late else ""
            return (
                f"alerts are {' and '.join(filter(None, [copies, order])) or 'delivered normally'}"
            )


def lateness(delay: Delay) -> str:
    """How late an answer is, in words."""
    if delay.between is not None:
        return f"{delay.between[0]:g} to {delay.between[1]:g} seconds"
    return (
        f"{delay.seconds or 0:g} seconds" if delay.mean is None else f"about {delay.mean:g} seconds"
    )


def requests_of(fault: Fault) -> str:
    """The requests that a fault hits, in words."""
    name = fault.operation or "request"
    return f"{name} {', '.join(map(str, fault.at))}" if fault.at else f"every {name}"
