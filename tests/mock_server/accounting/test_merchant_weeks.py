"""Random weeks of merchants, in each platform and sync type, beside sums in whole units.

The oracle knows what happened (a sale, a tip, a refund, a deposit …), not how it is booked. All its
amounts are whole numbers of the currency's smallest unit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from random_weeks import CURRENCIES, MONDAY, RATES, TYPES, Week, weeks
from sample_sales import (
    START,
    by_location,
    earlier,
)

from codat_mock.accounting.booking import Booking, book
from codat_mock.accounting.catalogue import Catalogue
from codat_mock.accounting.documents import Document, last_numbers, settled
from codat_mock.accounting.ledger import trial_balance
from codat_mock.accounting.money import minor_unit
from codat_mock.accounting.reconciliation import Earlier
from codat_mock.accounting.selection import Picked
from codat_mock.configuration.account_purposes import PURPOSE_OF_PAYMENT
from codat_mock.configuration.charts_of_accounts import CHARTS
from codat_mock.configuration.options import with_options
from codat_mock.configuration.suggestions import suggest
from codat_mock.models.commerce import (
    Payment,
)
from codat_mock.models.configuration import Configuration, MapSettings, Schedule

MAPPINGS = [("gbol", False), ("qhyg", False), ("fbrh", False), ("gbol", True), ("qhyg", True)]
IDS = ["Xero", "QuickBooks", "FreeAgent", "journals in Xero", "journals in QuickBooks"]
CATALOGUE = Catalogue(gift_cards=frozenset({"gift-card"}))


@cache
def configuration(
    platform: str, *, is_journal: bool = False, is_split: bool = False
) -> Configuration:
    """A complete configuration; split, each location has an invoice of its own."""
    schedule = Schedule(start_date=START, time_zone="UTC")
    empty = with_options("company", platform, Configuration(schedule=schedule), RATES)
    complete = suggest(empty)
    mapping = complete.configuration
    rates = mapping.sales.tax_rates
    usual = rates["20"].selected_tax_rate_id
    for rate in rates.values():
        rate.selected_tax_rate_id = rate.selected_tax_rate_id or usual
    if is_journal:
        mapping = replace(mapping, map_settings=MapSettings(output_format="JournalEntry"))
    complete = replace(complete, configuration=mapping)
    return by_location(complete) if is_split else complete


def as_of(pick: Picked, week: Week, finish: datetime) -> Picked:
    """A record as a sync finds it: a payment may still be pending."""
    if week.paid_at.get(pick.key, finish) > finish and isinstance(pick.record, Payment):
        return replace(pick, record=replace(pick.record, status="Pending"))
    return pick


def sync_all(
    week: Week, platform: str, *, is_journal: bool, edges: Sequence[datetime]
) -> tuple[list[Booking], list[Document]]:
    """Book what was created before each edge, then the rest with what was deferred.

    Returns the bookings, and the documents that they leave.
    """
    kept = Earlier({}, {})
    numbers: dict = {}
    waiting = list(week.picked)
    bookings: list[Booking] = []
    written: dict[str, Document] = {}
    for finish in (*sorted(edges), MONDAY + timedelta(days=30)):
        picked = [
            as_of(each, week, finish) for each in waiting if each.record.created_date < finish
        ]
        booking = book(
            picked,
            configuration(platform, is_journal=is_journal, is_split=week.is_split),
            platform_key=platform,
            sync_id=f"sync-{len(bookings)}",
            finish=finish,
            numbers_used=numbers,
            earlier=kept,
            catalogue=CATALOGUE,
        )
        done = {(each.data_type, each.key) for each in picked} - booking.deferred
        waiting = [each for each in waiting if (each.data_type, each.key) not in done]
        later = earlier(booking)
        written |= {each.number: each for each in booking.documents}
        kept = Earlier(
            {**kept.orders, **later.orders},
            {**kept.payments, **later.payments},
            [*written.values()],
        )
        numbers = last_numbers(written.values())
        bookings.append(booking)
    return bookings, list(written.values())


def shown(platform: str, balances: list) -> Counter:
    """What the trial balance shows, as the oracle names it."""
    chart, mapping = CHARTS[platform], configuration(platform).configuration
    names = {
        chart.receivables.id: ("owed", 1),
        chart.payables.id: ("payable", 1),
        chart.overpayments.id: ("overpaid", -1),
        chart.rounding.id: ("rounding", -1),
        chart.tax.id: ("tax", -1),
        **{each.id: ("tax", -1) for each in chart.tax_components},
        mapping.sales.accounts["gratuity"].selected_account_id: ("tips", -1),
        mapping.sales.accounts["prepaid"].selected_account_id: ("gift cards", -1),
        mapping.fees.accounts["paymentFee"].selected_account_id: ("fees", 1),
        mapping.fees.accounts["paymentFeeRefund"].selected_account_id: ("fees", 1),
    }
    for kind in TYPES:
        account = mapping.payments.accounts[PURPOSE_OF_PAYMENT[kind]].selected_account_id
        names.setdefault(account, (account, 1))
    names.setdefault(mapping.payments.accounts["payout"].selected_account_id, ("bank", 1))
    totals: Counter = Counter()
    for balance in balances:
        if balance.account_id in names:
            what, sign = names[balance.account_id]
            units = sign * (balance.debit - balance.credit) / minor_unit(balance.currency)
            assert units == units.to_integral_value(ROUND_HALF_UP)
            totals[balance.currency, what] += int(units)
    return Counter({each: units for each, units in totals.items() if units})


def expected(week: Week, platform: str) -> Counter:
    accounts = configuration(platform).configuration.payments.accounts
    totals: Counter = Counter()
    for (currency, what), units in week.expected.items():
        purpose = accounts.get(what)
        totals[currency, purpose.selected_account_id if purpose else what] += units
    return Counter({each: units for each, units in totals.items() if units})


def net_of_credit(totals: Counter) -> Counter:
    """Totals in which what customers overpaid reduces what they owe.

    An order without any payment yet, whose refund equals its sale, is allocated like an exchange;
    a payment in a later sync is then overpaid, where in the same sync it is owed back.
    """
    found: Counter = Counter()
    for (currency, what), units in totals.items():
        found[currency, "owed" if what == "overpaid" else what] += (
            -units if what == "overpaid" else units
        )
    return Counter({each: units for each, units in found.items() if units})


edges = st.lists(st.integers(1, 9 * 24), max_size=3).map(
    lambda hours: [MONDAY + timedelta(hours=each) for each in hours]
)


@pytest.mark.parametrize(("platform", "is_journal"), MAPPINGS, ids=IDS)
@settings(max_examples=40, deadline=None)
@given(week=weeks(), edges=edges)
def test_the_books_of_a_week_show_what_is_owed_paid_and_taxed(
    platform: str, is_journal: bool, week: Week, edges: list[datetime]
) -> None:
    bookings, written = sync_all(week, platform, is_journal=is_journal, edges=edges)
    documents = settled(written)
    balances = trial_balance(documents)
    for currency in CURRENCIES:
        own = [balance for balance in balances if balance.currency == currency]
        assert sum(balance.debit - balance.credit for balance in own) == 0
    found, due = shown(platform, balances), expected(week, platform)
    assert net_of_credit(found) == net_of_credit(due)
    if not edges:  # all in one sync
        assert found == due
    assert bookings[-1].unreconciled == ()
    assert bookings[-1].deferred == set()
    for document in documents:
        assert document.total >= 0
        assert document.total % minor_unit(document.currency) == 0
        assert document.net + document.tax == document.total
        is_settled = not week.has_open and document.kind in ("Invoice", "CreditNote")
        if is_settled or document.kind in ("Bill", "BillCreditNote"):
            assert document.status == "Paid"
    of_days = [
        (each.date, each.currency, each.location)
        for each in documents
        if each.kind == ("JournalEntry" if is_journal else "Invoice")
    ]
    assert len({*of_days}) == len(of_days)
    assert week.is_split or {location for _, _, location in of_days} <= {None}
    if is_journal:
        assert {document.kind for document in documents} <= {"JournalEntry"}


@settings(max_examples=40, deadline=None)
@given(week=weeks(), edges=edges)
def test_every_mapping_leaves_the_same_balances_by_purpose(
    week: Week, edges: list[datetime]
) -> None:
    xero, journals = (
        trial_balance(sync_all(week, "gbol", is_journal=is_journal, edges=edges)[1])
        for is_journal in (False, True)
    )

    def moved(balances):
        return {
            (each.currency, each.account_id, each.debit - each.credit)
            for each in balances
            if each.debit != each.credit
        }

    assert moved(xero) == moved(journals)
