"""Rules for reconciling orders, payments and transactions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Context, Decimal, localcontext
from typing import Final

from msgspec import UNSET, UnsetType

from codat_mock.models.commerce import (
    LINKING,
    LineItem,
    Order,
    Payment,
    Record,
    ServiceCharge,
    SourceRef,
    Transaction,
)
from codat_mock.models.currencies import is_currency, minor_unit, smallest_coin
from codat_mock.rules.contexts import Evidence, RecordsContext, SyncContext
from codat_mock.rules.contexts.syncs import ORDERS, PAYMENTS, TRANSACTIONS, source_of
from codat_mock.rules.registry import rule

REFERENCE = "reference"
NOT_PAID: Final = ("Pending", "Authorized", "Failed", "Cancelled")
SIGNS: Final = {"Refund": -1, "PaymentFee": -1, "PaymentFeeRefund": 1}
NOISE: Final = Decimal("0.000001")  # of a binary float that was meant as a decimal
MAX_SHOWN: Final = 5  # lines of a sum in a message
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
    keeps=(
        "worked-example",
        "paid-sale",
        "deposit-before-order",
        "payment-of-earlier-order",
        "fee-of-no-payment",
    ),
    breaks=("unknown-source",),
    message="Source unknown",
    advice="push the order or payment that a transaction names as its source before the sync, to"
    " POST /data/companies/$company_id/sync/{dataType}",
    subject=RecordsContext,
    applies=lambda subject: bool(subject.transactions),
)
def source_exists(sync: RecordsContext) -> Iterator[Evidence]:
    """A transaction's source is a known order or payment once it is synced.

    It is found while the transaction is not in the books: a deposit is paid before its order. A
    declared order from before the start date is known, though it is not pushed. Payouts and
    transfers move the money of many sales, and need no source, nor does a fee with a source of type
    `Fee`.
    """
    for key, transaction in sync.transactions:
        if sync.is_deferred(TRANSACTIONS, key):
            continue
        source = source_of(transaction)
        if source is None and needs_no_source(transaction):
            continue
        if source is None:
            yield sync.evidence(TRANSACTIONS, key, "it names neither an order nor a payment")
        elif sync.find(*source) is None:
            how = "was deleted" if source in sync.deleted else "was never pushed"
            yield sync.evidence(TRANSACTIONS, key, f"its source '{source[1]}' {how}")


def needs_no_source(transaction: Transaction) -> bool:
    """Whether a transaction is complete without an order or a payment as its source."""
    source = transaction.transaction_source_ref
    if transaction.type in ("PaymentFee", "PaymentFeeRefund"):
        return isinstance(source, SourceRef) and source.type == "Fee"
    return transaction.type in ("Payout", "FailedPayout", "Transfer")


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
    subject=RecordsContext,
    applies=lambda subject: bool(subject.payments),
)
def payment_has_transaction(sync: RecordsContext) -> Iterator[Evidence]:
    """A paid payment has a transaction with its id, of type `Payment` (`Refund` if negative).

    It is found while the payment is not in the books.
    """
    for key, _ in sync.payments:
        if not sync.is_deferred(PAYMENTS, key) and sync.transaction_of(key) is None:
            yield sync.evidence(PAYMENTS, key)


@rule(
    "R04",
    "amounts-agree",
    "error",
    source=REFERENCE,
    consequence="the books show another amount than was paid",
    keeps=("worked-example", "paid-sale", "deposit"),
    breaks=("amounts-differ", "paid-twice"),
    message="Amounts differ",
    advice="give a payment and its transaction the same amount, and an order a totalGratuity for"
    " what is paid beyond its total, in POST /data/companies/$company_id/sync/{dataType}",
    subject=SyncContext,
    applies=lambda sync: bool(sync.payments),
)
def amounts_agree(sync: SyncContext) -> Iterator[Evidence]:
    """A payment and its transaction have the same amount, and no order is paid more than it owes.

    An order owes its total and gratuity. It may owe more than is paid: a deposit is not the whole.
    Cash may be rounded to the smallest coin.
    """
    with localcontext(EXACT):
        for key, payment in sync.payments:
            paired = sync.transaction_of(key)
            if paired is None or UNSET in (payment.amount, paired.total_amount):
                continue
            unit = minor_unit(code_of(payment.currency))
            if abs(amount(payment.amount) - amount(paired.total_amount)) >= unit:
                note = f"{payment.amount} paid, {paired.total_amount} in the transaction"
                yield sync.evidence(PAYMENTS, key, note, [(TRANSACTIONS, f"{key}/{paired.type}")])
        paid = paid_of(sync)
        for key, order in sync.orders:
            due = amount(order.total_amount) + amount(order.total_gratuity)
            if key in paid and paid[key] - due > tolerance(order) + coin(sync, key, order):
                yield sync.evidence(ORDERS, key, f"{paid[key]} paid, {due} owed")


def coin(sync: SyncContext, key: str, order: Order) -> Decimal:
    """The smallest coin of an order's currency if it is paid in cash; else nothing.

    Args:
        sync: what was synced.
        key: the order's.
        order: the order.
    """
    is_cash = any(
        transaction.type == "Payment"
        and order_of(sync, transaction) == key
        and getattr(sync.find(PAYMENTS, str(transaction.id)), "type", "") == "Cash"
        for _, transaction in sync.transactions
    )
    return smallest_coin(code_of(order.currency)) if is_cash else Decimal(0)


def paid_of(sync: SyncContext) -> dict[str, Decimal]:
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
    keeps=("worked-example", "paid-sale", "example-order-discount"),
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

    A difference of the currency's smallest unit for each line is allowed, what is not yet paid, and
    a discount on the order that no line contains.
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
        difference = total - order.total_amount
        if abs(difference) > tolerance(order) and not is_discount(order, difference, parts):
            return f"{shown_sum(signed, refund)} = {total}, its total is {order.total_amount}"
    paid = [amount(each.amount) for each in order.payments or [] if each.status == "Paid"]
    due = order.total_amount + amount(order.total_gratuity)
    if paid and sum(paid, Decimal(0)) - due > tolerance(order):
        return f"its payments add up to {sum(paid, Decimal(0))}, total and gratuity to {due}"
    return ""


def is_discount(
    order: Order, difference: Decimal, parts: Sequence[LineItem | ServiceCharge]
) -> bool:
    """Whether a discount on the order, before or after tax, is what its lines exceed the total by.

    Args:
        order: its `totalDiscount` may have either sign.
        difference: of the lines to the total.
        parts: the lines and charges; the lines contain their own discounts.
    """
    allocated = sum(
        (
            abs(amount(each.total_amount))
            for item in order.order_line_items or []
            for each in item.discount_allocations or []
        ),
        Decimal(0),
    )
    discount = abs(amount(order.total_discount)) - allocated
    highest = max(amount(part.tax_percentage) for part in parts)
    most = discount * (100 + max(highest, Decimal(0))) / 100
    return (
        discount > 0
        and -tolerance(order) <= difference - discount
        and (difference - most <= tolerance(order))
    )


def shown_sum(parts: list[Decimal], refund: Decimal) -> str:
    """The sum of an order's lines as it is made, shortened."""
    shown = [f"{part}" for part in parts[:MAX_SHOWN]]
    if len(parts) > MAX_SHOWN:
        shown.append("…")
    if refund:
        shown.append(f"{-refund} refunded")
    return f"its lines are {' + '.join(shown)}".replace("+ -", "- ")


