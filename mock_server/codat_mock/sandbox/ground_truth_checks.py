"""The merchant's declared records beside what was pushed and booked, as the rules judge them.

They are looked at when somebody asks what was found, since a test may declare them at its end.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence, Set
from datetime import datetime
from itertools import pairwise
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from codat_mock.accounting.comparison import Compared, OwnRecord
from codat_mock.accounting.documents import RecordId
from codat_mock.clock import format_moment
from codat_mock.models.commerce import Record, Transaction
from codat_mock.models.datasets import RECORD_TYPES, DataType
from codat_mock.rules.contexts import (
    BookedRecord,
    BooksContext,
    DeclaredRecord,
    KnownVersion,
    PeriodContext,
    PushGap,
    PushGapsContext,
    Request,
)
from codat_mock.rules.contexts.pushes import PROMPT
from codat_mock.rules.contexts.syncs import ORDERS, PAYMENTS, TRANSACTIONS, source_of
from codat_mock.rules.differences import differences_between
from codat_mock.rules.judge import MAX_RECORDS
from codat_mock.sandbox import companies, ground_truth
from codat_mock.sandbox.known_records import known
from codat_mock.sandbox.session import Session
from codat_mock.storage import CompanyRow

MAX_NAMED: Final = 3  # properties in a message

Arrivals = Mapping[DataType, Mapping[str, datetime]]


class DeclaredSubjects(Struct, frozen=True, kw_only=True):
    """What can be judged of a company's declared records.

    Args:
        periods: of the successful daily syncs.
        gaps: the times between pushes in which records were created.
        last_push: when the last push came, UTC; None before the first.
        later: the records created after that, the earliest first.
        books: beside the records.
    """

    periods: list[PeriodContext]
    gaps: list[PushGap]
    last_push: datetime | None
    later: list[DeclaredRecord]
    books: BooksContext


def declaring(session: Session) -> list[CompanyRow]:
    """The companies with declared records."""
    declared = session.tables.declared
    return [row for row in session.tables.companies.all() if declared.has_any(row.number)]


def state_of(session: Session, row: CompanyRow) -> Hashable:
    """What `subjects` depend on, as one value.

    Args:
        session: the session.
        row: the company's row.
    """
    return ground_truth.state_of(session, row), session.tables.datasets.state(row.number)


def subjects(session: Session, row: CompanyRow) -> DeclaredSubjects:
    """What can be judged of one company's declared records.

    Args:
        session: the session.
        row: the company's row.
    """
    declared = session.tables.declared.all(row.number)
    with session.computing(len(declared)):
        own = own_records(declared)
    arrivals = {
        data_type: session.tables.versions.arrivals(row.number, data_type)
        for data_type in RECORD_TYPES
    }
    edges = sorted(sync.finish for sync in session.tables.syncs.successful(row.number))
    early = paid_for_earlier(session, row, declared)
    pushes = session.tables.datasets.pushes(row.number)
    last_push = pushes[-1][0] if pushes else None
    place = bisect_right(own, last_push, key=created_of) if last_push else 0
    return DeclaredSubjects(
        periods=[*periods(session, row, own, arrivals)],
        gaps=gaps_between(pushes, own),
        last_push=last_push,
        later=own[place:],
        books=books(session, row, prompt_records(own, edges, arrivals) | early),
    )


def created_of(record: DeclaredRecord) -> datetime:
    """When a declared record was created, UTC."""
    return record.created


def own_records(declared: Iterable[OwnRecord]) -> list[DeclaredRecord]:
    """The declared records that say when they were created, the earliest first."""
    own = [
        DeclaredRecord(each.data_type, each.key, each.created) for each in declared if each.created
    ]
    return sorted(own, key=created_of)


def periods(
    session: Session, row: CompanyRow, own: Sequence[DeclaredRecord], arrivals: Arrivals
) -> Iterator[PeriodContext]:
    """The periods of the successful daily syncs.

    Args:
        session: the session.
        row: the company's row.
        own: the declared records.
        arrivals: when each record was pushed first.
    """
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


def push_gaps(session: Session, row: CompanyRow, judged: DeclaredSubjects) -> PushGapsContext:
    """The times between pushes, and from the last one until now, in which records were created.

    Without a linked connection nobody is waited for: a push would only break S17.

    Args:
        session: the session.
        row: the company's row.
        judged: the company's, with the times between pushes.
    """
    gaps, last_push, later = [*judged.gaps], judged.last_push, judged.later
    is_linked = companies.linked(row, "Commerce") is not None
    if is_linked and last_push and later and later[0].created < session.now:
        gaps.append(PushGap(None, later[0], session.now - later[0].created))
    return PushGapsContext(company_id=row.company.id, gaps=gaps)


def gaps_between(
    pushes: Sequence[tuple[datetime, Request]], own: Sequence[DeclaredRecord]
) -> list[PushGap]:
    """The times between pushes in which records were created.

    Args:
        pushes: when each came, in their order.
        own: the declared records, the earliest first.
    """
    gaps = []
    for (start, _), (end, request) in pairwise(pushes):
        place = bisect_right(own, start, key=created_of)
        if place < len(own) and own[place].created < end:
            gaps.append(PushGap(request, own[place], end - own[place].created))
    return gaps


def books(session: Session, row: CompanyRow, excused: Set[RecordId]) -> BooksContext:
    """The books beside the declared records that are due.

    Args:
        session: the session.
        row: the company's row.
        excused: those that may be missing.
    """
    compared = ground_truth.comparison(session, row)
    missing = [each for each in compared.missing if (each.data_type, each.key) not in excused]
    kinds = (compared.booked_once, compared.doubled, missing, compared.stale)
    return BooksContext(
        company_id=row.company.id,
        due=len({(each.data_type, each.key) for kind in kinds for each in kind}),
        doubled=[*shown(session, row, compared.doubled)],
        missing=[*shown(session, row, missing)],
        stale=[*with_changes(session, row, [*shown(session, row, compared.stale)])],
        surplus=[*shown(session, row, compared.surplus)],
    )


def prompt_records(
    own: Iterable[DeclaredRecord], edges: Sequence[datetime], arrivals: Arrivals
) -> set[RecordId]:
    """The declared records created shortly before their sync, and pushed at once.

    Args:
        own: the declared records.
        edges: where the periods of syncs end, in their order.
        arrivals: when each record was pushed first.
    """
    return {
        (each.data_type, each.key)
        for each in own
        if (arrival := arrivals[each.data_type].get(each.key))
        and arrival - each.created <= PROMPT
        and (place := bisect_right(edges, each.created)) < len(edges)
        and edges[place] - PROMPT <= each.created
    }


def paid_for_earlier(
    session: Session, row: CompanyRow, declared: Sequence[OwnRecord]
) -> set[RecordId]:
    """The declared payments and transactions of orders from before the start date.

    Their orders are not to be pushed, so that no books can have them.

    Args:
        session: the session.
        row: the company's row.
        declared: all declared records.
    """
    start = row.configuration.schedule.start_date if row.configuration else None
    if start is None:
        return set()
    early = {
        each.key
        for each in declared
        if each.data_type == ORDERS and each.created is not None and each.created < start
    }
    found: set[RecordId] = set()
    if not early:
        return found
    keys = [each.key for each in declared if each.data_type == TRANSACTIONS]
    for key, record in ground_truth.records_named(session, row, TRANSACTIONS, keys):
        source = source_of(record) if isinstance(record, Transaction) else None
        if source and source[0] == ORDERS and source[1] in early:
            found |= {(TRANSACTIONS, key), (PAYMENTS, str(record.id))}
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
    own: dict[RecordId, Record] = {}
    booked: dict[RecordId, KnownVersion] = {}
    for data_type in {each.data_type for each in named}:
        keys = [each.key for each in named if each.data_type == data_type]
        versions = known(session, row, data_type, keys, condition="synced IS NOT NULL")
        booked |= {(data_type, key): version for key, version in versions.items()}
        records = ground_truth.records_named(session, row, data_type, keys)
        own |= {(data_type, key): record for key, record in records}
    for each in stale:
        name = (each.data_type, each.key)
        version, latest = booked.get(name), own.get(name)
        if each not in named or version is None or latest is None:
            yield each
            continue
        changes = differences_between(version.record, latest)
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
