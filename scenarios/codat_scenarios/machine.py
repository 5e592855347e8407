"""A state machine that drives a user's own integration against a mock; needs the extra `test`."""

from __future__ import annotations

import sys
from datetime import datetime

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from codat_scenarios.histories.days import DayEvent
from codat_scenarios.histories.integration_run import (
    Adapter,
    IntegrationRun,
    OpenAdapter,
    Scenario,
)
from codat_scenarios.strategies.days import EVENTS, EVENTS_WITH_TROUBLE, SKEWS, STARTS

__all__ = ["Adapter", "PushingMachine", "Scenario", "pushing_machine"]


def pushing_machine(
    base_url: str,
    open_adapter: OpenAdapter,
    *,
    api_key: str = "pushing-machine",
    trouble: bool = False,
) -> type[RuleBasedStateMachine]:
    """Make a state machine that drives an integration; run it as its `TestCase`.

    It sells, corrects, refunds and deletes in a merchant's system, also sales that are already
    synced; calls the integration's `push`; and lets time pass. After each step there must be no
    finding; at the end the books must show every sale once, as it was when its day was synced. A
    failing example is shrunk to the fewest steps that still fail.

    Args:
        base_url: the address of a running mock, with a frozen clock or, for an integration that
            waits for its datasets, an accelerated one such as `--speed x60`.
        open_adapter: makes a new integration for each example, and after each kill.
        api_key: selects the sandbox, which is reset for each example; machines that run at the
            same time need different keys.
        trouble: whether there is trouble of every kind that `docs/trouble.md` lists: requests,
            datasets and syncs fail, the merchant unlinks, the integration is killed and started
            again on the same `Scenario.folder`, runs overlap, and clocks differ.
    """
    events = EVENTS_WITH_TROUBLE if trouble else EVENTS

    class Driven(PushingMachine):
        def __init__(self) -> None:
            super().__init__(base_url, open_adapter, api_key)

        @initialize(start=STARTS, skew_seconds=SKEWS if trouble else st.just(0))
        def open(self, start: datetime, skew_seconds: int = 0) -> None:
            """The merchant's shop opens for the first time."""
            super().open(start, skew_seconds)

        @rule(event=events)
        def happens(self, event: DayEvent) -> None:
            """Let something happen."""
            event.run(self.run)

    Driven.TestCase.settings = settings(
        max_examples=300 if trouble else 50, stateful_step_count=30, deadline=None
    )
    return Driven


class PushingMachine(RuleBasedStateMachine):
    """The machine; `pushing_machine` adds its rule and makes a class that takes no arguments.

    Args:
        base_url: the address of a running mock.
        open_adapter: makes the integration.
        api_key: selects the sandbox.

    Attributes:
        run: the merchant, its sandbox and its integration.
    """

    def __init__(self, base_url: str, open_adapter: OpenAdapter, api_key: str) -> None:
        super().__init__()
        self.run = IntegrationRun(base_url, open_adapter, api_key)

    def open(self, start: datetime, skew_seconds: int = 0) -> None:
        """The merchant's shop opens for the first time.

        Args:
            start: when, UTC.
            skew_seconds: how much the integration's clock is fast; negative for slow.
        """
        self.run.open(start, skew_seconds)

    @invariant()
    def no_rule_is_broken(self) -> None:
        """There is no finding."""
        self.run.check_findings()

    def teardown(self) -> None:
        """Let the last night pass, then compare the books with the sales."""
        has_failed = sys.exc_info()[0] is not None
        try:
            if self.run.adapter and not has_failed:
                self.run.finish()
        finally:
            self.run.close()
