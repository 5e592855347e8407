"""The books beside the merchant's own records: booked once, doubled, missing, stale.

Source: rules B01, B02, B03.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from msgspec import field as wire_field

from codat_mock.accounting.booking_context import named_currency
from codat_mock.accounting.documents import Document, RecordId
from codat_mock.accounting.money import amount_of, exactly, rounded
from codat_mock.accounting.orders import take_apart
from codat_mock.accounting.reconciliation import FEES, PAYOUTS
from codat_mock.accounting.selection import Picked
from codat_mock.models.commerce import Order, Payment, Record, Wire
from codat_mock.models.configuration import AccountSelection, Configuration
from codat_mock.models.datasets import DataType
from codat_mock.models.values import Amount


class Compared(Wire, kw_only=True, omit_defaults=False):
    """One record as booked and as declared.

    Args:
        currency: as booked; as declared where it is not booked, None where it has none.
        declared: the declared amount; None where no such record is declared.
        booked: the amount that was booked last; None where it is not booked.
        times: how many syncs booked it.
        documents: the numbers of all documents that contain it.
    """

    data_type: DataType
    key: str
    currency: str | None
    declared: Amount | None
    booked: Amount | None
    times: int
    documents: list[str]


class Comparison(Wire, kw_only=True, omit_defaults=False):
    """Every declared record that belongs in the books, and every booked one.

    A record that is doubled is stale too where its latest version is not the one booked last.

    Args:
        surplus: booked but not declared: the merchant deleted it, or never had it.
    """

    booked_once: list[Compared] = wire_field(default_factory=list)
    doubled: list[Compared] = wire_field(default_factory=list)
    missing: list[Compared] = wire_field(default_factory=list)
    stale: list[Compared] = wire_field(default_factory=list)
    surplus: list[Compared] = wire_field(default_factory=list)


@dataclass(slots=True)
class Booked:
    """Where one record is booked, and how it was booked last."""

    amount: Decimal
    currency: str
    modified: datetime | None
    syncs: set[str] = field(default_factory=set)
    documents: list[str] = field(default_factory=list)


def compare(
    declared: Iterable[Picked], documents: Iterable[Document], configuration: Configuration
) -> Comparison:
    """Compare the declared records with the books.

    Args:
        declared: the merchant's records whose period was synced; the latest version of each.
        documents: in the order in which they were written.
        configuration: says whether sales, payments and fees belong in the books at all.
    """
    books = read_books(documents)
    found = Comparison()
    with exactly():
        for own in declared:
            booked = books.pop((own.data_type, own.key), None)
            belongs = belongs_in_books(own.record, configuration)
            if booked is not None:
                judge(found, own, booked, belongs=belongs)
            elif belongs and not is_nil(own.record):
                amount = worth(own.record)
                found.missing.append(compared(own.data_type, own.key, own.record, amount, None))
    for (data_type, key), booked in books.items():
        found.surplus.append(compared(data_type, key, None, None, booked))
    for each in (found.booked_once, found.doubled, found.missing, found.stale, found.surplus):
        each.sort(key=lambda one: (one.data_type, one.key))
    return found


def read_books(documents: Iterable[Document]) -> dict[RecordId, Booked]:
    """Every record in the books."""
    books: dict[RecordId, Booked] = {}
    for document in documents:
        for record in document.records:
            booked = books.setdefault(
                (record.data_type, record.key),
                Booked(record.amount, document.currency, record.modified),
            )
            booked.amount, booked.modified = record.amount, record.modified
            booked.currency = document.currency
            booked.syncs.add(record.sync_id)
            booked.documents.append(document.number)
    return books


def judge(found: Comparison, own: Picked, booked: Booked, *, belongs: bool) -> None:
    """Classify a record that is in the books.

    Args:
        found: the comparison to add it to.
        own: the merchant's version.
        booked: how it is in the books.
        belongs: whether it belongs in the books at all; stale where it does not.
    """
    amount = worth(own.record)
    one = compared(own.data_type, own.key, own.record, amount, booked)
    is_stale = not belongs or differs(own.record, amount, booked)
    if is_stale:
        found.stale.append(one)
    if len(booked.syncs) > 1:
        found.doubled.append(one)
    elif not is_stale:
        found.booked_once.append(one)


def differs(record: Record, amount: Decimal, booked: Booked) -> bool:
    """Whether the merchant's version is another than the one in the books.

    Args:
        record: the merchant's version.
        amount: what it amounts to.
        booked: how it is in the books.
    """
    if rounded(amount, booked.currency) != rounded(booked.amount, booked.currency):
        return True
    if (named_currency(record.currency) or booked.currency) != booked.currency:
        return True
    modified = record.source_modified_date or None
    return modified is not None and booked.modified is not None and modified > booked.modified


def compared(
    data_type: DataType,
    key: str,
    record: Record | None,
    amount: Decimal | None,
    booked: Booked | None,
) -> Compared:
    """One line of a comparison: a record of the merchant's, of the books, or of both.

    Args:
        data_type: the record's.
        key: the record's.
        record: as declared; None where it is not.
        amount: what that amounts to.
        booked: as in the books; None where it is not in them.
    """
    own = named_currency(record.currency) or None if record else None
    return Compared(
        data_type=data_type,
        key=key,
        currency=booked.currency if booked else own,
        declared=amount,
        booked=booked.amount if booked else None,
        times=len(booked.syncs) if booked else 0,
        documents=booked.documents if booked else [],
    )


def worth(record: Record) -> Decimal:
    """What a record amounts to, as the books show it."""
    if isinstance(record, Order):
        return take_apart(record, named_currency(record.currency)).balance
    given = record.amount if isinstance(record, Payment) else record.total_amount
    return amount_of(given)


def belongs_in_books(record: Record, configuration: Configuration) -> bool:
    """Whether a record belongs in the books: orders, paid payments, fees and payouts do."""
    mapping = configuration.configuration
    if isinstance(record, Order):
        return mapping.sales.sync_sales
    if isinstance(record, Payment):
        return mapping.payments.sync_payments and record.status == "Paid"
    if record.type in PAYOUTS:
        payout = mapping.payments.accounts.get("payout", AccountSelection())
        return mapping.payments.sync_payments and bool(payout.selected_account_id)
    return mapping.fees.sync_fees and record.type in FEES


def is_nil(record: Record) -> bool:
    """Whether a record books nothing, such as an order that is free."""
    if isinstance(record, Order):
        parts = take_apart(record, named_currency(record.currency))
        return not parts.sold and not parts.refunded
    return not worth(record)
