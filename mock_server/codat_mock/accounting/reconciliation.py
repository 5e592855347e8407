"""Orders, payments and transactions joined by their ids, and what cannot be joined.

A transaction carries the id of its payment and names its order as its source (contract section 3).
The payments that stand inside an order are not looked at: the payment records are the ones that
count, so that no payment can count twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from msgspec import UNSET

from codat_mock.accounting.documents import RecordId
from codat_mock.models.commerce import LINKING, Transaction, TransactionType, Wire
from codat_mock.models.datasets import DataType
from codat_mock.models.values import Amount

ORDERS: Final[DataType] = "commerce-orders"
PAYMENTS: Final[DataType] = "commerce-payments"
TRANSACTIONS: Final[DataType] = "commerce-transactions"

FEES: Final[tuple[TransactionType, ...]] = ("PaymentFee", "PaymentFeeRefund")


class Unreconciled(Wire, kw_only=True, omit_defaults=False):
    """A record that could not be joined to the others, and so was not booked."""

    data_type: DataType
    key: str
    currency: str
    amount: Amount
    reason: str


class Unjoined(Exception):
    """A record cannot be joined; the text says why."""

    def put_aside(
        self, data_type: DataType, key: str, currency: str, amount: Decimal
    ) -> Unreconciled:
        """The record, for whoever reconciles by hand."""
        return Unreconciled(
            data_type=data_type,
            key=key,
            currency=currency,
            amount=amount,
            reason=f"Reconcile manually: {self}.",
        )


@dataclass(frozen=True, slots=True)
class Links:
    """What belongs to what, among the records picked and those booked earlier.

    Args:
        links: the transaction that ties each payment to its order, by the payment's id.
        orders: ids of the orders picked.
        payments: ids of the payments picked.
        earlier: where records of earlier syncs were booked.
    """

    links: Mapping[str, Transaction]
    orders: frozenset[str]
    payments: frozenset[str]
    earlier: Mapping[RecordId, str]

    def knows_order(self, key: str) -> bool:
        """Whether an order is picked, or was booked earlier."""
        return key in self.orders or (ORDERS, key) in self.earlier

    def knows_payment(self, key: str) -> bool:
        """Whether a payment is picked, or was booked earlier."""
        return key in self.payments or (PAYMENTS, key) in self.earlier

    def anchor_of(self, payment: str) -> RecordId:
        """What a payment was made for: an order, or an earlier payment of the same order.

        Raises:
            Unjoined: its transaction is missing, or leads nowhere.
        """
        passed: set[str] = set()
        while (link := self.links.get(payment)) is not None:
            passed.add(payment)
            kind, source = source_of(link)
            if kind == "Order" and self.knows_order(source):
                return ORDERS, source
            if kind != "Payment" or source in passed:
                raise Unjoined(f"the source of its transaction, {named_source(link)}, is not known")
            payment = source
        if (PAYMENTS, payment) in self.earlier:
            return PAYMENTS, payment
        raise Unjoined(f"no transaction of type Payment has the id '{payment}'")

    def check_source(self, transaction: Transaction) -> None:
        """Make sure that a transaction's source is known (rule R02).

        Raises:
            Unjoined: it is not.
        """
        kind, source = source_of(transaction)
        is_order = kind == "Order" and self.knows_order(source)
        if not is_order and not (kind == "Payment" and self.knows_payment(source)):
            raise Unjoined(f"its source, {named_source(transaction)}, is not known")


def link(
    orders: Iterable[str],
    payments: Iterable[str],
    transactions: Iterable[Transaction],
    earlier: Mapping[RecordId, str],
) -> Links:
    """Find out what belongs to what."""
    links: dict[str, Transaction] = {}
    for transaction in transactions:
        if transaction.type in LINKING:
            key = str(transaction.id)
            if key not in links or transaction.type == LINKING[0]:
                links[key] = transaction
    return Links(links, frozenset(orders), frozenset(payments), earlier)


def source_of(transaction: Transaction) -> tuple[str, str]:
    """The type and the id of a transaction's source, empty where it tells none."""
    source = transaction.transaction_source_ref
    return ("", "") if source is UNSET else (source.type or "", source.id or "")


def named_source(transaction: Transaction) -> str:
    """A transaction's source as a message names it."""
    kind, source = source_of(transaction)
    return f"{kind.lower() or 'record'} '{source}'" if source else "which it does not tell"
