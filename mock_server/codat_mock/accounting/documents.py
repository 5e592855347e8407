"""The documents in the accounting software, as `GET /_mock/books` shows them.

Source: contract section 6 and part 2, section B. Numbers, references, descriptions, due dates and
notes are assumed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final, Literal

from msgspec import field
from msgspec.structs import replace

from codat_mock.accounting.money import ZERO, exactly
from codat_mock.models.commerce import PaymentType, Wire
from codat_mock.models.datasets import DataType
from codat_mock.models.values import Amount, Moment

Kind = Literal[
    "Invoice", "CreditNote", "Payment", "Refund", "Overpayment", "Bill", "BillPayment",
    "BillCreditNote", "BillCreditRefund", "SpendMoney", "ReceiveMoney", "BankDeposit",
    "BankTransfer", "JournalEntry",
]  # fmt: skip
Status = Literal["Draft", "Submitted", "PartPaid", "Paid"]
RecordId = tuple[DataType, str]

PREFIXES: Final[dict[Kind, str]] = {
    "Invoice": "INV",
    "CreditNote": "CN",
    "Payment": "PAY",
    "Refund": "RF",
    "Overpayment": "OP",
    "Bill": "BILL",
    "BillPayment": "BP",
    "BillCreditNote": "BCN",
    "BillCreditRefund": "BCR",
    "SpendMoney": "SM",
    "ReceiveMoney": "RM",
    "BankDeposit": "DEP",
    "BankTransfer": "TRF",
    "JournalEntry": "JE",
}
# What another document settles: its status depends on that.
SETTLED_KINDS: Final[tuple[Kind, ...]] = ("Invoice", "CreditNote", "Bill", "BillCreditNote")
# Money that comes in or goes out, without lines of its own.
MONEY_KINDS: Final[tuple[Kind, ...]] = (
    "Payment", "Refund", "Overpayment", "BillPayment", "BillCreditRefund", "BankTransfer",
)  # fmt: skip


class Line(Wire, kw_only=True, omit_defaults=False):
    """A line of a document; `net` + `tax` = `gross`.

    In a journal entry a debit is above zero and a credit below; elsewhere the kind says which.
    """

    description: str
    account_id: str
    account_code: str = ""
    account_name: str = ""
    tax_rate_id: str | None = None
    tax_percentage: Amount | None = None
    net: Amount
    tax: Amount
    gross: Amount


class BookedRecord(Wire, kw_only=True, omit_defaults=False):
    """A merchant's record in a document.

    Args:
        amount: of the whole record, over all documents of its sync: an order's total with
            gratuity, a payment's or a transaction's amount.
        modified: its `sourceModifiedDate`.
        sync_id: of the sync that booked it.
    """

    data_type: DataType
    key: str
    amount: Amount
    modified: Moment | None = None
    sync_id: str = ""


class Allocation(Wire, kw_only=True, omit_defaults=False):
    """The part of a credit note and of an invoice that settle each other."""

    applies_to: str
    amount: Amount


class Document(Wire, kw_only=True, omit_defaults=False):
    """One document in the accounting software; its total is never below zero.

    Args:
        date: the day in the merchant's time zone, ISO 8601.
        due_date: of what somebody has to pay; the same day.
        reference: what it is for, as a bookkeeper searches for it.
        location: where sales are split by location.
        contact: the customer or supplier, by name.
        platform_key: the accounting platform's, whose chart the accounts belong to.
        applies_to: the number of the document that it settles, or refers to.
        account: the account that money goes to or comes from.
        counter_account: the account on the other side of a payment, refund or transfer.
        allocations: of a credit note, the invoices that it settles; of an invoice, credit notes.
        note: why somebody should look at it; None where nothing is unusual.
        records: those that it contains, of each sync that extended it.
        sync_id: of the sync that wrote it first.
    """

    kind: Kind
    number: str
    date: str
    due_date: str | None = None
    reference: str = ""
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
    account_code: str = ""
    account_name: str = ""
    counter_account: str | None = None
    payment_type: PaymentType | None = None
    allocations: list[Allocation] = field(default_factory=list)
    note: str | None = None
    records: list[BookedRecord]
    sync_id: str


class Numbering:
    """Gives each kind of document its next number.

    Args:
        used: the last number of each kind, as `last_numbers` returns them.
    """

    def __init__(self, used: Mapping[Kind, int]) -> None:
        self._last = dict(used)

    def next(self, kind: Kind) -> str:
        """The next number of a kind, such as `INV-0001`."""
        self._last[kind] = self._last.get(kind, 0) + 1
        return f"{PREFIXES[kind]}-{self._last[kind]:04}"


def last_numbers(documents: Iterable[Document]) -> dict[Kind, int]:
    """The highest number of each kind in some documents."""
    last: dict[Kind, int] = {}
    for document in documents:
        number = int(document.number.rpartition("-")[2])
        last[document.kind] = max(number, last.get(document.kind, 0))
    return last


def records_in(documents: Iterable[Document]) -> set[RecordId]:
    """The records that documents contain."""
    return {(each.data_type, each.key) for document in documents for each in document.records}


def settled(documents: Iterable[Document]) -> tuple[Document, ...]:
    """The same documents, each invoice, credit note and bill with the status that it has now.

    What is in another currency than the document settles nothing.
    """
    kept = tuple(documents)
    paid: dict[tuple[str | None, str], Decimal] = defaultdict(lambda: ZERO)
    with exactly():
        for document in kept:
            if document.kind not in (*SETTLED_KINDS, "Overpayment"):
                paid[document.applies_to, document.currency] += document.total
            for allocation in document.allocations:
                paid[allocation.applies_to, document.currency] += allocation.amount
                paid[document.number, document.currency] += allocation.amount
    return tuple(
        replace(document, status=status_of(document, paid[document.number, document.currency]))
        if document.kind in SETTLED_KINDS and document.status != "Draft"
        else document
        for document in kept
    )


def status_of(document: Document, paid: Decimal) -> Status:
    """The status of a document of which so much is settled."""
    if paid >= document.total:
        return "Paid"
    return "PartPaid" if paid > 0 else "Submitted"
