"""Days of a merchant as events that drive a user's integration, and that read as prose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, Protocol

from codat_mock.fuzz.schedule import LostStatus
from codat_mock.models.datasets import DatasetStatus
from codat_mock.models.planned_outcomes import Profile
from codat_scenarios.histories.history_pos import HistorySale, SaleDetails, amounts_of
from codat_scenarios.histories.integration_run import IntegrationRun, OpenAdapter
from codat_scenarios.sandbox_driver import MORNING, Json

Meanwhile = Literal["", "sell", "correct", "delete", "push"]
DURING: Final[dict[Meanwhile, str]] = {
    "sell": "something is sold between reading and marking",
    "correct": "a sale is corrected between reading and marking",
    "delete": "a sale is deleted between reading and marking",
    "push": "a second run starts before the first ends",
}


class DayEvent(Protocol):
    """Something that happens to the merchant, its integration or the service."""

    def run(self, run: IntegrationRun) -> None:
        """Let it happen."""

    def __str__(self) -> str:
        """A short description."""


@dataclass(frozen=True, slots=True)
class Sale(SaleDetails):
    """Something is sold."""

    def run(self, run: IntegrationRun) -> None:
        """Sell."""
        run.sell(self)

    def __str__(self) -> str:
        amounts = amounts_of(self.currency)
        tip = f" with a tip of {amounts[self.tip]}" if self.tip else ""
        lines = f" in {self.lines} lines" if self.lines > 1 else ""
        customer = f" to {self.customer!r}" if self.customer else ""
        how = "card" if self.by_card else "cash"
        id_ = f", with {self.id_suffix!r} in its ids" if self.id_suffix else ""
        return (
            f"a sale of {amounts[self.units]} {self.currency}{tip}{lines}{customer} by {how}{id_}"
        )


@dataclass(frozen=True, slots=True)
class Correction:
    """The price of a sale is corrected; `is_synced` selects synced or unsynced sales.

    Args:
        which: the number of the sale, counted modulo the number of sales.
        units: the new price in smallest units of the sale's currency, tax included.
        is_synced: whether a synced sale is corrected.
        is_at_once: whether that is in the second of what happened before, unless it was a push.
    """

    which: int = 0
    units: int = 2
    is_synced: bool = False
    is_at_once: bool = False

    def run(self, run: IntegrationRun) -> None:
        """Correct the sale, if there is one."""

        def correct(sale: HistorySale) -> None:
            run.correct(sale, self.units, is_at_once=self.is_at_once)

        with_sale(run, self.which, self.is_synced, correct)

    def __str__(self) -> str:
        when = " in the same second" if self.is_at_once else ""
        sale = named(self.which, self.is_synced)
        return f"{sale} is corrected to {self.units} smallest units{when}"


@dataclass(frozen=True, slots=True)
class Refund:
    """Part or all of an unsynced sale is refunded."""

    which: int = 0
    units: int = 1

    def run(self, run: IntegrationRun) -> None:
        """Refund the sale, if there is one."""
        with_sale(run, self.which, False, lambda sale: run.refund(sale, self.units))

    def __str__(self) -> str:
        return f"up to {self.units} smallest units of {named(self.which, False)} are refunded"


@dataclass(frozen=True, slots=True)
class Deletion:
    """A sale is deleted; `is_synced` selects synced or unsynced sales."""

    which: int = 0
    is_synced: bool = False

    def run(self, run: IntegrationRun) -> None:
        """Delete the sale, if there is one."""
        with_sale(run, self.which, self.is_synced, run.delete)

    def __str__(self) -> str:
        return f"{named(self.which, self.is_synced)} is deleted"


@dataclass(frozen=True, slots=True)
class Push:
    """The integration pushes.

    Args:
        kill_after: it is killed after this number of lines of its source file, and started again.
        meanwhile: what happens at a checkpoint, in the second of the push; see
            `Scenario.checkpoint`.
        checkpoint: at which of those that it reaches, from 1.
    """

    kill_after: int | None = None
    meanwhile: Meanwhile = ""
    checkpoint: int = 1

    def run(self, run: IntegrationRun) -> None:
        """Push."""
        actions: dict[Meanwhile, Callable[[], None] | None] = {
            "": None,
            "sell": run.sell_at_once,
            "correct": lambda: with_sale(run, 0, False, run.correct_at_once),
            "delete": lambda: with_sale(run, 0, False, run.delete_at_once),
            "push": run.start_second_run,
        }
        run.push(self.kill_after, actions[self.meanwhile], self.checkpoint)

    def __str__(self) -> str:
        parts = ["the integration pushes"]
        if self.meanwhile:
            place = f" (checkpoint {self.checkpoint})" if self.checkpoint > 1 else ""
            parts.append(f"{DURING[self.meanwhile]}{place}")
        if self.kill_after is not None:
            parts.append(f"it is killed after {self.kill_after} lines and started again")
        return "; ".join(parts)


@dataclass(frozen=True, slots=True)
class Pause:
    """Time passes."""

    minutes: int = 1

    def run(self, run: IntegrationRun) -> None:
        """Wait."""
        run.tick(self.minutes)

    def __str__(self) -> str:
        return f"{self.minutes} minutes pass"


@dataclass(frozen=True, slots=True)
class DayEnd:
    """The night passes with its sync.

    Args:
        sync_outcome: a failure; None for none.
        sync_minutes: how long the sync runs.
    """

    sync_outcome: str | None = None
    sync_minutes: int = 0

    def run(self, run: IntegrationRun) -> None:
        """Let the night pass."""
        run.end_day(self.sync_outcome, self.sync_minutes)

    def __str__(self) -> str:
        ending = f"and its sync ends in {self.sync_outcome}" if self.sync_outcome else "with a sync"
        length = f" of {self.sync_minutes} minutes" if self.sync_minutes else ""
        return f"the night passes {ending}{length}"


@dataclass(frozen=True, slots=True)
class FaultyRequests:
    """The integration pushes while a fault is planned.

    Args:
        fault: what `POST /_mock/faults` takes; `at` counts from this push.
    """

    fault: Json

    def run(self, run: IntegrationRun) -> None:
        """Plan the fault, and push."""
        run.plan_fault(self.fault)
        run.push()

    def __str__(self) -> str:
        rest = {
            key: value
            for key, value in self.fault.items()
            if key not in ("kind", "at") and value is not None
        }
        details = ", ".join(f"{key} {value}" for key, value in rest.items())
        at = ", ".join(map(str, self.fault.get("at", ()))) or "every"
        kind = f"{self.fault['kind']} ({details})" if details else self.fault["kind"]
        return f"the integration pushes; request {at}: {kind}"


@dataclass(frozen=True, slots=True)
class DatasetEnd:
    """The integration pushes; its first dataset fails, is slow, or never ends."""

    outcome: DatasetStatus = "Complete"
    profile: Profile | None = None
    stuck_in: DatasetStatus | None = None

    def run(self, run: IntegrationRun) -> None:
        """Plan the dataset, and push."""
        details = {"profile": self.profile, "stuckIn": self.stuck_in}
        given = {key: value for key, value in details.items() if value}
        run.plan_dataset(outcome=self.outcome, **given)
        run.push()

    def __str__(self) -> str:
        if self.stuck_in:
            return f"the integration pushes; a dataset stays in {self.stuck_in}"
        pace = f" at the pace '{self.profile}'" if self.profile else ""
        return f"the integration pushes; a dataset ends in {self.outcome}{pace}"


@dataclass(frozen=True, slots=True)
class Unlink:
    """The shop is not linked until the evening, or is linked again; then it is pushed.

    Args:
        is_linked: whether it is linked again.
        status: of its connection where it is not linked.
    """

    is_linked: bool = False
    status: LostStatus = "Unlinked"

    def run(self, run: IntegrationRun) -> None:
        """Set the connection."""
        if self.is_linked:
            run.relink()
        else:
            run.unlink(self.status)
        run.push()

    def __str__(self) -> str:
        what = f"the shop's connection becomes {self.status}"
        if self.is_linked or self.status == "Unlinked":
            what = f"the merchant {'links' if self.is_linked else 'unlinks'} the shop"
        return f"{what}, and the integration pushes"


@dataclass(frozen=True, slots=True)
class SyncHour:
    """The merchant moves the nightly sync to another hour, UTC."""

    hour: int = 2

    def run(self, run: IntegrationRun) -> None:
        """Store the configuration."""
        run.move_sync(self.hour)

    def __str__(self) -> str:
        return f"the merchant moves the sync to {self.hour}:00"


@dataclass(frozen=True, slots=True)
class AlertDelivery:
    """From now on, alerts are delivered repeatedly, or every second one is overtaken.

    It has no effect on an integration without `receive_alert`.

    Args:
        copies: deliveries of each alert.
        overtaken_seconds: delay of every other alert.
    """

    copies: int = 1
    overtaken_seconds: int = 0

    def run(self, run: IntegrationRun) -> None:
        """Change the alert rules."""
        run.deliver_alerts(self.copies, self.overtaken_seconds)

    def __str__(self) -> str:
        late = self.overtaken_seconds
        order = f", and every second one {late} seconds late" if late else ""
        return f"from now on, alerts are delivered {self.copies} times{order}"


@dataclass(frozen=True, slots=True, repr=False)
class MerchantDays:
    """Days of a merchant, which end with a night.

    Args:
        events: in order.
        start: when the shop opens for the first time, UTC.
        skew_seconds: how much the integration's clock is fast; negative for slow.
    """

    events: tuple[DayEvent, ...]
    start: datetime = MORNING
    skew_seconds: int = 0

    def __repr__(self) -> str:
        """The events as lines of prose, which Hypothesis prints for an example."""
        lines = (f"  {number}. {event}" for number, event in enumerate(self.events, 1))
        speed = "fast" if self.skew_seconds > 0 else "slow"
        skew = f", with a clock {abs(self.skew_seconds)} s {speed}" if self.skew_seconds else ""
        return "\n".join((f"Days from {self.start:%d %b %Y}{skew}:", *lines))

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Print the prose, also where Hypothesis would print how the days were drawn."""
        del cycle
        printer.text(repr(self).replace("\n", "\n    "))


