"""The books beside the merchant's own records: booked once, doubled, missing, stale.

Source: rules B01, B02, B03.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from msgspec import UNSET
from msgspec import field as wire_field

from codat_mock.books.documents import Document, RecordId
from codat_mock.books.money import amount_of, exactly
from codat_mock.books.orders import take_apart
from codat_mock.books.reconciling import FEES
from codat_mock.books.selection import Picked
from codat_mock.records.commerce import Order, Payment, Record, Wire
from codat_mock.records.configuration import Configuration
from codat_mock.records.datasets import DataType
from codat_mock.records.values import Amount


class Compared(Wire, kw_only=True, omit_defaults=False):
    """One record in the books and in the merchant's own.

    Args:
        declared: its amount by the merchant; None where the merchant has no such record.
        booked: its amount where it was booked last; None where it is not in the books.
        times: how many syncs booked it.
        documents: the numbers of all documents that contain it.
    """

    data_type: DataType
    key: str
    declared: Amount | None
    booked: Amount | None
    times: int
    documents: list[str]


class Comparison(Wire, kw_only=True, omit_defaults=False):
    """Every declared record that belongs in the books, and every one that stands there.

    A record that is doubled is stale too where its latest version is not the one booked last.

    Args:
        surplus: in the books, but not declared: deleted at the merchant's, or never there.
    """

    booked_once: list[Compared] = wire_field(default_factory=list)
    doubled: list[Compared] = wire_field(default_factory=list)
    missing: list[Compared] = wire_field(default_factory=list)
    stale: list[Compared] = wire_field(default_factory=list)
    surplus: list[Compared] = wire_field(default_factory=list)


@dataclass(slots=True)
class Booked:
    """Where one record stands in the books, and how it was booked last."""

    amount: Decimal
    modified: datetime | None
    syncs: set[str] = field(default_factory=set)
    documents: list[str] = field(default_factory=list)


def compare(
    declared: Iterable[Picked], documents: Iterable[Document], configuration: Configuration
) -> Comparison:
    """Compare what the merchant has with what the books show.

    Args:
        declared: the merchant's own records whose period was synced; the latest version of each.
        documents: in the order in which they were written.
        configuration: says whether sales, payments and fees belong in the books at all.
    """
    books = read_books(documents)
    found = Comparison()
    seen: set[RecordId] = set()
    with exactly():
        for own in declared:
            record_id = (own.data_type, own.key)
            seen.add(record_id)
            booked = books.get(record_id)
            if booked is not None:
                judge(found, own, booked)
            elif belongs_in_books(own.record, configuration):
                amount = worth(own.record)
                found.missing.append(compared(record_id, amount, None))
    for record_id, booked in books.items():
        if record_id not in seen:
            found.surplus.append(compared(record_id, None, booked))
    for each in (found.booked_once, found.doubled, found.missing, found.stale, found.surplus):
        each.sort(key=lambda one: (one.data_type, one.key))
    return found


def read_books(documents: Iterable[Document]) -> dict[RecordId, Booked]:
    """Every record in the books."""
    books: dict[RecordId, Booked] = {}
    for document in documents:
        for record in document.records:
            record_id = (record.data_type, record.key)
            booked = books.setdefault(record_id, Booked(record.amount, record.modified))
            booked.amount, booked.modified = record.amount, record.modified
            booked.syncs.add(document.sync_id)
            booked.documents.append(document.number)
    return books


def judge(found: Comparison, own: Picked, booked: Booked) -> None:
    """Put a record that is in the books where it belongs."""
    amount = worth(own.record)
    one = compared((own.data_type, own.key), amount, booked)
    modified = own.record.source_modified_date or None
    is_newer = modified is not None and booked.modified is not None and modified > booked.modified
    is_stale = amount != booked.amount or is_newer
    if is_stale:
        found.stale.append(one)
    if len(booked.syncs) > 1:
        found.doubled.append(one)
    elif not is_stale:
        found.booked_once.append(one)


def compared(record_id: RecordId, declared: Decimal | None, booked: Booked | None) -> Compared:
    """One line of a comparison."""
    data_type, key = record_id
    return Compared(
        data_type=data_type,
        key=key,
        declared=declared,
        booked=booked.amount if booked else None,
        times=len(booked.syncs) if booked else 0,
        documents=booked.documents if booked else [],
    )


def worth(record: Record) -> Decimal:
    """What a record amounts to, told as the books tell it."""
    if isinstance(record, Order):
        currency = record.currency.strip().upper() if isinstance(record.currency, str) else ""
        return take_apart(record, currency).balance
    given = record.amount if isinstance(record, Payment) else record.total_amount
    return amount_of(given)


def belongs_in_books(record: Record, configuration: Configuration) -> bool:
    """Whether the books should show a record at all: orders, paid payments and fees are shown."""
    mapping = configuration.configuration
    if isinstance(record, Order):
        return mapping.sales.sync_sales
    if isinstance(record, Payment):
        return mapping.payments.sync_payments and record.status == "Paid"
    return mapping.fees.sync_fees and record.type is not UNSET and record.type in FEES
