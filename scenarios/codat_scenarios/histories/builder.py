"""Builds a history step by step, with an integration that is correct by construction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from codat_scenarios.histories.faults import PlannedFaults
from codat_scenarios.histories.history import History
from codat_scenarios.histories.history_pos import HistoryPos, HistorySale, SaleDetails
from codat_scenarios.histories.integration import PLAIN, Integration, Reading
from codat_scenarios.histories.steps import Night, Recorded, Sent
from codat_scenarios.histories.timeline import Timeline
from codat_scenarios.merchants import Change
from codat_scenarios.sandbox_driver import Json


class HistoryBuilder:
    """Builds a history step by step; by itself it never breaks a rule.

    Sales are corrected, refunded and deleted only before their sync, and everything is pushed
    before the night. The shop is closed at night.

    Args:
        is_declared: whether the merchant's true records are declared to the mock as they change.

    Attributes:
        timeline: the steps and the current moment.
        pos: the merchant's point of sale.
        integration: pushes its records.
        successful_syncs: the number of syncs that succeeded.
        broken_rules: the codes of the rules broken on purpose.
        corrupts_books: whether the books can no longer match the merchant's records.
    """

    def __init__(self, *, is_declared: bool = False) -> None:
        self.timeline = Timeline()
        self.pos = HistoryPos()
        self.integration = Integration(self.timeline)
        self.is_declared = is_declared
        self.successful_syncs = 0
        self.broken_rules: set[str] = set()
        self.corrupts_books = False
        self._frozen: set[str] = set()

    def sell(self, units: int, tip: int = 0, by_card: bool = True) -> HistorySale:
        """Sell something.

        Args:
            units: the price in pence, tax included.
            tip: in pence.
            by_card: whether it is paid by card.
        """
        self.start_next_day_if_late()
        self.record(self.pos.sell(self.timeline.tick(), SaleDetails(units, tip, by_card)))
        return [*self.pos.sales.values()][-1]

    def correct(self, which: int, units: int) -> None:
        """Correct the price of one of today's sales, if there are any."""
        self.start_next_day_if_late()
        if sale := self._choose(which):
            self.record(self.pos.correct(self.timeline.tick(), sale, units))

    def refund(self, which: int, units: int) -> None:
        """Refund part or all of one of today's sales, if there are any."""
        self.start_next_day_if_late()
        if sale := self._choose(which):
            self.record(self.pos.refund(self.timeline.tick(), sale, units))

    def delete(self, which: int) -> None:
        """Delete one of today's sales, if there are any."""
        self.start_next_day_if_late()
        if self.integration.failed_records:  # whether a failed record needs a delete is unknown
            self.integration.push()
        if sale := self._choose(which):
            self.record(self.pos.delete(self.timeline.tick(), sale))

    def configure(self) -> None:
        """Link accounting and configure the mapping, unless that is done."""
        self.start_next_day_if_late()
        self.integration.configure()

    def push(self, faults: PlannedFaults | None = None, reading: Reading = PLAIN) -> None:
        """Push what is new or changed."""
        self.start_next_day_if_late()
        self.integration.push(faults, reading)

    def push_remaining(self) -> None:
        """Push the remaining records, and read every dataset until it is Complete."""
        if self.integration.pending:
            self.integration.push()
        self.integration.read_until_complete()

    def get(self, path: str) -> None:
        """Send a GET request."""
        self.start_next_day_if_late()
        self.timeline.add(Sent(self.timeline.tick(), "GET", path))

    def report_sales(self, service: str, sales: list[Json]) -> None:
        """Report to the mock how sales went while the service was down or slow."""
        self.timeline.plan("decoupling", {"service": service, "sales": sales})

    def wait(self, minutes: int) -> None:
        """Let time pass, at most until the evening."""
        self.start_next_day_if_late()
        self.timeline.now = min(
            self.timeline.now + timedelta(minutes=minutes), self.timeline.evening
        )

    def night(self, failure: str | None = None) -> None:
        """Push the remaining records, and let the night pass with its sync.

        Args:
            failure: the outcome of a sync that fails; the next sync covers its period.
        """
        self.push_remaining()
        self.pass_night(failure)

    def sync_now(self) -> None:
        """Push the remaining records, and run a sync at once."""
        self.start_next_day_if_late()
        self.push_remaining()
        if self.integration.is_configured:
            latest = "/companies/{companyId}/sync/commerce/latest"
            self.timeline.add(Sent(self.timeline.tick(), "POST", latest))
            self.pos.mark_synced()
            self.successful_syncs += 1
            self.timeline.tick(minutes=15)

    def pass_night(self, failure: str | None = None) -> None:
        """Let the night pass with its sync without pushing first."""
        if self.integration.is_configured:
            if failure:
                self.timeline.plan("outcomes", {"target": "sync", "outcome": failure})
            else:
                self.pos.mark_synced()
                self.successful_syncs += 1
        self.timeline.now = self.timeline.next_morning
        self.timeline.add(Night(self.timeline.now))

    def build(self) -> History:
        """Finish the history with a night."""
        self.night()
        return History(
            steps=tuple(self.timeline.steps),
            expected_records=dict(self.pos.expected_records),
            failed_pushes=self.integration.failed_pushes,
            broken_rules=frozenset(self.broken_rules),
            corrupts_books=self.corrupts_books,
        )

    def record(self, changes: Iterable[Change]) -> None:
        """Record changes in the merchant's system and pass them to the integration."""
        self.declare(changes := [*changes])
        self.integration.receive(changes)

    def declare(self, changes: Iterable[Change]) -> None:
        """Record changes in the merchant's system without passing them to the integration."""
        changes = tuple(changes)
        if changes:
            self.timeline.add(Recorded(changes[0].moment, changes, self.is_declared))

    def freeze(self, sale: HistorySale) -> None:
        """Exclude a sale from later changes."""
        self._frozen.add(sale.id)

    def start_next_day_if_late(self) -> None:
        """Let the night pass if the shop has closed."""
        if self.timeline.is_night:
            self.night()

    def open_sales(self) -> list[HistorySale]:
        """The unsynced sales that may be changed, in the order they were made."""
        return [sale for sale in self.pos.open_sales() if sale.id not in self._frozen]

    def _choose(self, which: int) -> HistorySale | None:
        sales = self.open_sales()
        return sales[which % len(sales)] if sales else None
