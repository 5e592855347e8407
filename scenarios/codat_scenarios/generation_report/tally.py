"""Statistics of a merchant's days, in memory that grows by one number a day."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import fmean, pvariance
from typing import Final

from codat_scenarios.generation_report.charts import Bars
from codat_scenarios.merchants import Day, Merchant

YEAR: Final = timedelta(weeks=52)
SEASON: Final = timedelta(weeks=4)
# Fewer days of a weekday say nothing about how they differ.
FEWEST_DAYS: Final = 4


class Tally:
    """The statistics that the report shows; later changes are counted but not applied.

    Amounts are those of the merchant's own currency; sales in another one are only counted.

    Args:
        merchant: the merchant whose days are added.
    """

    def __init__(self, merchant: Merchant) -> None:
        self.merchant = merchant
        self.zone = merchant.time_zone
        self.takings: dict[date, Decimal] = {}
        self.hours: Counter[int] = Counter()
        self.weekdays: Counter[int] = Counter()
        self.open_weekdays: Counter[int] = Counter()
        self.lines: Counter[int] = Counter()
        self.totals: Counter[int] = Counter()
        self.methods: Counter[str] = Counter()
        self.orders_of_day: dict[date, int] = {}
        self.products: Counter[str] = Counter()
        self.prices: dict[str, dict[date, Decimal]] = defaultdict(dict)
        self.paid: Counter[str] = Counter()
        self.sold = Decimal(0)
        self.taxes = Decimal(0)
        self.tipped = Decimal(0)
        self.changes = 0
        self.deletes = 0
        self.tips = Decimal(0)
        self.refunds = Decimal(0)
        self.fees = Decimal(0)

    @property
    def orders(self) -> int:
        """The number of orders."""
        return self.weekdays.total()

    @property
    def turnover(self) -> Decimal:
        """The total of all orders, without tips."""
        return sum(self.takings.values(), Decimal(0))

    @property
    def average(self) -> Decimal:
        """The mean total of an order."""
        return self.turnover / (self.totals.total() or 1)

    def add(self, day: Day) -> None:
        """Add a day."""
        weekday = day.date.weekday()
        self.weekdays[weekday] += len(day.orders)
        self.open_weekdays[weekday] += bool(day.orders)
        self.takings[day.date] = Decimal(0)
        self.orders_of_day[day.date] = len(day.orders)
        for order in day.orders:
            created = datetime.fromisoformat(order["createdDate"]).astimezone(self.zone)
            self.hours[created.hour] += 1
            sold = [line for line in order["orderLineItems"] if line.get("quantity", 0) > 0]
            if sold or not order["orderLineItems"]:
                self.lines[len(sold)] += 1
            self.products.update(line["productRef"]["id"] for line in sold)
            if order["currency"] != self.merchant.currency:
                continue
            self.takings[day.date] += order["totalAmount"]
            self.totals[int(order["totalAmount"])] += 1
            self.tips += order["totalGratuity"]
            self.tipped += order["totalAmount"] if order["totalGratuity"] else 0
            self.refunds += order["totalRefund"]
            self.sold += order["totalAmount"] - order["totalRefund"]
            self.taxes += order["totalTaxAmount"]
            for line in sold:
                self.prices[line["productRef"]["id"]].setdefault(day.date, line["unitPrice"])
        for payment in day.payments:
            if payment["status"] == "Paid":
                self.methods[payment["type"]] += 1
                if payment["currency"] == self.merchant.currency:
                    self.paid[payment["type"]] += payment["amount"]
        for moved in day.transactions:
            at_home = moved.get("currency", self.merchant.currency) == self.merchant.currency
            if at_home and moved["type"] in ("PaymentFee", "PaymentFeeRefund"):
                self.fees += moved["totalAmount"]
        self.deletes += sum(len(change.record) == 1 for change in day.changes)
        self.changes += len(day.changes)

    def per_day(self) -> Bars:
        """The takings of each day."""
        return [(day.isoformat(), float(taken)) for day, taken in sorted(self.takings.items())]

    def per_open_hour(self) -> Bars:
        """Mean orders of an open day in each hour of the day, local time."""
        days = self.open_weekdays.total() or 1
        return [(f"{hour:02}", self.hours[hour] / days) for hour in range(24)]

    def per_weekday(self) -> Bars:
        """Mean orders of each weekday, over the days on which the shop was open."""
        names = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
        return [
            (name, self.weekdays[day] / (self.open_weekdays[day] or 1))
            for day, name in enumerate(names)
        ]

    def per_basket(self) -> Bars:
        """Percent of the orders by their number of lines; those of returns alone are left out."""
        most = max(self.lines, default=1)
        sales = self.lines.total() or 1
        return [(str(n), 100 * self.lines[n] / sales) for n in range(1, most + 1)]

    def per_value(self, bins: int) -> Bars:
        """Percent of the orders by their total, in about `bins` bins of a round width."""
        counted = self.totals.total() or 1
        end = self.total_at_rank(counted * 93 // 100) + 1
        width = next(w for n in range(12) for w in (10**n, 2 * 10**n, 5 * 10**n) if w * bins >= end)
        last = (end - 1) // width
        shares: Counter[int] = Counter()
        for total, orders in self.totals.items():
            shares[min(max(total, 0) // width, last)] += orders
        return [(f"{n * width:,}", 100 * shares[n] / counted) for n in range(last + 1)]

    def total_at_rank(self, orders: int) -> int:
        """The total that this number of orders do not exceed."""
        seen = 0
        for total in sorted(self.totals):
            seen += self.totals[total]
            if seen >= orders:
                return max(total, 0)
        return 0

    def per_method(self) -> Bars:
        """Percent of the payments by type, the most common first."""
        made = self.methods.total() or 1
        return [(method, 100 * n / made) for method, n in self.methods.most_common()]

    @property
    def tip_percent(self) -> float | None:
        """The tips in percent of the bills that have one; None without tips."""
        return percent(self.tips, self.tipped)

    @property
    def refund_percent(self) -> float | None:
        """What was refunded in percent of what was sold."""
        return percent(-self.refunds, self.sold)

    @property
    def tax_percent(self) -> float | None:
        """The taxes in percent of the turnover without them."""
        return percent(self.taxes, self.turnover - self.taxes)

    @property
    def cash_percent(self) -> float | None:
        """The payments in cash in percent of all."""
        return percent(self.methods["Cash"], self.methods.total())

    @property
    def cash_value_percent(self) -> float | None:
        """What was paid in cash in percent of all money."""
        return percent(self.paid["Cash"], sum(self.paid.values()))

    @property
    def top_fifth_percent(self) -> float | None:
        """What of all lines the best-selling fifth of the products makes, in percent."""
        ranked = sorted(self.products.values(), reverse=True)
        return percent(sum(ranked[: len(self.merchant.products) // 5]), sum(ranked))

    @property
    def dispersion(self) -> float | None:
        """The variance of a day's orders over their mean, within a weekday; chance alone gives 1.

        None where too few days are known.
        """
        ratios = [pvariance(counts) / fmean(counts) for counts in self._orders_by_weekday()]
        return fmean(ratios) if ratios else None

    def _orders_by_weekday(self) -> Iterator[list[int]]:
        for weekday in range(7):
            counts = [
                orders
                for day, orders in self.orders_of_day.items()
                if orders and day.weekday() == weekday
            ]
            if len(counts) >= FEWEST_DAYS:
                yield counts

    @property
    def dearer_percent(self) -> float | None:
        """How much dearer products are at the end than a year before; None before a year."""
        days = sorted(self.takings)
        if not days or days[-1] - days[0] < YEAR:
            return None
        first, last = days[-1] - YEAR - SEASON, days[-1] - SEASON
        ratios = [
            float(after / before)
            for seen in self.prices.values()
            if (before := price_within(seen, first)) and (after := price_within(seen, last))
        ]
        return 100 * (fmean(ratios) - 1) if ratios else None


def percent(part: Decimal | int, whole: Decimal | int) -> float | None:
    """A part in percent of a whole; None where there is nothing."""
    return 100 * float(part / whole) if whole else None


def price_within(seen: dict[date, Decimal], start: date) -> Decimal | None:
    """The price of a product in the season that begins on a day; None where none was sold.

    Args:
        seen: prices by day.
        start: the first day of the season.
    """
    return next((price for day, price in seen.items() if start <= day <= start + SEASON), None)
