"""The books in the database, and what the next sync needs of them."""

from __future__ import annotations

import sqlite3
from decimal import Decimal

import pytest
from msgspec.structs import replace

from codat_mock.accounting.documents import BookedRecord, Document
from codat_mock.accounting.reconciliation import BookedOrder, BookedPayment
from codat_mock.storage.chunked import KEYS_AT_ONCE
from codat_mock.storage.documents import (
    ROWS_AT_ONCE,
    Documents,
    decode_document,
    encode,
    in_part,
    rows_of,
)

ORDERS, PAYMENTS = "commerce-orders", "commerce-payments"


def document(number: str, date: str = "2022-03-21", *keys: str, total: int = 5) -> Document:
    records = [BookedRecord(data_type=ORDERS, key=key, amount=Decimal(1)) for key in keys]
    return Document(
        kind="Invoice", number=number, date=date, currency="GBP", contact="Café",
        platform_key="gbol", status="Draft", lines=[], net=Decimal(total), tax=Decimal(0),
        total=Decimal(total), records=records, sync_id="s1",
    )  # fmt: skip


def order(due_back: int = 0) -> BookedOrder:
    return BookedOrder(
        number="INV-0001", credit_note=None, currency="GBP", location="", owed=Decimal(0),
        due_back=Decimal(due_back), overpaid=Decimal(0), sold=(),
    )  # fmt: skip


def names(documents: list[Document]) -> list[str]:
    return [each.number for each in documents]


@pytest.fixture
def books(db: sqlite3.Connection) -> Documents:
    """Two companies' books."""
    made = Documents(db)
    for company in (1, 2):
        written = [
            document("INV-0002", "2022-03-21", "A"),
            document("INV-0001", "2022-03-22", "A", 'B"', "BB"),
            document("INV-0003", "2022-03-22"),
        ]
        payments = {"P": BookedPayment("A", "Card"), "Q": BookedPayment("gone", "Card")}
        made.add(company, rows_of(written, {"A": order(), "B": order(), "C": order(1)}, payments))
    return made


def test_documents_are_in_the_order_of_their_writing_and_keep_it_when_they_are_replaced(books):
    before = dict(books.states(1))
    assert [*before] == ["INV-0002", "INV-0001", "INV-0003"]
    books.add(1, rows_of([document("INV-0001", "2022-03-22", total=9)], {}, {}))
    states = dict(books.states(1))
    assert [*states] == [*before]
    assert {name for name in states if states[name] != before[name]} == {"INV-0001"}
    assert dict(books.states(2)) == before
    assert decode_document(books.find(1, "INV-0001")).total == 9
    assert decode_document(books.find(2, "INV-0001")).total == 5
    assert names(map(decode_document, books.all(1))) == [*before]
    assert books.all(3) == []


def test_the_highest_number_of_a_kind_is_kept(books):
    assert books.last_numbers(1) == {"Invoice": 3}
    for number, last in (("INV-0002", 3), ("INV-0010", 10), ("INV-0004", 10)):
        books.add(1, rows_of([document(number)], {}, {}))
        assert books.last_numbers(1) == {"Invoice": last}
    assert (books.last_numbers(2), books.last_numbers(3)) == ({"Invoice": 3}, {})


@pytest.mark.parametrize(
    ("key", "whole", "started"),
    [
        ("A", ["INV-0002", "INV-0001"], ["INV-0002", "INV-0001"]),
        ('B"', ["INV-0001"], ["INV-0001"]),
        ("B", [], ["INV-0001"]),
        ("X", [], []),
    ],
)
def test_the_documents_of_a_record_are_found_by_its_whole_key_or_its_start(
    books, key, whole, started
):
    assert books.with_record(1, ORDERS, key) == whole
    assert books.with_record(1, PAYMENTS, key) == []
    assert names(map(decode_document, books.naming(1, key))) == started


@pytest.mark.parametrize(
    ("asked", "orders", "payments"),
    [
        ([], "C", ""),  # whose refund is still due
        ([(ORDERS, "A"), (ORDERS, "X")], "AC", ""),
        ([(PAYMENTS, "P")], "AC", "P"),
        ([(PAYMENTS, "Q"), (PAYMENTS, "X")], "C", "Q"),
        ([("commerce-transactions", "A")], "C", ""),
        ([(ORDERS, "P"), (PAYMENTS, "A")], "C", ""),
    ],
)
def test_what_was_booked_of_records_is_read_with_what_is_due_back(books, asked, orders, payments):
    found = books.earlier(1, asked)
    assert (sorted(found.orders), sorted(found.payments)) == ([*orders], [*payments])
    assert found.documents == []
    assert books.earlier(3, asked).orders == {}


@pytest.mark.parametrize("count", [0, 1, ROWS_AT_ONCE, ROWS_AT_ONCE + 1, KEYS_AT_ONCE + 1])
def test_any_number_of_orders_and_payments_is_written_and_found(db, count):
    made = Documents(db)
    orders = {f"o{number}": order() for number in range(count)}
    payments = {f"p{number}": BookedPayment(f"o{number}", "Cash") for number in range(count)}
    made.add(1, rows_of([], orders, payments))
    made.add(1, rows_of([], orders, payments))  # what is written again takes the place of the first
    assert made.earlier(1, [(ORDERS, key) for key in orders]).orders == orders
    found = made.earlier(1, [(PAYMENTS, key) for key in payments])
    assert (found.orders, found.payments) == (orders, payments)


@pytest.mark.parametrize("count", [0, 1, 5, 6])
@pytest.mark.parametrize("space", [b"", b" "])
def test_a_document_is_read_in_part_with_the_names_of_all_its_records(count, space):
    keys = ['},{"dataType":"x"', '"records":[', *map(str, range(count))][:count]
    whole = document("INV-0001", "2022-03-21", *keys)
    stored = encode(whole).replace(b'"records":', b'"records":' + space)
    document_in_part, names_of_all = in_part(stored, 5)
    assert document_in_part == replace(whole, records=whole.records[:5])
    assert [(each.data_type, each.key, each.sync_id) for each in names_of_all] == [
        (each.data_type, each.key, each.sync_id) for each in whole.records
    ]


def test_the_documents_of_days_are_read_day_by_day(books):
    days = ["2022-03-22", "2022-03-20", "2022-03-21"]
    assert names(books.of_days(1, days)) == ["INV-0001", "INV-0003", "INV-0002"]
    assert names(books.earlier(1, [], days[1:]).documents) == ["INV-0002"]
