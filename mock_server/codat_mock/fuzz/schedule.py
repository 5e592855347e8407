"""The faults of one run, as events that can be described, planned and kept in a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from msgspec import Meta, Struct

from codat_mock.models.datasets import DatasetStatus
from codat_mock.models.faults import Delay, Elapse, Fault, Lose, Refuse, Spoil
from codat_mock.models.planned_outcomes import PlannedOutcome, Profile

MAX_DATASETS: Final = 10_000  # of a run: each dataset before a planned one is planned, too


class DatasetEvent(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="dataset", tag_field="kind"
):
    """A dataset with another outcome or pace.

    Args:
        at: the number of the dataset in the run, from 1.
        outcome: its last status.
        profile: how fast it is processed; None for as fast as the others.
    """

    at: Annotated[int, Meta(ge=1, le=MAX_DATASETS)]
    outcome: DatasetStatus = "Complete"
    profile: Profile | None = None


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


# Faults are those of the control API.
Event = Lose | Refuse | Spoil | Delay | Elapse | DatasetEvent | AlertEvent | Kill


class Schedule(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The faults of one run.

    Args:
        start_at: where the sandbox's clock starts, as ISO 8601 text.
        seed: the seed of the search.
        events: the faults, in no order.
    """

    start_at: str
    seed: int = 0
    events: tuple[Event, ...] = ()

    def __post_init__(self) -> None:
        """Refuse two events of which only one could happen."""
        datasets = [each.at for each in self.events if isinstance(each, DatasetEvent)]
        for at, count in Counter(datasets).items():
            if count > 1:
                raise ValueError(f"there are {count} events of dataset {at}")
        if sum(isinstance(each, AlertEvent) for each in self.events) > 1:
            raise ValueError("there is more than one event of alerts")
        if sum(isinstance(each, Kill) for each in self.events) > 1:
            raise ValueError("the integration is killed more than once")

    @property
    def origin(self) -> Schedule:
        """The same schedule without events."""
        return Schedule(start_at=self.start_at, seed=self.seed)

    @property
    def faults(self) -> list[Fault]:
        """The faults of requests; the answer that a kill forestalls is held back."""
        faults: list[Fault] = [each for each in self.events if isinstance(each, Fault)]
        if self.kill:
            kill = self.kill
            faults.append(Lose(operation=kill.operation, at=(kill.at,), by="hang"))
        return faults

    @property
    def kill(self) -> Kill | None:
        """When the integration is killed; None for never."""
        return next((each for each in self.events if isinstance(each, Kill)), None)

    @property
    def outcomes(self) -> Iterator[PlannedOutcome]:
        """The outcomes of datasets, from the first to the last that an event names."""
        planned = {each.at: each for each in self.events if isinstance(each, DatasetEvent)}
        for number in range(1, max(planned, default=0) + 1):
            event = planned.get(number, DatasetEvent(at=number))
            yield PlannedOutcome(target="dataset", outcome=event.outcome, profile=event.profile)

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
    """

    operations: Mapping[str, int]
    datasets: int
    has_alerts: bool
    can_be_killed: bool = False


def describe(event: Event) -> str:
    """An event in words."""
    match event:
        case Lose():
            return f"{requests_of(event)} is carried out, but its answer is lost ({event.by})"
        case Refuse():
            after = event.retry_after
            wait = "" if after is None else f", Retry-After: {after}"
            return f"{requests_of(event)} is refused with {event.status}{wait}"
        case Spoil():
            return f"{requests_of(event)} is carried out, but its answer is garbled ({event.how})"
        case Delay():
            return f"{requests_of(event)} is answered {lateness(event)} late"
        case Elapse():
            minutes, seconds = divmod(event.seconds, 60)
            time = f"{event.seconds:g} seconds" if seconds else f"{minutes:g} minutes"
            return f"{time} pass before {requests_of(event)}"
        case DatasetEvent():
            pace = f"is processed at the pace '{event.profile}'" if event.profile else ""
            end = f"ends in {event.outcome}" if event.outcome != "Complete" or not pace else ""
            return f"dataset {event.at} {' and '.join(filter(None, [pace, end]))}"
        case Kill():
            return (
                f"the integration is killed while it waits for {event.operation} {event.at},"
                " and started again"
            )
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
