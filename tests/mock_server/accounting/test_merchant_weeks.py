"""Random weeks of merchants, in each platform and sync type, beside sums in whole units.

The oracle knows what happened (a sale, a tip, a refund, a deposit …), not how it is booked. All its
amounts are whole numbers of the currency's smallest unit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from dataclasses import replace as replace_pick
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sample_sales import (
    START,
    by_location,
    earlier,
    picked_order,
    picked_payment,
    picked_transaction,
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


def tax_in(gross: int, rate: Decimal) -> int:
    """The tax in a gross amount, half up, in whole units."""
    exact = Fraction(gross) * Fraction(rate) / (100 + Fraction(rate))
    return int(Decimal(exact.numerator * 2 + exact.denominator) // (2 * exact.denominator))


@dataclass
class Week:
    """What a merchant pushes in a week, and what the books must show in the end.

    Args:
        expected: in whole units, by currency and `owed`, `overpaid`, `tax`, `fees`, `tips`,
            `gift cards`, `rounding`, `bank`, or the purpose of a clearing account.
        has_refund_orders: whether refunds are orders of their own, and not chargebacks: no record
            tells apart which of them a repayment is for.
        is_split: whether each location has an invoice of its own.
        paid_at: when payments that are pending at first become Paid, by their keys.
        has_open: whether anything stays owed, due back or overpaid.
    """

    picked: list[Picked] = field(default_factory=list)
    expected: Counter = field(default_factory=Counter)
    currency: str = "GBP"
    has_refund_orders: bool = False
    is_split: bool = False
    paid_at: dict[str, datetime] = field(default_factory=dict)
    has_open: bool = False
    numbers: count = field(default_factory=count)
    first_payments: dict[str, str] = field(default_factory=dict)

    def expect(self, what: str, units: int) -> None:
        self.expected[self.currency, what] += units
        self.has_open |= what in ("owed", "overpaid") and units != 0

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
    week.has_refund_orders = draw(st.booleans())
    week.is_split = draw(st.booleans())
    for number in range(draw(st.integers(1, 6))):
        week.currency = draw(st.sampled_from(CURRENCIES))
        add = draw(st.sampled_from([add_order, add_order, add_exchange, add_return]))
        add(draw, week, f"O{number}")
    for each in week.picked:
        if isinstance(each.record, Payment) and draw(st.integers(0, 4)) == 0:
            later = timedelta(hours=draw(st.integers(1, 72)))
            week.paid_at[each.key] = each.record.created_date + later
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
    contained = Counter({"tax": tax, "tips": tip, "gift cards": gifts, "overpaid": overpaid_charge})
    add_payments(draw, week, (key, at), sale, refunded, contained)
    if week.has_refund_orders and not refunded and draw(st.booleans()):
        add_refund_order(draw, week, key, lines, at)


def add_exchange(draw: st.DrawFn, week: Week, key: str) -> None:
    """One thing comes back, another is taken; the difference is paid, paid back, or nothing."""
    at = MONDAY + timedelta(days=draw(st.integers(0, 6)), hours=draw(st.integers(0, 23)))
    rate, gross = draw(st.sampled_from(RATES)), draw(st.integers(1, 20_000))
    back_rate, back = draw(st.sampled_from(RATES)), draw(st.integers(1, 20_000) | st.just(gross))
    tax = tax_in(gross, rate) - tax_in(back, back_rate)
    week.picked.append(
        picked_order(
            Order(
                id=key,
                currency=week.currency,
                created_date=at,
                total_amount=week.money(gross - back),
                total_refund=week.money(-back),
                total_tax_amount=week.money(tax),
                order_line_items=[
                    item(week, rate, gross, "goods"), item(week, back_rate, -back, "goods"),
                ],
                location_ref=Ref(id=draw(st.sampled_from(["north", "south"]))),
            )
        )
    )  # fmt: skip
    week.expect("tax", tax)
    if gross != back:
        when = at + timedelta(days=draw(st.integers(0, 2)), minutes=2)
        week.pay(key, draw(st.sampled_from(["Card", "Paypal"])), gross - back, when)


def add_return(draw: st.DrawFn, week: Week, key: str) -> None:
    """A thing of an earlier week comes back; a part of its price is kept for restocking it."""
    at = MONDAY + timedelta(days=draw(st.integers(0, 6)), hours=draw(st.integers(0, 23)))
    rate, back = draw(st.sampled_from(RATES)), draw(st.integers(2, 20_000))
    fee = draw(st.integers(1, back - 1))
    tax = tax_in(fee, rate) - tax_in(back, rate)
    charge = ServiceCharge(
        description="Restocking", type="Generic", quantity=1, total_amount=week.money(fee),
        tax_percentage=rate, tax_amount=week.money(tax_in(fee, rate)),
    )  # fmt: skip
    week.picked.append(
        picked_order(
            Order(
                id=key,
                currency=week.currency,
                created_date=at,
                total_amount=week.money(fee - back),
                total_refund=week.money(-back),
                total_tax_amount=week.money(tax),
                order_line_items=[item(week, rate, -back, "goods")],
                service_charges=[charge],
                location_ref=Ref(id=draw(st.sampled_from(["north", "south"]))),
            )
        )
    )
    week.expect("tax", tax)
    when = at + timedelta(days=draw(st.integers(0, 2)), minutes=2)
    week.pay(key, "Card", fee - back, when)


def add_refund_order(draw: st.DrawFn, week: Week, key: str, lines: list, sold_at: datetime) -> None:
    """A line comes back on a later day, as its own order; it is repaid then, before or later."""
    rate, gross, product = draw(st.sampled_from(lines))
    at = sold_at + timedelta(days=draw(st.integers(0, 3)), hours=1)
    tax = tax_in(gross, rate)
    record = Order(
        id=f"R{key}",
        currency=week.currency,
        created_date=at,
        total_amount=week.money(-gross),
        total_refund=week.money(-gross),
        total_tax_amount=week.money(-tax),
        order_line_items=[item(week, rate, -gross, product)],
    )
    week.picked.append(picked_order(record))
    week.expect("tax", -tax)
    week.expect("gift cards", -gross if product == "gift-card" else 0)
    first = week.first_payments.get(key)
    source = draw(st.sampled_from([(f"R{key}", "Order"), (first, "Payment"), None]))
    if source is None or source[0] is None:
        week.expect("owed", -gross)
        return
    when = at + timedelta(days=draw(st.integers(0, 3)), minutes=2)
    if source[1] == "Payment" and draw(st.booleans()):
        when = sold_at + (at - sold_at) / 2
    week.pay(source[0], "Card", -gross, when, source[1])


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
    draw: st.DrawFn,
    week: Week,
    order: tuple[str, datetime],
    sale: int,
    refunded: int,
    contained: Counter,
) -> None:
    """Payments, fees, repayments; now and then unpaid, overpaid, before or after the order."""
    key, at = order
    way = draw(st.sampled_from(["paid", "paid", "split", "unpaid", "part", "over", "deposit"]))
    units = {"unpaid": 0, "part": sale // 2, "over": sale + 70}.get(way, sale)
    kinds = [kind for kind in TYPES if kind != "Cash" or week.currency != "CHF"]
    kind = draw(st.sampled_from(kinds))
    is_cash = way == "paid" and week.currency == "CHF" and sale > 2 and not refunded
    is_cash = is_cash and draw(st.booleans())
    if is_cash:
        kind, units = "Cash", (sale + 2) // 5 * 5  # the smallest coin is 0.05
        week.expect("rounding", units - sale)
        sale = units
    when = at + timedelta(days=-2 if way == "deposit" else draw(st.integers(0, 3)), minutes=1)
    paid = ""
    parts = [units // 3, units - units // 3] if way == "split" else [units]
    for part in parts:
        if part:
            paid = week.pay(key, kind, part, when)
            if draw(st.booleans()):
                add_fee(draw, week, (paid, kind), when)
            kind = draw(st.sampled_from(kinds))
    if paid and way != "over":
        week.first_payments[key] = paid
    is_plain = way == "paid" and not is_cash and paid and not refunded
    if is_plain and not week.has_refund_orders and draw(st.booleans()):  # all is charged back
        week.pay(paid, "Card", -units, when + timedelta(days=1), "Payment")
        for what, part in contained.items():
            week.expect(what, -part)
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


def as_of(pick: Picked, week: Week, finish: datetime) -> Picked:
    """A record as a sync finds it: a payment may still be pending."""
    if week.paid_at.get(pick.key, finish) > finish and isinstance(pick.record, Payment):
        return replace_pick(pick, record=replace(pick.record, status="Pending"))
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
