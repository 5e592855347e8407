"""Breaches of the rules for sending data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from codat_mock.clock import format_moment
from codat_mock.domain.dataset_lifecycle import LAST_STEP
from codat_mock.models.datasets import LIST_NAMES, DatasetStatus
from codat_scenarios.histories import HistoryBuilder, PlannedFaults, Pushed, Reading
from codat_scenarios.histories.history_pos import HistorySale, sale_to_wire
from codat_scenarios.histories.steps import Relinked
from codat_scenarios.merchants import ORDERS, Record
from codat_scenarios.sandbox_driver import START
from codat_scenarios.strategies.invalid import Invalid, invalid_orders
from codat_scenarios.strategies.large import LargePush
from codat_scenarios.strategies.violations.registry import (
    miss,
    push_in_vain,
    push_only,
    settle,
    violation,
)

SYNC_HOUR: Final = 3
ZONE: Final = ZoneInfo("Europe/London")
AT_ONCE: Final = timedelta(seconds=8)  # in which a dataset ends
FORGETTABLE: Final = st.sampled_from(("sale", "fee"))


def forget(builder: HistoryBuilder, what: str) -> None:
    """Sell something, of which the integration forgets all or the fee; then something else."""
    changes = builder.pos.sell(builder.timeline.tick(), 100)
    builder.freeze([*builder.pos.sales.values()][-1])
    builder.declare(changes)
    is_fee = (change.record.get("type") == "PaymentFee" for change in changes)
    kept = [change for change, is_it in zip(changes, is_fee, strict=True) if not is_it]
    builder.integration.receive(kept if what == "fee" else [])
    miss(builder)
    builder.freeze(builder.sell(100))


@violation("S01", is_declared=True, comes_first=True, what=FORGETTABLE)
def forget_at_first(builder: HistoryBuilder, what: str) -> None:
    """Forget a record before the first push."""
    forget(builder, what)


@violation("S02", is_declared=True, what=FORGETTABLE)
def forget_later(builder: HistoryBuilder, what: str) -> None:
    """Forget a record after a sync."""
    if not builder.successful_syncs:
        builder.sell(100)
        builder.night()
    forget(builder, what)


@violation("S03", is_told_otherwise=st.booleans())
def repeat(builder: HistoryBuilder, is_told_otherwise: bool) -> None:
    """Push an order again that has not changed, perhaps with its properties in another order."""
    sale = ([*builder.pos.sales.values()] or [builder.sell(100)])[-1]
    settle(builder)
    order = builder.pos.records[ORDERS, sale.id]
    if is_told_otherwise:
        order = dict(reversed(order.items()))
    push_only(builder, ORDERS, [order])


@violation("S04", is_changed=st.booleans())
def double(builder: HistoryBuilder, is_changed: bool) -> None:
    """Push a new order twice in one push, perhaps in two versions of which the last counts."""
    settle(builder)
    builder.sell(100)
    [order] = builder.integration.pending_of(ORDERS)
    other = order | ({"totalAmount": 0, "orderLineItems": []} if is_changed else {})
    push_only(builder, ORDERS, [other, order])


@violation("S05")
def overlap(builder: HistoryBuilder) -> None:
    """Push an order while another is being pushed."""
    settle(builder)
    builder.sell(100)
    builder.sell(200)
    first, second = builder.integration.pending_of(ORDERS)
    moment = builder.timeline.tick()
    builder.timeline.add(Pushed(moment, ORDERS, [first], meanwhile=[second]))
    builder.integration.mark_pushed([(ORDERS, first["id"]), (ORDERS, second["id"])])
    builder.integration.expect_completion(moment + AT_ONCE)


@violation("S06", seconds=st.integers(0, 7))
def hurry(builder: HistoryBuilder, seconds: int) -> None:
    """Push an order before the dataset of another has ended."""
    settle(builder)
    builder.sell(100)
    builder.sell(200)
    first, second = builder.integration.pending_of(ORDERS)
    push_only(builder, ORDERS, [first])
    builder.timeline.tick(seconds=seconds)
    builder.integration.push_one(ORDERS, [second])


@violation("S07", count=st.integers(5_000, 5_002))
def push_many(builder: HistoryBuilder, count: int) -> None:
    """Push 5,000 orders or some more."""
    settle(builder)
    push_only(builder, ORDERS, LargePush(new_order(builder, f"bulk-{n}") for n in range(count)))
    builder.corrupts_books = True


@violation("S08")
def be_late(builder: HistoryBuilder) -> None:
    """Push a sale only on the morning after its sync."""
    settle(builder)
    builder.freeze(builder.sell(100))
    miss(builder)
    builder.pass_night()
    builder.push()


@violation("S09", minutes=st.integers(2, 14))
def push_last_minute(builder: HistoryBuilder, minutes: int) -> None:
    """Push a sale shortly before its sync."""
    settle(builder)
    builder.sell(100)
    builder.timeline.now = next_sync(builder) - timedelta(minutes=minutes)
    builder.integration.push()
    builder.night()


@violation("S10", is_declared=True, minutes=st.integers(1, 60))
def be_silent(builder: HistoryBuilder, minutes: int) -> None:
    """Sell something, and push nothing for over a day."""
    settle(builder)
    sale = builder.sell(100)
    builder.freeze(sale)
    miss(builder)
    builder.integration.drop([*builder.integration.pending])
    builder.pass_night()
    builder.timeline.now = sale.created + timedelta(days=1, minutes=minutes)


@violation("S11", comes_first=True, times=st.integers(1, 2))
def push_unconfigured(builder: HistoryBuilder, times: int) -> None:
    """Push before anything is configured."""
    builder.integration.is_configured = True
    for _ in range(times):
        builder.sell(100)
        builder.integration.push()
    builder.integration.is_configured = False
    builder.integration.configure()


@violation("S12", days=st.integers(1, 400))
def push_old(builder: HistoryBuilder, days: int) -> None:
    """Push an order of a time before the start date."""
    settle(builder)
    created = {"createdDate": format_moment(START - timedelta(days=days))}
    push_only(builder, ORDERS, [new_order(builder, "old") | created])


@violation("S13")
def be_blind(builder: HistoryBuilder) -> None:
    """Push, and do not look how that ends."""
    settle(builder)
    builder.sell(100)
    builder.push(reading=Reading("later"))
    builder.pass_night()


@violation("S14", outcome=st.sampled_from([*LAST_STEP]))
def leave_failed(builder: HistoryBuilder, outcome: DatasetStatus) -> None:
    """Do not push again what was in datasets that have failed."""
    settle(builder)
    builder.freeze(builder.sell(100))
    builder.timeline.tick()
    for data_type in LIST_NAMES:
        records = builder.integration.pending_of(data_type)
        builder.integration.push_one(data_type, records, PlannedFaults(data_type, outcome=outcome))
    builder.integration.drop([*builder.integration.pending])
    miss(builder)


@violation("S15", invalid=invalid_orders())
def push_invalid(builder: HistoryBuilder, invalid: Invalid) -> None:
    """Push an order that is wrong in one place."""
    settle(builder)
    builder.timeline.tick()
    builder.integration.push_to_fail(ORDERS, [invalid.record])
    builder.integration.read_until_complete()


@violation(
    "S16",
    service=st.sampled_from(("slow", "down", "hanging", "refusing")),
    sale=st.one_of(
        st.floats(1.01, 60).map(lambda seconds: {"seconds": seconds}),
        st.just({"seconds": 0.01, "error": "no connection"}),
    ),
)
def couple(builder: HistoryBuilder, service: str, sale: Record) -> None:
    """Sell only when the service answers."""
    builder.report_sales(service, [{"seconds": 0.01}, sale])


@violation("S17", status=st.sampled_from(("Unlinked", "Deauthorized")))
def push_unlinked(builder: HistoryBuilder, status: str) -> None:
    """Push though the merchant has unlinked, who links again afterwards."""
    settle(builder)
    builder.sell(100)
    builder.timeline.add(Relinked(builder.timeline.tick(), status))
    push_in_vain(builder)
    builder.integration.read_until_complete()
    builder.timeline.add(Relinked(builder.timeline.tick(), "Linked"))


def next_sync(builder: HistoryBuilder) -> datetime:
    """When the next sync is due, UTC."""
    return builder.timeline.next_morning.astimezone(ZONE).replace(hour=SYNC_HOUR).astimezone(UTC)


def new_order(builder: HistoryBuilder, id_: str) -> Record:
    """An order that stands alone."""
    _, _, order = next(
        sale_to_wire(HistorySale(id_, builder.timeline.now, pence=100, tip=0, by_card=True))
    )
    return order
