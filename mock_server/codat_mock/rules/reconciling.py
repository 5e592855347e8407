"""Rules for reconciling orders, payments and transactions."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Context, Decimal, localcontext
from typing import Final

from msgspec import UNSET, UnsetType

from codat_mock.models.commerce import LINKING, LineItem, Order, ServiceCharge, Transaction
from codat_mock.rules.contexts import Evidence, SyncContext
from codat_mock.rules.contexts.syncs import ORDERS, PAYMENTS, TRANSACTIONS, source_of
from codat_mock.rules.registry import rule

REFERENCE = "reference"
CENT: Final = Decimal("0.01")
EXACT: Final = Context(prec=100)  # the service's decimals have 28 digits on either side


@rule(
    "R01",
    "all-three-types",
    "error",
    source=REFERENCE,
    consequence="the sync fails with 5120",
    keeps=("worked-example", "paid-sale"),
    breaks=("one-type-missing",),
    message="Never pushed before a sync with records of other types",
    advice="push orders, payments and transactions, each to"
    " POST /data/companies/$company_id/sync/{dataType}, before the sync",
    subject=SyncContext,
    counts="data type",
    applies=lambda sync: bool(sync.records or sync.missing_types),
)
def all_three_types(sync: SyncContext) -> Iterator[Evidence]:
    """Orders, payments and transactions have each been pushed before a sync that has any."""
    for data_type in sync.missing_types:
        yield Evidence(data_type)


@rule(
    "R02",
    "source-exists",
    "error",
    source=REFERENCE,
    consequence="the transaction has to be reconciled by hand",
    keeps=("worked-example", "paid-sale"),
    breaks=("unknown-source",),
    message="Source unknown at the sync",
    advice="push the order or payment that a transaction names as its source before the sync, to"
    " POST /data/companies/$company_id/sync/{dataType}",
    subject=SyncContext,
    applies=lambda sync: bool(sync.transactions),
)
def source_exists(sync: SyncContext) -> Iterator[Evidence]:
    """A transaction's source is a known order or payment when it is synced.

    Payouts and transfers move the money of many sales, and need no source.
    """
    for key, transaction in sync.transactions:
        source = source_of(transaction)
        if transaction.type in ("Payout", "FailedPayout", "Transfer") and source is None:
            continue
        if source is None:
            yield sync.evidence(TRANSACTIONS, key, "it names neither an order nor a payment")
        elif sync.find(*source) is None:
            yield sync.evidence(TRANSACTIONS, key, f"its source '{source[1]}' is not known")


@rule(
    "R03",
    "payment-has-transaction",
    "error",
    source=REFERENCE,
    consequence="the payment has to be reconciled by hand",
    keeps=("worked-example", "paid-sale"),
    breaks=("payment-alone",),
    message="Paid, but without a transaction of the same id",
    advice="push a transaction of type Payment (Refund for money paid back) with the payment's"
    " id, to POST /data/companies/$company_id/sync/commerce-transactions",
    subject=SyncContext,
    applies=lambda sync: bool(sync.payments),
)
def payment_has_transaction(sync: SyncContext) -> Iterator[Evidence]:
    """A paid payment has a transaction with its id, of type `Payment` (`Refund` if negative)."""
    for key, _ in sync.payments:
        if sync.transaction_of(key) is None:
            yield sync.evidence(PAYMENTS, key)


@rule(
    "R04",
    "amounts-agree",
    "warning",
    source=REFERENCE,
    consequence="the books show another amount than was paid",
    keeps=("worked-example", "paid-sale"),
    breaks=("amounts-differ",),
    message="Amounts differ",
    advice="give a payment and its transaction the same amount, and an order transactions that"
    " cover its total and gratuity, in POST /data/companies/$company_id/sync/{dataType}",
    subject=SyncContext,
    applies=lambda sync: bool(sync.payments),
)
def amounts_agree(sync: SyncContext) -> Iterator[Evidence]:
    """A payment and its transaction have the same amount, and an order's transactions cover it.

    The cover is judged once an order has a transaction of type `Payment`.
    """
    with localcontext(EXACT):
        for key, payment in sync.payments:
            paired = sync.transaction_of(key)
            if paired is None or UNSET in (payment.amount, paired.total_amount):
                continue
            if payment.amount != paired.total_amount:
                note = f"{payment.amount} paid, {paired.total_amount} in the transaction"
                yield sync.evidence(PAYMENTS, key, note, [(TRANSACTIONS, f"{key}/{paired.type}")])
        covers = covers_of(sync)
        for key, order in sync.orders:
            due = amount(order.total_amount) + amount(order.total_gratuity)
            if key in covers and covers[key] < due - tolerance(order):
                note = f"its transactions add up to {covers[key]} of {due}"
                yield sync.evidence(ORDERS, key, note)


def covers_of(sync: SyncContext) -> dict[str, Decimal]:
    """The sum of each order's transactions, for orders with a transaction of type `Payment`."""
    sums: dict[str, Decimal] = {}
    paid: set[str] = set()
    for _, transaction in sync.transactions:
        order = order_of(sync, transaction)
        if order is not None and transaction.type in LINKING:
            sums[order] = sums.get(order, Decimal(0)) + amount(transaction.total_amount)
            if transaction.type == "Payment":
                paid.add(order)
    return {order: total for order, total in sums.items() if order in paid}