def value(part: LineItem | ServiceCharge) -> Decimal:
    """What a line adds to the total: negative if it is refunded."""
    total = amount(part.total_amount)
    is_back = part.quantity is not UNSET and part.quantity < 0
    return -abs(total) if is_back else total


def tolerance(order: Order) -> Decimal:
    """The difference allowed in an order: its currency's smallest unit for each line."""
    lines = len(order.order_line_items or []) + len(order.service_charges or [])
    return minor_unit(code_of(order.currency)) * max(1, lines)


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


@rule(
    "R07",
    "amounts-signed",
    "error",
    source=REFERENCE,
    consequence="money paid back is booked as received, or a fee as income",
    keeps=("worked-example", "refunded-sale"),
    breaks=("wrong-sign",),
    message="Wrong sign",
    advice="give refunds and fees amounts below zero, and fee refunds amounts above zero, in"
    " POST /data/companies/$company_id/sync/commerce-transactions",
    subject=SyncContext,
    applies=lambda sync: bool(sync.transactions),
)
def amounts_signed(sync: SyncContext) -> Iterator[Evidence]:
    """A refund and a fee have an amount below zero, a fee's refund one above zero."""
    for key, transaction in sync.transactions:
        sign = SIGNS.get(str(transaction.type), 0)
        if amount(transaction.total_amount) * sign < 0:
            note = f"a {transaction.type} of {transaction.total_amount}"
            yield sync.evidence(TRANSACTIONS, key, note)


