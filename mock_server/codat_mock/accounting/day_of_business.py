"""The days of business that a sync books: sales, refunds, payments, fees and payouts.

They are the same for every accounting platform and sync type; `mappings` writes them.
Source: contract section 6, part 2, section B.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Final, Literal, NamedTuple

from msgspec import Struct, field

from codat_mock.accounting.booking_context import BookingContext
from codat_mock.accounting.documents import BookedRecord, RecordId
from codat_mock.accounting.money import ZERO, amount_of
from codat_mock.accounting.order_accounts import Group, OrderAccount
from codat_mock.accounting.order_parts import OrderParts, remaining_of, total_of
from codat_mock.accounting.orders import take_apart
from codat_mock.accounting.reconciliation import (
    ORDERS,
    PAYMENTS,
    TRANSACTIONS,
    BookedPayment,
    Unjoined,
    Unreconciled,
)
from codat_mock.models.commerce import Order, Payment, PaymentType, Record, Transaction
from codat_mock.models.datasets import DataType

OVERPAID: Final = "more is paid than the order owes: allocate or refund it manually"

SettlementKind = Literal["Payment", "Refund", "Overpayment", "OverpaymentRefund"]


class SalesDay(Struct):
    """The orders of one day, currency and location.

    Args:
        allocated: what refunds settle of the sales of the same orders, such as in an exchange.
        allocated_earlier: what they settle of earlier invoices, by the number of the invoice.
        credited_earlier: what earlier credit notes settle of the sales, by their numbers.
        completed: refunds that an earlier credit note has already; they may change its lines.
        credit_note: the number of an earlier credit note that is extended.
    """

    parts: OrderParts = field(default_factory=OrderParts)
    sales: list[BookedRecord] = field(default_factory=list)
    refunds: list[BookedRecord] = field(default_factory=list)
    locations: set[str] = field(default_factory=set)
    allocated: Decimal = ZERO
    allocated_earlier: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    credited_earlier: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    completed: list[BookedRecord] = field(default_factory=list)
    credit_note: str | None = None


class Settlement(NamedTuple):
    """Payments of one day and type that settle the same document.

    Args:
        target: the sales day whose invoice or credit note it settles; None where `number` is
            that of an earlier document.
        note: why somebody should look at it.
    """

    kind: SettlementKind
    target: Group | None
    number: str
    day: str
    currency: str
    type: PaymentType
    note: str


class FeeGroup(NamedTuple):
    """Fees of one day, currency and purpose that one money account pays, or gets back."""

    day: str
    currency: str
    purpose: str
    account: str


class PayoutGroup(NamedTuple):
    """Payouts of one day and currency out of one clearing account, or those that failed."""

    day: str
    currency: str
    account: str
    is_failed: bool


class Total(Struct):
    """An amount, and the records that it comes from; `out` is the part of it below zero."""

    amount: Decimal = ZERO
    out: Decimal = ZERO
    records: list[BookedRecord] = field(default_factory=list)

    def add(self, amount: Decimal, record: BookedRecord) -> None:
        """Add a record's amount, or a part of it."""
        self.amount += amount
        self.out += min(amount, ZERO)
        self.records.append(record)


class Business(Struct):
    """Everything that a sync books.

    Args:
        fees: money paid is below zero, money that comes back above.
        payouts: out of the clearing account; below zero where they failed.
        deferred: records that the next sync takes again: they are not booked yet.
    """

    days: dict[Group, SalesDay] = field(default_factory=dict)
    settlements: dict[Settlement, Total] = field(default_factory=lambda: defaultdict(Total))
    fees: dict[FeeGroup, Total] = field(default_factory=lambda: defaultdict(Total))
    payouts: dict[PayoutGroup, Total] = field(default_factory=lambda: defaultdict(Total))
    orders: dict[str, OrderAccount] = field(default_factory=dict)
    payments: dict[str, BookedPayment] = field(default_factory=dict)
    unreconciled: list[Unreconciled] = field(default_factory=list)
    deferred: set[RecordId] = field(default_factory=set)

    def add_orders(self, orders: Iterable[tuple[str, Order]], context: BookingContext) -> None:
        """Add what the orders sold and refunded to their days."""
        for key, order in orders:
            currency = context.currency(order.currency)
            place, name = place_of(order, context.invoice_levels)
            group = (context.day(order.created_date), currency, place)
            parts = take_apart(order, currency, context.catalogue, context.mapped_percentages)
            day = self.days.get(group) or self.days.setdefault(group, SalesDay())
            day.parts.add(parts)
            day.locations.add(name)
            owed, due_back = total_of(parts.sold), total_of(parts.refunded)
            record = booked_record(key, order, owed - due_back, context)
            if parts.sold or not parts.refunded:
                day.sales.append(record)
            if parts.refunded:
                day.refunds.append(record)
            self.orders[key] = OrderAccount(
                currency=currency,
                location=place,
                day=group,
                booked=None,
                owed=owed,
                due_back=due_back,
                overpaid=ZERO,
                remaining=remaining_of(parts),
                has_sold=bool(parts.sold),
                place=name,
            )

    def defer(
        self,
        data_type: DataType,
        key: str,
        record: Payment | Transaction,
        reason: Unjoined,
        context: BookingContext,
    ) -> None:
        """Leave a record to the next sync, and to whoever reconciles by hand.

        Args:
            data_type: the record's.
            key: the record's.
            record: what is not booked.
            reason: why.
            context: for its day and currency.
        """
        amount = record.amount if isinstance(record, Payment) else record.total_amount
        self.deferred.add((data_type, key))
        self.unreconciled.append(
            reason.unreconciled(
                data_type,
                key,
                day=context.day(record.created_date),
                currency=context.currency(record.currency),
                amount=amount_of(amount),
            )
        )


def booked_record(
    key: str, record: Record, amount: Decimal, context: BookingContext
) -> BookedRecord:
    """A record as documents list it.

    Args:
        key: the record's.
        record: its type and `sourceModifiedDate` are listed.
        amount: as the record has it, in units of its currency; of an order, its balance.
        context: for the sync.
    """
    kind = ORDERS if isinstance(record, Order) else PAYMENTS
    return BookedRecord(
        data_type=TRANSACTIONS if isinstance(record, Transaction) else kind,
        key=key,
        amount=amount,
        modified=record.source_modified_date or None,
        sync_id=context.sync_id,
    )


def place_of(order: Order, levels: Container[str]) -> tuple[str, str]:
    """The id and the name of where an order was made, as far as invoices are split by it.

    Args:
        order: the order.
        levels: `location`, `country`, both or neither.
    """
    place, name = location_of(order) if "location" in levels else ("", "")
    country = (order.country or "").strip().upper() if "country" in levels else ""
    if not country:
        return place, name
    return f"{country}/{place}", f"{country}, {name}".removesuffix(", ")


def location_of(order: Order) -> tuple[str, str]:
    """The id and the name of an order's location, empty where it has none."""
    place = order.location_ref
    if not place:
        return "", ""
    name = place.name or ""
    return place.id or name, name or place.id or ""


def chronological(days: Mapping[Group, SalesDay]) -> Iterator[tuple[Group, SalesDay]]:
    """Sales days by day, currency and location."""
    yield from sorted(days.items(), key=lambda each: each[0])
