"""Fee bills, their payments, and the credit notes for fees given back, by day and currency.

Source: contract section 6.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from codat_mock.books.documents import BookedRecord, Document, Kind, Line, Numbering
from codat_mock.books.money import ZERO, amount_of
from codat_mock.books.reconciling import (
    FEES,
    LINKING,
    TRANSACTIONS,
    Ties,
    Unjoined,
    Unreconciled,
)
from codat_mock.books.terms import Terms
from codat_mock.records.commerce import Transaction

Group = tuple[str, str, str]  # day, currency, purpose of the account


@dataclass(slots=True)
class Charges:
    """The fees of one group; above zero, whichever sign they came with."""

    total: Decimal = ZERO
    records: list[BookedRecord] = field(default_factory=list)


PURPOSES: Final = {"PaymentFee": "paymentFee", "PaymentFeeRefund": "paymentFeeRefund"}
TEXTS: Final = {"paymentFee": "Payment fees", "paymentFeeRefund": "Payment fees given back"}


def gather_fees(
    transactions: Iterable[tuple[str, Transaction]], ties: Ties, terms: Terms
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
            aside.append(put_aside(key, currency, amount, unjoined))
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


def put_aside(key: str, currency: str, amount: Decimal, why: Unjoined) -> Unreconciled:
    """A transaction to be reconciled manually."""
    return Unreconciled(
        data_type=TRANSACTIONS, key=key, currency=currency, amount=amount, reason=str(why)
    )


def loose_ends(
    transactions: Iterable[tuple[str, Transaction]], ties: Ties, terms: Terms
) -> Iterator[Unreconciled]:
    """Payment and refund transactions of which the payment is not known."""
    for key, transaction in transactions:
        if transaction.type in LINKING and not ties.knows_payment(str(transaction.id)):
            yield put_aside(
                key,
                terms.currency(transaction.currency),
                amount_of(transaction.total_amount),
                Unjoined(f"no payment has its id, '{transaction.id}'"),
            )


def fee_documents(
    groups: Mapping[Group, Charges], terms: Terms, numbering: Numbering
) -> Iterator[Document]:
    """A bill with its payment, or a bill credit note, for each group.

    The provider keeps its fees back from card takings, so the card account pays the bill.
    """
    card = terms.payment_account("Card")
    for group, charges in groups.items():
        is_given_back = group[2] == "paymentFeeRefund"
        bill = fee_document(
            "BillCreditNote" if is_given_back else "Bill", group, charges, terms, numbering
        )
        yield bill
        if card is not None and not is_given_back:
            yield fee_document(
                "BillPayment", group, charges, terms, numbering, pays=bill.number, account=card
            )


def fee_document(
    kind: Kind,
    group: Group,
    charges: Charges,
    terms: Terms,
    numbering: Numbering,
    *,
    pays: str | None = None,
    account: str | None = None,
) -> Document:
    """One document for a group of fees; with a line unless it is a payment."""
    day, currency, purpose = group
    line = Line(
        description=TEXTS[purpose],
        account_id=terms.account("fees", purpose) or terms.chart.suspense.id,
        net=charges.total,
        tax=ZERO,
        gross=charges.total,
    )
    return Document(
        kind=kind,
        number=numbering.next(kind),
        date=day,
        currency=currency,
        contact=terms.supplier,
        platform_key=terms.chart.key,
        status="Submitted" if pays is None else "Paid",
        lines=[line] if pays is None else [],
        net=charges.total,
        tax=ZERO,
        total=charges.total,
        applies_to=pays,
        account=account,
        records=sorted(charges.records, key=lambda record: record.key),
        sync_id=terms.sync_id,
    )
