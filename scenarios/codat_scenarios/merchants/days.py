"""A merchant and its days."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from heapq import merge
from operator import attrgetter, itemgetter
from random import Random
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from codat_scenarios.merchants.changes import ORDERS, PAYMENTS, TRANSACTIONS, Change, later_changes
from codat_scenarios.merchants.late_returns import DAYS_LATER, LateReturn, draw_late_returns
from codat_scenarios.merchants.opening import day_bounds, selling_moments
from codat_scenarios.merchants.order_to_wire import (
    Record,
    order_to_wire,
    payment_to_wire,
    transactions_to_wire,
)
from codat_scenarios.merchants.profile import Profile
from codat_scenarios.merchants.rare_sales import (
    RareSale,
    RareSaleGenerator,
    draw_rare_sales,
)
from codat_scenarios.merchants.sale import Paid, Sale
from codat_scenarios.merchants.sale_generator import SaleGenerator
from codat_scenarios.merchants.shop import Shop

REMEMBERED: Final = 32  # days and weeks
Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a merchant, as records on the wire.

    Args:
        date: the merchant's local date.
        orders: in the order they were created, each as first closed.
        payments: those of the orders, in the same order.
        transactions: those of the payments, in the same order.
        changes: later edits, deletes and repayments of the same day, by moment.
    """

    date: date
    orders: list[Record] = field(default_factory=list)
    payments: list[Record] = field(default_factory=list)
    transactions: list[Record] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    @property
    def records(self) -> dict[str, list[Record]]:
        """The day's records (without the changes) by data type."""
        return {ORDERS: self.orders, PAYMENTS: self.payments, TRANSACTIONS: self.transactions}


