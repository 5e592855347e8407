"""A state machine that drives a user's own integration against a mock; needs the extra `test`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import httpx
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from codat_mock.models.datasets import DataType
from codat_scenarios.histories import HistoryPos, differences
from codat_scenarios.histories.history_pos import HistorySale
from codat_scenarios.merchants import Change, Record
from codat_scenarios.sandbox_driver import MORNING, SandboxDriver

MINUTE = timedelta(minutes=1)
BEDTIME = 23  # the hour after which the machine lets the night come, well before the sync
LAST_PUSHES_SECONDS = 60  # before each of the last pushes of a day: time for datasets to end
PENCE = st.integers(1, 10_000)
WHICH = st.integers(0, 5)


@dataclass(frozen=True, slots=True)
class Scenario:
    """Where the integration is to push to.

    Args:
        base_url: the mock's.
        api_key: which chooses the sandbox.
        company_id: of a company that is linked and configured.
    """

    base_url: str
    api_key: str
    company_id: str


class Adapter(Protocol):
    """What the machine needs of an integration: it records what it is given, and pushes."""

    def save(self, data_type: DataType, record: Record) -> None:
        """Take a new record, or the new version of one, as the merchant's system would give it."""

    def delete(self, data_type: DataType, record_id: str) -> None:
        """Take it that the records of that id are deleted."""

    def push(self) -> None:
        """Push whatever is to be pushed, and return when the answers are there.

        It is called again before the night, which is time enough to read how the datasets ended.
        """

    def close(self) -> None:
        """Give back what is held; the merchant is not heard of again."""


def pushing_machine(
    base_url: str, open_adapter: Callable[[Scenario], Adapter], *, api_key: str = "pushing-machine"
) -> type[RuleBasedStateMachine]:
    """Make a state machine that drives an integration, to be run as its `TestCase`.

    It sells, corrects, gives back and deletes in a merchant's system, also where the sale has been
    synced already; tells the integration to push; and lets time pass. After each step no rule may
    be found broken; at the end the books must show every sale, once, as it was when its day was
    synced. An example that fails is shrunk to the fewest steps that still fail.

    Args:
        base_url: of a mock that is running; with a frozen clock, or (for an integration that waits
            for its datasets) with an accelerated one such as `--speed x60`.
        open_adapter: makes the integration anew for each example.
        api_key: whose sandbox is begun anew for each example; another one for each machine that
            runs at the same time.
    """

    class Driven(PushingMachine):
        def __init__(self) -> None:
            super().__init__(base_url, open_adapter, api_key)

    Driven.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
    return Driven


class PushingMachine(RuleBasedStateMachine):
    """What `pushing_machine` makes a class of, which takes no arguments."""

    def __init__(
        self, base_url: str, open_adapter: Callable[[Scenario], Adapter], api_key: str
    ) -> None:
        super().__init__()
        self.base_url = base_url
        self.api_key = api_key
        self.open_adapter = open_adapter
        self.till = HistoryPos()
        self.http = httpx.Client(base_url=base_url, timeout=60)
        self.driver = SandboxDriver(self.http, api_key)
        self.adapter: Adapter | None = None

    @initialize()
    def open(self) -> None:
        """The merchant's shop opens on Monday morning."""
        self.driver.begin("Rehearsal Café")
        self.adapter = self.open_adapter(
            Scenario(self.base_url, self.api_key, self.driver.company_id)
        )

    @rule(pence=PENCE, tip=st.integers(0, 500), by_card=st.booleans())
    def sell(self, pence: int, tip: int, by_card: bool) -> None:
        """Something is sold."""
        self.record(self.till.sell(self.tick(), pence, tip, by_card=by_card))

    @precondition(lambda self: self.till.open_sales())
    @rule(which=WHICH, pence=PENCE)
    def correct(self, which: int, pence: int) -> None:
        """The price of one of today's sales is corrected."""
        self.record(self.till.correct(self.tick(), chosen(self.till.open_sales(), which), pence))

    @precondition(lambda self: self.till.open_sales())
    @rule(which=WHICH, pence=PENCE)
    def give_back(self, which: int, pence: int) -> None:
        """Money is given back for one of today's sales."""
        self.record(self.till.give_back(self.tick(), chosen(self.till.open_sales(), which), pence))

    @precondition(lambda self: self.till.open_sales())
    @rule(which=WHICH)
    def delete(self, which: int) -> None:
        """One of today's sales is deleted."""
        self.record(self.till.delete(self.tick(), chosen(self.till.open_sales(), which)))

    @precondition(lambda self: self.till.synced_sales())
    @rule(which=WHICH, pence=PENCE)
    def correct_too_late(self, which: int, pence: int) -> None:
        """The price of a sale is corrected that has been synced, and must not be pushed again."""
        self.record(self.till.correct(self.tick(), chosen(self.till.synced_sales(), which), pence))

    @precondition(lambda self: self.till.synced_sales())
    @rule(which=WHICH)
    def delete_too_late(self, which: int) -> None:
        """A sale is deleted that has been synced, and must stay in the books."""
        self.record(self.till.delete(self.tick(), chosen(self.till.synced_sales(), which)))

    @rule()
    def push(self) -> None:
        """The integration pushes."""
        self.tick()
        self.told_adapter().push()

    @rule(minutes=st.integers(1, 240))
    def wait(self, minutes: int) -> None:
        """Time passes."""
        self.tick(minutes)

    @rule()
    def sleep(self) -> None:
        """The integration pushes a last time and once more, and the night passes with its sync."""
        for _ in range(2):
            self.driver.advance(seconds=LAST_PUSHES_SECONDS)
            self.told_adapter().push()
        now = self.driver.now()
        morning = now.replace(hour=MORNING.hour, minute=0, second=0, microsecond=0)
        while morning <= now:
            morning += timedelta(days=1)
        self.driver.advance(seconds=(morning - now).total_seconds())
        self.till.close()

    @invariant()
    def no_rule_is_broken(self) -> None:
        """The mock has found nothing."""
        found = self.driver.findings()["findings"] if self.adapter else []
        told = [f"{each['code']} {each['message']} {each['advice']}" for each in found]
        if found:
            raise AssertionError("\n".join(["Rules were broken:", *told]))

    def teardown(self) -> None:
        """The last night passes; then the books are held against what was sold."""
        has_failed = sys.exc_info()[0] is not None
        try:
            if self.adapter and not has_failed:
                self.sleep()
                self.no_rule_is_broken()
                found = differences(self.till.due, self.driver.books())
                if found:
                    raise AssertionError("\n".join(["The books are not right:", *found]))
        finally:
            if self.adapter:
                self.adapter.close()
            self.http.close()

    def told_adapter(self) -> Adapter:
        """The integration, which is there once the shop is open."""
        if self.adapter is None:
            raise RuntimeError("the shop is not open yet")
        return self.adapter

    def record(self, changes: list[Change]) -> None:
        """Give the integration what the merchant's system has recorded."""
        adapter = self.told_adapter()
        for change in changes:
            if change.record.keys() == {"id"}:
                adapter.delete(change.data_type, change.record["id"])
            else:
                adapter.save(change.data_type, change.record)

    def tick(self, minutes: int = 1) -> datetime:
        """Let time pass, and the night too where it is late."""
        now = self.driver.now()
        if now.hour < MORNING.hour or now + minutes * MINUTE >= now.replace(hour=BEDTIME):
            self.sleep()
        else:
            self.driver.advance(minutes=minutes)
        return self.driver.now()


def chosen(sales: list[HistorySale], which: int) -> HistorySale:
    """One of some sales."""
    return sales[which % len(sales)]
