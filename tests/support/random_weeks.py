"""Random weeks of merchants, with what is owed, paid and taxed in whole units of the currency.

A week knows what happened (a sale, a tip, a refund, a deposit …), not how it is booked.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import count

from hypothesis import strategies as st
from sample_sales import (
    picked_order,
    picked_payment,
    picked_transaction,
)

from codat_mock.accounting.money import minor_unit
from codat_mock.accounting.selection import Picked
from codat_mock.configuration.account_purposes import PURPOSE_OF_PAYMENT
from codat_mock.models.commerce import (
    LineItem,
    Order,
    Payment,
    Ref,
    ServiceCharge,
    SourceRef,
    Transaction,
)

MONDAY = datetime(2022, 3, 21, tzinfo=UTC)
RATES = (Decimal(0), Decimal(5), Decimal(20), Decimal("8.875"))
CURRENCIES = ("GBP", "JPY", "KWD", "CHF")
TYPES = ("Card", "OnlineCard", "Cash", "Paypal", "Swish", "Prepaid")


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
    # A line comes back for no more than its order cost, after the discount.
    returned = [each for each in lines if each[1] <= sold - discount]
    if week.has_refund_orders and not refunded and returned and draw(st.booleans()):
        add_refund_order(draw, week, key, returned, at)


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
