"""A sync within a merchant's day extends the documents that another has begun."""

from __future__ import annotations

import pytest
from hand_made_days import Day, line
from shop_books import MAPPINGS, Shop, normal

from codat_mock.clock import parse_moment

EXPECTED = {
    "Xero": [
        "Invoice 2022-03-21 36.00 GBP Paid: owed 36.00, sales -30.00, vat -6.00",
        "CreditNote 2022-03-21 12.00 GBP Paid: refunds 10.00, vat 2.00, owed -12.00",
        "Payment 2022-03-21 36.00 GBP Paid: card 36.00, owed -36.00",
        "Refund 2022-03-21 12.00 GBP Paid: owed 12.00, card -12.00",
        "Bill 2022-03-21 0.30 GBP Paid: fees 0.30, payable -0.30",
        "BillPayment 2022-03-21 0.30 GBP Paid: payable 0.30, card -0.30",
    ],
    "QuickBooks": [
        "Invoice 2022-03-21 36.00 GBP Paid: owed 36.00, sales -30.00, vat -6.00",
        "CreditNote 2022-03-21 12.00 GBP Paid: refunds 10.00, vat 2.00, owed -12.00",
        "Payment 2022-03-21 36.00 GBP Paid: card 36.00, owed -36.00",
        "JournalEntry 2022-03-21 12.00 GBP: owed 12.00, card -12.00",
        "Payment 2022-03-21 0.00 GBP Paid:",
        "Bill 2022-03-21 0.30 GBP Paid: fees 0.30, payable -0.30",
        "BillPayment 2022-03-21 0.30 GBP Paid: payable 0.30, card -0.30",
    ],
    "journal": [
        "JournalEntry 2022-03-21 34.00 GBP: card 23.70, fees 0.30, refunds 10.00, sales -30.00,"
        " vat -4.00",
    ],
}


def part(key: str, units: int, at: str, fee: float) -> Day:
    """A sale of which 6.00 are returned at once."""
    day = Day().order(
        key, units - 6, line(units, 20, units / 6), line(-6, 20, -1, quantity=-1),
        tax=(units - 6) / 6, refund=6, at=at,
    )  # fmt: skip
    return day.pay(f"P{key}", units, key, at=at, fee=fee).pay(f"R{key}", -6, key, at=at)


def sell_on_both_sides_of_a_sync(shop: Shop) -> None:
    shop.push(part("A", 12, "09:30:00", 0.1).records)
    shop.driver.wait_until(parse_moment("2022-03-21T20:00:00Z"))
    assert shop.driver.last_sync() is not None
    shop.push(part("B", 24, "19:30:00", 0.2).records)
    shop.driver.wait_until(parse_moment("2022-03-22T15:00:00Z"))


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_a_day_has_one_of_each_document_whatever_the_sync_hour(mapping: str) -> None:
    shop = Shop("2022-03-21", mapping, sync_hour=14)
    sell_on_both_sides_of_a_sync(shop)
    assert sorted(shop.books()) == sorted(normal(EXPECTED[mapping]))
    documents = shop.company_books().documents
    assert len({each.number for each in documents}) == len(documents)
    assert shop.errors() == []


def test_an_extended_document_names_the_sync_of_each_record() -> None:
    shop = Shop("2022-03-21", sync_hour=14)
    sell_on_both_sides_of_a_sync(shop)
    invoice, *_ = shop.company_books().documents
    first, second = invoice.records
    assert (first.key, second.key) == ("A", "B")
    assert first.sync_id == invoice.sync_id != second.sync_id
    assert invoice.note is None


def test_the_next_day_has_documents_of_its_own() -> None:
    shop = Shop("2022-03-21", sync_hour=14)
    sell_on_both_sides_of_a_sync(shop)
    shop.push(Day("2022-03-22").order("C", 6, line(6, 20, 1), tax=1, at="15:30:00").records)
    shop.driver.advance(days=1)
    numbers = [
        (each.number, each.date)
        for each in shop.company_books().documents
        if each.kind == "Invoice"
    ]
    assert numbers == [("INV-0001", "2022-03-21"), ("INV-0002", "2022-03-22")]


def test_an_update_of_what_is_booked_is_still_a_document_of_its_own() -> None:
    shop = Shop("2022-03-21", sync_hour=14)
    shop.push(Day().order("A", 12, line(12, 20, 2), tax=2, at="09:30:00").records)
    shop.driver.wait_until(parse_moment("2022-03-21T20:00:00Z"))
    update = Day().order("A", 6, line(6, 20, 1), tax=1, at="09:30:00",
                         sourceModifiedDate="2022-03-21T19:00:00Z")  # fmt: skip
    shop.push(update.records)
    shop.driver.advance(days=1)
    first, second = shop.company_books().documents
    assert (first.total, second.total) == (12, 6)
    assert first.note == second.note == "duplicate: A"
