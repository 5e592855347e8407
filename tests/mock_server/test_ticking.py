"""The ticker, which does what falls due while a clock runs."""

from __future__ import annotations

import logging

import pytest

from codat_mock.sandbox import Sandbox, Settings, World
from codat_mock.store import Store


class CountingStore(Store):
    """Counts its transactions."""

    count = 0

    def transaction(self):
        self.count += 1
        return super().transaction()


@pytest.mark.parametrize(("speed", "transactions"), [(0, 0), (1, 50)])
def test_a_clock_that_stands_costs_the_ticker_nothing(speed, transactions):
    store = CountingStore()
    world = World(Settings(speed=speed), store)
    for number in range(50):
        world.sandbox(str(number))
    store.count = 0
    world.settle()
    assert store.count == transactions
    world.close()


def test_a_clock_that_stood_when_it_was_stored_still_stands(tmp_path):
    path = tmp_path / "shop.db"
    world = World(Settings(speed=0), Store(path))
    world.sandbox("old")
    world.close()
    store = CountingStore(path)
    world = World(Settings(speed=1), store)
    world.sandbox("new")
    store.count = 0
    world.settle()
    assert store.count == 1
    world.close()


def test_what_goes_wrong_in_one_sandbox_is_told_and_the_others_go_on(monkeypatch, caplog):
    world = World(Settings(speed=1))
    for name in ("first", "second", "third"):
        world.sandbox(name)
    settled = []

    def settle(sandbox: Sandbox) -> None:
        settled.append(sandbox.name)
        if sandbox.name == "second":
            raise ValueError("spoilt")

    monkeypatch.setattr(Sandbox, "settle", settle)
    with caplog.at_level(logging.ERROR):
        world.settle()
        world.settle()
    assert settled == ["first", "second", "third"] * 2
    [told] = caplog.records
    assert told.getMessage() == "What was due in the sandbox 'second' could not be done."
    assert told.exc_info
    assert str(told.exc_info[1]) == "spoilt"
    world.close()
