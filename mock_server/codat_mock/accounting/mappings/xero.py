"""Invoices in Xero. FreeAgent, of which nothing is known, is as Xero (assumed).

Source: contract part 2, section B.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from codat_mock.accounting.day_of_business import FeeGroup, Settlement, Total
from codat_mock.accounting.documents import (
    Document,
    Kind,
)
from codat_mock.accounting.mappings.invoices import InvoiceWriter


class XeroWriter(InvoiceWriter):
    """Xero: refunds paid against the credit note; fees as bills, or out of a bank account."""

    def refund(self, settlement: Settlement, total: Total) -> Iterator[Document]:
        """One refund payment of the credit note for each payment type."""
        yield self.money("Refund", settlement, total, self.context.chart.receivables.id)

    def paid_fees(
        self, day: str, currency: str, fees: Sequence[tuple[FeeGroup, Total]]
    ) -> Iterator[Document]:
        """A bill paid in full from clearing accounts; out of a bank account, money spent.

        Args:
            day: in the merchant's time zone, ISO 8601.
            currency: ISO 4217 code.
            fees: below zero.
        """
        clearing, banks = self.split(fees)
        yield from self.bill(day, currency, clearing, is_credit=False)
        yield from self.bank_fees("SpendMoney", day, currency, banks)

    def fee_refunds(
        self, day: str, currency: str, fees: Sequence[tuple[FeeGroup, Total]]
    ) -> Iterator[Document]:
        """A bill credit note refunded in full; into a bank account, money received.

        Args:
            day: in the merchant's time zone, ISO 8601.
            currency: ISO 4217 code.
            fees: above zero.
        """
        clearing, banks = self.split(fees)
        yield from self.bill(day, currency, clearing, is_credit=True)
        yield from self.bank_fees("ReceiveMoney", day, currency, banks)

    def split(
        self, fees: Sequence[tuple[FeeGroup, Total]]
    ) -> tuple[list[tuple[FeeGroup, Total]], list[tuple[FeeGroup, Total]]]:
        """Fees of clearing accounts, and of bank accounts."""
        sides: tuple[list[tuple[FeeGroup, Total]], list[tuple[FeeGroup, Total]]] = [], []
        for group, total in fees:
            account = self.context.account_details(group.account)
            sides[bool(account and account.is_bank)].append((group, total))
        return sides

    def bank_fees(
        self, kind: Kind, day: str, currency: str, fees: Sequence[tuple[FeeGroup, Total]]
    ) -> Iterator[Document]:
        """One bank transaction for each bank account.

        Args:
            kind: `SpendMoney` or `ReceiveMoney`.
            day: in the merchant's time zone, ISO 8601.
            currency: ISO 4217 code.
            fees: all paid, or all refunds.
        """
        accounts = dict.fromkeys(group.account for group, _ in fees)
        for account in accounts:
            own = [(group, total) for group, total in fees if group.account == account]
            yield self.fee_document(kind, day, currency, own, status="Paid", account=account)
