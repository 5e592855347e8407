"""A merchant's sales for the tests of the books, in two forms: as records, and in whole units.

A sale keeps everything as integers in the currency's smallest unit, so that what the books should
show can be summed without the code under test.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from msgspec.structs import replace

from codat_mock.accounting.booking import Booking, book
from codat_mock.accounting.reconciliation import Earlier
from codat_mock.accounting.selection import Picked
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
from codat_mock.models.configuration import Configuration, GroupingLevel, Schedule

START = datetime(2022, 1, 1, tzinfo=UTC)
FINISH = datetime(2023, 1, 1, tzinfo=UTC)
DIGITS = {"GBP": 2, "EUR": 2, "JPY": 0, "KWD": 3}
RATES = (0, 5, 20)


@cache
def configured(platform: str = "gbol", zone: str = "Europe/London") -> Configuration:
    """A complete configuration, with its options."""
    schedule = Schedule(start_date=START, time_zone=zone)
    empty = with_options("company", platform, Configuration(schedule=schedule), [])
    return with_options("company", platform, suggest(empty), [])


def by_location(configuration: Configuration, *levels: str) -> Configuration:
    """The same configuration, with an invoice for each location, or split by other levels."""
    chosen = list(levels or ("Location",))
    mapping = configuration.configuration
    grouping = mapping.sales.grouping
    grouping_levels = replace(
        grouping.grouping_levels,
        invoice_level=GroupingLevel(selected_group_by_options=chosen, group_by_options=chosen),
    )
    sales = replace(mapping.sales, grouping=replace(grouping, grouping_levels=grouping_levels))
    return replace(configuration, configuration=replace(mapping, sales=sales))


def picked_order(order: Order) -> Picked:
    return Picked("commerce-orders", str(order.id), order)


def picked_payment(payment: Payment) -> Picked:
    return Picked("commerce-payments", str(payment.id), payment)


def picked_transaction(transaction: Transaction) -> Picked:
    return Picked("commerce-transactions", f"{transaction.id}/{transaction.type}", transaction)


def booked(
    picked: Sequence[Picked], configuration: Configuration | None = None, **changed: object
) -> Booking:
    """Book into empty books."""
    settings = {
        "platform_key": "gbol",
        "sync_id": "sync-1",
        "finish": FINISH,
        "numbers_used": {},
        **changed,
    }
    return book(picked, configuration or configured(), **settings)


def earlier(booking: Booking) -> Earlier:
    """What one sync booked, as the next one needs it."""
    return Earlier(booking.orders, booking.payments)


@dataclass(frozen=True)
class Part:
    """A line or a service charge; `gross` below zero is a refund."""

    rate: int
    gross: int
    is_charge: bool = False


@dataclass(frozen=True)
class Paid:
    """A payment; `amount` below zero gives money back, `fee` is what the provider keeps."""

    kind: str
    amount: int
    fee: int = 0
    fee_back: int = 0


@dataclass(frozen=True)
class Sale:
    """A sale on a local day; amounts in the currency's smallest unit."""

    id: str
    day: date
    hour: int
    zone: str
    currency: str = "GBP"
    location: str | None = None
    parts: tuple[Part, ...] = ()
    tip: int = 0
    payments: tuple[Paid, ...] = field(default=())

    @property
    def total(self) -> int:
        return sum(part.gross for part in self.parts)

    @property
    def refunds(self) -> int:
        return -sum(part.gross for part in self.parts if part.gross < 0)

    @property
    def moment(self) -> datetime:
        return datetime.combine(self.day, time(self.hour), ZoneInfo(self.zone)).astimezone(UTC)

    def money(self, units: int) -> Decimal:
        return Decimal(units).scaleb(-DIGITS[self.currency])

    def tax(self, part: Part) -> int:
        return part.gross * part.rate // (100 + part.rate)

    @property
    def order(self) -> Order:
        given_back = sum(part.gross for part in self.parts if part.gross < 0)
        return Order(
            id=self.id,
            currency=self.currency,
            created_date=self.moment,
            total_amount=self.money(self.total),
            total_refund=self.money(given_back),
            total_gratuity=self.money(self.tip),
            order_line_items=[
                LineItem(
                    quantity=Decimal(-1 if part.gross < 0 else 1),
                    tax_percentage=Decimal(part.rate),
                    total_amount=self.money(part.gross),
                    total_tax_amount=self.money(self.tax(part)),
                )
                for part in self.parts
                if not part.is_charge
            ],
            service_charges=[
                ServiceCharge(
                    quantity=1,
                    tax_percentage=Decimal(part.rate),
                    total_amount=self.money(part.gross),
                    tax_amount=self.money(self.tax(part)),
                )
                for part in self.parts
                if part.is_charge
            ],
            location_ref=Ref(id=self.location or "", name=self.location),
        )

    @property
    def picked(self) -> list[Picked]:
        """All records of this sale."""
        records = [picked_order(self.order)]
        for number, paid in enumerate(self.payments):
            records += self.payment_records(f"{self.id}-{number}", paid)
        return records

    def payment_records(self, key: str, paid: Paid) -> Iterable[Picked]:
        common = {"id": key, "currency": self.currency, "created_date": self.moment}
        amount = self.money(paid.amount)
        yield picked_payment(Payment(amount=amount, type=paid.kind, status="Paid", **common))
        movements = (
            ("Refund" if paid.amount < 0 else "Payment", paid.amount, self.id, "Order"),
            ("PaymentFee", -paid.fee, key, "Payment"),
            ("PaymentFeeRefund", paid.fee_back, key, "Payment"),
        )
        for kind, units, source, source_type in movements:
            if units or source_type == "Order":
                yield picked_transaction(
                    Transaction(
                        type=kind,
                        total_amount=self.money(units),
                        transaction_source_ref=SourceRef(id=source, type=source_type),
                        **common,
                    )
                )


