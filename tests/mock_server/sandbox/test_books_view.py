"""Which records a search of the books finds, and why some stay out of them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from codat_mock.accounting.documents import BookedRecord
from codat_mock.clock import parse_moment
from codat_mock.sandbox.books_view import is_of, why_missed

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
