"""Writes what came of a sync into the books, in portions between which other sandboxes go.

All of a small sync is one commit. Of a large one, what is to be written is kept beside the books
first, then the sync itself is committed, and then each portion moves into the books. Whoever opens
the sandbox next after a kill goes on there: no reader ever sees half of a sync.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from codat_mock.sandbox.session import Session
from codat_mock.sandbox.sync_execution import SyncResult
from codat_mock.storage.documents import BooksRows, rows_of
from codat_mock.storage.versions import Place, places

# A preference: the numbers of the company and the sync, 0 for a sync that is not committed, and of
# the portions that are kept, in preferences of their own.
UNFINISHED: Final = "unfinished-sync"
ROWS_AT_ONCE: Final = 1000


class Portion(Struct, frozen=True, array_like=True):
    """A part of what a sync writes.

    Args:
        books: the rows of the books.
        synced: the versions that are in the books now, or are left out for good.
        deferred: the versions that the next sync takes again.
    """

    books: BooksRows
    synced: list[Place]
    deferred: list[Place]


def portions_of(result: SyncResult) -> list[Portion]:
    """What a sync writes, in portions, at least one; making them needs no database."""
    rows = rows_of(result.documents, result.orders, result.payments)
    synced, deferred = places(result.synced), places(result.deferred)
    longest = max(map(len, (rows.documents, rows.booked, synced, deferred)))
    return [
        Portion(
            BooksRows(
                documents=rows.documents[start : start + ROWS_AT_ONCE],
                numbers=rows.numbers if not start else [],
                booked=rows.booked[start : start + ROWS_AT_ONCE],
            ),
            synced[start : start + ROWS_AT_ONCE],
            deferred[start : start + ROWS_AT_ONCE],
        )
        for start in range(0, max(1, longest), ROWS_AT_ONCE)
    ]


def prepare(session: Session, company: int, portions: list[Portion]) -> None:
    """Keep the portions of a large sync beside the books, before the sync is committed.

    Args:
        session: the session.
        company: its number.
        portions: of the sync.
    """
    if len(portions) == 1:
        return
    session.tables.preferences.save(UNFINISHED, (company, 0, len(portions)))
    for place, portion in enumerate(portions):
        session.give_way()
        session.tables.preferences.save(name_of(place), portion)


def write(session: Session, company: int, sync: int, portions: list[Portion]) -> None:
    """Write a small sync; of a large one, only that it is committed: `finish` does the rest.

    Args:
        session: the session.
        company: its number.
        sync: its number.
        portions: of the sync.
    """
    if len(portions) == 1:
        store(session, company, sync, portions[0])
    else:
        session.tables.preferences.save(UNFINISHED, (company, sync, len(portions)))


def finish(session: Session) -> None:
    """Move what is kept of a committed sync into the books; forget that of one that is not."""
    unfinished = session.tables.preferences.find(UNFINISHED, tuple[int, ...])
    if not unfinished:
        return
    company, sync, count = unfinished
    for place in range(count):
        session.give_way()
        portion = session.tables.preferences.find(name_of(place), Portion) if sync else None
        if portion:
            store(session, company, sync, portion)
        session.tables.preferences.delete(name_of(place))
    session.tables.preferences.delete(UNFINISHED)


def name_of(place: int) -> str:
    """The preference that keeps a portion."""
    return f"{UNFINISHED}/{place}"


def store(session: Session, company: int, sync: int, portion: Portion) -> None:
    """Write a portion.

    Args:
        session: the session.
        company: its number.
        sync: its number.
        portion: what is written.
    """
    session.tables.documents.add(company, portion.books)
    session.tables.versions.mark_synced(company, sync, portion.synced)
    session.tables.versions.mark_deferred(company, portion.deferred)