def everything(sales: Iterable[Sale]) -> list[Picked]:
    """All records of some sales."""
    return [pick for sale in sales for pick in sale.picked]


ZONES = ("Europe/London", "Pacific/Auckland", "America/Los_Angeles", "Asia/Kathmandu")


@st.composite
def sales_of(draw: st.DrawFn, number: int, zone: str) -> Sale:
    """One sale, paid in full."""
    parts = draw(
        st.lists(
            st.builds(
                Part,
                rate=st.sampled_from(RATES),
                gross=st.integers(1, 50_000),
                is_charge=st.booleans(),
            ),
            min_size=1,
            max_size=4,
        )
    )
    returned = draw(st.lists(st.sampled_from(parts), max_size=2))
    parts += [Part(part.rate, -part.gross) for part in returned]
    tip = draw(st.integers(0, 2_000))
    sold = sum(part.gross for part in parts if part.gross > 0) + tip
    first = draw(st.integers(0, sold))
    kinds = st.sampled_from(["Card", "Cash", "OnlineCard", "Swish", "Prepaid", "Unknown"])
    amounts = [first, sold - first, -sum(part.gross for part in returned)]
    fees = st.integers(0, 500)
    payments = tuple(
        Paid(draw(kinds), amount, fee=draw(fees), fee_back=draw(fees))
        for amount in amounts
        if amount
    )
    return Sale(
        id=f"order-{number}",
        day=date(2022, draw(st.sampled_from([3, 10])), draw(st.integers(26, 30))),
        hour=draw(st.sampled_from([0, 9, 23])),
        zone=zone,
        currency=draw(st.sampled_from(sorted(DIGITS))),
        location=draw(st.sampled_from([None, "Harbour", "Market"])),
        parts=tuple(parts),
        tip=tip,
        payments=payments,
    )


@st.composite
def days_of_sales(draw: st.DrawFn) -> list[Sale]:
    """Some sales of one merchant, around the days on which the clocks change."""
    zone = draw(st.sampled_from(ZONES))
    count = draw(st.integers(1, 8))
    return [draw(sales_of(number, zone)) for number in range(count)]