def order_of(sync: SyncContext, transaction: Transaction) -> str | None:
    """The order that a transaction belongs to, directly or through its payment."""
    source = source_of(transaction)
    if source and source[0] == PAYMENTS:
        paired = sync.transaction_of(source[1])
        source = source_of(paired) if paired is not None else None
    return source[1] if source and source[0] == ORDERS else None


@rule(
    "R05",
    "order-adds-up",
    "warning",
    source=REFERENCE,
    consequence="the invoice gets a line for the difference",
    keeps=("worked-example", "paid-sale"),
    breaks=("wrong-sum",),
    message="Does not add up",
    advice="make lines and service charges add up to totalAmount, and payments to totalAmount and"
    " totalGratuity, in POST /data/companies/$company_id/sync/commerce-orders; totals include tax,"
    " less discounts and refunds",
    subject=SyncContext,
    applies=lambda sync: bool(sync.orders),
)
def order_adds_up(sync: SyncContext) -> Iterator[Evidence]:
    """Lines and service charges add up to the total, payments to total and gratuity.

    A difference of a cent for each line is allowed.
    """
    with localcontext(EXACT):
        for key, order in sync.orders:
            note = misfit(order)
            if note:
                yield sync.evidence(ORDERS, key, note)


def misfit(order: Order) -> str:
    """What does not add up in an order; empty if all does, or if the order has no total."""
    if order.total_amount is UNSET:
        return ""
    parts: list[LineItem | ServiceCharge] = [
        *(order.order_line_items or []),
        *(order.service_charges or []),
    ]
    if parts:
        signed = [value(part) for part in parts]
        given_back = -sum((each for each in signed if each < 0), Decimal(0))
        refund = max(abs(amount(order.total_refund)), given_back) - given_back
        total = sum(signed, Decimal(0)) - refund
        if abs(total - order.total_amount) > tolerance(order):
            return f"its lines add up to {total}, its total is {order.total_amount}"
    paid = [amount(each.amount) for each in order.payments or [] if each.status == "Paid"]
    due = order.total_amount + amount(order.total_gratuity)
    if paid and abs(sum(paid, Decimal(0)) - due) > tolerance(order):
        return f"its payments add up to {sum(paid, Decimal(0))}, total and gratuity to {due}"
    return ""


def value(part: LineItem | ServiceCharge) -> Decimal:
    """What a line adds to the total: negative if it is refunded."""
    total = amount(part.total_amount)
    is_back = part.quantity is not UNSET and part.quantity < 0
    return -abs(total) if is_back else total


def tolerance(order: Order) -> Decimal:
    """The difference allowed in an order: a cent for each line."""
    lines = len(order.order_line_items or []) + len(order.service_charges or [])
    return CENT * max(1, lines)


def amount(given: Decimal | UnsetType | None) -> Decimal:
    """An amount; zero if absent."""
    return given if isinstance(given, Decimal) else Decimal(0)


@rule(
    "R06",
    "currency-agrees",
    "warning",
    source=REFERENCE,
    consequence="the records are booked in different currencies",
    keeps=("worked-example", "paid-sale"),
    breaks=("two-currencies",),
    message="Currency differs from its source or payment",
    advice="give an order, its payment and its transactions the same currency in"
    " POST /data/companies/$company_id/sync/{dataType}",
    subject=SyncContext,
    applies=lambda sync: bool(sync.transactions),
)
def currency_agrees(sync: SyncContext) -> Iterator[Evidence]:
    """An order, its payment and its transactions share a currency."""
    for key, transaction in sync.transactions:
        payment = sync.find(PAYMENTS, str(transaction.id))
        source = source_of(transaction)
        others = [payment] if source is None else [payment, sync.find(*source)]
        own = code_of(transaction.currency)
        for other in others:
            if other is not None and own and code_of(other.currency) not in ("", own):
                note = f"{own} instead of {code_of(other.currency)}"
                yield sync.evidence(TRANSACTIONS, key, note)
                break


def code_of(currency: str | UnsetType | None) -> str:
    """A currency for comparison: trimmed, in capitals; empty if absent."""
    return (currency or "").strip().upper()
