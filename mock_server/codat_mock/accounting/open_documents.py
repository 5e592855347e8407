"""The documents of days that an earlier sync has begun: a later sync extends them.

"One invoice a day" is the merchant's day, whatever the sync hour (contract section 6); that a later
sync extends the documents of the day instead of writing others is assumed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from msgspec.structs import replace

from codat_mock.accounting.documents import (
    Allocation,
    BookedRecord,
    Document,
    Kind,
    Line,
    Numbering,
)
from codat_mock.accounting.money import ZERO


class Slot(NamedTuple):
    """What the documents of a day have in common that are one document."""

    kind: Kind
    date: str
    currency: str
    location: str | None
    platform_key: str
    contact: str
    reference: str
    applies_to: str | None
    account: str | None
    counter_account: str | None
    note: str | None
    is_draft: bool


def slot_of(document: Document) -> Slot:
    """The slot of a document; what is noted on a day's sales makes no other document of them."""
    return Slot(
        kind=document.kind,
        date=document.date,
        currency=document.currency,
        location=document.location,
        platform_key=document.platform_key,
        contact=document.contact,
        reference=document.reference,
        applies_to=document.applies_to,
        account=document.account,
        counter_account=document.counter_account,
        note=None if document.kind in ("Invoice", "JournalEntry") else document.note,
        is_draft=document.status == "Draft",
    )


class OpenDocuments:
    """Numbers the documents of one sync, or extends those of earlier syncs.

    Args:
        used: the last number of each kind of document.
        earlier: the documents of the days that the sync books.
    """

    def __init__(self, used: Mapping[Kind, int], earlier: Iterable[Document] = ()) -> None:
        self._numbering = Numbering(used)
        self._earlier: dict[Slot, list[Document]] = {}
        for document in earlier:
            self._earlier.setdefault(slot_of(document), []).append(document)

    def place(self, document: Document) -> Document:
        """A new document with its number, or the earlier one that it extends.

        One with a number extends the document of that number. What contains a record already is
        not extended by it: an update of what is booked becomes a document of its own, the duplicate
        that the guide speaks of.
        """
        if document.number:
            for open_documents in self._earlier.values():
                for place, before in enumerate(open_documents):
                    if before.number == document.number:
                        del open_documents[place]
                        return extend(before, document)
        open_documents = self._earlier.get(slot_of(document), [])
        keys = {(each.data_type, each.key) for each in document.records if open_documents}
        for place, before in enumerate(open_documents):
            if not any((each.data_type, each.key) in keys for each in before.records):
                del open_documents[place]
                return extend(before, document)
        return replace(document, number=self._numbering.next(document.kind))


def extend(before: Document, more: Document) -> Document:
    """A document with what a later sync adds to it.

    Args:
        before: as the books have it.
        more: of the same slot.
    """
    lines = add_lines(before.lines, more.lines)
    if before.kind == "JournalEntry":
        net, tax = sum((line.net for line in lines if line.net > 0), ZERO), ZERO
    else:
        net, tax = before.net + more.net, before.tax + more.tax
    notes = dict.fromkeys(note for each in (before, more) if each.note for note in [each.note])
    return replace(
        before,
        lines=lines,
        net=net,
        tax=tax,
        total=net + tax,
        allocations=add_allocations(before.allocations, more.allocations),
        note="; ".join(notes) or None,
        records=add_records(before.records, more.records),
    )


def add_lines(before: Sequence[Line], more: Sequence[Line]) -> list[Line]:
    """Lines added up by description, account and tax rate; those of nothing go."""
    found: dict[tuple[str, str, str | None, Decimal | None], Line] = {}
    for line in (*before, *more):
        key = line.description, line.account_id, line.tax_rate_id, line.tax_percentage
        if other := found.get(key):
            line = replace(
                other,
                net=other.net + line.net,
                tax=other.tax + line.tax,
                gross=other.gross + line.gross,
            )
        found[key] = line
    return [line for line in found.values() if line.gross or line.tax]


def add_allocations(before: Sequence[Allocation], more: Sequence[Allocation]) -> list[Allocation]:
    """What a credit note settles of each invoice, added up."""
    found: dict[str, Decimal] = {}
    for each in (*before, *more):
        found[each.applies_to] = found.get(each.applies_to, ZERO) + each.amount
    return [Allocation(applies_to=number, amount=amount) for number, amount in found.items()]


def add_records(before: Sequence[BookedRecord], more: Sequence[BookedRecord]) -> list[BookedRecord]:
    """The records of both, in the order of their keys."""
    return sorted([*before, *more], key=lambda each: (each.data_type, each.key))
