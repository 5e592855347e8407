"""Payments: those that were paid, gathered by what they settle, by day, currency and type.

Source: contract section 6.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from codat_mock.accounting.booking_context import BookingContext
from codat_mock.accounting.document_writer import DocumentWriter
from codat_mock.accounting.documents import BookedRecord, Document, Numbering, RecordId
from codat_mock.accounting.money import ZERO, amount_of
from codat_mock.accounting.reconciliation import ORDERS, PAYMENTS, Links, Unjoined, Unreconciled
from codat_mock.models.commerce import Payment, PaymentType

# Number of the document settled, day, currency, type, whether money is given back.
Group = tuple[str, str, str, PaymentType, bool]


@dataclass(slots=True)
class Receipts:
    """The payments of one group."""

    total: Decimal = ZERO
    records: list[BookedRecord] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Targets:
    """The documents that payments can settle.

    Args:
        invoices: of orders, by their keys; of this sync.
        credit_notes: of orders, by their keys; of this sync.
        earlier: where records of earlier syncs were booked.
    """

    invoices: Mapping[str, str]
    credit_notes: Mapping[str, str]
    earlier: Mapping[RecordId, str]

    def find(self, anchor: RecordId, *, is_refund: bool) -> str:
        """The number of the document that a payment settles: a refund rather a credit note."""
        data_type, key = anchor
        if data_type == ORDERS:
            notes = (self.credit_notes, self.invoices)
            for numbers in notes if is_refund else reversed(notes):
                if key in numbers:
                    return numbers[key]
        return self.earlier[anchor]


def gather_payments(
    payments: Iterable[tuple[str, Payment]], ties: Links, targets: Targets, terms: BookingContext
) -> tuple[dict[Group, Receipts], list[Unreconciled]]:
    """Gather what was paid, each payment with its key; the groups in order.

    Returns:
        The groups, and the payments that have to be reconciled manually.
    """
    groups: dict[Group, Receipts] = {}
    aside: list[Unreconciled] = []
    for key, payment in payments:
        if payment.status != "Paid":
            continue
        amount, currency = amount_of(payment.amount), terms.currency(payment.currency)
        kind: PaymentType = payment.type or "Unknown"
        try:
            if terms.payment_account(kind) is None:
                raise Unjoined(f"no account is selected for payments of type {kind}")
            target = targets.find(ties.anchor_of(key), is_refund=amount < 0)
        except Unjoined as unjoined:
            aside.append(unjoined.put_aside(PAYMENTS, key, currency, amount))
            continue
        group = (target, terms.day(payment.created_date), currency, kind, amount < 0)
        receipts = groups.setdefault(group, Receipts())
        receipts.total += amount
        receipts.records.append(
            BookedRecord(
                data_type=PAYMENTS,
                key=key,
                amount=amount,
                modified=payment.source_modified_date or None,
            )
        )
    return dict(sorted(groups.items())), aside


def payment_documents(
    groups: Mapping[Group, Receipts], terms: BookingContext, numbering: Numbering
) -> Iterator[Document]:
    """One payment for each group."""
    for (target, day, currency, kind, _), receipts in groups.items():
        yield DocumentWriter(terms, numbering, day, currency, terms.customer).payment(
            "Payment",
            receipts.total,
            receipts.records,
            applies_to=target,
            account=terms.payment_account(kind),
            payment_type=kind,
        )
