"""Random weeks of merchants, in each platform and sync type, beside sums in whole units.

The oracle knows what happened (a sale, a tip, a refund, a deposit …), not how it is booked. All its
amounts are whole numbers of the currency's smallest unit.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sample_sales import START, earlier, picked_order, picked_payment, picked_transaction

from codat_mock.accounting.booking import Booking, book
from codat_mock.accounting.documents import last_numbers, settled
from codat_mock.accounting.ledger import trial_balance
from codat_mock.accounting.money import minor_unit
from codat_mock.accounting.orders import Catalogue
from codat_mock.accounting.reconciliation import Earlier
from codat_mock.accounting.selection import Picked
from codat_mock.configuration.account_purposes import PURPOSE_OF_PAYMENT
from codat_mock.configuration.charts_of_accounts import CHARTS
from codat_mock.configuration.options import with_options
from codat_mock.configuration.suggestions import suggest
from codat_mock.models.commerce import (
    LineItem,
    Order,
    Payment,
    Ref,
    ServiceCharge,
    SourceRef,
    Transaction,
)
from codat_mock.models.configuration import Configuration, MapSettings, Schedule

MONDAY = datetime(2022, 3, 21, tzinfo=UTC)
RATES = (Decimal(0), Decimal(5), Decimal(20), Decimal("8.875"))
CURRENCIES = ("GBP", "JPY", "KWD", "CHF")
TYPES = ("Card", "OnlineCard", "Cash", "Paypal", "Swish", "Prepaid")
MAPPINGS = [("gbol", False), ("qhyg", False), ("fbrh", False), ("gbol", True), ("qhyg", True)]
IDS = ["Xero", "QuickBooks", "FreeAgent", "journals in Xero", "journals in QuickBooks"]
CATALOGUE = Catalogue(gift_cards=frozenset({"gift-card"}))


@cache
def configuration(platform: str, *, is_journal: bool) -> Configuration:
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
    return replace(complete, configuration=mapping)


def tax_in(gross: int, rate: Decimal) -> int:
    """The tax in a gross amount, half up, in whole units."""
    exact = Fraction(gross) * Fraction(rate) / (100 + Fraction(rate))
    return int(Decimal(exact.numerator * 2 + exact.denominator) // (2 * exact.denominator))


@dataclass
class Week:
    """What a merchant pushes in a week, and what the books must show in the end.

    Args:
        expected: in whole units, by currency and `owed`, `overpaid`, `tax`, `fees`, `tips`,
            `gift cards`, `bank`, or the purpose of a clearing account.
    """

    picked: list[Picked] = field(default_factory=list)
    expected: Counter = field(default_factory=Counter)
    currency: str = "GBP"
    numbers: count = field(default_factory=count)

    def expect(self, what: str, units: int) -> None:
        self.expected[self.currency, what] += units

    def money(self, units: int) -> Decimal:
        return Decimal(units) * minor_unit(self.currency)

    def pay(self, order: str, kind: str, units: int, at: datetime, source: str = "Order") -> str:
        """A payment (below zero: a repayment) and its transaction."""
        key = f"P{next(self.numbers)}"
        common = {"id": key, "created_date": at}
        self.picked.append(
            picked_payment(
                Payment(amount=self.money(units), type=kind, status="Paid", **common)
                if units % 3 == 0  # without a currency it has its order's
                else Payment(
                    amount=self.money(units), type=kind, status="Paid", currency=self.currency,
                    **common,
                )
            )
        )  # fmt: skip
        self.move("Refund" if units < 0 else "Payment", units, at, (order, source), key)
        self.expect(PURPOSE_OF_PAYMENT[kind], units)
        return key

    def move(
        self, kind: str, units: int, at: datetime, source: tuple[str, str], key: str = ""
    ) -> None:
        self.picked.append(
            picked_transaction(
                Transaction(
                    id=key or f"T{next(self.numbers)}",
                    type=kind,
                    total_amount=self.money(units),
                    currency=self.currency,
                    transaction_source_ref=SourceRef(id=source[0], type=source[1]),
                    created_date=at,
                )
            )
        )


@st.composite
def weeks(draw: st.DrawFn) -> Week:
    week = Week()
    for number in range(draw(st.integers(1, 6))):
        week.currency = draw(st.sampled_from(CURRENCIES))
        add_order(draw, week, f"O{number}")
    for currency in CURRENCIES:
        week.currency = currency
        if draw(st.booleans()):
            units = draw(st.integers(1, 9_000))
            at = MONDAY + timedelta(days=draw(st.integers(0, 6)), hours=20)
            kind, sign = draw(
                st.sampled_from([("Payout", 1), ("Transfer", 1), ("FailedPayout", -1)])
            )
            week.move(kind, draw(st.sampled_from([-units, units])), at, ("", "Unknown"))
            week.expect("card", -sign * units)
            week.expect("bank", sign * units)
    return week


def add_order(draw: st.DrawFn, week: Week, key: str) -> None:
    """One order with everything that belongs to it."""
    at = MONDAY + timedelta(days=draw(st.integers(0, 6)), hours=draw(st.integers(0, 23)))
    lines, tax, gifts = [], 0, 0
    for _ in range(draw(st.integers(1, 3))):
        rate, gross = draw(st.sampled_from(RATES)), draw(st.integers(1, 20_000))
        if draw(st.integers(0, 5)) == 0:
            gifts += gross
            lines.append((Decimal(0), gross, "gift-card"))
        else:
            lines.append((rate, gross, "goods"))
        tax += tax_in(gross, lines[-1][0])
    refund_lines = [each for each in lines if draw(st.integers(0, 4)) == 0]
    sold = sum(gross for _, gross, _ in lines)
    refunded = sum(gross for _, gross, _ in refund_lines)
    tip = draw(st.sampled_from([0, 0, 150]))
    overpaid_charge = draw(st.sampled_from([0, 0, 0, 40]))
    tax -= sum(tax_in(gross, rate) for rate, gross, _ in refund_lines)
    gifts -= sum(gross for _, gross, product in refund_lines if product == "gift-card")
    discount = 0
    if not refund_lines and not gifts and draw(st.integers(0, 3)) == 0:
        discount = sold * draw(st.integers(1, 50)) // 100
    order_tax = tax
    if discount:
        order_tax = tax = sum(
            tax_in(gross - share, rate)
            for (rate, gross, _), share in zip(lines, shares(discount, lines), strict=True)
        )
    total = sold - discount - refunded + overpaid_charge
    items = [item(week, rate, gross, product) for rate, gross, product in lines]
    items += [item(week, rate, -gross, product) for rate, gross, product in refund_lines]
    charges = []
    if overpaid_charge:
        amount = week.money(overpaid_charge)
        charges.append(ServiceCharge(total_amount=amount, quantity=1, type="Overpayment"))
    record = Order(
        id=key,
        currency=week.currency,
        created_date=at,
        total_amount=week.money(total),
        total_refund=week.money(-refunded),
        total_gratuity=week.money(tip),
        total_discount=week.money(discount),
        total_tax_amount=week.money(order_tax),
        order_line_items=items,
        service_charges=charges,
        location_ref=Ref(id=draw(st.sampled_from(["north", "south"]))),
    )
    week.picked.append(picked_order(record))
    week.expect("tax", tax)
    week.expect("tips", tip)
    week.expect("gift cards", gifts)
    week.expect("overpaid", overpaid_charge)
    sale = sold - discount + tip + overpaid_charge
    add_payments(draw, week, (key, at), sale, refunded)


def shares(discount: int, lines: list) -> list[int]:
    """A discount spread over lines by value, by largest remainders."""
    total = sum(gross for _, gross, _ in lines)
    found = [discount * gross // total for _, gross, _ in lines]
    rest = [discount * gross % total for _, gross, _ in lines]
    for place in sorted(range(len(lines)), key=lambda each: -rest[each])[: discount - sum(found)]:
        found[place] += 1
    return found


def item(week: Week, rate: Decimal, gross: int, product: str) -> LineItem:
    tax = tax_in(abs(gross), rate) * (-1 if gross < 0 else 1)
    return LineItem(
        quantity=Decimal(-1 if gross < 0 else 1),
        tax_percentage=rate,
        total_amount=week.money(gross),
        total_tax_amount=week.money(tax),
        product_ref=Ref(id=product),
    )


def add_payments(
    draw: st.DrawFn, week: Week, order: tuple[str, datetime], sale: int, refunded: int
) -> None:
    """Payments, fees, repayments; now and then unpaid, overpaid, before or after the order."""
    key, at = order
    way = draw(st.sampled_from(["paid", "paid", "split", "unpaid", "part", "over", "deposit"]))
    units = {"unpaid": 0, "part": sale // 2, "over": sale + 70}.get(way, sale)
    kinds = [kind for kind in TYPES if kind != "Cash" or week.currency != "CHF"]
    kind = draw(st.sampled_from(kinds))
    when = at + timedelta(days=-2 if way == "deposit" else draw(st.integers(0, 3)), minutes=1)
    paid = ""
    parts = [units // 3, units - units // 3] if way == "split" else [units]
    for part in parts:
        if part:
            paid = week.pay(key, kind, part, when)
            if draw(st.booleans()):
                add_fee(draw, week, (paid, kind), when)
            kind = draw(st.sampled_from(kinds))
    owed, overpaid = max(sale - units, 0), max(units - sale, 0)
    back = refunded if draw(st.booleans()) else 0
    if back:
        source = (paid, "Payment") if paid and draw(st.booleans()) else (key, "Order")
        week.pay(source[0], kind, -back, when + timedelta(days=draw(st.integers(0, 2))), source[1])
        taken = min(max(back - refunded, 0), overpaid)
        overpaid -= taken
    week.expect("owed", owed - (refunded - back))
    week.expect("overpaid", overpaid)


def add_fee(draw: st.DrawFn, week: Week, payment: tuple[str, str], at: datetime) -> None:
    fee = draw(st.integers(1, 60))
    kind = draw(st.sampled_from(["PaymentFee", "PaymentFee", "PaymentFeeRefund"]))
    units = -fee if kind == "PaymentFee" else fee
    if draw(st.integers(0, 5)) == 0:
        units = -units  # reversed
    week.move(kind, units, at, (payment[0], "Payment"), payment[0])
    week.expect("fees", -units)
    week.expect(PURPOSE_OF_PAYMENT[payment[1]], units)


def sync_twice(week: Week, platform: str, *, is_journal: bool, edge: datetime) -> list[Booking]:
    """Book what was created before the edge, then the rest with what was deferred."""
    kept = Earlier({}, {})
    numbers: dict = {}
    waiting = list(week.picked)
    bookings: list[Booking] = []
    for finish in (edge, MONDAY + timedelta(days=30)):
        picked = [each for each in waiting if each.record.created_date < finish]
        booking = book(
            picked,
            configuration(platform, is_journal=is_journal),
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
        kept = Earlier({**kept.orders, **later.orders}, {**kept.payments, **later.payments})
        numbers = {**numbers, **last_numbers(booking.documents)}
        bookings.append(booking)
    return bookings


def shown(platform: str, balances: list) -> Counter:
    """What the trial balance shows, as the oracle names it."""
    chart, mapping = CHARTS[platform], configuration(platform, is_journal=False).configuration
    names = {
        chart.receivables.id: ("owed", 1),
        chart.payables.id: ("payable", 1),
        chart.overpayments.id: ("overpaid", -1),
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
    accounts = configuration(platform, is_journal=False).configuration.payments.accounts
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


@pytest.mark.parametrize(("platform", "is_journal"), MAPPINGS, ids=IDS)
@settings(max_examples=60, deadline=None)
@given(week=weeks(), hours=st.integers(1, 7 * 24) | st.just(30 * 24))
def test_the_books_of_a_week_show_what_is_owed_paid_and_taxed(
    platform: str, is_journal: bool, week: Week, hours: int
) -> None:
    edge = MONDAY + timedelta(hours=hours)
    bookings = sync_twice(week, platform, is_journal=is_journal, edge=edge)
    documents = settled([each for booking in bookings for each in booking.documents])
    balances = trial_balance(documents)
    for currency in CURRENCIES:
        own = [balance for balance in balances if balance.currency == currency]
        assert sum(balance.debit - balance.credit for balance in own) == 0
    found, due = shown(platform, balances), expected(week, platform)
    assert net_of_credit(found) == net_of_credit(due)
    if hours == 30 * 24:  # all in one sync
        assert found == due
    assert bookings[-1].unreconciled == ()
    assert bookings[-1].deferred == set()
    for document in documents:
        assert document.total >= 0
        assert document.total % minor_unit(document.currency) == 0
        assert document.net + document.tax == document.total
        if document.kind in ("Bill", "BillCreditNote"):
            assert document.status == "Paid"
    assert len({document.number for document in documents}) == len(documents)
    if is_journal:
        assert {document.kind for document in documents} <= {"JournalEntry"}


@settings(max_examples=60, deadline=None)
@given(week=weeks(), hours=st.integers(1, 7 * 24))
def test_every_mapping_leaves_the_same_balances_by_purpose(week: Week, hours: int) -> None:
    edge = MONDAY + timedelta(hours=hours)
    xero = trial_balance(
        each
        for booking in sync_twice(week, "gbol", is_journal=False, edge=edge)
        for each in booking.documents
    )
    journals = trial_balance(
        each
        for booking in sync_twice(week, "gbol", is_journal=True, edge=edge)
        for each in booking.documents
    )

    def moved(balances):
        return {
            (each.currency, each.account_id, each.debit - each.credit)
            for each in balances
            if each.debit != each.credit
        }

    assert moved(xero) == moved(journals)
