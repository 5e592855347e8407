"""What is kept of documents, and the notes on those of their records that need a look."""

from __future__ import annotations

from decimal import Decimal

import pytest

from codat_mock.accounting.documents import BookedRecord, Document
from codat_mock.sandbox import SandboxRegistry, companies
from codat_mock.sandbox.books_digest import (
    KeptDocument,
    digest_of,
    names_in,
    noted,
    read_document,
)
from codat_mock.storage.documents import BooksRows, encode

ORDERS = "commerce-orders"


def document(number: str, **more: object) -> Document:
    given = {
        "kind": "Invoice", "date": "2022-03-21", "currency": "GBP", "contact": "Café",
        "platform_key": "gbol", "status": "Draft", "lines": [], "net": Decimal(5),
        "tax": Decimal(0), "total": Decimal(5), "records": [], "sync_id": "s1",
    }  # fmt: skip
    return Document(number=number, **(given | more))


def kept(number: str, **syncs: str) -> KeptDocument:
    """A document with orders, named by a letter each, by the sync that booked them."""
    records = {name: dict.fromkeys((ORDERS, key) for key in keys) for name, keys in syncs.items()}
    return KeptDocument(document(number), records, frozenset({*records, "s1"}))


@pytest.mark.parametrize(
    ("count", "note"),
    [(0, None), (1, "odd: k0"), (5, "odd: k0, k1, k2, k3, k4"),
     (6, "odd: k0, k1, k2, k3, k4 and 1 more"), (9, "odd: k0, k1, k2, k3, k4 and 4 more")],
)  # fmt: skip
def test_a_note_names_five_records_and_counts_the_others(count, note):
    keys = [f"k{number}" for number in range(count)]
    assert noted(document("I-1"), "odd", keys).note == note
    expected = f"before; {note}" if note else "before"
    assert noted(document("I-1", note="before"), "odd", keys).note == expected


def test_a_record_that_several_syncs_booked_is_doubled_and_noted_in_each_document():
    books = [kept("I-1", s1="ab"), kept("I-2", s1="bc", s2="d"), kept("I-3", s2="ae", s3="d")]
    booked, doubled = names_in(books)
    assert {key for _, key in booked} == {*"abcde"}
    assert {key for _, key in doubled} == {*"ad"}  # b is twice in one sync
    digest = digest_of(books)
    assert (digest.booked, digest.doubled) == (5, doubled)
    assert [each.document.note for each in digest.documents] == [
        "duplicate: a", "duplicate: d", "duplicate: a, d",
    ]  # fmt: skip
    assert [each.count for each in digest.documents] == [2, 3, 3]
    assert digest.documents[2].sync_ids == {"s1", "s2", "s3"}


def test_books_without_doubles_have_no_notes():
    digest = digest_of([kept("I-1", s1="ab"), kept("I-2", s2="c")])
    assert [each.document.note for each in digest.documents] == [None, None]
    assert (digest.booked, digest.doubled) == (3, set())
    assert digest_of([]).booked == 0


def test_a_document_is_kept_with_its_first_twenty_records(registry: SandboxRegistry) -> None:
    records = [
        BookedRecord(
            data_type=ORDERS, key=f"o{number}", amount=Decimal(1), sync_id=f"s{number % 2 + 1}"
        )
        for number in range(30)
    ]
    whole = document("I-1", records=records)
    with registry.sandbox("k").session() as session:
        row = session.company(companies.create(session, "Café").id)
        rows = BooksRows(documents=[("I-1", "2022-03-21", encode(whole))], numbers=[], booked=[])
        session.tables.documents.add(row.number, rows)
        found = read_document(session, row, "I-1")
    assert found.document.records == records[:20]
    assert (found.count, found.sync_ids) == (30, {"s1", "s2"})
    assert [key for _, key in found.records["s2"]] == [f"o{number}" for number in range(1, 30, 2)]
