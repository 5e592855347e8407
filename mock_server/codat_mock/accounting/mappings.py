"""How each platform, and each sync type, writes a day of business into documents.

Source: contract part 2, section B. FreeAgent, of which nothing is known, is as Xero (assumed).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from codat_mock.accounting.booking_context import BookingContext
from codat_mock.accounting.day_of_business import (
    Business,
    FeeGroup,
    Group,
    PayoutGroup,
    SalesDay,
    Settlement,
    Total,
    chronological,
)
from codat_mock.accounting.documents import (
    Allocation,
    BookedRecord,
    Document,
    Kind,
    Line,
    Numbering,
)
from codat_mock.accounting.money import ZERO, padded
from codat_mock.accounting.orders import (
    CATEGORY,
    GRATUITY,
    OVERPAYMENT,
    PREPAID,
    ROUNDING,
    SALES,
    Amounts,
    Part,
    total_of,
)
from codat_mock.configuration.rates import rate_key

NAMES = {
    GRATUITY: "Gratuity",
    PREPAID: "Gift cards",
    OVERPAYMENT: "Overpayments",
    ROUNDING: "Rounding",
}
UNEXPLAINED = "Unallocated: order totals that their lines do not add up to"
ORDER = (SALES, CATEGORY, PREPAID, GRATUITY, OVERPAYMENT, ROUNDING)
FEE_NAMES = {"paymentFee": "Payment fees", "paymentFeeRefund": "Payment fee refunds"}

Numbers = dict[Group, tuple[str, str | None]]


@dataclass(slots=True)
class DocumentWriter(ABC):
    """Writes the documents of one sync.

    Args:
        numbers: of each sales day, the numbers of its invoice (or journal entry) and its credit
            note.
    """

    context: BookingContext
    numbering: Numbering
    numbers: Numbers = field(default_factory=dict)

    @abstractmethod
    def write(self, business: Business) -> Iterator[Document]:
        """Write everything that a sync books."""

    def document(
        self,
        kind: Kind,
        day: str,
        currency: str,
        records: Iterable[BookedRecord],
        *,
        lines: Sequence[Line] = (),
        total: Decimal | None = None,
        **properties: Any,
    ) -> Document:
        """A document with its number, amounts and accounts.

        Args:
            kind: of the document.
            day: in the merchant's time zone, ISO 8601.
            currency: ISO 4217 code.
            records: that it contains; each is listed once.
            lines: whose sum it is.
            total: where it has no lines.
            properties: any other of `Document`.
        """
        net = sum((line.net for line in lines), ZERO) if total is None else total
        tax = sum((line.tax for line in lines), ZERO)
        account = self.context.account_details(properties.get("account"))
        listed = {(each.data_type, each.key): each for each in records}
        return Document(
            kind=kind,
            number=self.numbering.next(kind),
            date=day,
            currency=currency,
            platform_key=self.context.chart.key,
            lines=list(lines),
            net=padded(net, currency),
            tax=padded(tax, currency),
            total=padded(net + tax, currency),
            account_code=account.nominal_code if account else "",
            account_name=account.name if account else "",
            records=[each for _, each in sorted(listed.items(), key=lambda each: each[0])],
            sync_id=self.context.sync_id,
            **{"contact": self.context.customer, "status": "Submitted", **properties},
        )

    def line(
        self,
        description: str,
        account_id: str,
        currency: str,
        gross: Decimal,
        *,
        tax: Decimal = ZERO,
        percentage: Decimal | None = None,
    ) -> Line:
        """A line; without a percentage it has no tax rate.

        Args:
            description: as the platform shows it.
            account_id: its account.
            currency: ISO 4217 code.
            gross: with tax.
            tax: in `gross`.
            percentage: the merchant's tax percentage.
        """
        account = self.context.account_details(account_id)
        return Line(
            description=description,
            account_id=account_id,
            account_code=account.nominal_code if account else "",
            account_name=account.name if account else "",
            tax_rate_id=None if percentage is None else self.context.tax_rate(percentage),
            tax_percentage=percentage,
            net=padded(gross - tax, currency),
            tax=padded(tax, currency),
            gross=padded(gross, currency),
        )

    def describe(self, part: Part, *, is_refund: bool) -> str:
        """What a line says."""
        sales = "Refunds" if is_refund else "Sales"
        if part.purpose == SALES or part.purpose.startswith(CATEGORY):
            if part.percentage is None:
                return f"{sales}, tax rate not known"
            category = self.context.category_name(part.purpose)
            name = f"{sales}: {category}" if category else sales
            return f"{name} at {rate_key(part.percentage)}%"
        return NAMES.get(
            part.purpose, "Unallocated: order totals that their lines do not add up to"
        )


def by_part(amounts: Amounts) -> list[Part]:
    """The parts of a document in the order of its lines; of each purpose the highest rate first."""

    def place(part: Part) -> tuple[int, str, Decimal]:
        purpose = CATEGORY if part.purpose.startswith(CATEGORY) else part.purpose
        found = ORDER.index(purpose) if purpose in ORDER else len(ORDER)
        return found, part.purpose, -(part.percentage or ZERO)

    return sorted(amounts, key=place)


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
                **properties,
            )
            yield invoice
        if day.parts.refunded:
            allocated = dict(day.allocated_earlier)
            if invoice and day.allocated:
                allocated[invoice.number] = day.allocated
            note = self.document(
                "CreditNote",
                date,
                currency,
                day.refunds,
                lines=self.lines(day.parts.refunded, currency, is_refund=True),
                reference=f"Refunds of {date}",
                allocations=[
                    Allocation(applies_to=number, amount=padded(amount, currency))
                    for number, amount in allocated.items()
                ],
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
            paid = [(group, total) for group, total in fees if total.amount < 0]
            back = [(group, total) for group, total in fees if total.amount > 0]
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
            entry.add(fees.account, total.amount)
            entry.add(self.context.fee_account(fees.purpose), -total.amount)
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
        entry.records += [*sales.sales, *sales.refunds]

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
        """The entry of one day; None where nothing is left of it.

        Args:
            day: in the merchant's time zone, ISO 8601.
            currency: ISO 4217 code.
            entry: the amounts of the day; an account whose debits equal its credits gets no line.
        """
        chart = self.context.chart
        lines = [
            self.line(chart.by_id[account].name if account in chart.by_id else account, account,
                      currency, amount)
            for account, amount in sorted(
                entry.amounts.items(), key=lambda each: (each[1] < 0, each[0])
            )
            if amount
        ]  # fmt: skip
        if not lines:
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
    """The amounts of one journal entry by account, debits above zero."""

    amounts: dict[str, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    records: list[BookedRecord] = field(default_factory=list)
    notes: set[str] = field(default_factory=set)

    def add(self, account: str, amount: Decimal) -> None:
        """Debit an account; an amount below zero is a credit."""
        self.amounts[account] += amount


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


def writer(context: BookingContext, numbering: Numbering) -> DocumentWriter:
    """The writer for a company's sync type and platform."""
    if context.is_journal:
        return JournalWriter(context, numbering)
    kind = QuickBooksWriter if context.chart.key == "qhyg" else XeroWriter
    return kind(context, numbering)
