"""Invoices in QuickBooks Online.

Source: contract part 2, section B.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from codat_mock.accounting.day_of_business import FeeGroup, Settlement, Total
from codat_mock.accounting.documents import (
    Document,
)
from codat_mock.accounting.mappings.invoices import InvoiceWriter
from codat_mock.accounting.money import ZERO


class QuickBooksWriter(InvoiceWriter):
    """QuickBooks Online: refunds by journal, fee refunds as bank deposits."""

    def refund(self, settlement: Settlement, total: Total) -> Iterator[Document]:
        """A journal entry (credit cash, debit debtors), and the payment of zero that links it."""
        context, currency = self.context, settlement.currency
        target = self.target_of(settlement)
        money = context.payment_account(settlement.type) or context.suspense
        debtors = context.chart.receivables.id
        text = f"{settlement.type} refunds"
        journal = self.document(
            "JournalEntry",
            settlement.day,
            currency,
            total.records,
            lines=[
                self.line(text, debtors, currency, total.amount),
                self.line(text, money, currency, -total.amount),
            ],
            total=total.amount,
            status="Paid",
            reference=f"{text} of {settlement.day}",
            applies_to=target,
            payment_type=settlement.type,
            note=settlement.note or None,
        )
        yield journal
        yield self.document(
            "Payment",
            settlement.day,
            currency,
            total.records,
            total=ZERO,
            status="Paid",
            reference=f"Links {journal.number} to {target}" if target else text,
            applies_to=target,
            account=money,
            counter_account=debtors,
            payment_type=settlement.type,
        )

    def paid_fees(
        self, day: str, currency: str, fees: Sequence[tuple[FeeGroup, Total]]
    ) -> Iterator[Document]:
        """A bill; that it is paid from the account of each payment type is assumed.

        Args:
            day: in the merchant's time zone, ISO 8601.
            currency: ISO 4217 code.
            fees: below zero.
        """
        yield from self.bill(day, currency, fees, is_credit=False)

    def fee_refunds(
        self, day: str, currency: str, fees: Sequence[tuple[FeeGroup, Total]]
    ) -> Iterator[Document]:
        """One bank deposit for each account that they come back into.

        Args:
            day: in the merchant's time zone, ISO 8601.
            currency: ISO 4217 code.
            fees: above zero.
        """
        for account in dict.fromkeys(group.account for group, _ in fees):
            own = [(group, total) for group, total in fees if group.account == account]
            yield self.fee_document(
                "BankDeposit", day, currency, own, status="Paid", account=account
            )
