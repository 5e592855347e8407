"""Statistics of a merchant's days, in memory that grows by one number a day."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from decimal import Decimal

from codat_scenarios.generation_report.charts import Bars
from codat_scenarios.merchants import Day, Merchant


class Tally:
    """The statistics that the report shows; later changes are counted but not applied.

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

    def add(self, day: Day) -> None:
        """Add a day."""
        weekday = day.date.weekday()
        self.weekdays[weekday] += len(day.orders)
        self.open_weekdays[weekday] += bool(day.orders)
        self.takings[day.date] = sum((order["totalAmount"] for order in day.orders), Decimal(0))
        for order in day.orders:
            created = datetime.fromisoformat(order["createdDate"]).astimezone(self.zone)
            self.hours[created.hour] += 1
            self.lines[sum(line["quantity"] > 0 for line in order["orderLineItems"])] += 1
            self.totals[int(order["totalAmount"])] += 1
            self.tips += order["totalGratuity"]
            self.refunds += order["totalRefund"]
        self.methods.update(p["type"] for p in day.payments if p["status"] == "Paid")
        for moved in day.transactions:
            if moved["type"] in ("PaymentFee", "PaymentFeeRefund"):
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
        """Percent of the orders by their number of lines."""
        most = max(self.lines, default=1)
        return [(str(n), 100 * self.lines[n] / (self.orders or 1)) for n in range(1, most + 1)]

    def per_value(self, bins: int) -> Bars:
        """Percent of the orders by their total, in about `bins` bins of a round width."""
        counted = self.orders or 1
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
