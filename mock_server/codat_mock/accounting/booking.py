"""What a sync writes: the records that it picked, as documents.

Source: contract section 6, and part 2, section B.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from codat_mock.accounting.booking_context import booking_context
from codat_mock.accounting.day_of_business import Business, close
from codat_mock.accounting.documents import Document, Kind, Numbering, RecordId, settled
from codat_mock.accounting.mappings import writer
from codat_mock.accounting.money import exactly
from codat_mock.accounting.orders import NO_PRODUCTS, Catalogue, percentages
from codat_mock.accounting.reconciliation import (
    ORDERS,
    PAYMENTS,
    BookedOrder,
    BookedPayment,
    Earlier,
    Unreconciled,
    link,
    source_of,
)
from codat_mock.accounting.selection import Picked
from codat_mock.configuration.account_purposes import PURPOSE_OF_PAYMENT
from codat_mock.configuration.rates import rate_key
from codat_mock.models.commerce import Order, Payment, PaymentType, Transaction
from codat_mock.models.configuration import AccountSelection, Configuration

AnyRecord = TypeVar("AnyRecord", Order, Payment, Transaction)


@dataclass(frozen=True, slots=True)
class Booking:
    """What a sync writes.

    Args:
        documents: in the order in which they are written.
        unreconciled: what is left for somebody to reconcile.
        deferred: what is not booked yet, and is taken again by the next sync.
        orders: what each order owes now, by its key.
        payments: the payments that are booked, by their keys.
    """

    documents: tuple[Document, ...]
    unreconciled: tuple[Unreconciled, ...]
    deferred: frozenset[RecordId]
    orders: Mapping[str, BookedOrder]
    payments: Mapping[str, BookedPayment]


def book(
    picked: Sequence[Picked],
    configuration: Configuration,
    *,
    platform_key: str,
    sync_id: str,
    finish: datetime,
    numbers_used: Mapping[Kind, int],
    earlier: Earlier | None = None,
    catalogue: Catalogue = NO_PRODUCTS,
) -> Booking:
    """Make documents of the records that a sync picked; their sequence makes no difference.

    Args:
        picked: one version of each record.
        configuration: with its options, without `problems`.
        platform_key: the accounting platform's.
        sync_id: the sync's.
        finish: the end of its period, UTC; the date of records without one.
        numbers_used: the last number of each kind of document, as `last_numbers` returns them.
        earlier: what earlier syncs booked, at least of `references(picked)`.
        catalogue: which products are gift cards or have a category.
    """
    earlier = earlier or Earlier.nothing()
    records = (pick.record for pick in picked)
    context = booking_context(configuration, platform_key, sync_id, finish, records, catalogue)
    mapping = configuration.configuration
    orders = of_type(picked, Order)
    payments, transactions = of_type(picked, Payment), of_type(picked, Transaction)
    links = link(
        (key for key, _ in orders),
        dict(payments),
        (transaction for _, transaction in transactions),
        earlier,
    )
    business = Business()
    with exactly():
        if mapping.sales.sync_sales:
            business.add_orders(orders, context)
        if context.takes_payments:
            business.add_payments(payments, links, context)
            business.check_links(transactions, links, context)
            business.add_payouts(transactions, links, context)
        if mapping.fees.sync_fees:
            business.add_fees(transactions, links, context)
        documents_writer = writer(context, Numbering(numbers_used))
        documents = settled(documents_writer.write(business))
    return Booking(
        documents=documents,
        unreconciled=tuple(
            sorted(business.unreconciled, key=lambda each: (each.data_type, each.key))
        ),
        deferred=frozenset(business.deferred),
        orders={
            key: close(account, documents_writer.numbers)
            for key, account in business.orders.items()
        },
        payments=business.payments,
    )


def references(picked: Iterable[Picked]) -> set[RecordId]:
    """The orders and payments of earlier syncs that picked records may belong to."""
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
    """Tax percentages of picked orders without a selected tax rate, the lowest first.

    A sync that meets one fails with code 4000 (contract section 5).
    """
    sales = configuration.configuration.sales
    if not sales.sync_sales:
        return []
    mapped = {key for key, rate in sales.tax_rates.items() if rate.selected_tax_rate_id}
    used = {p for _, order in of_type(picked, Order) for p in percentages(order)}
    return sorted(percentage for percentage in used if rate_key(percentage) not in mapped)


def unmapped_payment_types(
    picked: Iterable[Picked], configuration: Configuration
) -> list[PaymentType]:
    """Types of picked, paid payments without a selected account, in alphabetical order.

    A sync that meets one fails with code 4000 (contract part 2, section A3).
    """
    payments = configuration.configuration.payments
    if not payments.sync_payments:
        return []
    used: set[PaymentType] = {
        payment.type or "Unknown"
        for _, payment in of_type(picked, Payment)
        if payment.status == "Paid"
    }
    return sorted(
        kind
        for kind in used
        if not payments.accounts.get(
            PURPOSE_OF_PAYMENT[kind], AccountSelection()
        ).selected_account_id
    )


def of_type(picked: Iterable[Picked], kind: type[AnyRecord]) -> list[tuple[str, AnyRecord]]:
    """The picked records of one type, each with its key."""
    return [(pick.key, pick.record) for pick in picked if isinstance(pick.record, kind)]
