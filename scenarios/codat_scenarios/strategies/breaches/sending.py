"""Breaches of the rules for sending data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from codat_mock.clock import format_moment
from codat_mock.lifecycle import LAST_STEP
from codat_mock.records.datasets import LIST_NAMES, DatasetStatus
from codat_scenarios.histories import Life, Pushed, Reading, Trouble
from codat_scenarios.histories.steps import Relinked
from codat_scenarios.histories.till import Sale, tell
from codat_scenarios.merchants import ORDERS, Record
from codat_scenarios.stage import START
from codat_scenarios.strategies.breaches.registry import (
    breach,
    miss,
    push_in_vain,
    push_only,
    settle,
)
from codat_scenarios.strategies.invalid import Invalid, invalid_orders
from codat_scenarios.strategies.large import LargePush

SYNC_HOUR: Final = 3
ZONE: Final = ZoneInfo("Europe/London")
AT_ONCE: Final = timedelta(seconds=8)  # in which a dataset ends
FORGETTABLE: Final = st.sampled_from(("sale", "fee"))


def forget(life: Life, what: str) -> None:
    """Sell something, of which the integration forgets all or the fee; then something else."""
    changes = life.till.sell(life.diary.tick(), 100)
    life.leave_alone([*life.till.sales.values()][-1])
    life.declare(changes)
    is_fee = (change.record.get("type") == "PaymentFee" for change in changes)
    kept = [change for change, is_it in zip(changes, is_fee, strict=True) if not is_it]
    life.integration.take(kept if what == "fee" else [])
    miss(life)
    life.leave_alone(life.sell(100))


@breach("S01", is_declared=True, comes_first=True, what=FORGETTABLE)
def forget_at_first(life: Life, what: str) -> None:
    """Forget a record before the first push."""
    forget(life, what)


@breach("S02", is_declared=True, what=FORGETTABLE)
def forget_later(life: Life, what: str) -> None:
    """Forget a record after a sync."""
    if not life.nights:
        life.sell(100)
        life.night()
    forget(life, what)


@breach("S03", is_told_otherwise=st.booleans())
def repeat(life: Life, is_told_otherwise: bool) -> None:
    """Push an order again that has not changed, perhaps with its properties in another order."""
    sale = ([*life.till.sales.values()] or [life.sell(100)])[-1]
    settle(life)
    order = life.till.records[ORDERS, sale.id]
    if is_told_otherwise:
        order = dict(reversed(order.items()))
    push_only(life, ORDERS, [order])


@breach("S04", is_changed=st.booleans())
def double(life: Life, is_changed: bool) -> None:
    """Push a new order twice in one push, perhaps in two versions of which the last counts."""
    settle(life)
    life.sell(100)
    [order] = life.integration.pending_of(ORDERS)
    other = order | ({"totalAmount": 0, "orderLineItems": []} if is_changed else {})
    push_only(life, ORDERS, [other, order])


@breach("S05")
def overlap(life: Life) -> None:
    """Push an order while another is being pushed."""
    settle(life)
    life.sell(100)
    life.sell(200)
    first, second = life.integration.pending_of(ORDERS)
    moment = life.diary.tick()
    life.diary.note(Pushed(moment, ORDERS, [first], meanwhile=[second]))
    life.integration.settle([(ORDERS, first["id"]), (ORDERS, second["id"])])
    life.integration.expect_end(moment + AT_ONCE)


@breach("S06", seconds=st.integers(0, 7))
def hurry(life: Life, seconds: int) -> None:
    """Push an order before the dataset of another has ended."""
    settle(life)
    life.sell(100)
    life.sell(200)
    first, second = life.integration.pending_of(ORDERS)
    push_only(life, ORDERS, [first])
    life.diary.tick(seconds=seconds)
    life.integration.push_one(ORDERS, [second])


@breach("S07", count=st.integers(5_000, 5_002))
def push_many(life: Life, count: int) -> None:
    """Push 5,000 orders or some more."""
    settle(life)
    push_only(life, ORDERS, LargePush(new_order(life, f"bulk-{n}") for n in range(count)))
    life.spoils = True


@breach("S08")
def be_late(life: Life) -> None:
    """Push a sale only on the morning after its sync."""
    settle(life)
    life.leave_alone(life.sell(100))
    miss(life)
    life.sleep()
    life.push()


@breach("S09", minutes=st.integers(2, 14))
def push_last_minute(life: Life, minutes: int) -> None:
    """Push a sale shortly before its sync."""
    settle(life)
    life.sell(100)
    life.diary.now = next_sync(life) - timedelta(minutes=minutes)
    life.integration.push()
    life.night()


@breach("S10", is_declared=True, minutes=st.integers(1, 60))
def be_silent(life: Life, minutes: int) -> None:
    """Sell something, and push nothing for over a day."""
    settle(life)
    sale = life.sell(100)
    life.leave_alone(sale)
    miss(life)
    life.integration.drop([*life.integration.pending])
    life.sleep()
    life.diary.now = sale.created + timedelta(days=1, minutes=minutes)


@breach("S11", comes_first=True, times=st.integers(1, 2))
def push_unconfigured(life: Life, times: int) -> None:
    """Push before anything is configured."""
    life.integration.is_open = True
    for _ in range(times):
        life.sell(100)
        life.integration.push()
    life.integration.is_open = False
    life.integration.open()


@breach("S12", days=st.integers(1, 400))
def push_old(life: Life, days: int) -> None:
    """Push an order of a time before the start date."""
    settle(life)
    created = {"createdDate": format_moment(START - timedelta(days=days))}
    push_only(life, ORDERS, [new_order(life, "old") | created])


@breach("S13")
def be_blind(life: Life) -> None:
    """Push, and do not look how that ends."""
    settle(life)
    life.sell(100)
    life.push(reading=Reading("later"))
    life.sleep()


@breach("S14", outcome=st.sampled_from([*LAST_STEP]))
def leave_failed(life: Life, outcome: DatasetStatus) -> None:
    """Do not push again what was in datasets that have failed."""
    settle(life)
    life.leave_alone(life.sell(100))
    life.diary.tick()
    for data_type in LIST_NAMES:
        records = life.integration.pending_of(data_type)
        life.integration.push_one(data_type, records, Trouble(data_type, outcome=outcome))
    life.integration.drop([*life.integration.pending])
    miss(life)


@breach("S15", invalid=invalid_orders())
def push_invalid(life: Life, invalid: Invalid) -> None:
    """Push an order that is wrong in one place."""
    settle(life)
    life.diary.tick()
    life.integration.push_to_fail(ORDERS, [invalid.record])
    life.integration.read_to_the_end()


@breach(
    "S16",
    service=st.sampled_from(("slow", "down", "hanging", "refusing")),
    sale=st.one_of(
        st.floats(1.01, 60).map(lambda seconds: {"seconds": seconds}),
        st.just({"seconds": 0.01, "error": "no connection"}),
    ),
)
def couple(life: Life, service: str, sale: Record) -> None:
    """Sell only when the service answers."""
    life.probe(service, [{"seconds": 0.01}, sale])


@breach("S17", status=st.sampled_from(("Unlinked", "Deauthorized")))
def push_unlinked(life: Life, status: str) -> None:
    """Push though the merchant has unlinked, who links again afterwards."""
    settle(life)
    life.sell(100)
    life.diary.note(Relinked(life.diary.tick(), status))
    push_in_vain(life)
    life.integration.read_to_the_end()
    life.diary.note(Relinked(life.diary.tick(), "Linked"))


def next_sync(life: Life) -> datetime:
    """When the next sync is due, UTC."""
    return life.diary.next_morning.astimezone(ZONE).replace(hour=SYNC_HOUR).astimezone(UTC)


def new_order(life: Life, id_: str) -> Record:
    """An order that stands alone."""
    _, _, order = next(tell(Sale(id_, life.diary.now, pence=100, tip=0, by_card=True)))
    return order
