"""The merchant's declared records beside what was pushed and booked, as the rules judge them.

They are looked at when somebody asks what was found, since a test may declare them at its end.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from codat_mock.books.comparison import Compared
from codat_mock.clock import format_moment
from codat_mock.records.datasets import RECORD_TYPES
from codat_mock.rules.judging import MOST_RECORDS
from codat_mock.rules.subjects import (
    BookedRecord,
    Gap,
    JudgedBooks,
    JudgedPeriod,
    JudgedSilence,
    OwnRecord,
    Request,
    Subject,
)
from codat_mock.sandbox import companies, declaring
from codat_mock.sandbox.turn import Turn
from codat_mock.store import CompanyRow


def subjects(turn: Turn) -> Iterator[Subject]:
    """What can be judged of every company with declared records."""
    for row in turn.shelf.companies.all():
        if not turn.shelf.declared.counts(row.number):
            continue
        own = own_records(turn, row)
        yield from periods(turn, row, own)
        yield silence(turn, row, own)
        yield books(turn, row)


def own_records(turn: Turn, row: CompanyRow) -> list[OwnRecord]:
    """The declared records that tell when they were created, the earliest first."""
    told = ((each, declaring.created(each)) for each in turn.shelf.declared.all(row.number))
    own = [OwnRecord(each.data_type, each.key, created) for each, created in told if created]
    return sorted(own, key=lambda each: each.created)


def periods(turn: Turn, row: CompanyRow, own: Sequence[OwnRecord]) -> Iterator[JudgedPeriod]:
    """The periods of the successful daily syncs."""
    arrivals = {
        data_type: turn.shelf.versions.arrivals(row.number, data_type) for data_type in RECORD_TYPES
    }
    created = [each.created for each in own]
    is_first = True
    for sync in turn.shelf.syncs.successful(row.number):
        if sync.kind == "historic":
            continue
        first, last = bisect_left(created, sync.start), bisect_left(created, sync.finish)
        declared = own[first:last]
        absent = [
            each
            for each in declared
            if arrivals[each.data_type].get(each.key) is None
            or arrivals[each.data_type][each.key] > sync.ran
        ]
        if sync.start < sync.finish:
            yield JudgedPeriod(
                company_id=row.company.id,
                at=format_moment(sync.ran),
                is_first=is_first,
                declared=declared,
                absent=absent,
            )
            is_first = False


def silence(turn: Turn, row: CompanyRow, own: Sequence[OwnRecord]) -> JudgedSilence:
    """The times between pushes, and from the last one until now, in which records were created.

    Without a linked connection nobody is waited for: a push would only break S17.
    """
    pushes = turn.shelf.datasets.pushes(row.number)
    created = [each.created for each in own]
    gaps = []
    moments: list[tuple[datetime, Request | None]] = [*pushes]
    if companies.linked(row, "Commerce"):
        moments.append((turn.now, None))
    for (start, _), (end, request) in pairwise(moments):
        place = bisect_right(created, start)
        if place < len(own) and created[place] < end:
            gaps.append(Gap(request, own[place], end - created[place]))
    return JudgedSilence(company_id=row.company.id, gaps=gaps)


def books(turn: Turn, row: CompanyRow) -> JudgedBooks:
    """The books beside the declared records that are due."""
    compared = declaring.comparison(turn, row)
    kinds = (compared.booked_once, compared.doubled, compared.missing, compared.stale)
    return JudgedBooks(
        company_id=row.company.id,
        due=len({(each.data_type, each.key) for kind in kinds for each in kind}),
        doubled=[*shown(turn, row, compared.doubled)],
        missing=[*shown(turn, row, compared.missing)],
        stale=[*shown(turn, row, compared.stale)],
    )


def shown(turn: Turn, row: CompanyRow, compared: Sequence[Compared]) -> Iterator[BookedRecord]:
    """Records with where they stand in the books, and what differs.

    Their pushes are looked up for as many as a finding names.
    """
    for place, each in enumerate(compared):
        pushes: list[Request] = []
        if place < MOST_RECORDS:
            pushes = turn.shelf.versions.pushes(row.number, each.data_type, each.key)
        yield BookedRecord(each.data_type, each.key, note_on(each), pushes)


def note_on(each: Compared) -> str:
    """Where a record stands in the books, and what differs."""
    where = f"in {' and '.join(each.documents)}" if each.documents else ""
    amounts = ""
    if each.booked is not None and each.booked != each.declared:
        amounts = f"{each.booked} booked, {each.declared} declared"
    return ", ".join(filter(None, (where, amounts)))
