"""Planned faults: which request is hit by which."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from msgspec import Struct

from codat_mock.clock import LAST
from codat_mock.models.errors import Malformed
from codat_mock.models.faults import CountedFault, Effect, Fault, Faults
from codat_mock.sandbox import clock_control
from codat_mock.sandbox.session import Session
from codat_mock.storage import FaultRow


class FaultHit(Struct, frozen=True):
    """A fault that hits a request at a moment, UTC, and what it does to it."""

    fault: Fault
    effect: Effect
    at: datetime


def plan(session: Session, faults: Sequence[Fault], *, replaces: bool = False) -> Faults:
    """Plan faults beside the earlier ones, or instead of them.

    Args:
        session: the session.
        faults: what to plan.
        replaces: whether they replace the earlier ones.

    Raises:
        Malformed: a fault contradicts itself; every place is named.
        NotFound: there is no such company.
    """
    problems = [
        problem
        for place, fault in enumerate(faults)
        for problem in fault.problems(f"$.faults[{place}]")
    ]
    if problems:
        raise Malformed(f"This cannot be planned. {problems[0].message}", problems)
    if replaces:
        session.tables.faults.clear()
    for fault in faults:
        if fault.company_id:
            session.company(fault.company_id)
        session.tables.faults.add(fault, session.now)
    return planned(session)


def planned(session: Session) -> Faults:
    """The faults with their counts."""
    return Faults(
        [
            CountedFault(row.number, row.fault, row.seen, row.hits)
            for row in session.tables.faults.all()
        ]
    )


def clear(session: Session) -> Faults:
    """Delete all faults."""
    session.tables.faults.clear()
    return planned(session)


def meet(session: Session, operation: str, company_id: str | None) -> FaultHit | None:
    """Count a request with the faults that apply to it; returns the one that hits it.

    Of several it is the one planned first; time that a fault lets elapse passes beside any of
    them, and before it. What falls due by that is done when the request's own session opens.

    Args:
        session: the session.
        operation: the API's name of it.
        company_id: in its path; None for none.
    """
    rows = session.tables.faults.all()
    elapsing = hits(
        session, [row for row in rows if row.fault.elapsed_seconds], operation, company_id
    )
    for row in elapsing:
        hit(session, row)
    if elapsing:
        seconds = sum(row.fault.elapsed_seconds for row in elapsing)
        duration = min(timedelta(seconds=seconds), LAST - session.now)
        clock_control.move_by(session, duration)
        session = session.at(session.now + duration)
    others = [row for row in rows if not row.fault.elapsed_seconds]
    for row in hits(session, others, operation, company_id)[:1]:
        hit(session, row)
        return FaultHit(row.fault, effect_of(session, row), session.now)
    return None


def hits(
    session: Session, rows: Sequence[FaultRow], operation: str, company_id: str | None
) -> list[FaultRow]:
    """Count a request with those of the faults that apply to it; returns those at its position.

    Args:
        session: the session.
        rows: the planned faults, the first first.
        operation: the API's name of it.
        company_id: in its path; None for none.
    """
    applying = [row for row in rows if applies(session, row, operation, company_id)]
    for row in applying:
        row.seen += 1
        session.tables.faults.save(row)
    return [row for row in applying if not row.fault.at or row.seen in row.fault.at]


def hit(session: Session, row: FaultRow) -> None:
    """Count a request that a fault hits."""
    row.hits += 1
    session.tables.faults.save(row)


def applies(session: Session, row: FaultRow, operation: str, company_id: str | None) -> bool:
    """Whether a fault counts a request.

    Args:
        session: the session.
        row: the planned fault.
        operation: the API's name of it.
        company_id: in its path; None for none.
    """
    fault, ends = row.fault, row.fault.ends(row.planned)
    return (
        fault.operation in (None, operation)
        and fault.company_id in (None, company_id)
        and (ends is None or session.now < ends)
    )


def effect_of(session: Session, row: FaultRow) -> Effect:
    """What a fault does to the request that it hits now; the same seed gives the same."""
    source = f"{session.settings.seed}/{session.tables.row.name}/{row.number}/{row.hits}"
    ends = row.fault.ends(row.planned)
    left = ends - session.now if ends else timedelta(0)
    return row.fault.effect(left, Random(source))  # noqa: S311  (a delay)