def drive(
    days: MerchantDays, open_adapter: OpenAdapter, base_url: str, *, api_key: str = "drive"
) -> None:
    """Drive an integration through days of a merchant.

    Args:
        days: what happens, such as `codat_scenarios.strategies.merchant_days()` draws it.
        open_adapter: makes the integration; also after each kill.
        base_url: the address of a running mock with a frozen clock.
        api_key: selects the sandbox, which is reset.

    Raises:
        AssertionError: a rule is broken, or at the end the books differ from the sales; a note of
            every exception holds the days as prose.
    """
    run = IntegrationRun(base_url, open_adapter, api_key)
    try:
        run.open(days.start, days.skew_seconds)
        for event in days.events:
            event.run(run)
            run.check_findings()
        run.finish()
    except Exception as error:
        error.add_note(repr(days))
        raise
    finally:
        run.close()


def with_sale(
    run: IntegrationRun, which: int, is_synced: bool, change: Callable[[HistorySale], None]
) -> None:
    """Change one of the unsynced or synced sales, if there are any.

    Args:
        run: the run with the sales.
        which: the number of the sale, counted modulo the number of sales.
        is_synced: whether synced sales are chosen from.
        change: changes the sale.
    """
    sales = run.pos.synced_sales() if is_synced else run.pos.open_sales()
    if sales:
        change(sales[which % len(sales)])


def named(which: int, is_synced: bool) -> str:
    """A sale in prose."""
    return f"{'synced' if is_synced else 'unsynced'} sale {which + 1}"
