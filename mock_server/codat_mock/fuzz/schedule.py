"""What the service does during one run, as events that can be told, planned and kept in a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from msgspec import Meta, Struct

from codat_mock.models.datasets import DatasetStatus
from codat_mock.models.faults import Delay, Elapse, Fault, Lose, Refuse, Spoil
from codat_mock.models.planned_outcomes import PlannedOutcome, Profile

MOST_DATASETS: Final = 10_000  # of a run: every one before a planned one is planned, too


class DatasetEvent(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="dataset", tag_field="kind"
):
    """A dataset goes its own way.

    Args:
        at: which dataset of the run, counted from 1.
        outcome: its last status.
        profile: how fast it goes, None for as fast as all others.
    """

    at: Annotated[int, Meta(ge=1, le=MOST_DATASETS)]
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
    """Alerts come in another way.

    Args:
        copies: how often each is delivered.
        overtaken_seconds: how much later every other one is sent, so that the next overtakes it.
    """

    copies: Annotated[int, Meta(ge=1, le=10)] = 1
    overtaken_seconds: Annotated[float, Meta(ge=0, le=3600)] = 0


# On the wire the events are the faults that the control API takes.
Event = Lose | Refuse | Spoil | Delay | Elapse | DatasetEvent | AlertEvent


class Schedule(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What the service does during one run.

    Args:
        start_at: where the sandbox's clock starts, as text.
        seed: what the search drew it from.
    """

    start_at: str
    seed: int = 0
    events: tuple[Event, ...] = ()

    def __post_init__(self) -> None:
        """Refuse two events of which only one could be played."""
        datasets = [each.at for each in self.events if isinstance(each, DatasetEvent)]
        for at, count in Counter(datasets).items():
            if count > 1:
                raise ValueError(f"there are {count} events of dataset {at}")
        if sum(isinstance(each, AlertEvent) for each in self.events) > 1:
            raise ValueError("there is more than one event of alerts")

    @property
    def origin(self) -> Schedule:
        """The same day without trouble."""
        return Schedule(start_at=self.start_at, seed=self.seed)

    @property
    def faults(self) -> list[Fault]:
        """What is planned on the wire."""
        return [each for each in self.events if isinstance(each, Fault)]

    @property
    def outcomes(self) -> Iterator[PlannedOutcome]:
        """What is planned for datasets, from the first to the last that anything is planned for."""
        planned = {each.at: each for each in self.events if isinstance(each, DatasetEvent)}
        for place in range(1, max(planned, default=0) + 1):
            event = planned.get(place, DatasetEvent(at=place))
            yield PlannedOutcome(target="dataset", outcome=event.outcome, profile=event.profile)

    @property
    def alerts(self) -> AlertEvent | None:
        """How alerts come, None where they come as ever."""
        return next((each for each in self.events if isinstance(each, AlertEvent)), None)


@dataclass(frozen=True, slots=True)
class Uses:
    """What an integration does of the API on a day without trouble.

    Args:
        operations: how many requests it makes of each, by name, in the order of their first.
        datasets: how many it makes.
        has_alerts: whether it hears alerts.
    """

    operations: Mapping[str, int]
    datasets: int
    has_alerts: bool


def told(event: Event) -> str:
    """An event in words."""
    match event:
        case Lose():
            return f"{which(event)} is carried out, and its answer is lost ({event.by})"
        case Refuse():
            after = event.retry_after
            wait = "" if after is None else f", Retry-After: {after}"
            return f"{which(event)} is refused with {event.status}{wait}"
        case Spoil():
            return f"{which(event)} is carried out, and its answer cannot be read ({event.how})"
        case Delay():
            return f"{which(event)} is answered {lateness(event)} late"
        case Elapse():
            minutes, seconds = divmod(event.seconds, 60)
            time = f"{event.seconds:g} seconds" if seconds else f"{minutes:g} minutes"
            return f"{time} pass before {which(event)}"
        case DatasetEvent():
            pace = f"goes at the pace '{event.profile}'" if event.profile else ""
            end = f"ends in {event.outcome}" if event.outcome != "Complete" or not pace else ""
            return f"dataset {event.at} {' and '.join(filter(None, [pace, end]))}"
        case AlertEvent():
            copies = f"delivered {event.copies} times" if event.copies > 1 else ""
            late = event.overtaken_seconds
            order = f"overtaken by the next, every other one {late:g} seconds late" if late else ""
            return f"alerts are {' and '.join(filter(None, [copies, order])) or 'as ever'}"


def lateness(delay: Delay) -> str:
    """How late an answer is, in words."""
    if delay.between is not None:
        return f"{delay.between[0]:g} to {delay.between[1]:g} seconds"
    return (
        f"{delay.seconds or 0:g} seconds" if delay.mean is None else f"some {delay.mean:g} seconds"
    )


def which(fault: Fault) -> str:
    """The requests that a fault hits, in words."""
    name = fault.operation or "request"
    return f"{name} {', '.join(map(str, fault.at))}" if fault.at else f"every {name}"