@rule(
    "R08",
    "transaction-has-payment",
    "warning",
    source=REFERENCE,
    consequence="the money that moved is in no document",
    keeps=("worked-example", "paid-sale"),
    breaks=("payment-not-paid", "transaction-alone"),
    message="Transaction without a paid payment of the same id",
    advice="push a payment with status Paid and the transaction's id, negative for a refund, to"
    " POST /data/companies/$company_id/sync/commerce-payments",
    subject=RecordsContext,
    applies=lambda subject: any(each[1].type in LINKING for each in subject.transactions),
)
def transaction_has_payment(sync: RecordsContext) -> Iterator[Evidence]:
    """A transaction of type `Payment` or `Refund` has a paid payment with its id.

    It is found while the transaction is not in the books.
    """
    for key, transaction in sync.transactions:
        if transaction.type not in LINKING or sync.is_deferred(TRANSACTIONS, key):
            continue
        payment = sync.find(PAYMENTS, str(transaction.id))
        if payment is None:
            yield sync.evidence(TRANSACTIONS, key, "no payment has its id")
        elif isinstance(payment, Payment) and payment.status in NOT_PAID:
            note = f"the payment is {payment.status}"
            yield sync.evidence(TRANSACTIONS, key, note, [(PAYMENTS, str(transaction.id))])


@rule(
    "R09",
    "tax-agrees",
    "error",
    source=REFERENCE,
    consequence="the books show the wrong tax, or the sync fails for want of the tax rate",
    keeps=("worked-example", "paid-sale"),
    breaks=("tax-added",),
    message="Tax does not agree with its rate",
    advice="give taxPercentage as a percentage (20 for 20 %), and as tax the part of the total"
    " that is tax, in POST /data/companies/$company_id/sync/commerce-orders",
    subject=SyncContext,
    applies=lambda sync: bool(sync.orders),
)
def tax_agrees(sync: SyncContext) -> Iterator[Evidence]:
    """A line's tax is the part of its total that its rate makes it, and the order's is their sum.

    A difference of the currency's smallest unit for each line is allowed.
    """
    with localcontext(EXACT):
        for key, order in sync.orders:
            note = tax_misfit(order)
            if note:
                yield sync.evidence(ORDERS, key, note)


def tax_misfit(order: Order) -> str:
    """What is wrong with the tax of an order; empty if nothing is, or if too little is known."""
    unit = minor_unit(code_of(order.currency))
    parts: list[tuple[LineItem | ServiceCharge, Decimal | UnsetType]] = [
        *((each, each.total_tax_amount) for each in order.order_line_items or []),
        *((each, each.tax_amount) for each in order.service_charges or []),
    ]
    taxes = Decimal(0)
    for part, tax in parts:
        if part.tax_percentage is not UNSET and 0 < part.tax_percentage < 1:
            return f"a tax rate of {part.tax_percentage} percent"
        if tax is UNSET or part.tax_percentage is UNSET:
            continue
        gross, rate = amount(part.total_amount), part.tax_percentage
        within = gross * rate / (100 + rate)
        if abs(abs(tax) - abs(within)) > unit:
            return f"a tax of {tax}, but {within.quantize(unit)} within {gross} at {rate} %"
        taxes += -abs(tax) if value(part) < 0 else tax
    if order.total_tax_amount is UNSET or any(tax is UNSET for _, tax in parts) or not parts:
        return ""
    gross = sum((amount(part.total_amount) for part, _ in parts), Decimal(0))
    if order.total_discount is not UNSET and 0 <= amount(order.total_amount) < gross:
        # A discount on the whole order takes the same share off each line and its tax.
        taxes *= amount(order.total_amount) / gross
    if abs(order.total_tax_amount - taxes) > unit * len(parts):
        return f"a tax of {order.total_tax_amount}, but {taxes.quantize(unit)} in its lines"
    return ""


@rule(
    "R10",
    "currency-exists",
    "error",
    source="ISO 4217",
    consequence="the amounts are rounded, or booked in a currency that no software knows",
    keeps=("worked-example", "paid-sale"),
    breaks=("unknown-currency", "fraction-of-a-yen"),
    message="Not an amount of money",
    advice="give a currency by its code in ISO 4217, and amounts in its smallest unit, in"
    " POST /data/companies/$company_id/sync/{dataType}",
    subject=SyncContext,
    applies=lambda sync: bool(sync.records),
)
def currency_exists(sync: SyncContext) -> Iterator[Evidence]:
    """A currency is a code of ISO 4217, and no total is finer than the currency's smallest unit.

    The error of a binary float is not counted.
    """
    with localcontext(EXACT):
        for each in sync.records:
            currency = code_of(each.record.currency)
            note = money_misfit(each.record, currency) if currency else ""
            if note:
                yield sync.evidence(each.data_type, each.key, note)


def money_misfit(record: Record, currency: str) -> str:
    """What is wrong with a record's currency or total; empty if nothing is."""
    if not is_currency(currency):
        return f"'{currency}' is not a currency"
    unit = minor_unit(currency)
    if isinstance(record, Payment):
        totals = [record.amount]
    elif isinstance(record, Order):
        totals = [record.total_amount, record.total_gratuity]
    else:
        totals = [record.total_amount]
    for total in map(amount, totals):
        if abs(total - total.quantize(unit)) > NOISE:
            return f"{total} {currency}, whose smallest unit is {unit}"
    return ""
