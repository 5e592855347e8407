"""The books of random sales beside a naive sum of them, in whole units."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from sample_sales import (
    DIGITS,
    FINISH,
    Sale,
    booked,
    by_location,
    configured,
    days_of_sales,
    earlier,
    everything,
)

from codat_mock.accounting.booking import book, references
from codat_mock.accounting.documents import last_numbers, settled
from codat_mock.accounting.ledger import entries, trial_balance
from codat_mock.configuration.account_purposes import PURPOSE_OF_PAYMENT


def units(amount: Decimal, currency: str) -> int:
    """An amount in the currency's smallest unit; it must be a whole number of them."""
    scaled = amount.scaleb(DIGITS[currency])
    assert scaled == int(scaled)
    return int(scaled)


def expected_totals(sales: list[Sale], *, is_by_location: bool) -> Counter:
    """What each kind of document should come to, by day, currency and whatever splits it."""
    totals: Counter = Counter()
    for sale in sales:
        day, currency = sale.day.isoformat(), sale.currency
        place = sale.location if is_by_location else None
        totals["Invoice", day, currency, place] += sale.total + sale.tip + sale.refunds
        totals["CreditNote", day, currency, place] += sale.refunds
        for paid in sale.payments:
            account = PURPOSE_OF_PAYMENT[paid.kind]
            kind = "Payment" if paid.amount > 0 else "Refund"
            totals[kind, day, currency, account] += abs(paid.amount)
            totals["Bill", day, currency, None] += paid.fee
            totals["BillPayment", day, currency, None] += paid.fee
            totals["BillCreditNote", day, currency, None] += paid.fee_back
            totals["BillCreditRefund", day, currency, None] += paid.fee_back
    return totals


def actual_totals(documents) -> Counter:
    totals: Counter = Counter()
    for document in documents:
        split = document.location
        if document.payment_type:
            split = PURPOSE_OF_PAYMENT[document.payment_type]
        amount = units(document.total, document.currency)
        totals[document.kind, document.date, document.currency, split] += amount
    return totals


def moved(balances) -> list:
    return [balance for balance in balances if balance.debit or balance.credit]


def without_zeros(totals: Counter) -> dict:
    return {key: total for key, total in totals.items() if total}


@given(days_of_sales(), st.booleans())
def test_the_books_equal_a_naive_sum_of_the_sales(sales, is_by_location):
    configuration = configured(zone=sales[0].zone)
    if is_by_location:
        configuration = by_location(configuration)
    booking = booked(everything(sales), configuration)
    expected = expected_totals(sales, is_by_location=is_by_location)
    assert without_zeros(actual_totals(booking.documents)) == without_zeros(expected)
    assert booking.unreconciled == ()


@given(days_of_sales())
def test_tax_is_summed_by_rate_to_the_cent(sales):
    booking = booked(everything(sales), configured(zone=sales[0].zone))
    expected: Counter = Counter()
    for sale in sales:
        for part in sale.parts:
            kind = "CreditNote" if part.gross < 0 else "Invoice"
            place = (kind, sale.day.isoformat(), sale.currency, part.rate)
            expected[place] += abs(sale.tax(part))
    actual: Counter = Counter()
    for document in booking.documents:
        for line in document.lines:
            assert line.net + line.tax == line.gross
            if line.tax_percentage is not None:
                place = (document.kind, document.date, document.currency, int(line.tax_percentage))
                actual[place] += units(line.tax, document.currency)
    assert without_zeros(actual) == without_zeros(expected)


@given(days_of_sales())
def test_documents_come_to_what_their_lines_do(sales):
    for document in booked(everything(sales), configured(zone=sales[0].zone)).documents:
        assert document.net + document.tax == document.total
        if document.lines:
            assert sum(line.gross for line in document.lines) == document.total


@given(days_of_sales())
def test_every_document_and_the_trial_balance_are_balanced(sales):
    documents = booked(everything(sales), configured(zone=sales[0].zone)).documents
    for document in documents:
        sides = entries(document)
        assert sum(side.debit for side in sides) == sum(side.credit for side in sides)
    by_currency: Counter = Counter()
    for balance in trial_balance(documents):
        by_currency[balance.currency] += balance.debit - balance.credit
    assert set(by_currency.values()) == {Decimal(0)}


@given(days_of_sales())
def test_paid_sales_leave_no_debt_of_customers(sales):
    documents = booked(everything(sales), configured(zone=sales[0].zone)).documents
    owed = [b for b in trial_balance(documents) if b.name == "Accounts Receivable"]
    assert owed
    assert all(balance.debit == balance.credit == 0 for balance in owed)
    assert {d.status for d in documents if d.kind in ("Invoice", "CreditNote")} == {"Paid"}


@given(days_of_sales(), st.randoms(use_true_random=False))
def test_the_order_of_records_makes_no_difference(sales, chance: random.Random):
    configuration = configured(zone=sales[0].zone)
    picked = everything(sales)
    first = booked(picked, configuration)
    chance.shuffle(picked)
    assert booked(picked, configuration) == first


@given(days_of_sales(), st.integers(0, 30))
def test_two_syncs_write_what_one_would(sales, days):
    configuration = configured(zone=sales[0].zone)
    edge = sales[0].moment.replace(day=1) + timedelta(days=days)
    early = [sale for sale in sales if sale.moment < edge]
    late = [sale for sale in sales if sale.moment >= edge]
    first = booked(everything(early), configuration)
    second = book(
        everything(late),
        configuration,
        platform_key="gbol",
        sync_id="sync-2",
        finish=FINISH,
        numbers_used=last_numbers(first.documents),
        earlier=earlier(first),
    ).documents
    both = settled([*first.documents, *second])
    assert len({document.number for document in both}) == len(both)
    at_once = booked(everything(sales), configuration).documents
    assert actual_totals(both) == actual_totals(at_once)
    assert trial_balance(both) == trial_balance(at_once)


@given(days_of_sales())
def test_payments_that_come_a_sync_later_settle_the_earlier_invoice(sales):
    configuration = configured(zone=sales[0].zone)
    orders = [pick for pick in everything(sales) if pick.data_type == "commerce-orders"]
    others = [pick for pick in everything(sales) if pick.data_type != "commerce-orders"]
    first = booked(orders, configuration)
    assert {("commerce-orders", key) for key in first.orders} <= references(others) | {
        ("commerce-orders", sale.id) for sale in sales if not sale.payments
    }
    second = booked(
        others, configuration, sync_id="sync-2", numbers_used=last_numbers(first.documents),
        earlier=earlier(first),
    )  # fmt: skip
    assert second.unreconciled == ()
    later = moved(trial_balance([*first.documents, *second.documents]))
    assert later == moved(trial_balance(booked(everything(sales), configuration).documents))
