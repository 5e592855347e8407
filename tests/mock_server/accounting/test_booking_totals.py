"""The books of random sales beside a naive sum of them, in whole units."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace
from sample_records import DAY, order, pounds
from sample_sales import (
    DIGITS,
    FINISH,
    Part,
    Sale,
    booked,
    by_location,
    configured,
    days_of_sales,
    earlier,
    everything,
    picked_order,
)

from codat_mock.accounting.booking import book, references
from codat_mock.accounting.documents import last_numbers, settled
from codat_mock.accounting.ledger import entries, trial_balance
from codat_mock.accounting.money import exactly, rounded
from codat_mock.accounting.order_parts import total_of
from codat_mock.accounting.orders import take_apart
from codat_mock.configuration.account_purposes import PURPOSE_OF_PAYMENT
from codat_mock.models.commerce import LineItem, Order

# The sales are slow to draw, and many tests draw them.
EXAMPLES = 100 if settings.get_current_profile_name() == "thorough" else 30
some = settings(max_examples=EXAMPLES)


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


@some
@given(days_of_sales(), st.booleans())
def test_the_books_equal_a_naive_sum_of_the_sales(sales, is_by_location):
    configuration = configured(zone=sales[0].zone)
    if is_by_location:
        configuration = by_location(configuration)
    booking = booked(everything(sales), configuration)
    expected = expected_totals(sales, is_by_location=is_by_location)
    assert without_zeros(actual_totals(booking.documents)) == without_zeros(expected)
    assert booking.unreconciled == ()


@some
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


@some
@given(days_of_sales())
def test_documents_come_to_what_their_lines_do(sales):
    for document in booked(everything(sales), configured(zone=sales[0].zone)).documents:
        assert document.net + document.tax == document.total
        if document.lines:
            assert sum(line.gross for line in document.lines) == document.total


@some
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


@some
@given(days_of_sales())
def test_paid_sales_leave_no_debt_of_customers(sales):
    documents = booked(everything(sales), configured(zone=sales[0].zone)).documents
    owed = [b for b in trial_balance(documents) if b.name == "Accounts Receivable"]
    assert owed
    assert all(balance.debit == balance.credit == 0 for balance in owed)
    assert {d.status for d in documents if d.kind in ("Invoice", "CreditNote")} == {"Paid"}


@some
@given(days_of_sales(), st.randoms(use_true_random=False))
def test_the_order_of_records_makes_no_difference(sales, chance: random.Random):
    configuration = configured(zone=sales[0].zone)
    picked = everything(sales)
    first = booked(picked, configuration)
    chance.shuffle(picked)
    assert booked(picked, configuration) == first


@some
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


@some
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


amounts = st.decimals(-10_000, 10_000, places=4)


quantities = st.none() | st.sampled_from([Decimal(-2), Decimal(0), Decimal(1)])


wild_lines = st.builds(
    lambda quantity, **properties: LineItem(
        quantity=UNSET if quantity is None else quantity, **properties
    ),
    quantities,
    total_amount=amounts,
    tax_percentage=st.sampled_from([Decimal(0), Decimal(20), Decimal("17.5")]),
)


wild_orders = st.builds(
    Order,
    total_amount=amounts,
    total_refund=amounts,
    total_gratuity=amounts,
    order_line_items=st.none() | st.lists(wild_lines, max_size=4),
)


@given(wild_orders, st.sampled_from(["GBP", "JPY", "KWD"]))
def test_whatever_an_order_says_its_documents_come_to_its_total_with_gratuity(wild, currency):
    due = rounded(wild.total_amount, currency) + rounded(wild.total_gratuity, currency)
    with exactly():
        parts = take_apart(wild, currency)
        assert parts.balance == due
        assert total_of(parts.sold) >= 0
        assert total_of(parts.refunded) >= 0
    documents = booked([picked_order(replace(wild, id="O", currency=currency))]).documents
    signs = {"Invoice": 1, "CreditNote": -1}
    assert sum(signs[document.kind] * document.total for document in documents) == due
    assert all(document.total >= 0 for document in documents)


def test_twenty_eight_digits_are_summed_exactly():
    large, small = Decimal("7e25"), Decimal("0.01")
    orders = [order(id="L", total_amount=large), order(id="S", total_amount=small)]
    (invoice,) = booked([picked_order(each) for each in orders]).documents
    assert format(invoice.total, "f") == "7" + "0" * 25 + ".01"


def test_amounts_finer_than_the_currency_are_booked_rounded():
    sample = order(currency="JPY", total_amount=pounds("14.14"))
    (invoice,) = booked([picked_order(sample)]).documents
    assert str(invoice.total) == "14"
    floats = order(total_amount=Decimal("0.30000000000000004"))
    (invoice,) = booked([picked_order(floats)]).documents
    assert str(invoice.total) == "0.30"


def test_the_same_sales_twice_make_the_same_documents():
    sales = [Sale(f"O{n}", DAY, 12, "UTC", parts=(Part(20, 100 + n),)) for n in range(5)]
    assert booked(everything(sales)) == booked(everything(sales))
    assert booked([]).documents == ()
