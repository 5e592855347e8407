"""The books beside the merchant's own records: booked once, doubled, missing, stale.

Source: rules B01, B02, B03.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from msgspec import Struct
from msgspec import field as wire_field

from codat_mock.accounting.booking_context import named_currency
from codat_mock.accounting.documents import Document, RecordId
from codat_mock.accounting.money import amount_of, exactly, rounded
from codat_mock.accounting.orders import take_apart
from codat_mock.accounting.reconciliation import FEES, PAYOUTS
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


class OwnRecord(Struct, frozen=True, kw_only=True):
    """What is compared of one of the merchant's own records.

    Args:
        created: when, at the merchant's, UTC; None where it does not say.
        modified: likewise the last time.
        amount: what it amounts to, as the books show it.
        currency: that it names; empty where it names none.
        state: of a payment its status, of a transaction its type; empty of an order.
        is_nil: whether it books nothing, such as an order that is free.
    """

    data_type: DataType
    key: str
    created: datetime | None
    modified: datetime | None
    amount: Decimal
    currency: str
    state: str
    is_nil: bool


@dataclass(slots=True)
class Booked:
    """Where one record is booked, and how it was booked last."""

    amount: Decimal
    currency: str
    modified: datetime | None
    syncs: set[str] = field(default_factory=set)
    documents: list[str] = field(default_factory=list)


def own_record(data_type: DataType, key: str, record: Record) -> OwnRecord:
    """What is compared of a record.

    Args:
        data_type: the record's.
        key: the record's.
        record: as the merchant has it.
    """
    created, state = record.created_date, ""
    with exactly():
        if isinstance(record, Order):
            parts = take_apart(record, named_currency(record.currency))
            amount, is_nil = parts.balance, not parts.sold and not parts.refunded
        else:
            amount = worth(record)
            is_nil = not amount
            state = (record.status if isinstance(record, Payment) else record.type) or ""
    return OwnRecord(
        data_type=data_type,
        key=key,
        created=created if isinstance(created, datetime) else None,
        modified=record.source_modified_date or None,
        amount=amount,
        currency=named_currency(record.currency),
        state=state,
        is_nil=is_nil,
    )


def compare(
    declared: Iterable[OwnRecord], documents: Iterable[Document], configuration: Configuration
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
            belongs = belongs_in_books(own, configuration)
            if booked is not None:
                judge(found, own, booked, belongs=belongs)
            elif belongs and not own.is_nil:
                found.missing.append(compared((own.data_type, own.key), own, None))
    for name, booked in books.items():
        found.surplus.append(compared(name, None, booked))
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


def judge(found: Comparison, own: OwnRecord, booked: Booked, *, belongs: bool) -> None:
    """Classify a record that is in the books.

    Args:
        found: the comparison to add it to.
        own: the merchant's version.
        booked: how it is in the books.
        belongs: whether it belongs in the books at all; stale where it does not.
    """
    one = compared((own.data_type, own.key), own, booked)
    is_stale = not belongs or differs(own, booked)
    if is_stale:
        found.stale.append(one)
    if len(booked.syncs) > 1:
        found.doubled.append(one)
    elif not is_stale:
        found.booked_once.append(one)


def differs(own: OwnRecord, booked: Booked) -> bool:
    """Whether the merchant's version is another than the one in the books."""
    if rounded(own.amount, booked.currency) != rounded(booked.amount, booked.currency):
        return True
    if (own.currency or booked.currency) != booked.currency:
        return True
    return bool(own.modified and booked.modified and own.modified > booked.modified)


def compared(name: RecordId, own: OwnRecord | None, booked: Booked | None) -> Compared:
    """One line of a comparison: a record of the merchant's, of the books, or of both.

    Args:
        name: the record's type and key.
        own: as declared; None where it is not.
        booked: as in the books; None where it is not in them.
    """
    named = own.currency or None if own else None
    return Compared(
        data_type=name[0],
        key=name[1],
        currency=booked.currency if booked else named,
        declared=own.amount if own else None,
        booked=booked.amount if booked else None,
        times=len(booked.syncs) if booked else 0,
        documents=booked.documents if booked else [],
    )


def worth(record: Record) -> Decimal:
    """What a record amounts to, as the books show it."""
    if isinstance(record, Order):
        with exactly():
            return take_apart(record, named_currency(record.currency)).balance
    given = record.amount if isinstance(record, Payment) else record.total_amount
    return amount_of(given)


def belongs_in_books(own: OwnRecord, configuration: Configuration) -> bool:
    """Whether a record belongs in the books: orders, paid payments, fees and payouts do."""
    mapping = configuration.configuration
    if own.data_type == "commerce-orders":
        return mapping.sales.sync_sales
    if own.data_type == "commerce-payments":
        return mapping.payments.sync_payments and own.state == "Paid"
    if own.state in PAYOUTS:
        payout = mapping.payments.accounts.get("payout", AccountSelection())
        return mapping.payments.sync_payments and bool(payout.selected_account_id)
    return mapping.fees.sync_fees and own.state in FEES
