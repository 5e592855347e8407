"""Later changes to a sale, on the same day: edits are whole objects, deletes are bare ids.

Every change happens before the day ends: an integration that pushes before the nightly sync has
pushed them all, and no synced record changes.
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

RecordChanges = Iterator[tuple[DataType, Record]]


@dataclass(frozen=True, slots=True)
class Change:
    """A record's new version, a new record, or a delete.

    Args:
        moment: when it happened, UTC.
        data_type: `commerce-orders`, `commerce-payments` or `commerce-transactions`.
        record: the whole object, or `{"id": …}` alone, which deletes it; the delete of a
            transaction deletes all transactions of that id.
    """

    moment: datetime
    data_type: DataType
    record: Record


def later_changes(sale: Sale, generator: SaleGenerator) -> list[Change]:
    """Draw what changes between a sale's closing and the end of the day; mostly nothing.

    Args:
        sale: updated in place.
        generator: the day's, for its random source and habits.

    Returns:
        Changes of one moment.
    """
    change = draw_change(generator)
    remaining = generator.end - 1 - sale.closed
    if change is None or remaining < 1:
        return []
    seconds = sale.closed + generator.between(1, remaining)
    moment = datetime.fromtimestamp(seconds, UTC)
    return [Change(moment, *changed) for changed in change(sale, generator, seconds)]


def draw_change(
    generator: SaleGenerator,
) -> Callable[[Sale, SaleGenerator, int], RecordChanges] | None:
    """Draw the kind of change, if any."""
    habits = generator.habits
    drawn = generator.draw() * 1000
    for per_mille, change in (
        (habits.void, void),
        (habits.late_refund, refund),
        (habits.late_tip, tip),
        (habits.correction, correct),
    ):
        if drawn < per_mille:
            return change
        drawn -= per_mille
    return None


def void(sale: Sale, _generator: SaleGenerator, _seconds: int) -> RecordChanges:
    """Delete the order and all that belongs to it.

    Args:
        sale: not changed.

    Source: guide, Rules for deleting data.
    """
    yield ORDERS, {"id": sale.id}
    for paid in sale.payments:
        yield PAYMENTS, {"id": paid.id}
        if not paid.failed:
            yield TRANSACTIONS, {"id": paid.id}


def refund(sale: Sale, generator: SaleGenerator, seconds: int) -> RecordChanges:
    """Return a line: the order changes, a repayment is new.

    Args:
        sale: updated in place.
        generator: the day's.
        seconds: when, since 1970.

    Yields:
        Whole records; none if there is nothing to repay.
    """
    if not sale.payments or sale.payments[-1].amount < 0:
        return
    repaid = generator.return_line(sale, seconds)
    if repaid:
        yield from order_changes(sale, generator, seconds)
        yield from payment_changes(sale, repaid, generator)


def tip(sale: Sale, generator: SaleGenerator, seconds: int) -> RecordChanges:
    """Add a tip to the last payment: order, payment and transactions change.

    Args:
        sale: updated in place.
        generator: the day's; its profile has the percentages of tips.
        seconds: when, since 1970.

    Yields:
        Whole records; none if it has a tip, or its last payment is cash or a repayment.
    """
    paid = sale.payments[-1] if sale.payments else None
    if sale.tip or paid is None or paid.amount < 0 or paid.method.type == "Cash":
        return
    sale.tip = proportion(sale.due, generator.pick(generator.profile.tips), 100)
    paid.amount += sale.tip
    paid.modified = seconds
    yield from order_changes(sale, generator, seconds)
    yield from payment_changes(sale, paid, generator)


def correct(sale: Sale, generator: SaleGenerator, seconds: int) -> RecordChanges:
    """Change the order's customer: one property differs, the record is the whole object.

    Args:
        sale: updated in place.
        generator: the day's; its shop has the customers.
        seconds: when, since 1970.

    Yields:
        The whole order; nothing if the same customer is drawn.
    """
    customer = generator.pick(generator.shop.customers)
    if customer is sale.customer:
        return
    sale.customer = customer
    yield from order_changes(sale, generator, seconds)


def order_changes(sale: Sale, generator: SaleGenerator, seconds: int) -> RecordChanges:
    """The order's new version.

    Args:
        sale: its modified date is updated.
        generator: the day's.
        seconds: when, since 1970.
    """
    sale.modified = seconds
    yield ORDERS, order_to_wire(sale, generator.shop)


def payment_changes(sale: Sale, paid: Paid, generator: SaleGenerator) -> RecordChanges:
    """A payment, new or changed, and its transactions.

    Args:
        sale: that it pays for.
        paid: the payment or repayment.
        generator: the day's.
    """
    yield PAYMENTS, payment_to_wire(paid, generator.shop)
    for transaction in transactions_to_wire(sale, paid, generator.shop):
        yield TRANSACTIONS, transaction
