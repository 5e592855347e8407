"""The books as the control API shows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence, Set
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from codat_mock.accounting.booking_context import named_currency
from codat_mock.accounting.comparison import worth
from codat_mock.accounting.documents import Document, RecordId, records_in, settled
from codat_mock.accounting.ledger import Balance, trial_balance
from codat_mock.accounting.money import padded
from codat_mock.accounting.reconciliation import Unreconciled
from codat_mock.accounting.sync_codes import SYNC_CODES
from codat_mock.clock import format_moment
from codat_mock.models.commerce import Wire
from codat_mock.models.datasets import DataType
from codat_mock.models.values import Amount, MomentText
from codat_mock.rules.judge import BooksSummary
from codat_mock.sandbox import companies, ground_truth, syncs
from codat_mock.sandbox.session import Session
from codat_mock.sandbox.sync_execution import records_of
from codat_mock.storage import CompanyRow

MAX_NAMED: Final = 5  # records in a note


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
    documents: list[Document]
    trial_balance: list[Balance]
    missed: list[MissedRecord]
    unreconciled: list[Unreconciled]


class Books(Wire, kw_only=True, omit_defaults=False):
    """The books of every company in a sandbox."""

    companies: list[CompanyBooks]


def books(session: Session, company_id: str | None = None) -> Books:
    """The books of one company, or of all.

    Raises:
        NotFound: there is no such company.
    """
    found = [session.company(company_id)] if company_id else session.tables.companies.all()
    return Books(companies=[books_of(session, row) for row in found])


def books_of(session: Session, row: CompanyRow) -> CompanyBooks:
    """One company's books."""
    documents = settled(session.tables.documents.all(row.number))
    accounting = companies.linked(row, "Accounting")
    return CompanyBooks(
        company_id=row.company.id,
        company_name=row.company.name,
        platform=accounting.platform_name if accounting else None,
        documents=marked(session, row, documents),
        trial_balance=list(trial_balance(documents)),
        missed=[*missed_records(session, row)],
        unreconciled=session.tables.syncs.unreconciled(row.number),
    )


def marked(session: Session, row: CompanyRow, documents: Sequence[Document]) -> list[Document]:
    """The documents, each with a note on those of its records that it should not have.

    A duplicate is in the documents of several syncs; a surplus is not declared, if any record is.

    Args:
        session: the session.
        row: the company's row.
        documents: the company's.
    """
    syncs_of: dict[RecordId, set[str]] = defaultdict(set)
    for document in documents:
        for record in document.records:
            syncs_of[record.data_type, record.key].add(document.sync_id)
    doubled = {name for name, ids in syncs_of.items() if len(ids) > 1}
    surplus: set[RecordId] = set()
    if session.tables.declared.counts(row.number):
        compared = ground_truth.comparison(session, row)
        surplus = {(each.data_type, each.key) for each in compared.surplus}
    return [
        with_note(with_note(document, "duplicate", doubled), "surplus", surplus)
        for document in documents
    ]


def with_note(document: Document, word: str, names: Set[RecordId]) -> Document:
    """A document whose note names those of its records.

    Args:
        document: stays as it is without such a record.
        word: what they are.
        names: of the records.
    """
    keys = [each.key for each in document.records if (each.data_type, each.key) in names]
    if not keys:
        return document
    more = f" and {len(keys) - MAX_NAMED} more" if len(keys) > MAX_NAMED else ""
    note = f"{word}: {', '.join(keys[:MAX_NAMED])}{more}"
    return replace(document, note=f"{document.note}; {note}" if document.note else note)


def missed_records(session: Session, row: CompanyRow) -> Iterator[MissedRecord]:
    """The records of one company that stay out of its books."""
    start = companies.configured(row).schedule.start_date
    missed = syncs.missed(session, row)
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
        documents = session.tables.documents.all(row.number)
        found.documents += len(documents)
        found.booked += len(records_in(documents))
        found.missed += len(syncs.missed(session, row))
        found.unreconciled += len(session.tables.syncs.unreconciled(row.number))
        found.waiting += session.tables.versions.count_waiting(row.number)
        failed = 0
        for sync in session.tables.syncs.all(row.number):
            is_success = SYNC_CODES[sync.summary.sync_status_code].is_success
            found.syncs += is_success
            failed = 0 if is_success else failed + 1  # the next success covers the failed periods
        found.failed_syncs += failed
    return found


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
