"""Rules for reconciling orders, payments and transactions."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Context, Decimal, localcontext
from typing import Final

from msgspec import UNSET

from codat_mock.models.commerce import (
    LINKING,
    Order,
    Payment,
    Record,
    SourceRef,
    Transaction,
)
from codat_mock.models.currencies import is_currency, minor_unit, smallest_coin
from codat_mock.rules.contexts import Evidence, RecordsContext, SyncContext
from codat_mock.rules.contexts.syncs import FEES, ORDERS, PAYMENTS, TRANSACTIONS, source_of
from codat_mock.rules.order_sums import (
    amount,
    code_of,
    misfit,
    owed,
    refunded,
    tax_misfit,
    tolerance,
)
from codat_mock.rules.registry import rule

REFERENCE = "reference"
NOT_PAID: Final = ("Pending", "Authorized", "Failed", "Cancelled")
SIGNS: Final = {"Refund": -1, "PaymentFee": -1, "PaymentFeeRefund": 1}
NOISE: Final = Decimal("0.000001")  # of a binary float that was meant as a decimal
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
    if transaction.type in FEES:
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

    An order owes its total and gratuity, without charges of type Overpayment. It may owe more than
    is paid: a deposit is not the whole. What it refunds may be paid back later, and no more than
    that. Cash may be rounded to the smallest coin.
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
        moved, paid = moved_of(sync)
        for key, order in sync.orders:
            if key not in moved:
                continue
            net, due, given_back = moved[key], owed(order), refunded(order)
            back = max(-due, given_back)
            over = max(net - due - given_back if key in paid else Decimal(0), -net - back)
            if over > tolerance(order) and over > tolerance(order) + coin(sync, key, order):
                if net < 0:
                    yield sync.evidence(ORDERS, key, f"{-net} paid back, {back} owed back")
                else:
                    yield sync.evidence(ORDERS, key, f"{net} paid, {due} owed")


def coin(sync: SyncContext, key: str, order: Order) -> Decimal:
    """The smallest coin of an order's currency if it is paid in cash; else nothing.

    Args:
        sync: what was synced.
        key: the order's.
        order: the order.
    """
    is_cash = any(
        transaction.type in LINKING
        and order_of(sync, transaction) == key
        and getattr(sync.find(PAYMENTS, str(transaction.id)), "type", "") == "Cash"
        for _, transaction in sync.transactions
    )
    return smallest_coin(code_of(order.currency)) if is_cash else Decimal(0)


def moved_of(sync: SyncContext) -> tuple[dict[str, Decimal], set[str]]:
    """The sum of each order's transactions, and the orders with one of type `Payment`."""
    sums: dict[str, Decimal] = {}
    paid: set[str] = set()
    for _, transaction in sync.transactions:
        order = order_of(sync, transaction)
        payment = sync.find(PAYMENTS, str(transaction.id))
        if isinstance(payment, Payment) and payment.status in NOT_PAID:  # rule R08's
            continue
        if order is not None and transaction.type in LINKING:
            sums[order] = sums.get(order, Decimal(0)) + amount(transaction.total_amount)
            if transaction.type == "Payment":
                paid.add(order)
    return sums, paid


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


@rule(
    "R07",
    "amounts-signed",
    "error",
    source=REFERENCE,
    consequence="money paid back is booked as received, or a fee as income",
    keeps=("worked-example", "refunded-sale", "fee-reversed"),
    breaks=("wrong-sign",),
    message="Wrong sign",
    advice="give refunds and fees amounts below zero, and fee refunds and reversed fees amounts"
    " above zero, in POST /data/companies/$company_id/sync/commerce-transactions",
    subject=SyncContext,
    applies=lambda sync: bool(sync.transactions),
)
def amounts_signed(sync: SyncContext) -> Iterator[Evidence]:
    """A refund and a fee have an amount below zero, a fee's refund one above zero.

    A fee of the other sign reverses one of the payment that is its source, whose id it does not
    have.
    """
    for key, transaction in sync.transactions:
        sign = SIGNS.get(str(transaction.type), 0)
        if amount(transaction.total_amount) * sign < 0 and not is_reversal(sync, transaction):
            note = f"a {transaction.type} of {transaction.total_amount}"
            yield sync.evidence(TRANSACTIONS, key, note)


def is_reversal(sync: SyncContext, transaction: Transaction) -> bool:
    """Whether a fee, or a fee's refund, of the other sign reverses one.

    What has no payment as its source is believed, and a fee of money paid back (assumed).

    Args:
        sync: what was synced.
        transaction: one of the other sign.
    """
    if transaction.type not in FEES:
        return False
    is_fee = transaction.type == "PaymentFee"
    own = sync.find(PAYMENTS, str(transaction.id))
    if isinstance(own, Payment):
        return is_fee and (amount(own.amount) < 0 or reverses_repayment(sync, transaction))
    source = source_of(transaction)
    if source is None or source[0] != PAYMENTS:
        return True
    payment = sync.find(*source)
    fee = sync.find(TRANSACTIONS, f"{source[1]}/{transaction.type}")
    return (
        (is_fee and isinstance(payment, Payment) and amount(payment.amount) < 0)
        or (isinstance(fee, Transaction) and amount(fee.total_amount) * SIGNS[transaction.type] > 0)
        or (transaction.type, source, is_fee) in sync.fees
    )


def reverses_repayment(sync: SyncContext, transaction: Transaction) -> bool:
    """Whether a fee is of a payment that gives money paid back again: a chargeback is won.

    Args:
        sync: what was synced.
        transaction: the fee, with the id of its payment.
    """
    paired = sync.transaction_of(str(transaction.id))
    source = source_of(paired) if paired is not None else None
    before = sync.find(*source) if source and source[0] == PAYMENTS else None
    return isinstance(before, Payment) and amount(before.amount) < 0


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

    A difference of the currency's smallest unit for each line is allowed. A discount on the order,
    or a refund without lines, may be of any line.
    """
    with localcontext(EXACT):
        for key, order in sync.orders:
            note = tax_misfit(order)
            if note:
                yield sync.evidence(ORDERS, key, note)


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
    for total in totals:
        if total and abs(total - total.quantize(unit)) > NOISE:
            return f"{total} {currency}, whose smallest unit is {unit}"
    return ""
