"""Planned faults: which request meets which."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from math import ceil
from random import Random

from msgspec import Struct
from msgspec.structs import replace

from codat_mock.clock import LAST
from codat_mock.models.errors import Malformed, Problem
from codat_mock.models.faults import CountedFault, Delay, Elapse, Fault, Faults, Maintenance
from codat_mock.sandbox.session import Session
from codat_mock.storage import FaultRow


class FaultHit(Struct, frozen=True):
    """A request that met a fault.

    Args:
        delay_seconds: how late the answer comes, by the machine's clock.
        retry_after: seconds that the answer tells to wait, None where it does not.
    """

    fault: Fault
    delay_seconds: float = 0.0
    retry_after: int | None = None


def plan(session: Session, wanted: Sequence[Fault]) -> Faults:
    """Plan faults beside those that there are.

    Raises:
        Malformed: a delay does not say how long it is, or says it twice.
        Unknown: there is no such company.
    """
    problems = [problem for place, fault in enumerate(wanted) for problem in check(place, fault)]
    if problems:
        raise Malformed(f"This cannot be planned. {problems[0].message}", problems)
    for fault in wanted:
        if fault.company_id:
            session.company(fault.company_id)
        session.tables.faults.add(fault, session.now)
    return planned(session)


def check(place: int, fault: Fault) -> Iterator[Problem]:
    """What is wrong with a fault."""
    if not isinstance(fault, Delay):
        return
    path = f"$.faults[{place}]"
    given = [value for value in (fault.seconds, fault.between, fault.mean) if value is not None]
    if len(given) != 1:
        yield Problem(path, "A delay needs one of 'seconds', 'between' and 'mean'.")
    if fault.between and fault.between[0] > fault.between[1]:
        yield Problem(f"{path}.between", "The least is more than the most.")


def planned(session: Session) -> Faults:
    """The faults with their counts."""
    return Faults(
        [
            CountedFault(row.number, row.fault, row.seen, row.hits)
            for row in session.tables.faults.all()
        ]
    )


def clear(session: Session) -> Faults:
    """Forget all faults."""
    session.tables.faults.clear()
    return planned(session)


def passing(session: Session, operation: str, company_id: str | None) -> timedelta:
    """Count a request; gives the time that passes before it, within the calendar."""
    seconds = 0.0
    for row in reached(session, operation, company_id, is_time=True):
        if isinstance(row.fault, Elapse):
            seconds += row.fault.seconds
            hit(session, row)
    return min(timedelta(seconds=seconds), LAST - session.now)


def meet(session: Session, operation: str, company_id: str | None) -> FaultHit | None:
    """Count a request; gives the fault that it meets, the one planned first where it meets several.

    Every fault that is meant for the request counts it as seen; only the one it meets, as hit.
    """
    met = next(iter(reached(session, operation, company_id, is_time=False)), None)
    if met is None:
        return None
    hit(session, met)
    return meeting(session, met)


def reached(
    session: Session, operation: str, company_id: str | None, *, is_time: bool
) -> list[FaultRow]:
    """Count a request with the faults meant for it, of time or all others; gives those it hits."""
    meant = [
        row
        for row in session.tables.faults.all()
        if isinstance(row.fault, Elapse) is is_time
        and is_meant(row, operation, company_id, session.now)
    ]
    for row in meant:
        row.seen += 1
        session.tables.faults.save(row)
    return [row for row in meant if not row.fault.at or row.seen in row.fault.at]


def hit(session: Session, row: FaultRow) -> None:
    """Count a request that a fault hits."""
    row.hits += 1
    session.tables.faults.save(row)


def is_meant(row: FaultRow, operation: str, company_id: str | None, now: datetime) -> bool:
    """Whether a fault counts a request."""
    fault = row.fault
    return (
        fault.operation in (None, operation)
        and fault.company_id in (None, company_id)
        and now < end_of(row)
    )


def end_of(row: FaultRow) -> datetime:
    """When a fault is over, in the sandbox's time; only maintenance ever is."""
    if not isinstance(row.fault, Maintenance):
        return LAST + timedelta(seconds=1)
    return row.planned + timedelta(seconds=row.fault.seconds)


def meeting(session: Session, row: FaultRow) -> FaultHit:
    """What a fault does to the request that it hits now."""
    met, fault = FaultHit(row.fault), row.fault
    if isinstance(fault, Maintenance):
        return replace(met, retry_after=ceil((end_of(row) - session.now).total_seconds()))
    if isinstance(fault, Delay):
        source = f"{session.settings.seed}/{session.tables.row.name}/{row.number}/{row.hits}"
        return replace(met, delay_seconds=draw(fault, Random(source)))  # noqa: S311  (a delay)
    return met


def draw(delay: Delay, chance: Random) -> float:
    """How many seconds a delay lasts this time."""
    if delay.between:
        return chance.uniform(*delay.between)
    if delay.mean:
        return chance.expovariate(1 / delay.mean)
    return delay.seconds or 0.0
