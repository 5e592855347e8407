"""Orders, payments and transactions joined by their ids, and what cannot be joined.

A transaction carries the id of its payment and names its order as its source (contract section 3).
The payments inside an order are ignored: the payment records count, so that none counts twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from msgspec import Struct

from codat_mock.accounting.documents import Document
from codat_mock.models.commerce import (
    LINKING,
    Payment,
    PaymentType,
    Transaction,
    TransactionType,
    Wire,
)
from codat_mock.models.datasets import DataType
from codat_mock.models.values import Amount

ORDERS: Final[DataType] = "commerce-orders"
PAYMENTS: Final[DataType] = "commerce-payments"
TRANSACTIONS: Final[DataType] = "commerce-transactions"

FEES: Final[tuple[TransactionType, ...]] = ("PaymentFee", "PaymentFeeRefund")
PAYOUTS: Final[tuple[TransactionType, ...]] = ("Payout", "FailedPayout", "Transfer")


class Unreconciled(Wire, kw_only=True, omit_defaults=False):
    """A record that is not booked, because it could not be joined to the others.

    Args:
        date: its day in the merchant's time zone, ISO 8601.
    """

    data_type: DataType
    key: str
    currency: str
    amount: Amount
    date: str = ""
    reason: str


class Unjoined(Exception):
    """A record cannot be joined; the text says why."""

    def unreconciled(
        self, data_type: DataType, key: str, *, day: str, currency: str, amount: Decimal
    ) -> Unreconciled:
        """The record, for whoever reconciles by hand.

        Args:
            data_type: the record's.
            key: the record's.
            day: ISO 8601.
            currency: ISO 4217 code.
            amount: as the record has it.
        """
        return Unreconciled(
            data_type=data_type,
            key=key,
            currency=currency,
            amount=amount,
            date=day,
            reason=f"Reconcile manually: {self}.",
        )


class BookedPart(Struct, frozen=True, gc=False):
    """What an earlier order sold of one part, and is not refunded yet."""

    purpose: str
    percentage: Amount | None
    gross: Amount
    tax: Amount


class BookedCredit(Struct, frozen=True, gc=False):
    """What a repayment credited of an earlier order, since no order refunded it yet.

    Args:
        credit_note: its number; None where the books are journal entries.
        day: of the credit note, in the merchant's time zone, ISO 8601.
        parts: above zero.
    """

    credit_note: str | None
    day: str
    parts: tuple[BookedPart, ...]


class BookedOrder(Struct, frozen=True, gc=False, omit_defaults=True):
    """An order in the books, as later syncs need it.

    Args:
        number: of its invoice; of its credit note or journal entry where it has no invoice.
        credit_note: the number of its credit note, if any.
        owed: what is not paid of the sale.
        due_back: what is not paid of the refund.
        overpaid: what was paid beyond the sale.
        sold: what was sold and is not refunded.
        has_sold: whether it is more than a refund.
        place: the name of its location.
        credits: what was credited of it, and may belong to a refund that is still to come.
        day: of its documents, in the merchant's time zone, ISO 8601.
    """

    number: str
    credit_note: str | None
    currency: str
    location: str
    owed: Amount
    due_back: Amount
    overpaid: Amount
    sold: tuple[BookedPart, ...]
    has_sold: bool = True
    place: str = ""
    credits: tuple[BookedCredit, ...] = ()
    day: str = ""

    @property
    def is_open(self) -> bool:
        """Whether a later record may settle its refund, or be the refund of what it credited."""
        return self.due_back > 0 or bool(self.credits)


class BookedPayment(Struct, frozen=True, gc=False):
    """A payment in the books, as later syncs need it."""

    order: str
    type: PaymentType


@dataclass(frozen=True, slots=True)
class Earlier:
    """The orders and payments of earlier syncs, by their keys.

    Args:
        documents: of the days that the next sync books.
    """

    orders: Mapping[str, BookedOrder]
    payments: Mapping[str, BookedPayment]
    documents: Sequence[Document] = ()

    @classmethod
    def nothing(cls) -> Earlier:
        """Empty books."""
        return cls({}, {})


@dataclass(frozen=True, slots=True)
class Links:
    """What belongs to what, among the records picked and those booked earlier.

    Args:
        links: the transaction that links each payment to its order, by the payment's id.
        orders: ids of the orders picked.
        payments: the payments picked, by their ids.
        earlier: what earlier syncs booked.
        payments_of: the ids of the payments whose source is an order, in order, by the order's id.
    """

    links: Mapping[str, Transaction]
    orders: frozenset[str]
    payments: Mapping[str, Payment]
    earlier: Earlier
    payments_of: Mapping[str, Sequence[str]]

    def knows_order(self, key: str) -> bool:
        """Whether an order is picked, or was booked earlier."""
        return key in self.orders or key in self.earlier.orders

    def knows_payment(self, key: str) -> bool:
        """Whether a payment is picked, or was booked earlier."""
        return key in self.payments or key in self.earlier.payments

    def order_of(self, payment: str) -> str:
        """The order that a payment is for, by way of the payments that its sources name.

        Raises:
            Unjoined: its transaction is missing, or its source is not known.
        """
        passed: set[str] = set()
        while (link := self.links.get(payment)) is not None:
            passed.add(payment)
            kind, source = source_of(link)
            if kind == "Order" and self.knows_order(source):
                return source
            if kind != "Payment" or source in passed:
                raise Unjoined(f"the source of its transaction, {name_source(link)}, is not known")
            payment = source
        if payment in self.earlier.payments:
            return self.earlier.payments[payment].order
        raise Unjoined(f"no transaction of type Payment has the id '{payment}'")

    def names_payment(self, key: str) -> bool:
        """Whether the source of the transaction that links a payment is another payment."""
        return key in self.links and source_of(self.links[key])[0] == "Payment"

    def payment_type(self, transaction: Transaction) -> PaymentType:
        """The type of the payment that a fee or payout belongs to.

        By its source, else by its own id, which it shares with its payment; else by a payment of
        the order that is its source. Without any it is a card payment (assumed).
        """
        for key in self.payment_keys(transaction):
            if key in self.payments:
                return self.payments[key].type or "Unknown"
            if key in self.earlier.payments:
                return self.earlier.payments[key].type
        return "Card"

    def payment_keys(self, transaction: Transaction) -> list[str]:
        """The ids of payments that a fee or payout may belong to, the likeliest first."""
        kind, source = source_of(transaction)
        own = [source] if kind == "Payment" else []
        others = self.payments_of.get(source, ()) if kind == "Order" else ()
        return [*own, str(transaction.id), *others]

    def order_of_money(self, transaction: Transaction) -> str:
        """The order that a fee or payout belongs to, empty where none is known."""
        kind, source = source_of(transaction)
        if kind == "Order":
            return source
        for key in self.payment_keys(transaction):
            try:
                return self.order_of(key)
            except Unjoined:
                continue
        return ""

    def check_source(self, transaction: Transaction) -> None:
        """Make sure that a fee's source is known (rule R02); one with the source `Fee` needs none.

        Raises:
            Unjoined: it is not.
        """
        kind, source = source_of(transaction)
        if kind == "Fee":
            return
        is_order = kind == "Order" and self.knows_order(source)
        if not is_order and not (kind == "Payment" and self.knows_payment(source)):
            raise Unjoined(f"its source, {name_source(transaction)}, is not known")


def link(
    orders: Iterable[str],
    payments: Mapping[str, Payment],
    transactions: Iterable[Transaction],
    earlier: Earlier,
) -> Links:
    """Find what belongs to what.

    Args:
        orders: the keys of the orders picked.
        payments: the payments picked, by their keys.
        transactions: those picked; a payment has one that links it, of type Payment before Refund.
        earlier: what earlier syncs booked.
    """
    links: dict[str, Transaction] = {}
    for transaction in transactions:
        if transaction.type in LINKING:
            key = str(transaction.id)
            if key not in links or transaction.type == LINKING[0]:
                links[key] = transaction
    payments_of: dict[str, list[str]] = defaultdict(list)
    for key in sorted(links):
        kind, source = source_of(links[key])
        if kind == "Order":
            payments_of[source].append(key)
    return Links(links, frozenset(orders), payments, earlier, payments_of)


def source_of(transaction: Transaction) -> tuple[str, str]:
    """The type and the id of a transaction's source, empty where it has none."""
    source = transaction.transaction_source_ref
    return (source.type or "", source.id or "") if source else ("", "")


def name_source(transaction: Transaction) -> str:
    """A transaction's source as a message names it."""
    kind, source = source_of(transaction)
    return f"{kind.lower() or 'record'} '{source}'" if source else "which it does not have"
