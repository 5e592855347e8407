"""Daily invoices and credit notes with their payments, as Xero and QuickBooks share them.

Source: contract part 2, section B.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from codat_mock.accounting.day_of_business import (
    Business,
    FeeGroup,
    PayoutGroup,
    SalesDay,
    Settlement,
    Total,
    chronological,
)
from codat_mock.accounting.documents import (
    Allocation,
    Document,
    Kind,
    Line,
)
from codat_mock.accounting.mappings.document_writer import DocumentWriter, by_part
from codat_mock.accounting.money import ZERO, padded
from codat_mock.accounting.order_accounts import Group
from codat_mock.accounting.order_parts import Amounts

FEE_NAMES = {"paymentFee": "Payment fees", "paymentFeeRefund": "Payment fee refunds"}


class InvoiceWriter(DocumentWriter, ABC):
    """Daily invoices and credit notes with their payments, as Xero and QuickBooks share them."""

    def write(self, business: Business) -> Iterator[Document]:
        """Invoices and credit notes, payments, fees, payouts."""
        for group, day in chronological(business.days):
            yield from self.sales(group, day)
        for settlement, total in sorted(business.settlements.items(), key=settlement_order):
            yield from self.settlement(settlement, total)
        yield from self.fees(business)
        for payouts, total in sorted(business.payouts.items()):
            yield self.payout(payouts, total)

    def sales(self, group: Group, day: SalesDay) -> Iterator[Document]:
        """The invoice and the credit note of a day; a day of nothing has none."""
        date, currency, _ = group
        properties: dict[str, Any] = {
            "status": "Draft" if self.context.is_draft else "Submitted",
            "location": min(day.locations, default="") or None,
            "due_date": date,
        }
        invoice = note = None
        if day.parts.sold:
            invoice = self.document(
                "Invoice",
                date,
                currency,
                day.sales,
                lines=self.lines(day.parts.sold, currency, is_refund=False),
                reference=f"Sales of {date}",
                note=self.note_of(day),
                allocations=allocations(day.credited_earlier, currency),
                **properties,
            )
            yield invoice
        if day.parts.refunded or day.completed or day.credit_note:
            allocated = dict(day.allocated_earlier)
            if invoice and day.allocated:
                allocated[invoice.number] = day.allocated
            note = self.document(
                "CreditNote",
                date,
                currency,
                [*day.refunds, *day.completed],
                lines=self.lines(day.parts.refunded, currency, is_refund=True),
                reference=f"Refunds of {date}",
                allocations=allocations(allocated, currency),
                number=day.credit_note or "",
                **properties,
            )
            yield note
        number = invoice.number if invoice else note.number if note else ""
        self.numbers[group] = number, note.number if note else None

    def lines(self, amounts: Amounts, currency: str, *, is_refund: bool) -> list[Line]:
        """A line for each purpose and tax percentage.

        Source: contract part 2, section B (a line per tax rate; gratuity, prepaid, rounding).

        Args:
            amounts: what was sold, or what was refunded.
            currency: ISO 4217 code.
            is_refund: whether it was refunded; then the amounts are above zero, too.
        """
        return [
            self.line(
                self.describe(part, is_refund=is_refund),
                self.context.part_account(part, is_refund=is_refund),
                currency,
                amounts[part].gross,
                tax=amounts[part].tax,
                percentage=part.percentage,
            )
            for part in by_part(amounts)
        ]

    def settlement(self, settlement: Settlement, total: Total) -> Iterator[Document]:
        """A payment, or money paid back."""
        chart = self.context.chart
        if settlement.kind == "Payment":
            yield self.money("Payment", settlement, total, chart.receivables.id)
        elif settlement.kind == "Overpayment":
            yield self.money("Overpayment", settlement, total, chart.overpayments.id)
        elif settlement.kind == "OverpaymentRefund":
            yield self.money("Refund", settlement, total, chart.overpayments.id)
        else:
            yield from self.refund(settlement, total)

    def money(
        self, kind: Kind, settlement: Settlement, total: Total, counter_account: str
    ) -> Document:
        """Money of customers that comes in or goes out, in one document.

        Args:
            kind: of the document.
            settlement: what it is for.
            total: how much, and of which records.
            counter_account: the account on the other side.
        """
        return self.document(
            kind,
            settlement.day,
            settlement.currency,
            total.records,
            total=total.amount,
            status="Paid",
            reference=f"{settlement.type} {kind.lower()}s of {settlement.day}",
            applies_to=self.target_of(settlement),
            account=self.context.payment_account(settlement.type),
            counter_account=counter_account,
            payment_type=settlement.type,
            note=settlement.note or None,
        )

    def target_of(self, settlement: Settlement) -> str | None:
        """The number of the document that a payment or refund settles."""
        if settlement.target is None:
            return settlement.number or None
        invoice, note = self.numbers[settlement.target]
        return note if settlement.kind == "Refund" else invoice

    @abstractmethod
    def refund(self, settlement: Settlement, total: Total) -> Iterator[Document]:
        """Money paid back against a credit note."""

    def fees(self, business: Business) -> Iterator[Document]:
        """The fees of each day and currency: those that are paid, then those that come back."""
        days: dict[tuple[str, str], list[tuple[FeeGroup, Total]]] = defaultdict(list)
        for group, total in sorted(business.fees.items()):
            days[group.day, group.currency].append((group, total))
        for (day, currency), fees in days.items():
            paid = [(group, side) for group, total in fees if (side := paid_part(total))]
            back = [(group, side) for group, total in fees if (side := returned_part(total))]
            yield from self.paid_fees(day, currency, paid)
            yield from self.fee_refunds(day, currency, back)

    @abstractmethod
    def paid_fees(
        self, day: str, currency: str, fees: Sequence[tuple[FeeGroup, Total]]
    ) -> Iterator[Document]:
        """Fees of one day, below zero.

        Args:
            day: in the merchant's time zone, ISO 8601.
            currency: ISO 4217 code.
            fees: all that are paid on that day in that currency; none where there are only refunds.
        """

    @abstractmethod
    def fee_refunds(
        self, day: str, currency: str, fees: Sequence[tuple[FeeGroup, Total]]
    ) -> Iterator[Document]:
        """Fee refunds of one day, above zero.

        Args:
            day: in the merchant's time zone, ISO 8601.
            currency: ISO 4217 code.
            fees: all that come back on that day in that currency; none where fees are only paid.
        """

    def fee_document(
        self,
        kind: Kind,
        day: str,
        currency: str,
        fees: Sequence[tuple[FeeGroup, Total]],
        **properties: Any,
    ) -> Document:
        """A document with a line for each fee account.

        Args:
            kind: of the document.
            day: in the merchant's time zone, ISO 8601.
            currency: ISO 4217 code.
            fees: all paid, or all refunds.
            properties: any other of `Document`.
        """
        amounts: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for group, total in fees:
            amounts[group.purpose] += abs(total.amount)
        lines = [
            self.line(
                FEE_NAMES[purpose], self.context.fee_account(purpose), currency, amounts[purpose]
            )
            for purpose in sorted(amounts)
        ]
        return self.document(
            kind,
            day,
            currency,
            [record for _, total in fees for record in total.records],
            lines=lines,
            contact=self.context.supplier,
            reference=f"Payment fees of {day}",
            **properties,
        )

    def bill(
        self, day: str, currency: str, fees: Sequence[tuple[FeeGroup, Total]], *, is_credit: bool
    ) -> Iterator[Document]:
        """One bill (or bill credit note), and its payments from (or into) each account.

        Args:
            day: in the merchant's time zone, ISO 8601.
            currency: ISO 4217 code.
            fees: all paid, or all refunds.
            is_credit: whether they are refunds.
        """
        if not fees:
            return
        kind: Kind = "BillCreditNote" if is_credit else "Bill"
        document = self.fee_document(kind, day, currency, fees, due_date=day)
        yield document
        for account, total in by_account(fees).items():
            yield self.document(
                "BillCreditRefund" if is_credit else "BillPayment",
                day,
                currency,
                total.records,
                total=abs(total.amount),
                status="Paid",
                contact=self.context.supplier,
                reference=document.reference,
                applies_to=document.number,
                account=account,
                counter_account=self.context.chart.payables.id,
            )

    def payout(self, group: PayoutGroup, total: Total) -> Document:
        """A transfer from the clearing account into the bank; back where payouts failed."""
        bank = self.context.account("payments", "payout")
        to, source = (bank, group.account) if total.amount >= 0 else (group.account, bank)
        return self.document(
            "BankTransfer",
            group.day,
            group.currency,
            total.records,
            total=abs(total.amount),
            status="Paid",
            contact=self.context.supplier,
            reference=f"Payouts of {group.day}",
            account=to,
            counter_account=source,
        )


def paid_part(total: Total) -> Total | None:
    """Fees that are paid, less those reversed; all where all are reversed, and None without any."""
    if total.amount < 0:
        return total
    return None if total.amount else Total(total.out, records=total.records)


def returned_part(total: Total) -> Total | None:
    """Fees that come back, on the same terms."""
    if total.amount > 0:
        return total
    return None if total.amount else Total(-total.out, records=total.records)


def allocations(amounts: Mapping[str, Decimal], currency: str) -> list[Allocation]:
    """What a document and others settle of each other, by the numbers of the others."""
    return [
        Allocation(applies_to=number, amount=padded(amount, currency))
        for number, amount in amounts.items()
    ]


def by_account(fees: Sequence[tuple[FeeGroup, Total]]) -> dict[str, Total]:
    """Fees by the account that pays them, or gets them back."""
    found: dict[str, Total] = defaultdict(Total)
    for group, total in fees:
        found[group.account].amount += total.amount
        found[group.account].records += total.records
    return dict(found)


def settlement_order(each: tuple[Settlement, Total]) -> tuple[bool, str, str, str, str, str]:
    """Settlements by day, money in before money out."""
    settlement = each[0]
    is_out = settlement.kind in ("Refund", "OverpaymentRefund")
    target = "/".join(settlement.target) if settlement.target else settlement.number
    day, currency = settlement.day, settlement.currency
    return is_out, day, currency, settlement.kind, target, f"{settlement.type} {settlement.note}"
