"""Which document each payment settles, and which money is overpaid or credited."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from operator import itemgetter
from typing import Final

from codat_mock.accounting.booking_context import BookingContext
from codat_mock.accounting.cash_rounding import round_cash
from codat_mock.accounting.day_of_business import (
    OVERPAID,
    Business,
    SalesDay,
    Settlement,
    SettlementKind,
    booked_record,
)
from codat_mock.accounting.documents import BookedRecord, RecordId
from codat_mock.accounting.money import ZERO, amount_of, rounded
from codat_mock.accounting.order_accounts import (
    Credit,
    Group,
    OrderAccount,
    PaidAmount,
    is_in_currency_of,
    reopen,
)
from codat_mock.accounting.order_parts import add_amounts, take_from, total_of
from codat_mock.accounting.reconciliation import (
    ORDERS,
    PAYMENTS,
    TRANSACTIONS,
    BookedOrder,
    BookedPayment,
    Links,
    Unjoined,
)
from codat_mock.accounting.repayments import OpenRefund, Repayment, match_repayments, sums
from codat_mock.models.commerce import LINKING, Payment, PaymentType, Transaction

FINAL_STATUSES: Final = ("Failed", "Cancelled")
LONGEST_CREDIT: Final = timedelta(days=31)  # between a repayment and its refund


@dataclass(frozen=True, slots=True)
class PaymentAllocation:
    """Settles orders with the payments of a sync.

    Source: contract part 2, section B (payments, refund payments); the order in which money is
    allocated is assumed.

    Args:
        business: what the sync books; changed in place.
        links: which order each payment is for.
        context: for accounts, days and currencies.
    """

    business: Business
    links: Links
    context: BookingContext

    def add_payments(self, payments: Iterable[tuple[str, Payment]]) -> None:
        """Settle orders with the payments that were paid, those that come in first.

        Args:
            payments: each with its key; an amount below zero is money paid back.
        """
        of_order: dict[str, list[PaidAmount]] = defaultdict(list)
        for key, payment in payments:
            if payment.status != "Paid":
                if payment.status not in FINAL_STATUSES:  # may become Paid
                    self.business.deferred |= {(PAYMENTS, key), *linking_keys(key)}
                continue
            kind: PaymentType = payment.type or "Unknown"
            try:
                if self.context.payment_account(kind) is None:
                    raise Unjoined(f"no account is selected for payments of type {kind}")
                paid = PaidAmount(key, payment, amount_of(payment.amount))
                of_order[self.links.order_of(key)].append(paid)
            except Unjoined as unjoined:
                self.business.defer(PAYMENTS, key, payment, unjoined, self.context)
                self.business.deferred |= linking_keys(key)
        self.share_repayments(of_order)
        for order in sorted(of_order):
            account = self.account_of(order)
            own = of_order[order]
            if len(own) > 1:
                own.sort(key=payment_order)
            round_cash(self.business, account, own, self.context)
            for paid in own:
                self.settle(account, paid)
                self.business.payments[paid.key] = BookedPayment(
                    order, paid.payment.type or "Unknown"
                )
        for account in self.business.orders.values():
            # Only where nothing is owed on balance: the rest may be paid in the next sync.
            if account.owed > 0 and account.owed == account.due_back:
                self.allocate(account, account.owed)
                account.owed = account.due_back = ZERO

    def allocate(self, account: OrderAccount, amount: Decimal) -> None:
        """Let the credit note and the invoice of an order settle each other.

        Args:
            account: the order's.
            amount: that both are open by.
        """
        booked = account.booked
        if account.day:
            self.business.days[account.day].allocated += amount
        elif booked and booked.credit_note:
            group = (booked.day, account.currency, account.location)
            day = self.business.days.setdefault(group, SalesDay())
            day.locations.add(account.place)
            day.credit_note = booked.credit_note
            day.allocated_earlier[booked.number] += amount

    def account_of(self, order: str) -> OrderAccount:
        """The account of an order of this sync or of an earlier one."""
        if order not in self.business.orders:
            self.business.orders[order] = reopen(self.links.earlier.orders[order])
        return self.business.orders[order]

    def known_orders(self) -> dict[str, OrderAccount | BookedOrder]:
        """The orders of this sync, then those of earlier ones, by their keys."""
        known: dict[str, OrderAccount | BookedOrder] = {}
        for orders in (self.business.orders, self.links.earlier.orders):
            known |= {key: orders[key] for key in sorted(orders) if key not in known}
        return known

    def share_repayments(self, of_order: dict[str, list[PaidAmount]]) -> None:
        """Give money paid back to the refunds that it is for, where its source does not say it.

        Its source is a payment then, or an order that owes nothing back. The refunds are what that
        order owes back, and other orders, of this sync or of an earlier one, that are not repaid by
        payments of their own (assumed).

        Args:
            of_order: the payments of each order; changed in place.
        """
        repayments: list[Repayment] = []
        repaid: dict[str, Decimal] = defaultdict(Decimal)  # by repayments that are not shared
        for order in sorted(of_order):
            if all(paid.amount >= 0 for paid in of_order[order]):
                continue
            account = self.account_of(order)
            shared: list[PaidAmount] = []
            for paid in sorted(of_order[order], key=payment_order):
                if paid.amount >= 0:
                    continue
                is_own = is_in_currency_of(account, paid.payment)
                if not is_own or self.links.names_payment(paid.key) or not account.due_back:
                    shared.append(paid)
                else:
                    repaid[order] -= paid.amount
            repayments += (self.repayment(order, account, paid, repaid[order]) for paid in shared)
        if not repayments:
            return
        refunds = {
            key: OpenRefund(each.currency, each.due_back - repaid[key])
            for key, each in self.known_orders().items()
            if each.due_back > repaid[key] and not each.has_sold
        }
        for key, shares in match_repayments(repayments, refunds).items():
            order = self.links.order_of(key)
            [shared_out] = [paid for paid in of_order[order] if paid.key == key]
            of_order[order].remove(shared_out)
            for refund, amount in shares:
                of_order[refund].append(shared_out._replace(amount=-amount))

    def repayment(
        self, order: str, account: OrderAccount, paid: PaidAmount, repaid: Decimal
    ) -> Repayment:
        """Money paid back, as it is matched with refunds.

        In another currency than its order's it may only be for a refund of the same amount.

        Args:
            order: that is its source, or whose payment is.
            account: the order's.
            paid: below zero.
            repaid: what other repayments pay back of the order.
        """
        is_own = is_in_currency_of(account, paid.payment)
        currency = account.currency if is_own else self.context.currency(paid.payment.currency)
        return Repayment(
            key=paid.key,
            order=order,
            currency=currency,
            amount=-rounded(paid.amount, currency),
            is_cash=paid.payment.type == "Cash",
            sold=account.sold if is_own and self.links.names_payment(paid.key) else ZERO,
            due_back=max(account.due_back - repaid, ZERO) if is_own else ZERO,
            overpaid=account.overpaid if is_own else ZERO,
        )

    def settle(self, account: OrderAccount, paid: PaidAmount) -> None:
        """Allocate one payment, or repayment, of an order.

        Args:
            account: its order's; what it owes, and what remains of it, changes.
            paid: an amount below zero is money paid back.
        """
        key, payment, _ = paid
        kind: PaymentType = payment.type or "Unknown"
        day = self.context.day(payment.created_date)
        if not is_in_currency_of(account, payment):
            self.settle_foreign(account, key, payment)
            return
        currency = account.currency
        amount = rounded(paid.amount, currency)
        record = booked_record(key, payment, amount_of(payment.amount), self.context)
        number = account.booked.number if account.booked else ""
        note = ""
        if amount > 0:
            due = min(amount, account.owed)
            up = min(amount - due, account.rounding)
            again, again_day = self.sell_again(account, day, amount - due - up, record)
            rest = amount - due - up - again
            account.owed -= due
            account.rounding -= up
            account.overpaid += rest
            steps: tuple[tuple[SettlementKind, Group | None, str, Decimal, str], ...] = (
                ("Payment", account.day, number, due, note),
                ("Payment", account.rounding_day, "", up, note),
                ("Payment", again_day, "", again, note),
                ("Overpayment", account.day, number, rest, OVERPAID),
            )
        else:
            given = -amount
            back = min(given, account.due_back)
            up = min(given - back, account.rounding)
            over_back = min(given - back - up, account.overpaid)
            account.due_back -= back
            account.rounding -= up
            account.overpaid -= over_back
            notes = account.booked.credit_note or number if account.booked else ""
            steps = (
                ("Refund", account.day, notes, back, note),
                ("Refund", account.rounding_day, "", up, note),
                ("OverpaymentRefund", None, "", over_back, note),
            )
            rest = given - back - up - over_back
            if credited := min(rest, account.sold):
                credit_day = self.credit(account, day, credited, record)
                steps += (("Refund", credit_day, "", credited, note),)
            if lent := rest - credited:
                account.owed += lent
                beyond = "more is paid back than the order sold: the customer owes it"
                steps += (("Refund", None, "", lent, beyond),)
        for step, target, document, part, text in steps:
            if part:
                at = Settlement(step, target, "" if target else document, day, currency, kind, text)
                self.business.settlements[at].add(part, record)

    def settle_foreign(self, account: OrderAccount, key: str, payment: Payment) -> None:
        """Put a payment in another currency than its order's aside as a liability.

        Args:
            account: its order's, which owes as much as before.
            key: the payment's.
            payment: a paid one; an amount below zero is money paid back.
        """
        currency = self.context.currency(payment.currency)
        amount = rounded(amount_of(payment.amount), currency)
        number = account.booked.number if account.booked else ""
        note = f"paid in {currency}, for an order in {account.currency}: reconcile it manually"
        record = booked_record(key, payment, amount_of(payment.amount), self.context)
        kind: SettlementKind = "Overpayment" if amount > 0 else "OverpaymentRefund"
        if amount:
            at = Settlement(
                kind,
                account.day,
                "" if account.day else number,
                self.context.day(payment.created_date),
                currency,
                payment.type or "Unknown",
                note,
            )
            self.business.settlements[at].add(abs(amount), record)

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
        target = self.business.days.setdefault(group, SalesDay())
        taken = take_from(account.remaining, amount, account.currency)
        add_amounts(target.parts.refunded, taken)
        target.refunds.append(record)
        target.locations.add(account.place)
        same_day = [each for each in account.credits if each.day == group and not each.credit_note]
        if same_day:
            add_amounts(same_day[0].parts, taken)
        else:
            account.credits.append(Credit(group, taken))
        return group

    def sell_again(
        self, account: OrderAccount, day: str, amount: Decimal, record: BookedRecord
    ) -> tuple[Decimal, Group | None]:
        """Invoice again what a repayment credited, as far as it is paid again: a chargeback is won.

        Args:
            account: the order's; what remains of it grows.
            day: of the payment, in the merchant's time zone, ISO 8601.
            amount: that is paid beyond what is owed.
            record: the payment.

        Returns:
            How much of the amount that is, and the sales day whose invoice has it.
        """
        again = ZERO
        group = (day, account.currency, account.location)
        same_amount_first = sorted(account.credits, key=lambda each: total_of(each.parts) != amount)
        for credit in same_amount_first if amount else ():
            part = min(total_of(credit.parts), amount - again)
            if not part:
                break
            parts = take_from(credit.parts, part, account.currency)
            target = self.business.days.setdefault(group, SalesDay())
            add_amounts(target.parts.sold, parts)
            add_amounts(account.remaining, parts)
            target.locations.add(account.place)
            again += part
        account.credits = [credit for credit in account.credits if credit.parts]
        if again:
            self.business.days[group].sales.append(record)
        return again, group if again else None

    def complete_credits(self) -> None:
        """Give refunds to the credit notes that earlier repayments of them have made already.

        Such a credit note has the lines of the refund then, and no other is written. It is found by
        its amount, as no record names it (assumed); after `LONGEST_CREDIT` no refund is expected.
        """
        since = (self.context.finish - LONGEST_CREDIT).date().isoformat()
        for key, each in self.links.earlier.orders.items():
            if any(credit.day < since for credit in each.credits):
                account = self.account_of(key)
                account.credits = [credit for credit in account.credits if credit.day[0] >= since]
        refunds = [
            (key, order)
            for key, order in self.business.orders.items()
            if order.day and order.due_back == -total_of(order.remaining) != 0
            if not order.has_sold and key not in self.links.earlier.orders
        ]
        if not refunds:
            return
        open_refunds = {key: order.due_back for key, order in sorted(refunds, key=itemgetter(0))}
        for account in self.credited():
            for credit in [*account.credits]:
                same = [
                    (key, due)
                    for key, due in open_refunds.items()
                    if self.business.orders[key].currency == credit.day[1]
                ]
                for chosen in sums(same):
                    if total_of(credit.parts) == sum((due for _, due in chosen), ZERO):
                        account.credits.remove(credit)
                        self.complete(credit, [key for key, _ in chosen])
                        open_refunds = {
                            key: due
                            for key, due in open_refunds.items()
                            if (key, due) not in chosen
                        }
                        break

    def credited(self) -> list[OrderAccount]:
        """The orders of which something was credited without a refund, by their keys."""
        keys = {key for key, each in self.links.earlier.orders.items() if each.credits}
        keys |= {key for key, each in self.business.orders.items() if each.credits}
        return [self.account_of(key) for key in sorted(keys)]

    def complete(self, credit: Credit, refunds: Iterable[str]) -> None:
        """Make refunds the content of the credit note that a repayment has made.

        Args:
            credit: what the repayment credited.
            refunds: the orders, which only refund, and nothing else than the credit in all; nothing
                of them is due back then.
        """
        target = self.business.days.setdefault(credit.day, SalesDay())
        target.credit_note = credit.credit_note
        add_amounts(target.parts.refunded, credit.parts, sign=-1)
        for key in refunds:
            refund = self.business.orders[key]
            if refund.day is None:
                continue
            own = self.business.days[refund.day]
            [record] = [each for each in own.refunds if (each.data_type, each.key) == (ORDERS, key)]
            own.refunds.remove(record)
            add_amounts(own.parts.refunded, refund.remaining)
            add_amounts(target.parts.refunded, refund.remaining, sign=-1)
            target.completed.append(record)
            target.locations.add(refund.place)
            refund.day, refund.due_back = credit.day, ZERO

    def check_links(self, transactions: Iterable[tuple[str, Transaction]]) -> None:
        """Defer payment and refund transactions whose payment is not known.

        Args:
            transactions: each with its key; types that link no payment are passed over.
        """
        for key, transaction in transactions:
            if transaction.type in LINKING and not self.links.knows_payment(str(transaction.id)):
                reason = Unjoined(f"no payment has its id, '{transaction.id}'")
                self.business.defer(TRANSACTIONS, key, transaction, reason, self.context)


def linking_keys(payment: str) -> set[RecordId]:
    """The transactions that would link a payment to its order."""
    return {(TRANSACTIONS, f"{payment}/{kind}") for kind in LINKING}


def payment_order(paid: PaidAmount) -> tuple[bool, float, str]:
    """Payments in the order in which they are allocated: money in first, by date."""
    created = paid.payment.created_date
    moment = created.timestamp() if isinstance(created, datetime) else float("inf")
    return paid.amount < 0, moment, paid.key
