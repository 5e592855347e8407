"""Generates sales, one after the other."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from random import Random
from typing import TypeVar

from codat_scenarios.merchants.money import proportion
from codat_scenarios.merchants.profile import Method
from codat_scenarios.merchants.sale import Line, Paid, Sale
from codat_scenarios.merchants.shop import Item, Ref, Shop, new_id

Thing = TypeVar("Thing")


class SaleGenerator:
    """Generates the sales of one day.

    Args:
        shop: the merchant's.
        source: the day's random source; only its `random` and `getrandbits` are used, whose
            sequences are the same in every version of Python.
        end: the first second of the next local day; no sale closes later.
    """

    def __init__(self, shop: Shop, source: Random, end: int) -> None:
        self.shop = shop
        self.profile = shop.profile
        self.habits = shop.profile.habits
        self.source = source
        self.draw = source.random
        self.end = end

    def pick(self, pool: Sequence[Thing]) -> Thing:
        """Draw one of a pool."""
        return pool[int(self.draw() * len(pool))]

    def happens(self, per_mille: int) -> bool:
        """Draw whether something happens that happens in so many of a thousand orders."""
        return self.draw() * 1000 < per_mille

    def between(self, least: int, most: int) -> int:
        """Draw a whole number from `least` to `most`, both included."""
        return least + int(self.draw() * (most - least + 1))

    def sell(self, created: int, number: str) -> Sale:
        """Draw a sale.

        Args:
            created: when the order is created, seconds since 1970.
            number: the order's number.
        """
        sale = self.open_sale(created, number)
        if self.happens(self.habits.discount):
            self.discount(sale)
        if self.happens(self.habits.charge):
            self.charge(sale)
        self.pay(sale)
        if self.happens(self.habits.refund):
            self.return_line(sale, sale.closed)
        return sale

    def open_sale(self, created: int, number: str) -> Sale:
        """Draw what is bought, where and by whom; nothing is paid.

        Args:
            created: when the order is created, seconds since 1970.
            number: the order's number.
        """
        sale = self.empty_sale(created, number)
        sale.lines = self.basket()
        sale.location = self.pick(self.shop.locations)
        sale.customer = self.customer()
        return sale

    def empty_sale(self, created: int, number: str) -> Sale:
        """An order of nothing, at the first place.

        Args:
            created: when the order is created, seconds since 1970.
            number: the order's number.
        """
        closed = min(created + self.between(*self.profile.stay), self.end - 1)
        return Sale(
            id=new_id(self.source),
            number=number,
            created=created,
            closed=closed,
            modified=closed,
            lines=[],
            payments=[],
            location=self.shop.locations[0],
            customer=None,
        )

    def basket(self) -> list[Line]:
        """Draw what is bought; much of it goes together with the first."""
        first = self.item()
        members = self.shop.series.get(first.product.series, ())
        further = (
            self.pick(members)
            if members and self.draw() * 100 < self.profile.together
            else self.item()
            for _ in range(self.pick(self.shop.baskets) - 1)
        )
        return [self.line(item) for item in (first, *further)]

    def item(self) -> Item:
        """Draw a product by its demand."""
        sums = self.shop.demand
        return self.shop.items[bisect_right(sums, int(self.draw() * sums[-1]))]

    def line(self, item: Item) -> Line:
        """Draw how much of a product is bought."""
        variant = self.pick(item.variants) if item.variants else None
        quantity, gross = self.weigh(item) if item.product.weighed else self.count(item)
        return Line(item, variant, quantity, gross)

    def count(self, item: Item) -> tuple[int, int]:
        """Draw a number of pieces, and their price."""
        pieces = self.pick(self.shop.quantities)
        return pieces, pieces * item.price

    def weigh(self, item: Item) -> tuple[int, int]:
        """Draw a weight in grams, and its price."""
        grams = 10 * self.between(15, 180)
        return grams, proportion(item.price, grams, 1000)

    def customer(self) -> Ref | None:
        """Draw the customer, where the merchant knows the name."""
        known = self.habits.known and self.happens(self.habits.known)
        return self.pick(self.shop.customers) if known else None

    def discount(self, sale: Sale) -> None:
        """Give a discount on every line."""
        discount = self.pick(self.profile.discounts)
        sale.discount_name = discount.name
        for line in sale.lines:
            line.discount = proportion(line.gross, discount.percent, 100)

    def charge(self, sale: Sale) -> None:
        """Add the service charge or the shipping to the order."""
        charge = self.profile.charge
        if charge is not None:
            sale.charge = proportion(sale.due, charge.percent, 10_000) + charge.fixed

    def pay(self, sale: Sale) -> None:
        """Pay what is due, sometimes in two ways or at the second attempt, sometimes with a tip."""
        due = sale.due
        if not due:
            return
        method = self.pick(self.shop.methods)
        if self.happens(self.habits.failure):
            failed = self.payment(method, due, sale.created)
            failed.failed = True
            sale.payments.append(failed)
        if self.happens(self.habits.split):
            part = due * self.between(1, 9) // 10
            if part:
                sale.payments.append(self.payment(self.pick(self.shop.methods), part, sale.closed))
                due -= part
        if method.type != "Cash" and self.happens(self.habits.tip):
            sale.tip = proportion(sale.due, self.pick(self.profile.tips), 100)
        sale.payments.append(self.payment(method, due + sale.tip, sale.closed))

    def payment(self, method: Method, amount: int, moment: int) -> Paid:
        """A new payment.

        Args:
            method: the way to pay.
            amount: in smallest units; negative for a repayment.
            moment: seconds since 1970.
        """
        return Paid(new_id(self.source), method, amount, moment, moment)

    def return_line(self, sale: Sale, moment: int) -> Paid | None:
        """Return a line that was not free and repay it by the method of the last payment.

        No provider repays more than the payment, so a line worth more is not returned either.
        """
        line = self.pick(sale.lines)
        if line.total <= 0 or line.total > sale.payments[-1].amount:
            return None
        repaid = self.payment(sale.payments[-1].method, -line.total, moment)
        sale.lines.append(line.returned())
        sale.payments.append(repaid)
        return repaid
