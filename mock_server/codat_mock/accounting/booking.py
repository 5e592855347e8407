"""What a sync writes: the records that it picked, as documents.

Source: contract section 6, and part 2, section B.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import TypeVar

from codat_mock.accounting.booking_context import booking_context, day_of
from codat_mock.accounting.catalogue import NO_PRODUCTS, Catalogue
from codat_mock.accounting.day_of_business import Business
from codat_mock.accounting.documents import Document, Kind, RecordId, settled
from codat_mock.accounting.fees import add_fees, add_payouts
from codat_mock.accounting.mappings import writer
from codat_mock.accounting.money import amount_of, exactly
from codat_mock.accounting.open_documents import OpenDocuments
from codat_mock.accounting.order_accounts import close
from codat_mock.accounting.order_taxes import percentages
from codat_mock.accounting.payment_allocation import PaymentAllocation
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
from codat_mock.configuration.account_purposes import PURPOSE_OF_PAYMENT, tax_purpose
from codat_mock.configuration.charts_of_accounts import find_chart
from codat_mock.configuration.rates import rate_key
from codat_mock.models.commerce import Order, Payment, PaymentType, Transaction
from codat_mock.models.configuration import AccountSelection, Configuration, TaxRate

AnyRecord = TypeVar("AnyRecord", Order, Payment, Transaction)


@dataclass(frozen=True, slots=True)
class Booking:
    """What a sync writes.

    Args:
        documents: in the order in which they are written; those of earlier syncs that it extends
            have their numbers.
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
        earlier: what earlier syncs booked, at least of `references(picked)` and on their days.
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
            allocation = PaymentAllocation(business, links, context)
            allocation.add_payments(payments)
            allocation.complete_credits()
            allocation.check_links(transactions)
            add_payouts(business, transactions, links, context)
        if mapping.fees.sync_fees:
            add_fees(business, transactions, links, context)
        documents_writer = writer(context, OpenDocuments(numbers_used, earlier.documents))
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


def days(picked: Iterable[Picked], zone: tzinfo, finish: datetime) -> set[str]:
    """The merchant's days on which records are booked.

    Args:
        picked: the records.
        zone: the merchant's.
        finish: the moment of records without one, UTC.
    """
    return {day_of(pick.record.created_date, zone, finish) for pick in picked}


def days_to_extend(picked: Sequence[Picked], earlier: Earlier) -> set[str]:
    """The days of earlier credit notes that picked records may extend.

    Refunds may belong to those of repayments, and payments may leave an exchange paid.

    Args:
        picked: the records.
        earlier: the orders that they may belong to.
    """
    found: set[str] = set()
    if not earlier.orders:
        return found
    has_refunds = any(amount_of(order.total_amount) < 0 for _, order in of_type(picked, Order))
    touched = {key for _, key in references(picked)}
    touched |= {payment.order for payment in earlier.payments.values()}
    for key, order in earlier.orders.items():
        if has_refunds:
            found |= {credit.day for credit in order.credits}
        if key in touched and order.owed and order.due_back:
            found.add(order.day)
    return found


def references(picked: Iterable[Picked]) -> set[RecordId]:
    """The orders and payments of earlier syncs that picked records may belong to."""
    found: set[RecordId] = set()
    keys: set[str] = set()
    for pick in picked:
        if isinstance(pick.record, Payment):
            found.add((PAYMENTS, pick.key))
        elif isinstance(pick.record, Transaction):
            keys.add(str(pick.record.id))
            keys.add(source_of(pick.record)[1])
    for key in keys:
        found.add((ORDERS, key))
        found.add((PAYMENTS, key))
    return found


def unmapped_rates(picked: Iterable[Picked], configuration: Configuration) -> list[Decimal]:
    """Tax percentages of picked orders without a selected tax rate, the lowest first.

    A sync that meets one fails with code 4000 (contract section 5).
    """
    sales = configuration.configuration.sales
    if not sales.sync_sales:
        return []
    mapped = {key for key, rate in sales.tax_rates.items() if rate.selected_tax_rate_id}
    used = percentages(order for _, order in of_type(picked, Order))
    return sorted(percentage for percentage in used if rate_key(percentage) not in mapped)


def rates_without_account(
    picked: Iterable[Picked], configuration: Configuration, platform_key: str
) -> list[Decimal]:
    """Tax percentages of picked orders that journal entries have no account for, the lowest first.

    A sync that meets one fails with code 4200 (contract part 2, section B).

    Args:
        picked: the records.
        configuration: what was never offered has the platform's usual account (assumed).
        platform_key: the accounting platform's.
    """
    sales, chart = configuration.configuration.sales, find_chart(platform_key)
    if chart is None or not sales.sync_sales:
        return []
    found: set[Decimal] = set()
    for percentage in filter(None, percentages(order for _, order in of_type(picked, Order))):
        key = rate_key(percentage)
        rate = chart.find_rate(sales.tax_rates.get(key, TaxRate()).selected_tax_rate_id)
        names = [tax_purpose(key)]
        if rate and rate.components:
            names = [tax_purpose(key, place + 1) for place in range(len(rate.components))]
        accounts = [sales.accounts[name] for name in names if name in sales.accounts]
        if not all(account.selected_account_id for account in accounts):
            found.add(percentage)
    return sorted(found)


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
