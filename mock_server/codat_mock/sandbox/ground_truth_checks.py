"""The merchant's declared records beside what was pushed and booked, as the rules judge them.

They are looked at when somebody asks what was found, since a test may declare them at its end.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final

from msgspec.structs import replace

from codat_mock.accounting.comparison import Compared
from codat_mock.clock import format_moment
from codat_mock.models.commerce import Transaction
from codat_mock.models.datasets import RECORD_TYPES, DataType
from codat_mock.rules.contexts import (
    BookedRecord,
    BooksContext,
    Context,
    DeclaredRecord,
    KnownVersion,
    PeriodContext,
    PushGap,
    PushGapsContext,
    Request,
)
from codat_mock.rules.contexts.pushes import PROMPT
from codat_mock.rules.contexts.syncs import ORDERS, PAYMENTS, source_of
from codat_mock.rules.differences import differences_between
from codat_mock.rules.judge import MAX_RECORDS
from codat_mock.sandbox import companies, ground_truth
from codat_mock.sandbox.known_records import known_versions
from codat_mock.sandbox.session import Session
from codat_mock.storage import CompanyRow

MAX_NAMED: Final = 3  # properties in a message


def subjects(session: Session) -> Iterator[Context]:
    """What can be judged of every company with declared records."""
    for row in session.tables.companies.all():
        if not session.tables.declared.counts(row.number):
            continue
        own = own_records(session, row)
        yield from periods(session, row, own)
        yield push_gaps(session, row, own)
        yield books(session, row)


def own_records(session: Session, row: CompanyRow) -> list[DeclaredRecord]:
    """The declared records that say when they were created, the earliest first."""
    dated = ((each, ground_truth.created(each)) for each in session.tables.declared.all(row.number))
    own = [DeclaredRecord(each.data_type, each.key, created) for each, created in dated if created]
    return sorted(own, key=lambda each: each.created)


def periods(
    session: Session, row: CompanyRow, own: Sequence[DeclaredRecord]
) -> Iterator[PeriodContext]:
    """The periods of the successful daily syncs.

    Args:
        session: the session.
        row: the company's row.
        own: the declared records.
    """
    arrivals = {
        data_type: session.tables.versions.arrivals(row.number, data_type)
        for data_type in RECORD_TYPES
    }
    created = [each.created for each in own]
    is_first = True
    for sync in session.tables.syncs.successful(row.number):
        if sync.kind == "historic":
            continue
        first, last = bisect_left(created, sync.start), bisect_left(created, sync.finish)
        declared = own[first:last]
        absent = [
            each
            for each in declared
            if is_absent(each, arrivals[each.data_type].get(each.key), sync.ran)
        ]
        if sync.start < sync.finish:
            yield PeriodContext(
                company_id=row.company.id,
                at=format_moment(sync.ran),
                is_first=is_first,
                declared=declared,
                absent=absent,
            )
            is_first = False


def is_absent(record: DeclaredRecord, arrival: datetime | None, ran: datetime) -> bool:
    """Whether a record had not been pushed when a sync ran, though it could have been.

    Args:
        record: as it is declared.
        arrival: when it was pushed first, UTC; None if it never was.
        ran: when the sync ran, UTC.
    """
    if arrival is None:
        return True
    is_prompt = record.created >= ran - PROMPT and arrival - record.created <= PROMPT
    return arrival > ran and not is_prompt


def push_gaps(session: Session, row: CompanyRow, own: Sequence[DeclaredRecord]) -> PushGapsContext:
    """The times between pushes, and from the last one until now, in which records were created.

    Without a linked connection nobody is waited for: a push would only break S17.

    Args:
        session: the session.
        row: the company's row.
        own: the declared records.
    """
    pushes = session.tables.datasets.pushes(row.number)
    created = [each.created for each in own]
    gaps = []
    moments: list[tuple[datetime, Request | None]] = [*pushes]
    if companies.linked(row, "Commerce"):
        moments.append((session.now, None))
    for (start, _), (end, request) in pairwise(moments):
        place = bisect_right(created, start)
        if place < len(own) and created[place] < end:
            gaps.append(PushGap(request, own[place], end - created[place]))
    return PushGapsContext(company_id=row.company.id, gaps=gaps)


def books(session: Session, row: CompanyRow) -> BooksContext:
    """The books beside the declared records that are due."""
    compared = ground_truth.comparison(session, row)
    excused = prompt_records(session, row) | paid_for_earlier(session, row)
    compared.missing = [
        each for each in compared.missing if (each.data_type, each.key) not in excused
    ]
    kinds = (compared.booked_once, compared.doubled, compared.missing, compared.stale)
    return BooksContext(
        company_id=row.company.id,
        due=len({(each.data_type, each.key) for kind in kinds for each in kind}),
        doubled=[*shown(session, row, compared.doubled)],
        missing=[*shown(session, row, compared.missing)],
        stale=[*with_changes(session, row, [*shown(session, row, compared.stale)])],
        surplus=[*shown(session, row, compared.surplus)],
    )


def prompt_records(session: Session, row: CompanyRow) -> set[tuple[DataType, str]]:
    """The declared records created shortly before their sync, and pushed at once."""
    edges = [sync.finish for sync in session.tables.syncs.successful(row.number)]
    recent = [
        each
        for each in own_records(session, row)
        if any(edge - PROMPT <= each.created < edge for edge in edges)
    ]
    if not recent:
        return set()
    arrivals = {
        data_type: session.tables.versions.arrivals(row.number, data_type)
        for data_type in RECORD_TYPES
    }
    return {
        (each.data_type, each.key)
        for each in recent
        if (arrival := arrivals[each.data_type].get(each.key)) and arrival - each.created <= PROMPT
    }


def paid_for_earlier(session: Session, row: CompanyRow) -> set[tuple[DataType, str]]:
    """The declared payments and transactions of orders from before the start date.

    Their orders are not to be pushed, so that no books can have them.
    """
    start = row.configuration.schedule.start_date if row.configuration else None
    if start is None:
        return set()
    own = session.tables.declared.all(row.number)
    early = {
        each.key
        for each in own
        if each.data_type == ORDERS
        and (created := ground_truth.created(each)) is not None
        and created < start
    }
    found: set[tuple[DataType, str]] = set()
    for each in own:
        source = source_of(each.record) if isinstance(each.record, Transaction) else None
        if source and source[0] == ORDERS and source[1] in early:
            found |= {(each.data_type, each.key), (PAYMENTS, str(each.record.id))}
    return found


def shown(
    session: Session, row: CompanyRow, compared: Sequence[Compared]
) -> Iterator[BookedRecord]:
    """Records with their place in the books, and what differs.

    Their pushes are looked up for as many as a finding names.

    Args:
        session: the session.
        row: the company's row.
        compared: the records of a comparison.
    """
    for place, each in enumerate(compared):
        pushes: list[Request] = []
        if place < MAX_RECORDS:
            pushes = session.tables.versions.pushes(row.number, each.data_type, each.key)
        yield BookedRecord(each.data_type, each.key, note_on(each), pushes)


def with_changes(
    session: Session, row: CompanyRow, stale: Sequence[BookedRecord]
) -> Iterator[BookedRecord]:
    """Outdated records with the properties that are, for as many as a finding names.

    Args:
        session: the session.
        row: the company's row.
        stale: the records, with their places in the books.
    """
    named = stale[:MAX_RECORDS]
    own = {
        (each.data_type, each.key): each.record for each in session.tables.declared.all(row.number)
    }
    booked: dict[tuple[DataType, str], KnownVersion] = {}
    for data_type in {each.data_type for each in named}:
        keys = [each.key for each in named if each.data_type == data_type]
        rows = session.tables.datasets.known(
            row.number, data_type, keys, condition="synced IS NOT NULL"
        )
        versions = known_versions(session, data_type, [*rows.values()])
        booked |= {(data_type, key): version for key, version in versions.items()}
    for each in stale:
        version, declared = booked.get((each.data_type, each.key)), own[each.data_type, each.key]
        if each not in named or version is None:
            yield each
            continue
        changes = differences_between(version.record, declared)
        paths = [change.path.removeprefix("$.") for change in changes]
        more = f" and {len(paths) - MAX_NAMED} more" if len(paths) > MAX_NAMED else ""
        differing = f"differs in {', '.join(paths[:MAX_NAMED])}{more}" if paths else ""
        note = ", ".join(filter(None, (each.note, differing)))
        yield replace(each, note=note, changes=changes)


def note_on(each: Compared) -> str:
    """A record's place in the books, and what differs."""
    where = f"in {' and '.join(each.documents)}" if each.documents else ""
    amounts = ""
    if each.booked is not None and each.booked != each.declared:
        amounts = f"{each.booked} booked"
        if each.declared is not None:
            amounts += f", {each.declared} declared"
    return ", ".join(filter(None, (where, amounts)))
