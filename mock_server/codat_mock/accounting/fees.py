"""Fee bills, their payments, and the credit notes for fees given back, by day and currency.

Source: contract section 6.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from codat_mock.accounting.booking_context import BookingContext
from codat_mock.accounting.document_writer import DocumentWriter
from codat_mock.accounting.documents import BookedRecord, Document, Numbering
from codat_mock.accounting.money import ZERO, amount_of
from codat_mock.accounting.reconciliation import FEES, TRANSACTIONS, Links, Unjoined, Unreconciled
from codat_mock.models.commerce import LINKING, Transaction

Group = tuple[str, str, str]  # day, currency, purpose of the account


@dataclass(slots=True)
class Charges:
    """The fees of one group; above zero, whichever sign they came with."""

    total: Decimal = ZERO
    records: list[BookedRecord] = field(default_factory=list)


PURPOSES: Final = {"PaymentFee": "paymentFee", "PaymentFeeRefund": "paymentFeeRefund"}
TEXTS: Final = {"paymentFee": "Payment fees", "paymentFeeRefund": "Payment fees given back"}


def gather_fees(
    transactions: Iterable[tuple[str, Transaction]], ties: Links, terms: BookingContext
) -> tuple[dict[Group, Charges], list[Unreconciled]]:
    """Gather the fees among some transactions, each with its key; the groups in order.

    Returns:
        The groups, and the fees that have to be reconciled manually.
    """
    groups: dict[Group, Charges] = {}
    aside: list[Unreconciled] = []
    for key, fee in transactions:
        if fee.type not in FEES:
            continue
        purpose = PURPOSES[fee.type]
        amount, currency = amount_of(fee.total_amount), terms.currency(fee.currency)
        try:
            if terms.account("fees", purpose) is None:
                raise Unjoined(f"no account is selected for {purpose}")
            ties.check_source(fee)
        except Unjoined as unjoined:
            aside.append(unjoined.put_aside(TRANSACTIONS, key, currency, amount))
            continue
        charges = groups.setdefault((terms.day(fee.created_date), currency, purpose), Charges())
        charges.total += abs(amount)
        charges.records.append(
            BookedRecord(
                data_type=TRANSACTIONS,
                key=key,
                amount=amount,
                modified=fee.source_modified_date or None,
            )
        )
    return dict(sorted(groups.items())), aside


def loose_ends(
    transactions: Iterable[tuple[str, Transaction]], ties: Links, terms: BookingContext
) -> Iterator[Unreconciled]:
    """Payment and refund transactions of which the payment is not known."""
    for key, transaction in transactions:
        if transaction.type in LINKING and not ties.knows_payment(str(transaction.id)):
            yield Unjoined(f"no payment has its id, '{transaction.id}'").put_aside(
                TRANSACTIONS,
                key,
                terms.currency(transaction.currency),
                amount_of(transaction.total_amount),
            )


def fee_documents(
    groups: Mapping[Group, Charges], terms: BookingContext, numbering: Numbering
) -> Iterator[Document]:
    """A bill with its payment, or a bill credit note, for each group.

    The provider keeps its fees back from card takings, so the card account pays the bill.
    """
    card = terms.payment_account("Card")
    for (day, currency, purpose), charges in groups.items():
        page = DocumentWriter(terms, numbering, day, currency, terms.supplier)
        is_given_back = purpose == "paymentFeeRefund"
        account = terms.account("fees", purpose) or terms.chart.suspense.id
        lines = [page.line(TEXTS[purpose], account, charges.total)]
        bill = page.document("BillCreditNote" if is_given_back else "Bill", lines, charges.records)
        yield bill
        if card is not None and not is_given_back:
            yield page.payment(
                "BillPayment", bill.total, charges.records, applies_to=bill.number, account=card
            )
