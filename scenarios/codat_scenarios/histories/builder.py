"""A merchant's life with an integration that keeps the rules by construction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from codat_scenarios.histories.faults import PlannedFaults
from codat_scenarios.histories.history import History
from codat_scenarios.histories.history_pos import HistoryPos, HistorySale
from codat_scenarios.histories.integration import PLAIN, Integration, Reading
from codat_scenarios.histories.steps import Night, Recorded, Sent
from codat_scenarios.histories.timeline import Timeline
from codat_scenarios.merchants import Change
from codat_scenarios.sandbox_driver import Json


class HistoryBuilder:
    """Lived step by step; it never breaks a rule by itself.

    Sales are corrected, given back and deleted only until their sync, and everything is pushed
    before the night. The shop is closed in the night.

    Args:
        is_declared: whether the mock is told what the merchant really has, as it happens.

    Attributes:
        diary: the steps, and the time.
        till: the merchant's system.
        integration: what pushes its records.
        nights: how many syncs have succeeded.
        breaks: the codes of the rules that have been broken, on purpose.
        spoils: whether the books cannot be right any more.
    """

    def __init__(self, *, is_declared: bool = False) -> None:
        self.timeline = Timeline()
        self.till = HistoryPos()
        self.integration = Integration(self.timeline)
        self.is_declared = is_declared
        self.nights = 0
        self.breaks: set[str] = set()
        self.spoils = False
        self._left_alone: set[str] = set()

    def sell(self, pence: int, tip: int = 0, by_card: bool = True) -> HistorySale:
        """Sell something."""
        self.rouse()
        self.record(self.till.sell(self.timeline.tick(), pence, tip, by_card=by_card))
        return [*self.till.sales.values()][-1]

    def correct(self, which: int, pence: int) -> None:
        """Correct the price of one of today's sales, if there are any."""
        self.rouse()
        if sale := self._choose(which):
            self.record(self.till.correct(self.timeline.tick(), sale, pence))

    def give_back(self, which: int, pence: int) -> None:
        """Give back money for one of today's sales, if there are any."""
        self.rouse()
        if sale := self._choose(which):
            self.record(self.till.give_back(self.timeline.tick(), sale, pence))

    def delete(self, which: int) -> None:
        """Delete one of today's sales, if there are any."""
        self.rouse()
        if self.integration.failed:  # of what has failed nobody could tell that it need not be sent
            self.integration.push()
        if sale := self._choose(which):
            self.record(self.till.delete(self.timeline.tick(), sale))

    def open(self) -> None:
        """Link accounting and configure the mapping, if it is not done yet."""
        self.rouse()
        self.integration.open()

    def push(self, trouble: PlannedFaults | None = None, reading: Reading = PLAIN) -> None:
        """Push what is new or changed."""
        self.rouse()
        self.integration.push(trouble, reading)

    def push_rest(self) -> None:
        """Push what is left, and see that all datasets have ended well."""
        if self.integration.pending:
            self.integration.push()
        self.integration.read_to_the_end()

    def look(self, path: str) -> None:
        """Read something that the integration might want to know."""
        self.rouse()
        self.timeline.note(Sent(self.timeline.tick(), "GET", path))

    def probe(self, service: str, sales: list[Json]) -> None:
        """Tell the mock how the shop sold while the service was in trouble."""
        self.timeline.plan("decoupling", {"service": service, "sales": sales})

    def wait(self, minutes: int) -> None:
        """Let time pass, at most until the evening."""
        self.rouse()
        self.timeline.now = min(
            self.timeline.now + timedelta(minutes=minutes), self.timeline.evening
        )

    def night(self, failure: str | None = None) -> None:
        """Push what is left, and let the night pass with its sync.

        Args:
            failure: how the sync ends instead of well; its period is left to the next one.
        """
        self.push_rest()
        self.sleep(failure)

    def sync_now(self) -> None:
        """Push what is left, and have a sync run at once."""
        self.rouse()
        self.push_rest()
        if self.integration.is_open:
            latest = "/companies/{companyId}/sync/commerce/latest"
            self.timeline.note(Sent(self.timeline.tick(), "POST", latest))
            self.till.close()
            self.nights += 1
            self.timeline.tick(minutes=15)

    def sleep(self, failure: str | None = None) -> None:
        """Let the night pass with its sync, whatever is left to be pushed."""
        if self.integration.is_open:
            if failure:
                self.timeline.plan("outcomes", {"target": "sync", "outcome": failure})
            else:
                self.till.close()
                self.nights += 1
        self.timeline.now = self.timeline.next_morning
        self.timeline.note(Night(self.timeline.now))

    def history(self) -> History:
        """The history up to the next morning."""
        self.night()
        return History(
            steps=tuple(self.timeline.steps),
            due=dict(self.till.due),
            failed=self.integration.lost,
            breaks=frozenset(self.breaks),
            spoils=self.spoils,
        )

    def record(self, changes: Iterable[Change]) -> None:
        """Have the merchant's system record something, and the integration take it."""
        self.declare(changes := [*changes])
        self.integration.take(changes)

    def declare(self, changes: Iterable[Change]) -> None:
        """Have the merchant's system record something that the integration does not get."""
        changes = tuple(changes)
        if changes:
            self.timeline.note(Recorded(changes[0].moment, changes, self.is_declared))

    def leave_alone(self, sale: HistorySale) -> None:
        """Change that sale no more."""
        self._left_alone.add(sale.id)

    def rouse(self) -> None:
        """Go to bed where it is late."""
        if self.timeline.is_late:
            self.night()

    def open_sales(self) -> list[HistorySale]:
        """The sales that may be changed, in the order they were made."""
        return [sale for sale in self.till.open_sales() if sale.id not in self._left_alone]

    def _choose(self, which: int) -> HistorySale | None:
        sales = self.open_sales()
        return sales[which % len(sales)] if sales else None
