"""What a sync writes: the picked records made into documents.

Source: contract section 6.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Final, TypeVar

from codat_mock.accounting.booking_context import BookingContext, booking_context
from codat_mock.accounting.documents import Document, Kind, Numbering, RecordId, settled
from codat_mock.accounting.fees import fee_documents, gather_fees, loose_ends
from codat_mock.accounting.money import exactly
from codat_mock.accounting.orders import percentages
from codat_mock.accounting.payments import Targets, gather_payments, payment_documents
from codat_mock.accounting.reconciliation import (
    ORDERS,
    PAYMENTS,
    Links,
    Unreconciled,
    link,
    source_of,
)
from codat_mock.accounting.sales import gather, sales_documents
from codat_mock.accounting.selection import Picked
from codat_mock.configuration.rates import rate_key
from codat_mock.models.commerce import Order, Payment, Transaction
from codat_mock.models.configuration import Configuration

NOTHING: Final[Mapping[RecordId, str]] = MappingProxyType({})

AnyRecord = TypeVar("AnyRecord", Order, Payment, Transaction)


@dataclass(frozen=True, slots=True)
class Booking:
    """What a sync writes.

    Args:
        documents: in the order in which they are written.
        unreconciled: what is left to be reconciled manually.
    """

    documents: tuple[Document, ...]
    unreconciled: tuple[Unreconciled, ...]


def book(
    picked: Sequence[Picked],
    configuration: Configuration,
    *,
    platform_key: str,
    sync_id: str,
    finish: datetime,
    numbers_used: Mapping[Kind, int],
    earlier: Mapping[RecordId, str] = NOTHING,
) -> Booking:
    """Make documents of the records that a sync picked; in whichever order, the same ones.

    Records with nothing to book (a pending payment, a payout) leave no trace.

    Args:
        picked: one version of each record.
        configuration: with its options, without `problems`.
        platform_key: the accounting platform's.
        sync_id: the sync's.
        finish: the end of its period, UTC; the day of records that tell none.
        numbers_used: the last number of each kind of document, as `last_numbers` tells them.
        earlier: where records of earlier syncs stand, as `booked_in` tells it; it is asked for
            none but the `references` of those picked.
    """
    records = (pick.record for pick in picked)
    terms = booking_context(configuration, platform_key, sync_id, finish, records)
    numbering = Numbering(numbers_used)
    orders, payments = of_type(picked, Order), of_type(picked, Payment)
    transactions = of_type(picked, Transaction)
    ties = link(
        (key for key, _ in orders),
        (key for key, _ in payments),
        (transaction for _, transaction in transactions),
        earlier,
    )
    with exactly():
        sales = write_sales(orders, terms, numbering)
        paid, aside = write_payments(payments, sales, ties, terms, numbering)
        bills, fees_aside = write_fees(transactions, ties, terms, numbering)
    if terms.takes_payments:
        aside += loose_ends(transactions, ties, terms)
    aside += fees_aside
    return Booking(
        documents=settled([*sales, *paid, *bills]),
        unreconciled=tuple(sorted(aside, key=lambda item: (item.data_type, item.key))),
    )


def write_sales(
    orders: Iterable[tuple[str, Order]], terms: BookingContext, numbering: Numbering
) -> list[Document]:
    """Invoices and credit notes, where sales are synced."""
    if not terms.mapping.sales.sync_sales:
        return []
    return list(sales_documents(gather(orders, terms), terms, numbering))


def write_payments(
    payments: Iterable[tuple[str, Payment]],
    sales: Iterable[Document],
    ties: Links,
    terms: BookingContext,
    numbering: Numbering,
) -> tuple[list[Document], list[Unreconciled]]:
    """Payments, where they are synced."""
    if not terms.takes_payments:
        return [], []
    numbers: dict[Kind, dict[str, str]] = {"Invoice": {}, "CreditNote": {}}
    for document in sales:
        numbers[document.kind].update((record.key, document.number) for record in document.records)
    targets = Targets(numbers["Invoice"], numbers["CreditNote"], ties.earlier)
    groups, aside = gather_payments(payments, ties, targets, terms)
    return list(payment_documents(groups, terms, numbering)), aside


def write_fees(
    transactions: Iterable[tuple[str, Transaction]],
    ties: Links,
    terms: BookingContext,
    numbering: Numbering,
) -> tuple[list[Document], list[Unreconciled]]:
    """Fee bills, where fees are synced."""
    if not terms.mapping.fees.sync_fees:
        return [], []
    groups, aside = gather_fees(transactions, ties, terms)
    return list(fee_documents(groups, terms, numbering)), aside


def references(picked: Iterable[Picked]) -> set[RecordId]:
    """The records of earlier syncs that picked ones may belong to: all that `earlier` is asked."""
    found: set[RecordId] = set()
    for pick in picked:
        if isinstance(pick.record, Payment):
            found.add((PAYMENTS, pick.key))
        if isinstance(pick.record, Transaction):
            _, source = source_of(pick.record)
            for key in (str(pick.record.id), source):
                found |= {(ORDERS, key), (PAYMENTS, key)}
    return found


def unmapped_rates(picked: Iterable[Picked], configuration: Configuration) -> list[Decimal]:
    """Tax percentages of picked orders that no tax rate is selected for, the lowest first.

    A sync that meets one fails with code 4000 (contract section 5).
    """
    sales = configuration.configuration.sales
    if not sales.sync_sales:
        return []
    mapped = {key for key, rate in sales.tax_rates.items() if rate.selected_tax_rate_id}
    used = {p for _, order in of_type(picked, Order) for p in percentages(order)}
    return sorted(percentage for percentage in used if rate_key(percentage) not in mapped)


def of_type(picked: Iterable[Picked], kind: type[AnyRecord]) -> list[tuple[str, AnyRecord]]:
    """The picked records of one type, each with its key."""
    return [(pick.key, pick.record) for pick in picked if isinstance(pick.record, kind)]
