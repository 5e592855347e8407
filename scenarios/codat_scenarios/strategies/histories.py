"""Strategies for a merchant's life, with every rule kept or exactly one broken."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import deepcopy
from operator import methodcaller
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from codat_mock.clock import format_moment
from codat_scenarios.histories import History, Life, Pushed
from codat_scenarios.histories.till import Sale
from codat_scenarios.merchants import ORDERS, Record
from codat_scenarios.strategies.invalid import Invalid, invalid_orders
from codat_scenarios.strategies.sales import orders

Happening = Callable[[Life], object]

PENCE = st.integers(1, 10_000)
WHICH = st.integers(0, 5)
LARGE: Final = (4_999, 5_000, 5_001)  # the guide recommends "under 5000 records"


def happening(verb: str, *arguments: SearchStrategy[Any]) -> SearchStrategy[Happening]:
    """Draw a verb of a life with its arguments."""
    return st.builds(methodcaller, st.just(verb), *arguments)


# Lived one after the other by functions that draw nothing: so any of them can be left out, and an
# example shrinks to the few that tell.
HAPPENINGS = st.lists(
    st.one_of(
        happening("sell", PENCE, st.integers(0, 500), st.booleans()),
        happening("push"),
        happening("night"),
        happening("correct", WHICH, PENCE),
        happening("give_back", WHICH, PENCE),
        happening("delete", WHICH),
    ),
    max_size=15,
)


def histories() -> SearchStrategy[History]:
    """A merchant's life with sales, corrections, refunds, deletes, pushes and nights.

    Every rule is kept by construction, and the books must show what is `due`. They shrink to a
    night without a sale.
    """
    return HAPPENINGS.map(lived)


def broken_histories(code: str) -> SearchStrategy[History]:
    """A merchant's life in which one rule is broken once, and every other is kept.

    Args:
        code: one of `BREACHES`: S03, S04, S05, S15, U02, D01.
    """
    return st.builds(
        lambda before, breach, after: lived([*before, breach, *after], code),
        HAPPENINGS,
        BREACHES[code],
        HAPPENINGS,
    )


class LargePush(list[Record]):
    """Many records, shown by their number: thousands of them would tell nothing."""

    def __repr__(self) -> str:
        return f"{len(self):,} records, the first {self[0]!r}"


def large_pushes() -> SearchStrategy[LargePush]:
    """Pushes of 4,999, 5,000 or 5,001 orders that differ in their ids only."""
    return st.builds(
        lambda count, order: LargePush(order | {"id": f"{number}"} for number in range(count)),
        st.sampled_from(LARGE),
        orders(),
    )


def lived(happenings: Iterable[Happening], breaks: str | None = None) -> History:
    """Live through happenings, until the next morning."""
    life = Life()
    for happens in happenings:
        happens(life)
    return life.history(breaks)


def repeat(is_told_otherwise: bool) -> Happening:
    """Push an order again that has not changed, perhaps with its properties in another order."""

    def breach(life: Life) -> None:
        life.push_rest()
        sales = list(life.till.sales.values()) or [sell_and_push(life)]
        order = life.till.records[ORDERS, sales[-1].id]
        if is_told_otherwise:
            order = dict(reversed(order.items()))
        push_orders(life, [order])

    return breach


def double(is_changed: bool) -> Happening:
    """Push a new order twice in one push, perhaps in two versions of which the last counts."""

    def breach(life: Life) -> None:
        life.push_rest()
        life.sell(100)
        [order] = life.take_pending(ORDERS)
        other = order | ({"totalAmount": 0, "orderLineItems": []} if is_changed else {})
        push_orders(life, [other, order])

    return breach


def overlap(life: Life) -> None:
    """Push an order while another is being pushed."""
    life.push_rest()
    life.sell(100)
    life.sell(200)
    first, second = life.take_pending(ORDERS)
    life.steps.append(Pushed(life.tick(), ORDERS, [first], meanwhile=[second]))


def push_invalid(invalid: Invalid) -> Happening:
    """Push an order that is wrong in one place."""

    def breach(life: Life) -> None:
        push_orders(life, [invalid.record])

    return breach


def update_late(life: Life) -> None:
    """Put a customer on an order that has been synced, and push it."""
    if not life.till.synced_sales():
        life.sell(100)
        life.night()
    sale = life.till.synced_sales()[-1]
    order = deepcopy(life.till.records[ORDERS, sale.id])
    order |= {"customerRef": {"id": "regular"}, "sourceModifiedDate": format_moment(life.tick())}
    push_orders(life, [order])


def delete_fat(rest: Record) -> Happening:
    """Delete an order that was pushed with more than its id."""

    def breach(life: Life) -> None:
        sale = sell_and_push(life)
        push_orders(life, [{"id": sale.id, **rest}])
        life.till.delete(life.now, sale)

    return breach


def sell_and_push(life: Life) -> Sale:
    """Sell something and push it."""
    life.sell(100)
    life.push()
    return life.till.open_sales()[-1]


def push_orders(life: Life, records: list[Record]) -> None:
    """Push these orders, whatever is to be pushed."""
    life.steps.append(Pushed(life.tick(), ORDERS, records))


FAT: Final[tuple[Record, ...]] = (
    {"isDeleted": True},
    {"status": "Deleted"},
    {"closedDate": None},
    {"orderNumber": ""},
)
BREACHES: Final[dict[str, SearchStrategy[Happening]]] = {
    "S03": st.booleans().map(repeat),
    "S04": st.booleans().map(double),
    "S05": st.just(overlap),
    "S15": invalid_orders().map(push_invalid),
    "U02": st.just(update_late),
    "D01": st.sampled_from(FAT).map(delete_fat),
}