class Merchant:
    """A business: the same profile and seed give the same days, whichever days are generated.

    Names of people come from faker, and the days of public holidays from holidays; both may change
    with their releases. Ids, amounts and moments depend only on these days and the seed.

    Args:
        profile: what kind of merchant it is.
        seed: which one of that kind.
    """

    def __init__(self, profile: Profile, seed: int) -> None:
        self.profile = profile
        self.seed = seed
        self.shop = Shop.open(profile, seed)
        self._shops: dict[date, Shop] = {}
        self._returns: dict[date, list[LateReturn]] = {}

    def __repr__(self) -> str:
        return f"<Merchant {self.name}: {self.profile.kind}, seed {self.seed}>"

    @property
    def name(self) -> str:
        """The business's name."""
        return self.shop.name

    @property
    def currency(self) -> str:
        """The currency of its records at home, an ISO 4217 code."""
        return self.profile.currency

    @property
    def time_zone(self) -> ZoneInfo:
        """The zone its days are days in."""
        return ZoneInfo(self.profile.time_zone)

    @property
    def products(self) -> list[Record]:
        """What it sells, as partner commerce's products: they say which are gift cards."""
        sold = {item.ref["id"]: item for item in self.shop.items}
        return [{**item.ref, "isGiftCard": item.product.gift_card} for item in sold.values()]

    def days(self, n: int, *, start: date) -> Iterator[Day]:
        """Generate consecutive days, one at a time; a closed day is empty.

        Args:
            n: how many.
            start: the first, a local date.
        """
        return (self.day(start + timedelta(days=number)) for number in range(n))

    def changes(self, n: int, *, start: date) -> Iterator[Change]:
        """Generate the edits, deletes and repayments of consecutive days, by moment.

        Args:
            n: how many days.
            start: the first, a local date.
        """
        return (change for day in self.days(n, start=start) for change in day.changes)

    def day(self, on: date) -> Day:
        """Generate one day.

        Args:
            on: the local date.
        """
        shop, source = self._shop_of(on), self._source(on)
        bounds, day = day_bounds(on, self.time_zone), Day(on)
        usual = SaleGenerator(shop, source, bounds[1])
        moments = selling_moments(self.profile, on, source)
        rare = self._source(on, "/rare")
        rare_sales = draw_rare_sales(shop, moments, rare)
        seller, payments = RareSaleGenerator(shop, rare, bounds), list[Paid]()
        returns = SaleGenerator(shop, self._source(on, "/returned"), bounds[1])
        sales = merge(
            ((each, None) for each in moments),
            ((each.moment, each) for each in rare_sales),
            self._returned(on, moments, returns),
            key=itemgetter(0),
        )
        for number, (moment, out_of_ordinary) in enumerate(sales, 1):
            name = f"{on.isoformat()}/{number}"
            generator = usual
            if out_of_ordinary is None:
                sale = usual.sell(moment, name)
            elif isinstance(out_of_ordinary, LateReturn):
                sale = out_of_ordinary.order(moment, name, returns)
            else:
                generator = seller.generator(out_of_ordinary)
                sale = seller.sell(out_of_ordinary, name)
            day.orders.append(order_to_wire(sale, generator.shop))
            for paid in sale.payments:
                day.payments.append(payment_to_wire(paid, generator.shop))
                day.transactions.extend(transactions_to_wire(sale, paid, generator.shop))
            if out_of_ordinary is None:
                changes = later_changes(sale, generator)
                payments.extend([] if changes else sale.payments)
                day.changes.extend(changes)
            elif isinstance(out_of_ordinary, RareSale) and out_of_ordinary.kind == "chargeback":
                day.changes.extend(seller.charge_back(sale))
        if moments and on.weekday() in self.profile.payouts:
            day.transactions.extend(seller.payouts(payments, moments[-1]))
        day.changes.sort(key=attrgetter("moment"))
        return day

    def _source(self, on: date, use: str = "") -> Random:
        """A random source of a day, for one use."""
        # Seeded with text: every version of Python hashes that in the same way.
        return Random(f"{self.profile.kind}/{self.seed}/{on.isoformat()}{use}")  # noqa: S311  (no secret)

    def _shop_of(self, on: date) -> Shop:
        """The shop with the prices of the day's week."""
        monday = on - timedelta(days=on.weekday())
        return remembered(
            self._shops, monday, lambda: self.shop.in_week(monday, self._source(monday, "/week"))
        )

    def _returned(
        self, on: date, moments: list[int], generator: SaleGenerator
    ) -> Iterator[tuple[int, LateReturn]]:
        """What earlier days' customers bring back on a day, by moment.

        Args:
            on: the day.
            moments: of its other orders; nothing comes back while it is closed.
            generator: for its random source.
        """
        if not moments or not self.profile.habits.late_return:
            return iter(())
        found = [
            (generator.pick(moments), each)
            for later in DAYS_LATER
            for each in self._late_returns(on - timedelta(days=later))
            if each.days_later == later
        ]
        return iter(sorted(found, key=itemgetter(0)))

    def _late_returns(self, on: date) -> list[LateReturn]:
        """What of a day's sales comes back days later."""
        return remembered(self._returns, on, lambda: [*self._draw_late_returns(on)])

    def _draw_late_returns(self, on: date) -> Iterator[LateReturn]:
        generator = SaleGenerator(
            self._shop_of(on), self._source(on), day_bounds(on, self.time_zone)[1]
        )
        kept: list[Sale] = []
        for number, moment in enumerate(selling_moments(self.profile, on, generator.source), 1):
            sale = generator.sell(moment, str(number))
            changes = later_changes(sale, generator)
            if not any(len(change.record) == 1 for change in changes):  # deleted
                kept.append(sale)
        rate = self.profile.habits.late_return
        return draw_late_returns(kept, rate, self._source(on, "/returns"))


def remembered(known: dict[date, Thing], on: date, make: Callable[[], Thing]) -> Thing:
    """What is known of a day, or made now; what was made long ago is forgotten.

    Args:
        known: by day, in the order in which it was made.
        on: the day.
        make: makes it.
    """
    if on not in known:
        known[on] = make()
        if len(known) > REMEMBERED:
            del known[next(iter(known))]
    return known[on]
