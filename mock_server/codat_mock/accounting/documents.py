"""What stands in the accounting software, as `GET /_mock/books` shows it.

Source: contract section 6.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final, Literal

from msgspec.structs import replace

from codat_mock.accounting.money import ZERO, exactly
from codat_mock.models.commerce import PaymentType, Wire
from codat_mock.models.datasets import DataType
from codat_mock.models.values import Amount, Moment

Kind = Literal["Invoice", "CreditNote", "Payment", "Bill", "BillPayment", "BillCreditNote"]
Status = Literal["Draft", "Submitted", "PartPaid", "Paid"]
RecordId = tuple[DataType, str]

PREFIXES: Final[dict[Kind, str]] = {
    "Invoice": "INV",
    "CreditNote": "CN",
    "Payment": "PAY",
    "Bill": "BILL",
    "BillPayment": "BP",
    "BillCreditNote": "BCN",
}
MONEY_KINDS: Final[tuple[Kind, ...]] = ("Payment", "BillPayment")


class Line(Wire, kw_only=True, omit_defaults=False):
    """A line of a document; `net` + `tax` = `gross`."""

    description: str
    account_id: str
    tax_rate_id: str | None = None
    tax_percentage: Amount | None = None
    net: Amount
    tax: Amount
    gross: Amount


class BookedRecord(Wire, kw_only=True, omit_defaults=False):
    """A merchant's record that a document contains.

    Args:
        amount: what the whole record amounts to, over all documents of its sync: an order's total
            with gratuity, a payment's or a transaction's amount.
        modified: its `sourceModifiedDate`.
    """

    data_type: DataType
    key: str
    amount: Amount
    modified: Moment | None = None


class Document(Wire, kw_only=True, omit_defaults=False):
    """One document in the accounting software.

    Args:
        date: the day in the merchant's time zone, ISO 8601.
        location: where sales are split by location.
        contact: the customer or supplier, by name.
        platform_key: the accounting platform's, whose chart the accounts belong to.
        total: what it amounts to; below zero only for a payment that gives money back.
        applies_to: the number of the document that a payment settles.
        account: the account that a payment goes to or comes from.
    """

    kind: Kind
    number: str
    date: str
    currency: str
    location: str | None = None
    contact: str
    platform_key: str
    status: Status
    lines: list[Line]
    net: Amount
    tax: Amount
    total: Amount
    applies_to: str | None = None
    account: str | None = None
    payment_type: PaymentType | None = None
    records: list[BookedRecord]
    sync_id: str


class Numbering:
    """Gives each kind of document its next number.

    Args:
        used: the last number of each kind, as `last_numbers` tells them.
    """

    def __init__(self, used: Mapping[Kind, int]) -> None:
        self._last = dict(used)

    def next(self, kind: Kind) -> str:
        """The next number of a kind, such as `INV-0001`."""
        self._last[kind] = self._last.get(kind, 0) + 1
        return f"{PREFIXES[kind]}-{self._last[kind]:04}"


def last_numbers(documents: Iterable[Document]) -> dict[Kind, int]:
    """The highest number of each kind among some documents."""
    last: dict[Kind, int] = {}
    for document in documents:
        number = int(document.number.rpartition("-")[2])
        last[document.kind] = max(number, last.get(document.kind, 0))
    return last


def booked_in(documents: Iterable[Document]) -> dict[RecordId, str]:
    """The number of the document that each record belongs to, the latest where there are several.

    For an order the invoice (the credit note where it has no other), for a payment the document
    that it settles, for a fee its bill.
    """
    found: dict[RecordId, str] = {}
    for document in documents:
        number = document.applies_to if document.kind in MONEY_KINDS else document.number
        for record in document.records:
            place = (record.data_type, record.key)
            if document.kind != "CreditNote" or place not in found:
                found[place] = number or document.number
    return found


def settled(documents: Iterable[Document]) -> tuple[Document, ...]:
    """The same documents, each invoice, credit note and bill with the status its payments give it.

    Payments in another currency than the document's settle nothing.
    """
    kept = tuple(documents)
    paid: dict[tuple[str | None, str], Decimal] = defaultdict(lambda: ZERO)
    with exactly():
        for document in kept:
            if document.kind in MONEY_KINDS:
                paid[document.applies_to, document.currency] += document.total
    return tuple(
        document
        if document.kind in MONEY_KINDS or document.status == "Draft"
        else replace(document, status=status_of(document, paid[document.number, document.currency]))
        for document in kept
    )


def status_of(document: Document, paid: Decimal) -> Status:
    """The status of a document that so much was paid for."""
    is_given_back = document.kind == "CreditNote"
    settled_amount = -paid if is_given_back else paid
    if settled_amount >= document.total:
        return "Paid"
    return "PartPaid" if settled_amount > 0 else "Submitted"
