"""The days of business that a sync books: sales, refunds, payments, fees and payouts.

They are the same for every accounting platform and sync type; `mappings` writes them.
Source: contract section 6, part 2, section B; how payments are allocated is assumed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal, NamedTuple

from codat_mock.accounting.booking_context import BookingContext, named_currency
from codat_mock.accounting.documents import BookedRecord, RecordId
from codat_mock.accounting.money import ZERO, amount_of, minor_unit, rounded, smallest_coin
from codat_mock.accounting.orders import (
    ROUNDING,
    Amounts,
    OrderParts,
    Part,
    Taxed,
    add_amount,
    remaining_of,
    take_apart,
    take_from,
    total_of,
)
from codat_mock.accounting.reconciliation import (
    FEES,
    ORDERS,
    PAYMENTS,
    PAYOUTS,
    TRANSACTIONS,
    BookedOrder,
    BookedPart,
    BookedPayment,
    Links,
    Unjoined,
    Unreconciled,
)
from codat_mock.models.commerce import LINKING, Order, Payment, PaymentType, Record, Transaction
from codat_mock.models.datasets import DataType

Group = tuple[str, str, str]  # day, currency, id of the location or nothing
SettlementKind = Literal["Payment", "Refund", "Overpayment", "OverpaymentRefund"]
FEE_PURPOSES: Final = {"PaymentFee": "paymentFee", "PaymentFeeRefund": "paymentFeeRefund"}
FINAL_STATUSES: Final = ("Failed", "Cancelled")


@dataclass(slots=True)
class SalesDay:
    """The orders of one day, currency and location.

    Args:
        allocated: what refunds settle of the sales of the same orders, such as in an exchange.
        allocated_earlier: what they settle of earlier invoices, by the number of the invoice.
    """

    parts: OrderParts = field(default_factory=OrderParts)
    sales: list[BookedRecord] = field(default_factory=list)
    refunds: list[BookedRecord] = field(default_factory=list)
    locations: set[str] = field(default_factory=set)
    allocated: Decimal = ZERO
    allocated_earlier: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))


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
    """Payouts of one day and currency out of one clearing account."""

    day: str
    currency: str
    account: str


@dataclass(slots=True)
class Total:
    """An amount, and the records that it comes from."""

    amount: Decimal = ZERO
    records: list[BookedRecord] = field(default_factory=list)

    def add(self, amount: Decimal, record: BookedRecord) -> None:
        """Add a record's amount, or a part of it."""
        self.amount += amount
        self.records.append(record)


@dataclass(slots=True)
class OrderAccount:
    """What one order owes.

    Args:
        day: its sales day in this sync; None for an order of an earlier one.
        booked: as an earlier sync booked it.
        remaining: what was sold and is not refunded.
        rounding_day: the sales day whose invoice has what cash was rounded up by, in a later sync.
        rounding: how much that invoice owes.
    """

    currency: str
    location: str
    day: Group | None
    booked: BookedOrder | None
    owed: Decimal
    due_back: Decimal
    overpaid: Decimal
    remaining: Amounts
    rounding_day: Group | None = None
    rounding: Decimal = ZERO


