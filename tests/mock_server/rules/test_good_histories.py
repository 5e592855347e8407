"""Random histories of a good integration break no rule.

`pytest -m long --thorough -s` plays 5,000, and prints how many were silent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_shop import COINS, DIGITS, Goods, Sale, Shop, goods, open_mock

from codat_mock.clock import format_moment
from codat_scenarios.sandbox_driver import SandboxDriver

HISTORIES = 5_000 if settings.get_current_profile_name() == "thorough" else 80
Happening = Callable[[Shop, Goods], None]


@pytest.fixture(scope="module")
def driver() -> Iterator[SandboxDriver]:
    with open_mock() as driver:
        yield driver


def restamped(shop: Shop, sale: Sale) -> Sale:
    """The sale with the present moment as its stamp."""
    changed = deepcopy(sale)
    now = format_moment(shop.driver.now())
    for records in (changed.orders, changed.payments, changed.transactions):
        for record in records:
            record["sourceModifiedDate"] = now
    return changed


def sale(shop: Shop, what: Goods) -> None:
    """A sale is pushed."""
    shop.push(shop.sell(what))


def part_payment(shop: Shop, what: Goods) -> None:
    """A sale is paid in part."""
    shop.push(shop.sell(what, paid=(what.price + what.gratuity) // 2))


def deposit(shop: Shop, what: Goods) -> None:
    """A deposit is paid a day before its order."""
    whole = shop.sell(what, paid=max(1, what.price // 2))
    shop.push(Sale([], whole.payments, whole.transactions))
    shop.night()
    order = whole.orders[0]
    order["createdDate"] = order["sourceModifiedDate"] = format_moment(shop.driver.now())
    shop.push(Sale([order], [], []))


def correction(shop: Shop, what: Goods) -> None:
    """An unsynced sale becomes dearer, and what it had and has no more is null."""
    first = shop.sell(what, paid=0)
    first.orders[0]["customerRef"] = {"id": "c-1"}
    shop.push(first)
    dearer = Goods((*what.lines, (100, 20)), what.gratuity, what.shipping, what.has_nulls)
    shop.sold -= 1
    second = restamped(shop, shop.sell(dearer, paid=0))
    second.orders[0]["createdDate"] = first.orders[0]["createdDate"]
    second.orders[0]["customerRef"] = None
    shop.push(second)


def removal(shop: Shop, what: Goods) -> None:
    """A sale is deleted before its sync; its payment and fee share an id, and so their deletes."""
    gone = shop.sell(what)
    shop.push(gone)
    deletes = Sale(*[[{"id": each["id"]} for each in gone.records(name)] for name in NAMES])
    shop.push(deletes)


def undone_void(shop: Shop, what: Goods) -> None:
    """A sale is deleted, and pushed again as it was."""
    first = shop.sell(what, paid=0)
    shop.push(first)
    shop.push(Sale([{"id": first.orders[0]["id"]}]))
    shop.push(restamped(shop, first))


def refund_of_old_sale(shop: Shop, what: Goods) -> None:
    """A sale is refunded after its sync."""
    first = shop.sell(what)
    shop.push(first)
    shop.night()
    coin = COINS.get(shop.currency, 1) if what.payment_type == "Cash" else 1
    units = max(coin, what.price // 2 // coin * coin)
    order = first.orders[0]["id"]
    back = shop.payment(f"R-{order}", order, -units, shop.driver.now(), what.payment_type)
    shop.push(Sale([], [back[0]], [back[1]]))


def sale_near_the_sync(shop: Shop, what: Goods) -> None:
    """A sale is made minutes or seconds before the sync, and pushed at once."""
    shop.push(shop.sell(what))
    due = (shop.driver.now() + timedelta(days=1)).replace(hour=3, minute=0, second=0)
    shop.driver.wait_until(due - timedelta(seconds=[600, 90, 40][what.price % 3]))
    shop.push(shop.sell(what, paid=0))


def earlier_order(shop: Shop, what: Goods) -> None:
    """An order from before the start date, which is not pushed, is paid for."""
    created = shop.driver.now() - timedelta(days=30)
    whole = shop.sell(what, created=created)
    now = format_moment(shop.driver.now())
    for record in (*whole.payments, *whole.transactions):
        record["createdDate"] = record["sourceModifiedDate"] = now
    if shop.is_declared:
        shop.declare(whole)
        shop.push(Sale([], whole.payments, whole.transactions), declared=False)


HAPPENINGS: tuple[Happening, ...] = (
    sale, part_payment, deposit, correction, removal, undone_void, refund_of_old_sale,
    sale_near_the_sync, earlier_order,
)  # fmt: skip
NAMES = ("orders", "payments", "transactions")


@pytest.mark.parametrize("most", [20, pytest.param(HISTORIES, marks=pytest.mark.long)])
def test_good_histories_break_no_rule(driver: SandboxDriver, most: int) -> None:
    played = 0

    @settings(max_examples=most, suppress_health_check=[HealthCheck.too_slow], database=None)
    @given(
        currency=st.sampled_from([*DIGITS]),
        is_declared=st.booleans(),
        days=st.lists(st.tuples(st.sampled_from(HAPPENINGS), goods()), min_size=1, max_size=4),
    )
    def is_silent(currency: str, is_declared: bool, days: list[tuple[Happening, Goods]]) -> None:
        nonlocal played
        shop = Shop(driver, currency, is_declared)
        shop.open()
        for happening, what in days:
            happening(shop, what)
            shop.driver.advance(minutes=30)
        shop.night()
        assert shop.found() == {}
        played += 1

    is_silent()
    print(f"{played} good histories are silent")
