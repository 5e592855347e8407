"""A merchant and its days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from operator import attrgetter
from random import Random
from zoneinfo import ZoneInfo

from codat_scenarios.merchants.changes import ORDERS, PAYMENTS, TRANSACTIONS, Change, later_changes
from codat_scenarios.merchants.opening import day_bounds, selling_moments
from codat_scenarios.merchants.order_to_wire import (
    Record,
    order_to_wire,
    payment_to_wire,
    transactions_to_wire,
)
from codat_scenarios.merchants.profile import Profile
from codat_scenarios.merchants.sale_generator import SaleGenerator
from codat_scenarios.merchants.shop import Shop


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

    Names of people and places come from faker and may change with its releases; ids, amounts and
    moments depend only on the seed.

    Args:
        profile: what kind of merchant it is.
        seed: which one of that kind.
    """

    def __init__(self, profile: Profile, seed: int) -> None:
        self.profile = profile
        self.seed = seed
        self.shop = Shop.open(profile, seed)

    def __repr__(self) -> str:
        return f"<Merchant {self.name}: {self.profile.kind}, seed {self.seed}>"

    @property
    def name(self) -> str:
        """The business's name."""
        return self.shop.name

    @property
    def currency(self) -> str:
        """The currency of all its records, an ISO 4217 code."""
        return self.profile.currency

    @property
    def time_zone(self) -> ZoneInfo:
        """The zone its days are days in."""
        return ZoneInfo(self.profile.time_zone)

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
        # Seeded with text: every version of Python hashes that in the same way.
        source = Random(f"{self.profile.kind}/{self.seed}/{on.isoformat()}")  # noqa: S311  (no secret)
        _, end = day_bounds(on, self.time_zone)
        generator, shop, day = SaleGenerator(self.shop, source, end), self.shop, Day(on)
        for number, moment in enumerate(selling_moments(self.profile, on, source), 1):
            sale = generator.sell(moment, f"{on.isoformat()}/{number}")
            day.orders.append(order_to_wire(sale, shop))
            for paid in sale.payments:
                day.payments.append(payment_to_wire(paid, shop))
                day.transactions.extend(transactions_to_wire(sale, paid, shop))
            day.changes.extend(later_changes(sale, generator))
        day.changes.sort(key=attrgetter("moment"))
        return day
