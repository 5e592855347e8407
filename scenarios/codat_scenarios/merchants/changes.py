"""What happens to a sale later on its day: edits as whole objects, deletes as bare ids.

Every change comes before the day ends, so that an integration that pushes before a sync at night
has told them all without touching a synced record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from codat_mock.models.datasets import DataType
from codat_scenarios.merchants.money import proportion
from codat_scenarios.merchants.order_to_wire import (
    Record,
    order_to_wire,
    payment_to_wire,
    transactions_to_wire,
)
from codat_scenarios.merchants.sale import Paid, Sale
from codat_scenarios.merchants.sale_generator import SaleGenerator

ORDERS: Final[DataType] = "commerce-orders"
PAYMENTS: Final[DataType] = "commerce-payments"
TRANSACTIONS: Final[DataType] = "commerce-transactions"

Told = Iterator[tuple[DataType, Record]]


@dataclass(frozen=True, slots=True)
class Change:
    """A record's new version, a new record, or a delete.

    Args:
        moment: when it happened at the merchant's, UTC.
        data_type: `commerce-orders`, `commerce-payments` or `commerce-transactions`.
        record: the whole object, or `{"id": …}` alone, which deletes it. The delete of a
            transaction is for all transactions of that id.
    """

    moment: datetime
    data_type: DataType
    record: Record


def later_changes(sale: Sale, till: SaleGenerator) -> list[Change]:
    """Draw what happens to a sale between its closing and the end of the day; mostly nothing.

    Args:
        sale: already told as it is; it is changed.
        till: whose chance and habits count.

    Returns:
        Changes of one moment.
    """
    happening = draw_happening(till)
    remaining = till.end - 1 - sale.closed
    if happening is None or remaining < 1:
        return []
    seconds = sale.closed + till.between(1, remaining)
    moment = datetime.fromtimestamp(seconds, UTC)
    return [Change(moment, *told) for told in happening(sale, till, seconds)]


def draw_happening(till: SaleGenerator) -> Callable[[Sale, SaleGenerator, int], Told] | None:
    """Draw which of the happenings it is, if any."""
    habits = till.habits
    drawn = till.draw() * 1000
    for per_mille, happening in (
        (habits.void, void),
        (habits.late_refund, refund),
        (habits.late_tip, tip),
        (habits.correction, correct),
    ):
        if drawn < per_mille:
            return happening
        drawn -= per_mille
    return None


def void(sale: Sale, _till: SaleGenerator, _seconds: int) -> Told:
    """Delete the order and all that belongs to it."""
    yield ORDERS, {"id": sale.id}
    for paid in sale.payments:
        yield PAYMENTS, {"id": paid.id}
        if not paid.failed:
            yield TRANSACTIONS, {"id": paid.id}


def refund(sale: Sale, till: SaleGenerator, seconds: int) -> Told:
    """Take a line back: the order changes, a repayment is new."""
    if not sale.payments or sale.payments[-1].amount < 0:
        return
    repaid = till.take_back(sale, seconds)
    if repaid:
        yield from changed_order(sale, till, seconds)
        yield from told_payment(sale, repaid, till)


def tip(sale: Sale, till: SaleGenerator, seconds: int) -> Told:
    """Add a tip to the last payment: order, payment and transactions change."""
    paid = sale.payments[-1] if sale.payments else None
    if sale.tip or paid is None or paid.amount < 0 or paid.method.type == "Cash":
        return
    sale.tip = proportion(sale.due, till.pick(till.profile.tips), 100)
    paid.amount += sale.tip
    paid.modified = seconds
    yield from changed_order(sale, till, seconds)
    yield from told_payment(sale, paid, till)


def correct(sale: Sale, till: SaleGenerator, seconds: int) -> Told:
    """Put another customer on the order: one property changes, the whole object is told."""
    customer = till.pick(till.shop.customers)
    if customer is sale.customer:
        return
    sale.customer = customer
    yield from changed_order(sale, till, seconds)


def changed_order(sale: Sale, till: SaleGenerator, seconds: int) -> Told:
    """Tell the order's new version."""
    sale.modified = seconds
    yield ORDERS, order_to_wire(sale, till.shop)


def told_payment(sale: Sale, paid: Paid, till: SaleGenerator) -> Told:
    """Tell a payment, new or changed, and its transactions."""
    yield PAYMENTS, payment_to_wire(paid, till.shop)
    for transaction in transactions_to_wire(sale, paid, till.shop):
        yield TRANSACTIONS, transaction