@dataclass(slots=True)
class Business:
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
            place, name = location_of(order) if context.is_by_location else ("", "")
            group = (context.day(order.created_date), currency, place)
            parts = take_apart(order, currency, context.catalogue, context.mapped_percentages)
            day = self.days.setdefault(group, SalesDay())
            day.parts.add(parts)
            day.locations.add(name)
            record = booked_record(key, order, parts.balance)
            if parts.sold or not parts.refunded:
                day.sales.append(record)
            if parts.refunded:
                day.refunds.append(record)
            self.orders[key] = OrderAccount(
                currency=currency,
                location=place,
                day=group,
                booked=None,
                owed=total_of(parts.sold),
                due_back=total_of(parts.refunded),
                overpaid=ZERO,
                remaining=remaining_of(parts),
            )

    def add_payments(
        self, payments: Iterable[tuple[str, Payment]], links: Links, context: BookingContext
    ) -> None:
        """Settle orders with the payments that were paid, those that come in first.

        Args:
            payments: each with its key; an amount below zero is money paid back.
            links: which order each is for.
            context: for their accounts, days and currencies.
        """
        of_order: dict[str, list[tuple[str, Payment]]] = defaultdict(list)
        for key, payment in payments:
            if payment.status != "Paid":
                if payment.status not in FINAL_STATUSES:  # may become Paid
                    self.deferred |= {(PAYMENTS, key), *linking_keys(key)}
                continue
            kind: PaymentType = payment.type or "Unknown"
            try:
                if context.payment_account(kind) is None:
                    raise Unjoined(f"no account is selected for payments of type {kind}")
                of_order[links.order_of(key)].append((key, payment))
            except Unjoined as unjoined:
                self.defer(PAYMENTS, key, payment, unjoined, context)
                self.deferred |= linking_keys(key)
        self.move_to_refunds(of_order, links)
        for order in sorted(of_order):
            account = self.account_of(order, links)
            own = sorted(of_order[order], key=lambda each: payment_order(*each))
            self.round_cash(account, own, context)
            for key, payment in own:
                self.settle(account, key, payment, context)
                self.payments[key] = BookedPayment(order, payment.type or "Unknown")
        for account in self.orders.values():
            # Only where nothing is owed on balance: the rest may be paid in the next sync.
            allocated = account.owed
            if account.day and allocated > 0 and allocated == account.due_back:
                self.days[account.day].allocated += allocated
                account.owed -= allocated
                account.due_back -= allocated

    def account_of(self, order: str, links: Links) -> OrderAccount:
        """The account of an order of this sync or of an earlier one."""
        if order not in self.orders:
            self.orders[order] = reopen(links.earlier.orders[order])
        return self.orders[order]

    def move_to_refunds(self, of_order: dict[str, list[tuple[str, Payment]]], links: Links) -> None:
        """Give money paid back to the refund that it is for, where its source is the first payment.

        Where the order of that payment refunds nothing, it is for a refund of another order in this
        sync that comes to the same amount and has no repayment of its own (assumed).

        Args:
            of_order: the payments of each order; changed in place.
            links: which order each is for.
        """
        is_repaid = {
            order
            for order, payments in of_order.items()
            if any(amount_of(each.amount) < 0 for _, each in payments)
        }
        open_refunds: dict[tuple[str, Decimal], list[str]] = defaultdict(list)
        for order, account in sorted(self.orders.items(), reverse=True):
            if account.due_back and not account.owed and order not in is_repaid:
                open_refunds[account.currency, account.due_back].append(order)
        for order in sorted(is_repaid) if open_refunds else ():
            account = self.account_of(order, links)
            for each in list(of_order[order]) if not account.due_back else ():
                key, payment = each
                given = -rounded(amount_of(payment.amount), account.currency)
                found = open_refunds.get((account.currency, given))
                if found and links.names_payment(key) and self.is_of(account, payment):
                    of_order[order].remove(each)
                    of_order[found.pop()].append(each)

    def round_cash(
        self,
        account: OrderAccount,
        payments: Sequence[tuple[str, Payment]],
        context: BookingContext,
    ) -> None:
        """Round an order to what was paid in cash, where the difference is less than a coin.

        Args:
            account: the order's.
            payments: what this sync books of its payments.
            context: for the day of a payment of an earlier order.
        """
        coin, unit = smallest_coin(account.currency), minor_unit(account.currency)
        kept = [each for _, each in payments if self.is_of(account, each)]
        if coin <= unit or not any(each.type == "Cash" for each in kept):
            return
        paid = sum((rounded(amount_of(each.amount), account.currency) for each in kept), ZERO)
        difference = paid - (account.owed - account.due_back)
        if not 0 < abs(difference) < coin:
            return
        if account.day is None:
            self.round_earlier(account, difference, payments[-1], context)
            return
        parts = self.days[account.day].parts
        if account.owed + difference >= 0 and account.owed:
            add_amount(parts.sold, Part(ROUNDING), difference)
            account.owed += difference
        else:
            add_amount(parts.refunded, Part(ROUNDING), -difference)
            account.due_back -= difference

    def round_earlier(
        self,
        account: OrderAccount,
        difference: Decimal,
        last: tuple[str, Payment],
        context: BookingContext,
    ) -> None:
        """Round an invoice of an earlier sync on the day of its payment, by a document of its own.

        Args:
            account: the order's; a refund of an earlier sync is not rounded.
            difference: what is paid beyond what is owed; below zero where it is less.
            last: the order's last payment, with its key.
            context: for its day.
        """
        if account.booked is None or not account.owed or account.due_back:
            return
        key, payment = last
        group = (context.day(payment.created_date), account.currency, account.location)
        day = self.days.setdefault(group, SalesDay())
        day.locations.add(account.location)
        record = booked_record(key, payment, amount_of(payment.amount))
        if difference < 0:
            add_amount(day.parts.refunded, Part(ROUNDING), -difference)
            day.refunds.append(record)
            day.allocated_earlier[account.booked.number] -= difference
            account.owed += difference
        else:
            add_amount(day.parts.sold, Part(ROUNDING), difference)
            day.sales.append(record)
            account.rounding_day, account.rounding = group, difference

    def settle(
        self, account: OrderAccount, key: str, payment: Payment, context: BookingContext
    ) -> None:
        """Allocate one payment, or repayment, of an order.

        Source: contract part 2, section B (payments, refund payments); the order in which money is
        allocated is assumed.

        Args:
            account: its order's; what it owes, and what remains of it, changes.
            key: the payment's.
            payment: a paid one; an amount below zero is money paid back.
            context: for its day, and its currency where that is not the order's.
        """
        kind: PaymentType = payment.type or "Unknown"
        day = context.day(payment.created_date)
        if not self.is_of(account, payment):
            self.settle_foreign(account, key, payment, context)
            return
        currency = account.currency
        amount = rounded(amount_of(payment.amount), currency)
        record = booked_record(key, payment, amount_of(payment.amount))
        number = account.booked.number if account.booked else ""
        note = ""
        if amount > 0:
            paid = min(amount, account.owed)
            up = min(amount - paid, account.rounding)
            account.owed -= paid
            account.rounding -= up
            account.overpaid += amount - paid - up
            over = "more is paid than the order owes: allocate or refund it manually"
            steps: tuple[tuple[SettlementKind, Group | None, str, Decimal, str], ...] = (
                ("Payment", account.day, number, paid, note),
                ("Payment", account.rounding_day, "", up, note),
                ("Overpayment", account.day, number, amount - paid - up, over),
            )
        else:
            given = -amount
            back = min(given, account.due_back)
            over_back = min(given - back, account.overpaid)
            account.due_back -= back
            account.overpaid -= over_back
            notes = account.booked.credit_note or number if account.booked else ""
            steps = (
                ("Refund", account.day, notes, back, note),
                ("OverpaymentRefund", None, "", over_back, note),
            )
            sold = sum((each.gross for each in account.remaining.values() if each.gross > 0), ZERO)
            rest = given - back - over_back
            if credited := min(rest, sold):
                credit_day = self.credit(account, day, credited, record)
                steps += (("Refund", credit_day, "", credited, note),)
            if lent := rest - credited:
                account.owed += lent
                beyond = "more is paid back than the order sold: the customer owes it"
                steps += (("Refund", None, "", lent, beyond),)
        for step, target, document, part, text in steps:
            if part:
                at = Settlement(step, target, "" if target else document, day, currency, kind, text)
                self.settlements[at].add(part, record)

    def settle_foreign(
        self, account: OrderAccount, key: str, payment: Payment, context: BookingContext
    ) -> None:
        """Put a payment in another currency than its order's aside as a liability.

        Args:
            account: its order's, which owes as much as before.
            key: the payment's.
            payment: a paid one; an amount below zero is money paid back.
            context: for its day and currency.
        """
        currency = context.currency(payment.currency)
        amount = rounded(amount_of(payment.amount), currency)
        number = account.booked.number if account.booked else ""
        note = f"paid in {currency}, for an order in {account.currency}: reconcile it manually"
        record = booked_record(key, payment, amount_of(payment.amount))
        kind: SettlementKind = "Overpayment" if amount > 0 else "OverpaymentRefund"
        if amount:
            at = Settlement(
                kind,
                account.day,
                "" if account.day else number,
                context.day(payment.created_date),
                currency,
                payment.type or "Unknown",
                note,
            )
            self.settlements[at].add(abs(amount), record)

    def credit(
        self, account: OrderAccount, day: str, amount: Decimal, record: BookedRecord
    ) -> Group:
        """Credit money paid back that no order refunds: out of what its order sold.

        Args:
            account: the order's; what remains of it shrinks.
            day: of the repayment, in the merchant's time zone, ISO 8601.
            amount: above zero, at most what remains of the order.
            record: the payment that pays it back.

        Returns:
            The sales day whose credit note has it.
        """
        group = (day, account.currency, account.location)
        target = self.days.setdefault(group, SalesDay())
        for part, taken in take_from(account.remaining, amount, account.currency).items():
            add_amount(target.parts.refunded, part, taken.gross, taken.tax)
        target.refunds.append(record)
        target.locations.add(account.location)
        return group

    def is_of(self, account: OrderAccount, payment: Payment) -> bool:
        """Whether a payment is in its order's currency; one without currency is."""
        return named_currency(payment.currency) in ("", account.currency)

    def add_fees(
        self, transactions: Iterable[tuple[str, Transaction]], links: Links, context: BookingContext
    ) -> None:
        """Add fees, by the account of the payment's type.

        Money that goes out is below zero in transactions: a fee above zero is reversed.

        Source: contract part 2, section B (fees, fee refunds).

        Args:
            transactions: each with its key; types other than fees are passed over.
            links: what each fee belongs to, which decides the account that pays it.
            context: for their accounts, days and currencies.
        """
        for key, fee in transactions:
            if fee.type not in FEES:
                continue
            purpose = FEE_PURPOSES[fee.type]
            try:
                if context.account("fees", purpose) is None:
                    raise Unjoined(f"no account is selected for {purpose}")
                links.check_source(fee)
            except Unjoined as unjoined:
                self.defer(TRANSACTIONS, key, fee, unjoined, context)
                continue
            currency = context.currency(fee.currency)
            amount = rounded(amount_of(fee.total_amount), currency)
            account = context.payment_account(links.payment_type(fee)) or context.suspense
            if amount:
                at = FeeGroup(context.day(fee.created_date), currency, purpose, account)
                self.fees[at].add(amount, booked_record(key, fee, amount_of(fee.total_amount)))

    def add_payouts(
        self, transactions: Iterable[tuple[str, Transaction]], links: Links, context: BookingContext
    ) -> None:
        """Add payouts and transfers into the bank, whichever sign they have (assumed).

        Args:
            transactions: each with its key; types other than payouts and transfers are passed over.
            links: what each payout belongs to, which decides its clearing account.
            context: for their accounts, days and currencies.
        """
        bank = context.account("payments", "payout")
        for key, payout in transactions:
            if payout.type not in PAYOUTS:
                continue
            if bank is None:
                reason = Unjoined(
                    f"no payout account is selected, so that no {payout.type} is booked"
                )
                self.defer(TRANSACTIONS, key, payout, reason, context)
                continue
            currency = context.currency(payout.currency)
            amount = abs(rounded(amount_of(payout.total_amount), currency))
            account = context.payment_account(links.payment_type(payout)) or context.suspense
            if amount and account != bank:
                at = PayoutGroup(context.day(payout.created_date), currency, account)
                record = booked_record(key, payout, amount_of(payout.total_amount))
                self.payouts[at].add(-amount if payout.type == "FailedPayout" else amount, record)

    def check_links(
        self, transactions: Iterable[tuple[str, Transaction]], links: Links, context: BookingContext
    ) -> None:
        """Defer payment and refund transactions whose payment is not known.

        Args:
            transactions: each with its key; types that link no payment are passed over.
            links: which payments are known.
            context: for the days and currencies of what is deferred.
        """
        for key, transaction in transactions:
            if transaction.type in LINKING and not links.knows_payment(str(transaction.id)):
                reason = Unjoined(f"no payment has its id, '{transaction.id}'")
                self.defer(TRANSACTIONS, key, transaction, reason, context)

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


