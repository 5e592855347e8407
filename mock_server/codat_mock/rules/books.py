"""Rules for the books, which have the last word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from codat_mock.models.commerce import Transaction
from codat_mock.models.datasets import DataType
from codat_mock.rules.contexts import (
    BookedRecord,
    BooksContext,
    Evidence,
    OpenRecordsContext,
    RecordId,
    SyncContext,
)
from codat_mock.rules.contexts.syncs import PAYMENTS, source_of, transactions_of
from codat_mock.rules.reconciling import (
    payment_has_transaction,
    source_exists,
    transaction_has_payment,
)
from codat_mock.rules.registry import rule

SOURCE = "guide: Rules for sending data, Rules for updating data"
COMPARE = "GET /_mock/books/compare shows the documents"


@rule(
    "B01",
    "booked-once",
    "error",
    source=SOURCE,
    consequence="the books overstate the merchant's turnover",
    keeps=("day-after-day",),
    breaks=("duplicate-in-books",),
    message="Booked more than once",
    advice=f"push no update of a synced record; {COMPARE}",
    subject=BooksContext,
    applies=lambda books: books.due > 0,
)
def booked_once(books: BooksContext) -> Iterator[Evidence]:
    """No declared record is booked more than once."""
    return evidence_of(books.doubled)


@rule(
    "B02",
    "nothing-lost",
    "error",
    source=SOURCE,
    consequence="the books understate the merchant's turnover",
    keeps=("day-after-day",),
    breaks=("hole-in-books",),
    message="Not in the books",
    advice="push every record before the sync of its createdDate, and read the status of its"
    f" dataset; {COMPARE}",
    subject=BooksContext,
    applies=lambda books: books.due > 0,
)
def nothing_lost(books: BooksContext) -> Iterator[Evidence]:
    """Every declared record whose sync has run is in the books."""
    return evidence_of(books.missing)


@rule(
    "B03",
    "books-current",
    "error",
    source=SOURCE,
    consequence="the books show an outdated version",
    keeps=("day-after-day",),
    breaks=("stale-books",),
    message="Outdated in the books",
    advice=f"push every change before the sync of the record's createdDate; {COMPARE}",
    subject=BooksContext,
    applies=lambda books: books.due > 0,
)
def books_current(books: BooksContext) -> Iterator[Evidence]:
    """The books show each declared record's latest version."""
    return evidence_of(books.stale)


@rule(
    "B04",
    "nothing-extra",
    "error",
    source=SOURCE,
    consequence="the books overstate the merchant's turnover",
    keeps=("day-after-day",),
    breaks=("delete-not-pushed",),
    message="Booked, but not declared",
    advice='delete what the merchant deletes, {"id": "…"}, before its sync, and repeat a push'
    f" with the same ids; {COMPARE}",
    subject=BooksContext,
    applies=lambda books: books.due > 0 or bool(books.surplus),
)
def nothing_extra(books: BooksContext) -> Iterator[Evidence]:
    """Every booked record is declared, if any of the merchant's records are."""
    return evidence_of(books.surplus)


@rule(
    "B05",
    "sync-succeeds",
    "error",
    source="reference",
    consequence="the sync fails with 4000, 4200 or 5120, and books nothing",
    keeps=("worked-example", "day-after-day"),
    breaks=("unmapped-tax-rate", "tax-fraction"),
    message="The sync failed",
    advice="correct the records, or select what is missing in the mapping with"
    " POST /config/companies/$company_id/sync/commerce; the next sync covers the period",
    subject=SyncContext,
    applies=lambda sync: bool(sync.records or sync.failure),
)
def sync_succeeds(sync: SyncContext) -> Iterator[Evidence]:
    """No sync fails because of the records pushed, or because of the mapping."""
    if sync.failure:
        for data_type, key in sync.blamed:
            yield Evidence(key, sync.failure, data_type=data_type)
        if not sync.blamed:
            yield Evidence(f"sync {sync.sync_id}", sync.failure)


@rule(
    "B06",
    "nothing-unreconciled",
    "warning",
    source="reference",
    consequence="somebody has to reconcile the record by hand",
    keeps=("worked-example", "paid-sale"),
    breaks=("own-source",),
    message="Not reconciled",
    advice="give each transaction the order that it belongs to as its source, and select an account"
    " for each purpose; GET /_mock/books lists what is left",
    subject=OpenRecordsContext,
)
def nothing_unreconciled(books: OpenRecordsContext) -> Iterator[Evidence]:
    """What syncs have picked is reconciled.

    What lacks its order, payment or transaction is left to rules R02, R03 and R08, and what
    belongs to an order that is not in the books to the rule that says why.
    """
    unmatched = (
        *source_exists(books),
        *payment_has_transaction(books),
        *transaction_has_payment(books),
    )
    named = {(item.data_type, item.record) for item in unmatched}
    for (data_type, key), reason in books.unreconciled.items():
        own = {(data_type, key)}
        if data_type == PAYMENTS:
            own.update(transactions_of(key))
        paired = books.transaction_of(key) if data_type == PAYMENTS else None
        if own & named or source_in(books, data_type, key, paired) in books.unbooked:
            continue
        yield books.evidence(data_type, key, reason)


def source_in(
    books: OpenRecordsContext, data_type: DataType, key: str, paired: Transaction | None
) -> RecordId | None:
    """The source of a transaction, or of a payment's transaction.

    Args:
        books: where a transaction is found.
        data_type: of the record.
        key: the record's.
        paired: a payment's transaction.
    """
    transaction = paired or books.find(data_type, key)
    return source_of(transaction) if isinstance(transaction, Transaction) else None


def evidence_of(records: Sequence[BookedRecord]) -> Iterator[Evidence]:
    """Records as evidence."""
    for each in records:
        yield Evidence(
            each.key,
            each.note,
            changes=each.changes,
            data_type=each.data_type,
            requests=each.pushes,
        )
