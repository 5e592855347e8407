"""What pages and verdicts show of a company's books, kept in memory until the next sync."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from functools import partial
from itertools import chain
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from codat_mock.accounting.documents import Document, RecordId, settled
from codat_mock.accounting.ledger import Balance, trial_balance
from codat_mock.sandbox.session import Session
from codat_mock.storage import CompanyRow
from codat_mock.storage.documents import in_part

MAX_NAMED: Final = 5  # records in a note
MAX_KEPT: Final = 20  # records of a document: there may be very many


class WrittenDocument(Struct, frozen=True):
    """A document in a digest.

    Args:
        document: with its status now, notes on duplicates, and its first records.
        count: of all its records.
        sync_ids: of the syncs that wrote into it.
    """

    document: Document
    count: int
    sync_ids: frozenset[str]


class BooksDigest(Struct, frozen=True):
    """One company's books without most of the names of records.

    Args:
        documents: in the order of their writing.
        booked: how many records they contain.
        doubled: the records that are in the documents of several syncs.
        trial_balance: of all documents.
    """

    documents: Sequence[WrittenDocument]
    booked: int
    doubled: Set[RecordId]
    trial_balance: Sequence[Balance]


class KeptDocument(Struct, frozen=True):
    """A document as it is kept until it changes.

    Args:
        document: as it was written, with its first records only.
        records: the types and keys of all that each sync booked, in their order, by its id.
        sync_ids: of the syncs that wrote into it.
    """

    document: Document
    records: Mapping[str, dict[RecordId, None]]
    sync_ids: frozenset[str]

    @property
    def count(self) -> int:
        """How many records it contains."""
        return sum(map(len, self.records.values()))


def digest(session: Session, row: CompanyRow) -> BooksDigest:
    """One company's books, made again only after a sync, of which the new documents are read.

    Args:
        session: the session.
        row: the company's row.
    """
    latest = session.tables.syncs.last_number(row.number)
    return session.remember(
        ("books", row.number), latest, lambda: digest_of(kept_documents(session, row))
    )


def kept_documents(session: Session, row: CompanyRow) -> list[KeptDocument]:
    """All documents in a company's books; those that have not changed are not read again.

    Args:
        session: the session.
        row: the company's row.
    """
    documents = session.tables.documents
    kept = []
    for number, state in documents.states(row.number):
        read = partial(read_document, session, row, number)
        kept.append(session.remember(("document", row.number, number), state, read))
        session.give_way()
    return kept


def read_document(session: Session, row: CompanyRow, number: str) -> KeptDocument:
    """What is kept of a document.

    Args:
        session: the session.
        row: the company's row.
        number: the document's.
    """
    stored = session.tables.documents.find(row.number, number)
    document, names = in_part(stored, MAX_KEPT)
    records: dict[str, dict[RecordId, None]] = defaultdict(dict)
    for each in names:
        records[each.sync_id][each.data_type, each.key] = None
    return KeptDocument(
        document=document,
        records=dict(records),
        sync_ids=frozenset({*records, document.sync_id}),
    )


def digest_of(kept: Sequence[KeptDocument]) -> BooksDigest:
    """The digest of all documents in some books."""
    documents = settled(each.document for each in kept)
    names, doubled = names_in(kept)
    written = []
    for document, one in zip(documents, kept, strict=True):
        every = chain.from_iterable(one.records.values()) if doubled else ()
        keys = [key for data_type, key in every if (data_type, key) in doubled]
        written.append(WrittenDocument(noted(document, "duplicate", keys), one.count, one.sync_ids))
    return BooksDigest(written, len(names), doubled, list(trial_balance(documents)))


def names_in(kept: Sequence[KeptDocument]) -> tuple[set[RecordId], set[RecordId]]:
    """All records in some books, and those that several syncs booked."""
    by_sync: dict[str, list[dict[RecordId, None]]] = defaultdict(list)
    for each in kept:
        for sync_id, records in each.records.items():
            by_sync[sync_id].append(records)
    booked = set[RecordId]()
    doubled = set[RecordId]()
    for parts in by_sync.values():
        own = set[RecordId]().union(*parts)  # sets of names are joined without hashing them again
        if not booked.isdisjoint(own):
            doubled |= booked & own
        booked = booked | own if booked else own
    return booked, doubled


def noted(document: Document, word: str, keys: Sequence[str]) -> Document:
    """A document with a note on some of its records.

    Args:
        document: stays as it is where there are none.
        word: what they are.
        keys: of the records.
    """
    if not keys:
        return document
    more = f" and {len(keys) - MAX_NAMED} more" if len(keys) > MAX_NAMED else ""
    note = f"{word}: {', '.join(keys[:MAX_NAMED])}{more}"
    return replace(document, note=f"{document.note}; {note}" if document.note else note)
