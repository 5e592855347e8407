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
LAST_HOUR = 23  # after it the machine lets the night pass: well before the nightly sync
LAST_PUSH_WAIT_SECONDS = 60  # before each of the last pushes of a day: time for datasets to end
PENCE = st.integers(1, 10_000)
WHICH = st.integers(0, 5)


@dataclass(frozen=True, slots=True)
class Scenario:
    """Where the integration pushes.

    Args:
        base_url: the address of the mock.
        api_key: selects the sandbox.
        company_id: the id of a company that is linked and configured.
    """

    base_url: str
    api_key: str
    company_id: str


class Adapter(Protocol):
    """What the machine calls of an integration: it stores the records it receives and pushes."""

    def save(self, data_type: DataType, record: Record) -> None:
        """Receive a new record, or a new version of one, as from the merchant's system."""

    def delete(self, data_type: DataType, record_id: str) -> None:
        """Receive that all records with an id are deleted."""

    def push(self) -> None:
        """Push what is new or changed, and return after the responses.

        It is called again before the night, in time to read the final statuses of the datasets.
        """

    def close(self) -> None:
        """Release resources; this merchant is not used again."""


def pushing_machine(
    base_url: str, open_adapter: Callable[[Scenario], Adapter], *, api_key: str = "pushing-machine"
) -> type[RuleBasedStateMachine]:
    """Make a state machine that drives an integration; run it as its `TestCase`.

    It sells, corrects, refunds and deletes in a merchant's system, also sales that are already
    synced; calls the integration's `push`; and lets time pass. After each step there must be no
    finding; at the end the books must show every sale once, as it was when its day was synced. A
    failing example is shrunk to the fewest steps that still fail.

    Args:
        base_url: the address of a running mock, with a frozen clock or, for an integration that
            waits for its datasets, an accelerated one such as `--speed x60`.
        open_adapter: makes a new integration for each example.
        api_key: selects the sandbox, which is reset for each example; machines that run at the
            same time need different keys.
    """

    class Driven(PushingMachine):
        def __init__(self) -> None:
            super().__init__(base_url, open_adapter, api_key)

    Driven.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
    return Driven


class PushingMachine(RuleBasedStateMachine):
    """The machine; `pushing_machine` makes a subclass that takes no arguments."""

    def __init__(
        self, base_url: str, open_adapter: Callable[[Scenario], Adapter], api_key: str
    ) -> None:
        super().__init__()
        self.base_url = base_url
        self.api_key = api_key
        self.open_adapter = open_adapter
        self.pos = HistoryPos()
        self.http = httpx.Client(base_url=base_url, timeout=60, trust_env=False)
        self.driver = SandboxDriver(self.http, api_key)
        self.adapter: Adapter | None = None

    @initialize()
    def open(self) -> None:
        """The merchant's shop opens on Monday morning."""
        self.driver.set_up("Example Café")
        self.adapter = self.open_adapter(
            Scenario(self.base_url, self.api_key, self.driver.company_id)
        )

    @rule(pence=PENCE, tip=st.integers(0, 500), by_card=st.booleans())
    def sell(self, pence: int, tip: int, by_card: bool) -> None:
        """Sell something."""
        self.record(self.pos.sell(self.tick(), pence, tip, by_card=by_card))

    @precondition(lambda self: self.pos.open_sales())
    @rule(which=WHICH, pence=PENCE)
    def correct(self, which: int, pence: int) -> None:
        """Correct the price of one of today's sales."""
        self.record(self.pos.correct(self.tick(), chosen(self.pos.open_sales(), which), pence))

    @precondition(lambda self: self.pos.open_sales())
    @rule(which=WHICH, pence=PENCE)
    def refund(self, which: int, pence: int) -> None:
        """Refund part or all of one of today's sales."""
        self.record(self.pos.refund(self.tick(), chosen(self.pos.open_sales(), which), pence))

    @precondition(lambda self: self.pos.open_sales())
    @rule(which=WHICH)
    def delete(self, which: int) -> None:
        """Delete one of today's sales."""
        self.record(self.pos.delete(self.tick(), chosen(self.pos.open_sales(), which)))

    @precondition(lambda self: self.pos.synced_sales())
    @rule(which=WHICH, pence=PENCE)
    def correct_after_sync(self, which: int, pence: int) -> None:
        """Correct the price of a synced sale, which must not be pushed again."""
        self.record(self.pos.correct(self.tick(), chosen(self.pos.synced_sales(), which), pence))

    @precondition(lambda self: self.pos.synced_sales())
    @rule(which=WHICH)
    def delete_after_sync(self, which: int) -> None:
        """Delete a synced sale, which must stay in the books."""
        self.record(self.pos.delete(self.tick(), chosen(self.pos.synced_sales(), which)))

    @rule()
    def push(self) -> None:
        """Let the integration push."""
        self.tick()
        self.require_adapter().push()

    @rule(minutes=st.integers(1, 240))
    def wait(self, minutes: int) -> None:
        """Let time pass."""
        self.tick(minutes)

    @rule()
    def end_day(self) -> None:
        """Let the integration push a last time and once more, then let the night pass."""
        for _ in range(2):
            self.driver.advance(seconds=LAST_PUSH_WAIT_SECONDS)
            self.require_adapter().push()
        now = self.driver.now()
        morning = now.replace(hour=MORNING.hour, minute=0, second=0, microsecond=0)
        while morning <= now:
            morning += timedelta(days=1)
        self.driver.advance(seconds=(morning - now).total_seconds())
        self.pos.mark_synced()

    @invariant()
    def no_rule_is_broken(self) -> None:
        """There is no finding."""
        findings = self.driver.findings()["findings"] if self.adapter else []
        lines = [f"{each['code']} {each['message']} {each['advice']}" for each in findings]
        if lines:
            raise AssertionError("\n".join(["Rules were broken:", *lines]))

    def teardown(self) -> None:
        """Let the last night pass, then compare the books with the sales."""
        has_failed = sys.exc_info()[0] is not None
        try:
            if self.adapter and not has_failed:
                self.end_day()
                self.no_rule_is_broken()
                found = differences(self.pos.expected_records, self.driver.books())
                if found:
                    raise AssertionError("\n".join(["The books are wrong:", *found]))
        finally:
            if self.adapter:
                self.adapter.close()
            self.http.close()

    def require_adapter(self) -> Adapter:
        """The integration, which exists once the shop is open."""
        if self.adapter is None:
            raise RuntimeError("the shop is not open yet")
        return self.adapter

    def record(self, changes: list[Change]) -> None:
        """Pass changes in the merchant's system to the integration."""
        adapter = self.require_adapter()
        for change in changes:
            if change.record.keys() == {"id"}:
                adapter.delete(change.data_type, change.record["id"])
            else:
                adapter.save(change.data_type, change.record)

    def tick(self, minutes: int = 1) -> datetime:
        """Let time pass, and the night too if the shop has closed."""
        now = self.driver.now()
        if now.hour < MORNING.hour or now + minutes * MINUTE >= now.replace(hour=LAST_HOUR):
            self.end_day()
        else:
            self.driver.advance(minutes=minutes)
        return self.driver.now()


def chosen(sales: list[HistorySale], which: int) -> HistorySale:
    """Choose a sale by a number."""
    return sales[which % len(sales)]
