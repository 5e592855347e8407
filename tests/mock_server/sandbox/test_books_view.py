"""Which records a search of the books finds, and why some stay out of them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace
from tests.mock_server.sandbox.test_books_digest import document

from codat_mock.accounting.comparison import Compared
from codat_mock.accounting.documents import BookedRecord
from codat_mock.accounting.selection import Version
from codat_mock.clock import parse_moment
from codat_mock.rules.contexts import Request
from codat_mock.sandbox import SandboxRegistry, companies, pushes
from codat_mock.sandbox.books_digest import WrittenDocument
from codat_mock.sandbox.books_view import as_missed, is_of, why_missed, with_surplus
from codat_mock.sandbox.ground_truth import CompanyComparison

ORDERS, TRANSACTIONS = "commerce-orders", "commerce-transactions"


@pytest.mark.parametrize(
    ("data_type", "key", "is_found"),
    [(ORDERS, "A", True), (ORDERS, "A/B", False), (ORDERS, "B", False),
     (TRANSACTIONS, "A", True), (TRANSACTIONS, "A/Payment", True),
     (TRANSACTIONS, "B/Payment", False), (TRANSACTIONS, "A/B/Payment", False)],
)  # fmt: skip
def test_a_record_is_found_by_its_key_and_a_transaction_by_its_id(data_type, key, is_found):
    booked = BookedRecord(data_type=data_type, key=key, amount=Decimal(1), sync_id="s1")
    assert is_of(booked, "A") == is_found


@pytest.mark.parametrize(
    ("created", "start", "words"),
    [
        (None, "2022-03-21", "It has no createdDate"),
        ("2022-03-20T23:59:59.999999Z", "2022-03-21", "before the start date, 2022-03-21T00"),
        ("2022-03-21", "2022-03-21", "Its period had been synced"),
        ("2022-03-21", None, "Its period had been synced"),
    ],
)
def test_why_a_record_stays_out_of_the_books(created, start, words):
    moments = [each and parse_moment(each) for each in (created, start)]
    assert words in why_missed(*moments)


def test_what_nobody_declared_is_noted_in_its_documents() -> None:
    written = [WrittenDocument(document(number), 1, frozenset("s")) for number in ("I-1", "I-2")]
    extra = [
        Compared(data_type=ORDERS, key=key, currency="GBP", times=1, documents=documents,
                 declared=None, booked=Decimal(1))
        for key, documents in (("a", ["I-2"]), ("b", ["I-1", "I-2"]))
    ]  # fmt: skip
    compared = CompanyComparison(company_id="c", company_name="Café", surplus=extra)
    assert with_surplus(written, None) is written
    assert with_surplus(written, replace(compared, surplus=[])) is written
    found = with_surplus(written, compared)
    assert [each.document.note for each in found] == ["surplus: b", "surplus: a, b"]
    assert [(each.count, each.sync_ids) for each in found] == [(1, {"s"})] * 2


def test_a_missed_record_is_shown_with_its_amount_and_day(registry: SandboxRegistry) -> None:
    body = b'{"orders":[{"id":"A","totalAmount":5,"currency":"GBP"}]}'
    with registry.sandbox("k").session() as session:
        row = session.company(companies.create(session, "Caf\u00e9").id)
        received = pushes.receive(row.company.id, ORDERS, body)
        pushes.accept(session, received, Request(1, "", "POST", "/"))
        [dataset] = session.tables.datasets.all(row.number)
        created = parse_moment("2022-03-20T23:30:00Z")
        versions = [
            Version(0, ORDERS, "A", dataset.number, each, created, is_delete=False, synced=False)
            for each in (created, None)
        ]
        found = [*as_missed(session, row, versions)]
    assert [(each.key, each.amount, each.date) for each in found] == [
        ("A", Decimal("5.00"), "2022-03-20"),
        ("A", Decimal("5.00"), None),
    ]
    assert [each.created_date for each in found] == ["2022-03-20T23:30:00Z", None]
