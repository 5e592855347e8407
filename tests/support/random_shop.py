"""A shop of random sales, pushed as an integration would: good in itself, and to be broken.

Amounts are integers in the currency's smallest unit until they are pushed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import httpx
from hypothesis import strategies as st

from codat_mock.clock import format_moment
from codat_mock.http.app import create_app
from codat_mock.models.datasets import LIST_NAMES, DataType
from codat_mock.sandbox import SandboxRegistry, Settings
from codat_scenarios.sandbox_driver import SandboxDriver

Json = dict[str, Any]
NAMES: Final = ("orders", "payments", "transactions")
DATA_TYPES: Final[dict[str, DataType]] = {name: kind for kind, name in LIST_NAMES.items()}
DIGITS: Final = {"GBP": 2, "EUR": 2, "USD": 2, "CHF": 2, "SEK": 2, "JPY": 0, "ISK": 0, "KWD": 3}
COINS: Final = {"CHF": 5, "SEK": 100}  # the smallest coin, in smallest units
MORNING: Final = datetime(2022, 3, 21, 9, tzinfo=UTC)  # syncs run at 03:00


@dataclass
class Sale:
    """The records of one sale, by the name of their list."""

    orders: list[Json] = field(default_factory=list)
    payments: list[Json] = field(default_factory=list)
    transactions: list[Json] = field(default_factory=list)

    def records(self, name: str) -> list[Json]:
        """Those of one list."""
        found: list[Json] = getattr(self, name)
        return found


@dataclass(frozen=True)
class Goods:
    """What is sold.

    Args:
        lines: price in smallest units and tax rate in percent of each line.
        gratuity: smallest units.
        shipping: smallest units, without tax.
        has_nulls: whether references and lists that it lacks are null.
        payment_type: how it is paid.
        fee: smallest units; 0 for none.
        fee_source: what the fee names as its source.
    """

    lines: tuple[tuple[int, float], ...]
    gratuity: int = 0
    shipping: int = 0
    has_nulls: bool = False
    payment_type: str = "Card"
    fee: int = 0
    fee_source: str = "Payment"

    @property
    def price(self) -> int:
        """What it costs, in smallest units."""
        return sum(units for units, _ in self.lines) + self.shipping


def goods() -> st.SearchStrategy[Goods]:
    """Draw what is sold."""
    line = st.tuples(st.integers(1, 50_000), st.sampled_from((20, 0, 5, 7.5, 25)))
    return st.builds(
        Goods,
        lines=st.lists(line, min_size=1, max_size=3).map(tuple),
        gratuity=st.sampled_from((0, 0, 150)),
        shipping=st.sampled_from((0, 0, 499)),
        has_nulls=st.booleans(),
        payment_type=st.sampled_from(("Card", "Cash", "OnlineCard", "Mobile", "Paypal")),
        fee=st.sampled_from((0, 27)),
        fee_source=st.sampled_from(("Payment", "Order", "Fee")),
    )


@dataclass
class Shop:
    """A shop with a company of its own, whose records are pushed and, if asked for, declared.

    Args:
        driver: drives the sandbox.
        currency: of every sale.
        is_declared: whether the merchant's records are declared.
    """

    driver: SandboxDriver
    currency: str = "GBP"
    is_declared: bool = False
    sold: int = 0

    def open(self, **settings: Any) -> None:
        """Reset the sandbox to Monday 09:00 and prepare a company."""
        start = {"startAt": format_moment(MORNING), "speed": "frozen"}
        self.driver.reset(MORNING)
        self.driver.call("POST", "/_mock/reset", start | settings)
        company = self.driver.call("POST", "/_mock/companies", {"name": "Random Café"})
        self.driver.company_id = company["id"]

    def amount(self, units: int) -> Decimal:
        """An amount as it is pushed."""
        return Decimal(units).scaleb(-DIGITS[self.currency])

    def common(self, record_id: str, created: datetime) -> Json:
        """What all records have."""
        stamp = format_moment(created)
        return {
            "id": record_id, "currency": self.currency, "createdDate": stamp,
            "sourceModifiedDate": stamp,
        }  # fmt: skip

    def order(self, number: int, what: Goods, created: datetime) -> Json:
        """An order."""
        lines = [
            {
                "id": f"O-{number}-{place}", "quantity": 1, "taxPercentage": rate,
                "totalAmount": self.amount(units), "totalTaxAmount": self.tax(units, rate),
                "unitPrice": self.amount(units), "productRef": {"id": "cake", "name": "Cake"},
            }
            for place, (units, rate) in enumerate(what.lines)
        ]  # fmt: skip
        order = self.common(f"O-{number}", created) | {
            "totalAmount": self.amount(what.price),
            "totalTaxAmount": sum((line["totalTaxAmount"] for line in lines), Decimal(0)),
            "totalGratuity": self.amount(what.gratuity),
            "orderLineItems": lines,
        }
        if what.shipping:
            order["serviceCharges"] = [
                {
                    "description": "Shipping", "totalAmount": self.amount(what.shipping),
                    "taxPercentage": 0, "taxAmount": 0, "quantity": 1, "type": "Shipping",
                }
            ]  # fmt: skip
        if what.has_nulls:
            nulls = ("locationRef", "customerRef", "payments", "serviceCharges", "closedDate")
            order = dict.fromkeys(nulls) | order
        return order

    def tax(self, units: int, rate: float) -> Decimal:
        """The tax within a price."""
        exact = self.amount(units) * Decimal(str(rate)) / (100 + Decimal(str(rate)))
        return exact.quantize(Decimal(1).scaleb(-DIGITS[self.currency]))

    def payment(
        self, record_id: str, order: str, units: int, created: datetime, kind: str = "Card"
    ) -> tuple[Json, Json]:
        """A payment, or a repayment below zero, with its transaction.

        Args:
            record_id: of both.
            order: the id of its order.
            units: smallest units.
            created: UTC.
            kind: the type of the payment.
        """
        common = self.common(record_id, created)
        payment = common | {"amount": self.amount(units), "type": kind, "status": "Paid"}
        moved = common | {
            "totalAmount": self.amount(units),
            "type": "Payment" if units >= 0 else "Refund",
            "transactionSourceRef": {"id": order, "type": "Order"},
        }
        return payment, moved

    def fee(self, payment: str, source: Json, units: int, created: datetime) -> Json:
        """The fee of a payment."""
        return self.common(payment, created) | {
            "totalAmount": -self.amount(units),
            "type": "PaymentFee",
            "transactionSourceRef": source,
        }

    def sell(self, what: Goods, created: datetime | None = None, paid: int | None = None) -> Sale:
        """A sale of this moment, paid at once.

        Args:
            what: is sold.
            created: UTC; None for half a minute ago.
            paid: smallest units; None for what is due.
        """
        created = created or self.driver.now() - timedelta(seconds=30)
        self.sold += 1
        number, sale = self.sold, Sale()
        sale.orders.append(self.order(number, what, created))
        due = what.price + what.gratuity if paid is None else paid
        if what.payment_type == "Cash" and paid is None:
            coin = COINS.get(self.currency, 1)
            due = (due + coin // 2) // coin * coin
        if not due:
            return sale
        payment, moved = self.payment(f"P-{number}", f"O-{number}", due, created, what.payment_type)
        sale.payments.append(payment)
        sale.transactions.append(moved)
        if what.fee:
            sources = {"Payment": f"P-{number}", "Order": f"O-{number}", "Fee": f"F-{number}"}
            source = {"id": sources[what.fee_source], "type": what.fee_source}
            sale.transactions.append(self.fee(f"P-{number}", source, what.fee, created))
        return sale

    def push(self, *sales: Sale, declared: bool | None = None) -> None:
        """Push sales, one data type after the other, and read how the datasets end.

        Args:
            sales: their records.
            declared: whether they are declared; None for whether the shop's are.
        """
        if self.is_declared if declared is None else declared:
            self.declare(*sales)
        for name in NAMES:
            self.push_list(name, [record for sale in sales for record in sale.records(name)])

    def push_list(self, name: str, records: Iterable[Json]) -> None:
        """Push records of one data type, and read how the dataset ends."""
        self.driver.push(DATA_TYPES[name], [*records])
        self.driver.advance(seconds=20)

    def declare(self, *sales: Sale) -> None:
        """Declare the records of sales as the merchant's."""
        records = {name: [each for sale in sales for each in sale.records(name)] for name in NAMES}
        self.driver.declare(**records)

    def night(self) -> None:
        """Let time pass until the next morning."""
        now = self.driver.now()
        self.driver.wait_until((now + timedelta(days=now.hour >= 4)).replace(hour=9, minute=0))

    def found(self) -> dict[str, list[str]]:
        """The messages of the findings, by code."""
        messages: dict[str, list[str]] = {}
        for each in self.driver.findings()["findings"]:
            messages.setdefault(each["code"], []).append(each["message"])
        return messages


@contextmanager
def open_mock() -> Iterator[SandboxDriver]:
    """A mock in process, with a driver of it."""
    registry = SandboxRegistry(Settings(speed=0))
    transport = httpx.WSGITransport(create_app(registry))
    with httpx.Client(base_url="http://localhost", transport=transport) as http:
        yield SandboxDriver(http, "random-shop")
    registry.close()
