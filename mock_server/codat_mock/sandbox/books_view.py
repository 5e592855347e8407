"""The books as the control API shows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import asdict

from codat_mock.accounting.booking_context import named_currency
from codat_mock.accounting.comparison import worth
from codat_mock.accounting.documents import BookedRecord, Document
from codat_mock.accounting.ledger import Balance
from codat_mock.accounting.money import padded
from codat_mock.accounting.reconciliation import TRANSACTIONS, Unreconciled
from codat_mock.accounting.selection import Version
from codat_mock.clock import format_moment
from codat_mock.models.commerce import Wire
from codat_mock.models.datasets import DataType
from codat_mock.models.values import Amount, MomentText
from codat_mock.rules.judge import BooksSummary
from codat_mock.sandbox import companies, ground_truth, syncs
from codat_mock.sandbox.books_digest import WrittenDocument, digest, noted
from codat_mock.sandbox.ground_truth import CompanyComparison
from codat_mock.sandbox.session import Session
from codat_mock.sandbox.sync_execution import records_of
from codat_mock.storage import CompanyRow
from codat_mock.storage.documents import StoredDocument as StoredDocument
from codat_mock.storage.documents import decode_document, decode_records


class MissedRecord(Wire, kw_only=True, omit_defaults=False):
    """A record that stays out of the books for good.

    Args:
        date: its day, UTC, ISO 8601; None where it has no `createdDate`.
        currency: empty where it has none.
    """

    data_type: DataType
    key: str
    created_date: MomentText | None
    date: str | None
    amount: Amount
    currency: str
    reason: str


class CompanyBooks(Wire, kw_only=True, omit_defaults=False):
    """One merchant's books.

    Args:
        missed: records that no daily sync will pick any more.
        unreconciled: records that syncs picked and could not join to the others.
    """

    company_id: str
    company_name: str
    platform: str | None
    documents: Sequence[Document]
    trial_balance: Sequence[Balance]
    missed: Sequence[MissedRecord]
    unreconciled: Sequence[Unreconciled]


class Books(Wire, kw_only=True, omit_defaults=False):
    """The books of every company in a sandbox."""

    companies: Sequence[CompanyBooks]


class StoredBooks(CompanyBooks, kw_only=True):
    """One merchant's books with the records as they are stored."""

    documents: Sequence[StoredDocument]


def books(
    session: Session, company_id: str | None = None, record: str | None = None
) -> list[StoredBooks]:
    """The books of one company, or of all.

    Args:
        session: the session.
        company_id: the company's id; None for all.
        record: the key of a record, to leave out the documents without it; the id of a transaction
            finds all transactions of that id, and the payment. The trial balance stays whole.

    Raises:
        NotFound: there is no such company.
    """
    found = [session.company(company_id)] if company_id else session.tables.companies.all()
    return [books_of(session, row, record) for row in found]


def books_of(session: Session, row: CompanyRow, record: str | None) -> StoredBooks:
    """One company's books.

    Args:
        session: the session.
        row: the company's row.
        record: the key of a record, to leave out the documents without it.
    """
    listed = listed_books(session, row, record)
    documents = []
    for written in listed.documents:
        stored = session.tables.documents.find(row.number, written.document.number)
        records = decode_records(stored).records
        documents.append(StoredDocument(**{**asdict(written.document), "records": records}))
        session.give_way()
    return StoredBooks(
        company_id=listed.company_id,
        company_name=listed.company_name,
        platform=listed.platform,
        documents=documents,
        trial_balance=listed.trial_balance,
        missed=listed.missed,
        unreconciled=listed.unreconciled,
    )


class ListedBooks(Struct, frozen=True, kw_only=True):
    """One merchant's books as a page shows them, each document with its first records only."""

    company_id: str
    company_name: str
    platform: str | None
    documents: Sequence[WrittenDocument]
    trial_balance: Sequence[Balance]
    missed: Sequence[MissedRecord]
    unreconciled: Sequence[Unreconciled]


def listed(
    session: Session, company_id: str | None = None, record: str | None = None
) -> list[ListedBooks]:
    """The books of one company, or of all, without most of the names of records.

    Args:
        session: the session.
        company_id: the company's id; None for all.
        record: the key of a record, to leave out the documents without it, as in `books`.

    Raises:
        NotFound: there is no such company.
    """
    rows = [session.company(company_id)] if company_id else session.tables.companies.all()
    return [listed_books(session, row, record) for row in rows]


