"""The ticker, which does what falls due while a clock runs."""

from __future__ import annotations

import logging

import pytest

from codat_mock.sandbox import Sandbox, SandboxRegistry, Settings
from codat_mock.storage import Store


class CountingStore(Store):
    """Counts its transactions."""

    count = 0

    def transaction(self, on_rollback=None):
        self.count += 1
        return super().transaction(on_rollback)


@pytest.mark.parametrize(("speed", "transactions"), [(0, 0), (1, 50)])
def test_a_clock_that_stands_costs_the_ticker_nothing(speed, transactions):
    store = CountingStore()
    registry = SandboxRegistry(Settings(speed=speed), store)
    for number in range(50):
        registry.sandbox(str(number))
    store.count = 0
    registry.settle()
    assert store.count == transactions
    registry.close()


def test_a_clock_that_stood_when_it_was_stored_still_stands(tmp_path):
    path = tmp_path / "shop.db"
    registry = SandboxRegistry(Settings(speed=0), Store(path))
    registry.sandbox("old")
    registry.close()
    store = CountingStore(path)
    registry = SandboxRegistry(Settings(speed=1), store)
    registry.sandbox("new")
    store.count = 0
    registry.settle()
    assert store.count == 1
    registry.close()


def test_an_error_in_one_sandbox_is_logged_and_the_others_go_on(monkeypatch, caplog):
    registry = SandboxRegistry(Settings(speed=1))
    for name in ("first", "second", "third"):
        registry.sandbox(name)
    settled = []

    def settle(sandbox: Sandbox) -> None:
        settled.append(sandbox.name)
        if sandbox.name == "second":
            raise ValueError("spoilt")

    monkeypatch.setattr(Sandbox, "settle", settle)
    with caplog.at_level(logging.ERROR):
        registry.settle()
        registry.settle()
    assert settled == ["first", "second", "third"] * 2
    [logged] = caplog.records
    assert logged.getMessage() == "What was due in the sandbox 'second' could not be done."
    assert logged.exc_info
    assert str(logged.exc_info[1]) == "spoilt"
    registry.close()
