"""Journal entries, the other sync type.

Source: contract part 2, section B.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from codat_mock.accounting.day_of_business import Business, SalesDay, Settlement, Total
from codat_mock.accounting.documents import (
    BookedRecord,
    Document,
)
from codat_mock.accounting.mappings.document_writer import DocumentWriter
from codat_mock.accounting.money import ZERO
from codat_mock.accounting.order_parts import total_of


class JournalWriter(DocumentWriter):
    """Journal entries: one a day and currency, whatever happened on it."""

    def write(self, business: Business) -> Iterator[Document]:
        """One balanced entry for each day and currency."""
        entries: dict[tuple[str, str], Journal] = defaultdict(Journal)
        for (day, currency, _), sales in business.days.items():
            self.add_sales(entries[day, currency], sales, currency)
        for settlement, total in business.settlements.items():
            self.add_settlement(entries[settlement.day, settlement.currency], settlement, total)
        for fees, total in business.fees.items():
            entry = entries[fees.day, fees.currency]
            for amount in (total.out, total.amount - total.out):
                entry.add(fees.account, amount)
                entry.add(self.context.fee_account(fees.purpose), -amount)
            entry.records += total.records
        bank = self.context.account("payments", "payout") or self.context.suspense
        for payouts, total in business.payouts.items():
            entry = entries[payouts.day, payouts.currency]
            entry.add(bank, total.amount)
            entry.add(payouts.account, -total.amount)
            entry.records += total.records
        written: dict[tuple[str, str], str] = {}
        for (day, currency), entry in sorted(entries.items()):
            if document := self.journal(day, currency, entry):
                written[day, currency] = document.number
                yield document
        for group in business.days:
            self.numbers[group] = written.get(group[:2], ""), None

    def add_sales(self, entry: Journal, sales: SalesDay, currency: str) -> None:
        """Credit sales and taxes, debit what customers owe; refunds the other way round.

        Source: contract part 2, section B (journals; there, totals exclude tax).

        Args:
            entry: changed in place.
            sales: one day's, of one currency and location.
            currency: ISO 4217 code.
        """
        receivables = self.context.chart.receivables.id
        for amounts, sign in ((sales.parts.sold, 1), (sales.parts.refunded, -1)):
            entry.add(receivables, sign * total_of(amounts))
            for part, amount in amounts.items():
                account = self.context.part_account(part, is_refund=sign < 0)
                entry.add(account, -sign * (amount.gross - amount.tax))
                for tax_account, tax in self.context.tax_accounts(part, amount.tax, currency):
                    entry.add(tax_account, -sign * tax)
        entry.records += [*sales.sales, *sales.refunds, *sales.completed]
        entry.is_completed |= bool(sales.completed)
        if note := self.note_of(sales):
            entry.notes.add(note)

    def add_settlement(self, entry: Journal, settlement: Settlement, total: Total) -> None:
        """Debit the account of the payment type, credit what customers owe or have overpaid.

        Args:
            entry: changed in place.
            settlement: its kind decides which side is debited.
            total: how much, above zero, and of which records.
        """
        chart = self.context.chart
        is_overpaid = settlement.kind in ("Overpayment", "OverpaymentRefund")
        sign = 1 if settlement.kind in ("Payment", "Overpayment") else -1
        money = self.context.payment_account(settlement.type) or self.context.suspense
        entry.add(money, sign * total.amount)
        entry.add(
            chart.overpayments.id if is_overpaid else chart.receivables.id, -sign * total.amount
        )
        entry.records += total.records
        if settlement.note:
            entry.notes.add(settlement.note)

    def journal(self, day: str, currency: str, entry: Journal) -> Document | None:
        """The entry of one day; None where nothing happened.

        Args:
            day: in the merchant's time zone, ISO 8601.
            currency: ISO 4217 code.
            entry: the amounts of the day.
        """
        chart = self.context.chart
        lines = [
            self.line(chart.by_id[account].name if account in chart.by_id else account, account,
                      currency, amount)
            for account, amount in entry.sides()
        ]  # fmt: skip
        if not lines and not entry.is_completed:
            return None
        return self.document(
            "JournalEntry",
            day,
            currency,
            entry.records,
            lines=lines,
            total=sum((line.net for line in lines if line.net > 0), ZERO),
            reference=f"Sales of {day}",
            note="; ".join(sorted(entry.notes)) or None,
        )


@dataclass(slots=True)
class Journal:
    """The amounts of one journal entry by account, debits above zero and credits below.

    Args:
        is_completed: whether refunds join an entry of an earlier sync.
    """

    debits: dict[str, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    credits: dict[str, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    records: list[BookedRecord] = field(default_factory=list)
    notes: set[str] = field(default_factory=set)
    is_completed: bool = False

    def add(self, account: str, amount: Decimal) -> None:
        """Debit an account; an amount below zero is a credit."""
        (self.debits if amount > 0 else self.credits)[account] += amount

    def sides(self) -> list[tuple[str, Decimal]]:
        """The amount of each account, debits first; one that comes to nothing is left out.

        Where all do, such as a fee and its reversal, the entry shows both sides of each.
        """
        accounts = {*self.debits, *self.credits}
        found = [(each, self.debits[each] + self.credits[each]) for each in sorted(accounts)]
        if not any(amount for _, amount in found):
            found = [*sorted(self.debits.items()), *sorted(self.credits.items())]
        return sorted((each for each in found if each[1]), key=lambda each: (each[1] < 0, each[0]))