def listed_books(session: Session, row: CompanyRow, record: str | None = None) -> ListedBooks:
    """One company's books, each document with its first records only.

    Args:
        session: the session.
        row: the company's row.
        record: the key of a record, to leave out the documents without it.
    """
    books, compared = digest(session, row), None
    if session.tables.declared.has_any(row.number):
        compared = ground_truth.comparison(session, row)
    accounting = companies.linked(row, "Accounting")
    return ListedBooks(
        company_id=row.company.id,
        company_name=row.company.name,
        platform=accounting.platform_name if accounting else None,
        documents=with_record(session, row, with_surplus(books.documents, compared), record),
        trial_balance=books.trial_balance,
        missed=[*missed_records(session, row)],
        unreconciled=session.tables.syncs.unreconciled(row.number),
    )


def with_surplus(
    documents: Sequence[WrittenDocument], compared: CompanyComparison | None
) -> Sequence[WrittenDocument]:
    """The documents, each with a note on those of its records that nobody declared.

    Args:
        documents: of one company.
        compared: its books with the declared records; None where there are none.
    """
    surplus: dict[str, list[str]] = defaultdict(list)
    for each in compared.surplus if compared else ():
        for number in each.documents:
            surplus[number].append(each.key)
    if not surplus:
        return documents
    return [
        WrittenDocument(
            noted(written.document, "surplus", surplus[written.document.number]),
            written.count,
            written.sync_ids,
        )
        for written in documents
    ]


def with_record(
    session: Session, row: CompanyRow, documents: Sequence[WrittenDocument], record: str | None
) -> Sequence[WrittenDocument]:
    """The documents that contain a record.

    Args:
        session: the session.
        row: the company's row.
        documents: the company's.
        record: its key, or the id of a transaction; None for all documents.
    """
    if record is None:
        return documents
    numbers = {
        document.number
        for document in map(decode_document, session.tables.documents.naming(row.number, record))
        if any(is_of(each, record) for each in document.records)
    }
    return [each for each in documents if each.document.number in numbers]


def is_of(booked: BookedRecord, record: str) -> bool:
    """Whether a record of a document has a key, or, a transaction's, an id."""
    is_transaction = booked.data_type == TRANSACTIONS
    return booked.key == record or (is_transaction and booked.key.rpartition("/")[0] == record)


def missed_records(session: Session, row: CompanyRow) -> Iterator[MissedRecord]:
    """The records of one company that stay out of its books."""
    return as_missed(session, row, syncs.missed(session, row))


def as_missed(
    session: Session, row: CompanyRow, missed: Sequence[Version]
) -> Iterator[MissedRecord]:
    """Missed records, as the books show them.

    Args:
        session: the session.
        row: the company's row.
        missed: their versions.
    """
    start = companies.configured(row).schedule.start_date
    for version, pick in zip(missed, records_of(session, missed), strict=True):
        created, currency = version.created, named_currency(pick.record.currency)
        yield MissedRecord(
            data_type=version.data_type,
            key=version.key,
            created_date=format_moment(created) if created else None,
            date=created.date().isoformat() if created else None,
            amount=padded(worth(pick.record), currency),
            currency=currency,
            reason=why_missed(created, start),
        )


def summary(session: Session, surplus: int) -> BooksSummary:
    """The books of all companies in numbers.

    Args:
        session: the session.
        surplus: the booked records that are not declared.
    """
    found = BooksSummary(surplus=surplus)
    for row in session.tables.companies.all():
        written = digest(session, row)
        found.documents += len(written.documents)
        found.booked += written.booked
        found.missed += len(syncs.missed(session, row))
        found.unreconciled += len(session.tables.syncs.unreconciled(row.number))
        found.waiting += waiting(session, row)
        succeeded, failed = session.tables.syncs.counts(row.number)
        found.syncs += succeeded
        found.failed_syncs += failed  # since the last success, which made up for those before
    return found


def waiting(session: Session, row: CompanyRow) -> int:
    """How many records of a company no sync has picked; counted again only after a push or sync."""
    tables = session.tables
    state = (tables.datasets.state(row.number), tables.syncs.last_number(row.number))
    return session.remember(
        ("waiting", row.number), state, lambda: tables.versions.count_waiting(row.number)
    )


def why_missed(created: datetime | None, start: datetime | None) -> str:
    """Why no daily sync picks a record any more."""
    if created is None:
        return "It has no createdDate, so that it lies in no period."
    if start and created < start:
        return (
            f"It was created before the start date, {format_moment(start)}: only a historic sync"
            " could pick it."
        )
    return "Its period had been synced before it arrived and was processed."
