"""What is too rare for a habit, such as exchanges, deposits, chargebacks and vouchers.

The records have the shapes of `docs/examples.md`. All that belongs to a rare sale happens within
its day, so that a day stands alone: an overpayment is paid back, and a payment that is charged back
is of the same day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Final

from codat_scenarios.merchants.changes import PAYMENTS, TRANSACTIONS, Change
from codat_scenarios.merchants.money import proportion
from codat_scenarios.merchants.opening import moment_text
from codat_scenarios.merchants.order_to_wire import (
    Record,
    fee_of,
    payment_to_wire,
    transaction_to_wire,
)
from codat_scenarios.merchants.profile import CARDS, OTHER_TENDERS, Method, RareKind
from codat_scenarios.merchants.sale import Line, Paid, Sale
from codat_scenarios.merchants.sale_generator import SaleGenerator
from codat_scenarios.merchants.shop import Shop, new_id

TWO_HOURS: Final = 7_200  # seconds


@dataclass(frozen=True, slots=True)
class RareSale:
    """A sale out of the ordinary.

    Args:
        kind: what is rare about it.
        moment: when its order is created, seconds since 1970.
    """

    kind: RareKind
    moment: int


def draw_rare_sales(shop: Shop, moments: list[int], source: Random) -> list[RareSale]:
    """Draw a day's rare sales, each kind at most once.

    Args:
        shop: its profile says how often each kind happens.
        moments: of the day's other orders, in order; there are none on a closed day.
        source: for the rare sales alone, so that the other orders are the same without them.

    Returns:
        By moment, in the hours in which the shop is open.
    """
    drawn = [
        RareSale(kind, moments[int(len(moments) * (1 + source.random()) / 3)])
        for kind, percent in shop.profile.rare_sales.items()
        if moments and source.random() * 100 < percent
    ]
    return sorted(drawn, key=lambda sale: sale.moment)


class RareSaleGenerator:
    """Makes a day's rare sales.

    Args:
        shop: the merchant's.
        source: the rare sales' random source.
        bounds: the first second of the local day, and that of the next.
    """

    def __init__(self, shop: Shop, source: Random, bounds: tuple[int, int]) -> None:
        self.start, end = bounds
        self.home = SaleGenerator(shop, source, end)
        self.abroad = SaleGenerator(shop.abroad(), source, end)
        self.cards = [method for method in shop.methods if method.type in CARDS]
        self.others = [method for method in shop.methods if method.type in OTHER_TENDERS]
        self.invoices = [method for method in shop.methods if method.type == "Invoice"]

    def generator(self, rare: RareSale) -> SaleGenerator:
        """What generates a rare sale: its shop has the currency."""
        return self.abroad if rare.kind == "abroad" else self.home

    def sell(self, rare: RareSale, number: str) -> Sale:
        """Make a rare sale.

        Args:
            rare: of the day.
            number: the order's number.
        """
        if rare.kind == "abroad":
            return self.abroad.sell(rare.moment, number)
        sale = self.home.open_sale(rare.moment, number)
        if rare.kind == "exchange":
            sale.lines = self.exchanged()
        elif rare.kind == "deposit":
            sale.payments = self.paid_in_advance(sale)
        elif rare.kind == "overpayment":
            sale.payments = self.paid_too_much(sale)
        elif rare.kind == "voucher":
            most = sale.dearest.total // 2
            sale.voucher = min(self.home.pick(self.home.profile.vouchers), most)
            self.home.pay(sale)
        elif rare.kind == "order-discount":
            sale.percent_off = self.home.pick(self.home.profile.discounts).percent
            self.home.pay(sale)
        elif rare.kind == "other-tender":
            self.refund_otherwise(sale)
        elif rare.kind == "chargeback":
            # A second of the day is left for the bank.
            sale.closed = sale.modified = min(sale.closed, self.home.end - 2)
            sale.payments = [self.home.payment(self.card(), sale.due, sale.closed)]
        return sale

    def card(self) -> Method:
        """Draw one of the ways to pay by card."""
        return self.home.pick(self.cards)

    def exchanged(self) -> list[Line]:
        """A product given for another variant of it that comes back; nothing is owed."""
        items = [item for item in self.home.shop.items if len(item.variants) > 1]
        item = self.home.pick(items)
        given = self.home.pick(item.variants)
        taken = self.home.pick([variant for variant in item.variants if variant is not given])
        price = item.price
        return [Line(item, given, 1, price), Line(item, taken, 1, price).returned()]

    def paid_in_advance(self, sale: Sale) -> list[Paid]:
        """A deposit before the order is created, and the rest when it closes."""
        part = sale.due * self.home.between(2, 5) // 10
        before = max(self.start, sale.created - self.home.between(60, TWO_HOURS))
        method = self.card()
        return [
            self.home.payment(method, part, before),
            self.home.payment(method, sale.due - part, sale.closed),
        ]

    def paid_too_much(self, sale: Sale) -> list[Paid]:
        """A payment beyond the debt, and what is paid back."""
        excess = 1 + proportion(sale.due, self.home.between(1, 20), 100)
        method = self.home.pick(self.invoices or self.cards)
        return [
            self.home.payment(method, sale.due + excess, sale.created),
            self.home.payment(method, -excess, sale.closed),
        ]

    def refund_otherwise(self, sale: Sale) -> None:
        """Return a line of a sale that is paid by card, in cash or as store credit.

        Args:
            sale: not paid yet; changed in place.
        """
        sale.payments = [self.home.payment(self.card(), sale.due, sale.closed)]
        line = self.home.pick(sale.lines)
        sale.lines.append(line.returned())
        other = self.home.pick(self.others)
        sale.payments.append(self.home.payment(other, -line.total, sale.closed))

    def charge_back(self, sale: Sale) -> Iterator[Change]:
        """The bank takes the sale's only payment back, for a fee.

        Yields:
            A repayment whose transactions name payments as their sources.
        """
        shop, paid = self.home.shop, sale.payments[0]
        seconds = self.home.between(sale.closed + 1, self.home.end - 1)
        back = self.home.payment(paid.method, -paid.amount, seconds)
        moment = datetime.fromtimestamp(seconds, UTC)
        yield Change(moment, PAYMENTS, payment_to_wire(back, shop))
        fee = -shop.profile.chargeback_fee
        for kind, units, source in (("Refund", back.amount, paid.id), ("PaymentFee", fee, back.id)):
            wire = transaction_to_wire(back, shop, kind, units, source, "Payment")
            yield Change(moment, TRANSACTIONS, wire)

    def payouts(self, payments: Iterable[Paid], moment: int) -> Iterator[Record]:
        """Pay out what cards brought in, less the provider's fees.

        Args:
            payments: of the day; those by card before the moment are paid out.
            moment: seconds since 1970.

        Yields:
            A payout, if there is anything to pay out.
        """
        held = sum(
            paid.amount - fee_of(paid)
            for paid in payments
            if paid.method.type == "Card" and not paid.failed and paid.created < moment
        )
        if held > 0:
            yield payout_to_wire(new_id(self.home.source), -held, moment, self.home.shop)


def payout_to_wire(key: str, units: int, moment: int, shop: Shop) -> Record:
    """A payout into the bank, which names no source.

    Args:
        key: its id.
        units: the amount in smallest units, negative.
        moment: seconds since 1970.
        shop: has the currency and its amounts.
    """
    return {
        "id": key,
        "totalAmount": shop.amounts[units],
        "currency": shop.profile.currency,
        "type": "Payout",
        "createdDate": moment_text(moment),
        "sourceModifiedDate": moment_text(moment),
    }