def linking_keys(payment: str) -> set[RecordId]:
    """The transactions that would link a payment to its order."""
    return {(TRANSACTIONS, f"{payment}/{kind}") for kind in LINKING}


def payment_order(key: str, payment: Payment) -> tuple[bool, float, str]:
    """Payments in the order in which they are allocated: money in first, by date."""
    created = payment.created_date
    moment = created.timestamp() if isinstance(created, datetime) else float("inf")
    return amount_of(payment.amount) < 0, moment, key


def booked_record(key: str, record: Record, amount: Decimal) -> BookedRecord:
    """A record as documents list it.

    Args:
        key: the record's.
        record: its type and `sourceModifiedDate` are listed.
        amount: as the record has it, in units of its currency; of an order, its balance.
    """
    kind = ORDERS if isinstance(record, Order) else PAYMENTS
    return BookedRecord(
        data_type=TRANSACTIONS if isinstance(record, Transaction) else kind,
        key=key,
        amount=amount,
        modified=record.source_modified_date or None,
    )


def location_of(order: Order) -> tuple[str, str]:
    """The id and the name of an order's location, empty where it has none."""
    place = order.location_ref
    if not place:
        return "", ""
    name = place.name or ""
    return place.id or name, name or place.id or ""


def reopen(booked: BookedOrder) -> OrderAccount:
    """The account of an order that an earlier sync booked."""
    return OrderAccount(
        currency=booked.currency,
        location=booked.location,
        day=None,
        booked=booked,
        owed=booked.owed,
        due_back=booked.due_back,
        overpaid=booked.overpaid,
        remaining={
            Part(each.purpose, each.percentage): Taxed(each.gross, each.tax) for each in booked.sold
        },
    )


def close(account: OrderAccount, numbers: Mapping[Group, tuple[str, str | None]]) -> BookedOrder:
    """The account of an order as later syncs need it.

    Args:
        account: after this sync's payments.
        numbers: of each sales day, the numbers of its invoice and its credit note.
    """
    earlier = account.booked
    number, credit_note = numbers[account.day] if account.day else ("", None)
    return BookedOrder(
        number=earlier.number if earlier else number,
        credit_note=earlier.credit_note if earlier else credit_note,
        currency=account.currency,
        location=account.location,
        owed=account.owed,
        due_back=account.due_back,
        overpaid=account.overpaid,
        sold=tuple(
            BookedPart(part.purpose, part.percentage, amount.gross, amount.tax)
            for part, amount in account.remaining.items()
        ),
    )


def chronological(days: Mapping[Group, SalesDay]) -> Iterator[tuple[Group, SalesDay]]:
    """Sales days by day, currency and location."""
    yield from sorted(days.items(), key=lambda each: each[0])
