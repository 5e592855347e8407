"""Drives a user's integration through a merchant's days on a mock, with faults if asked for."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Literal, Protocol

import httpx

from codat_mock.clock import parse_moment
from codat_mock.fuzz.runner import OutOfTime
from codat_mock.fuzz.schedule import LostStatus
from codat_mock.models.alerts import RuleType
from codat_mock.models.datasets import DataType
from codat_mock.testing.fuzzing import time_limit
from codat_scenarios.histories.books_oracle import differences
from codat_scenarios.histories.history_pos import HistoryPos, HistorySale, SaleDetails
from codat_scenarios.histories.interruption import run_and_kill
from codat_scenarios.merchants import Change, Record
from codat_scenarios.sandbox_driver import MORNING, Json, SandboxDriver
from codat_scenarios.webhook_inbox import WebhookInbox

MINUTE: Final = timedelta(minutes=1)
LAST_HOUR: Final = 23  # after it the night passes: well before the nightly sync at 03:00
LAST_PUSH_WAIT_SECONDS: Final = 60  # before each of the last pushes: time for datasets to end
# After faults the last pushes are spread, so that every Retry-After and every slow or stuck
# dataset leaves time to push again before the sync.
LONGEST_RETRY_AFTER_SECONDS: Final = 1800  # that faults may plan
RECOVERY_SECONDS: Final = (60, 900, 900, 2700, 600, 60)
PUSH_LIMIT_SECONDS: Final = 60.0  # of the machine's clock; an answer may hang for ever
ENCODER_NOTE: Final = (
    "Amounts are exact decimals. codat_scenarios.merchants.encode(body) encodes a body with them,"
    " which `content=` of httpx or `data=` of requests takes."
)
ALERTS: Final[tuple[RuleType, ...]] = (
    "Data sync completed", "Dataset data changed", "Data Sync Status Changed to Error",
    "DataConnectionStatusChanged", "New company synchronised", "Sync Connection Deleted",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scenario:
    """Where the integration pushes, and what it may use.

    Args:
        base_url: the address of the mock.
        api_key: selects the sandbox.
        company_id: the id of a company that is linked and configured.
        folder: an empty folder for the integration's state; it survives a kill and a restart.
        now: reads the integration's clock, UTC, for retries that must wait for a Retry-After. It is
            the sandbox's, or some seconds fast or slow.
        checkpoint: call it between reading records and marking them as pushed; the run may change
            a sale there, or start a second push, as a point of sale and a scheduler would.
    """

    base_url: str
    api_key: str
    company_id: str
    folder: Path
    now: Callable[[], datetime]
    checkpoint: Callable[[], None]


class Adapter(Protocol):
    """What is called of an integration: it stores the records it receives and pushes.

    One with a method `receive_alert(body)` is called with the body of each alert, too.
    """

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


OpenAdapter = Callable[[Scenario], Adapter]


class IntegrationRun:
    """A merchant, its point of sale, a sandbox, and the integration that is driven.

    Args:
        base_url: the address of a running mock.
        open_adapter: makes the integration; also after each kill.
        api_key: selects the sandbox, which is reset.

    Attributes:
        driver: drives the sandbox.
        pos: the merchant's point of sale.
        adapter: the integration, None before `open`.
    """

    def __init__(self, base_url: str, open_adapter: OpenAdapter, api_key: str) -> None:
        self.http = httpx.Client(base_url=base_url, timeout=60, trust_env=False)
        self.driver = SandboxDriver(self.http, api_key)
        self.pos = HistoryPos()
        self.adapter: Adapter | None = None
        self._base_url = base_url
        self._api_key = api_key
        self._open_adapter = open_adapter
        self._folder = TemporaryDirectory(prefix="codat-mock-", ignore_cleanup_errors=True)
        self._scenario: Scenario | None = None
        self._has_faults = False
        self._is_linked = True
        self._at_checkpoint: Callable[[], object] | None = None
        self._checkpoints_left = 0  # until it is called
        # Of a frozen clock, which only the run moves, unless time passes before a request.
        self._moment: datetime | None = None
        self._is_frozen = False
        self._time_passes = False
        self._start = MORNING
        self._sync_hour: int | None = None
        self._skew = timedelta(0)
        self._inbox: WebhookInbox | None = None
        self._received = 0
        self._pushed_at: datetime | None = None

    def open(self, start: datetime = MORNING, skew_seconds: int = 0) -> None:
        """Reset the sandbox, set up the merchant, and open the integration.

        Args:
            start: when the shop opens for the first time, UTC.
            skew_seconds: how much the integration's clock is fast; negative for slow.
        """
        driver = self.driver
        driver.reset(start)
        self._is_frozen = driver.call("GET", "/_mock/clock")["mode"] == "frozen"
        self._moment = start if self._is_frozen else None
        self._start, self._skew = start, timedelta(seconds=skew_seconds)
        driver.create_company("Example Café")
        driver.link_accounting()
        self._configure()
        self._scenario = Scenario(
            self._base_url,
            self._api_key,
            driver.company_id,
            Path(self._folder.name),
            lambda: self.now() + self._skew,
            self._reach_checkpoint,
        )
        self.adapter = self._open_adapter(self._scenario)
        if hasattr(self.adapter, "receive_alert"):
            self._inbox = WebhookInbox()
            self._inbox.__enter__()
            for kind in ALERTS:
                driver.add_alert_rule(kind, self._inbox.url)

    def _configure(self) -> None:
        midnight = self._start.replace(hour=0, minute=0, second=0, microsecond=0)
        self.driver.configure(midnight, sync_hour=self._sync_hour)

    def close(self) -> None:
        """Close the integration and the connection."""
        try:
            if self.adapter:
                self.adapter.close()
        finally:
            if self._inbox:
                self._inbox.__exit__(None, None, None)
            self.http.close()
            self._folder.cleanup()

    def sell(self, details: SaleDetails) -> None:
        """Record a sale."""
        self.record(self.pos.sell(self.tick(), details))

    def correct(self, sale: HistorySale, units: int, *, is_at_once: bool = False) -> None:
        """Correct the price of a sale.

        Args:
            sale: the sale.
            units: the new price in smallest units.
            is_at_once: whether that is at the current moment, unless something was pushed then: a
                second version of that moment would have the stamp of what was pushed.
        """
        is_at_once = is_at_once and self.now() != self._pushed_at
        self.record(self.pos.correct(self.now() if is_at_once else self.tick(), sale, units))

    def refund(self, sale: HistorySale, units: int) -> None:
        """Refund part or all of a sale, in smallest units."""
        self.record(self.pos.refund(self.tick(), sale, units))

    def delete(self, sale: HistorySale) -> None:
        """Delete a sale."""
        self.record(self.pos.delete(self.tick(), sale))

    def push(
        self,
        kill_after: int | None = None,
        at_checkpoint: Callable[[], object] | None = None,
        checkpoint: int = 1,
    ) -> None:
        """Let the integration push.

        Args:
            kill_after: kill it after this number of lines of its own source file; it is then
                opened again on the same folder, without `close`.
            at_checkpoint: called at one of the integration's calls of `Scenario.checkpoint`.
            checkpoint: at which, from 1.

        Raises:
            Exception: from the integration, unless a fault was planned since the last night; then
                it counts as a crash, and the integration is opened again.
        """
        self.tick()
        self._at_checkpoint, self._checkpoints_left = at_checkpoint, checkpoint
        try:
            self._push(kill_after)
        finally:
            self._at_checkpoint = None
        self._pushed_at = self.now()

    def _push(self, kill_after: int | None, is_strict: bool = False) -> None:
        self._has_faults = self._has_faults or kill_after is not None
        if not self._ends_normally(kill_after, is_strict or not self._has_faults):
            self._restart()

    def _ends_normally(self, kill_after: int | None, is_strict: bool) -> bool:
        """Push; returns whether it was neither killed nor crashed, and keeps no reference to it."""
        adapter = self.require_adapter()
        try:
            with time_limit(PUSH_LIMIT_SECONDS):
                if kill_after is not None:
                    return not run_and_kill(adapter.push, source_file(adapter), kill_after)
                adapter.push()
        except OutOfTime as late:
            raise AssertionError(f"push {late}: give each request a timeout.") from None
        except AssertionError:
            raise
        except Exception as error:
            if name_encoder(error):
                raise
            if is_strict:
                raise
            return False
        return True

    def _restart(self) -> None:
        """Open the integration again, as its scheduler does after a crash."""
        self.adapter = None
        with warnings.catch_warnings():  # it was not closed, on purpose
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()  # releases what it held: its locks and open transactions
        if self._scenario is not None:
            self.adapter = self._open_adapter(self._scenario)

    def start_second_run(self) -> None:
        """Start a second run of the integration, as a scheduler does if the first is slow."""
        if self._scenario is None:
            raise RuntimeError("the shop is not open yet")
        second = self._open_adapter(self._scenario)
        try:
            second.push()
        finally:
            second.close()

    def sell_at_once(self) -> None:
        """Record a sale at the current moment."""
        self.record(self.pos.sell(self.now(), SaleDetails(300, by_card=True)))

    def correct_at_once(self, sale: HistorySale) -> None:
        """Raise the price of a sale at the current moment."""
        self.record(self.pos.correct(self.now(), sale, sale.units + 7))

    def delete_at_once(self, sale: HistorySale) -> None:
        """Delete a sale at the current moment."""
        self.record(self.pos.delete(self.now(), sale))

    def _reach_checkpoint(self) -> None:
        self._checkpoints_left -= 1
        action = self._at_checkpoint
        if action is not None and self._checkpoints_left == 0:
            self._at_checkpoint = None
            action()

    def record(self, changes: Iterable[Change]) -> None:
        """Pass changes in the merchant's system to the integration."""
        adapter = self.require_adapter()
        try:
            for change in changes:
                if change.record.keys() == {"id"}:
                    adapter.delete(change.data_type, change.record["id"])
                else:
                    adapter.save(change.data_type, change.record)
        except TypeError as error:
            name_encoder(error)
            raise

    def require_adapter(self) -> Adapter:
        """The integration, which exists once the shop is open."""
        if self.adapter is None:
            raise RuntimeError("the shop is not open yet")
        return self.adapter

    def plan_fault(self, fault: Json) -> None:
        """Plan a fault for coming requests, as `POST /_mock/faults` takes it."""
        self._has_faults = True
        if fault["kind"] == "elapse":
            self._time_passes, self._moment = True, None
        self.driver.call("POST", "/_mock/faults", {"faults": [fault]})

    def plan_dataset(self, **outcome: Any) -> None:
        """Plan how the next dataset ends, as `POST /_mock/outcomes` takes it."""
        self._has_faults = True
        self.driver.plan_outcome("dataset", **outcome)

    def unlink(self, status: LostStatus = "Unlinked") -> None:
        """Unlink the commerce connection as the merchant; it is linked again before the night.

        Args:
            status: of the connection until then.
        """
        if self._is_linked:
            self._set_connection(status)
            self._has_faults = True

    def relink(self) -> None:
        """Link the commerce connection again."""
        if not self._is_linked:
            self._set_connection("Linked")

    def _set_connection(self, status: LostStatus | Literal["Linked"]) -> None:
        self._clear_faults(for_merchant=True)
        self.driver.set_connection("Commerce", status)
        self._is_linked = status == "Linked"

    def _clear_faults(self, *, for_merchant: bool) -> None:
        """Drop the planned faults: they would hit the merchant's request too."""
        if self._has_faults:
            self.driver.call("DELETE", "/_mock/faults")
            self._time_passes = False
            if for_merchant:  # a Retry-After holds for its request
                self._advance(LONGEST_RETRY_AFTER_SECONDS)

    def move_sync(self, hour: int) -> None:
        """Let the merchant move the nightly sync.

        Args:
            hour: of the night, UTC: from 2, when every recovery is over, to before the shop opens.
        """
        self._clear_faults(for_merchant=True)
        self._sync_hour = hour
        self._configure()

    def deliver_alerts(self, copies: int, overtaken_seconds: int) -> None:
        """Let alerts be delivered repeatedly, or overtaken; see `AlertRule`.

        Args:
            copies: deliveries of each alert.
            overtaken_seconds: delay of every other alert.
        """
        delivery = {"copies": copies, "overtakenSeconds": overtaken_seconds}
        for stored in self.driver.call("GET", "/_mock/alerts/rules")["rules"]:
            path = f"/_mock/alerts/rules/{stored['ruleId']}"
            self.driver.call("PUT", path, stored["rule"] | delivery)

    def end_day(self, sync_outcome: str | None = None, sync_minutes: int = 0) -> None:
        """Let the integration push the last time, then let the night pass with its sync.

        Args:
            sync_outcome: the outcome of a sync that fails; None for a sync that succeeds.
            sync_minutes: how long the sync runs.
        """
        self.relink()
        waits: tuple[int, ...] = (LAST_PUSH_WAIT_SECONDS,) * 2
        if self._has_faults:
            self._clear_faults(for_merchant=False)
            self.driver.call("DELETE", "/_mock/outcomes")
            waits = RECOVERY_SECONDS
        for number, seconds in enumerate(waits, 1):
            self._advance(seconds)
            self._push(None, is_strict=number == len(waits))
        self._has_faults = False
        if sync_outcome or sync_minutes:
            durations = {"durations": [60 * sync_minutes]} if sync_minutes else {}
            self.driver.plan_outcome("sync", sync_outcome or "Complete", **durations)
        now = self.now()
        morning = now.replace(hour=MORNING.hour, minute=0, second=0, microsecond=0)
        if morning <= now:
            morning += timedelta(days=1)
        self._advance((morning - now).total_seconds())
        self._advance(60 * sync_minutes)  # one that begins late ends after the shop opens
        if not sync_outcome:
            self.pos.mark_synced()
        elif sync_outcome == "DataPushError":
            self.pos.mark_half_synced()
        elif sync_outcome == "CompanyNotFound":
            self._configure()  # no sync follows until the merchant stores it again

    def now(self) -> datetime:
        """The sandbox's time, UTC."""
        return self._moment or self.driver.now()

    def _advance(self, seconds: float) -> None:
        now = parse_moment(self.driver.advance(seconds=seconds)["now"])
        if self._is_frozen and not self._time_passes:
            self._moment = now
        self._pass_alerts()

    def _pass_alerts(self) -> None:
        """Call the integration with the alerts that have arrived."""
        if self._inbox is None or self.adapter is None:
            return
        self.driver.alerts()
        arrived = self._inbox.alerts[self._received :]
        self._received += len(arrived)
        for alert in arrived:
            self.adapter.receive_alert(alert)  # type: ignore[attr-defined]

    def tick(self, minutes: int = 1) -> datetime:
        """Let time pass, and the night too if the shop has closed; returns the new moment."""
        now = self.now()
        if now.hour < MORNING.hour or now + minutes * MINUTE >= now.replace(hour=LAST_HOUR):
            self.end_day()
        else:
            self._advance(minutes * 60)
        return self.now()

    def check_findings(self) -> None:
        """Check that no rule is broken.

        Raises:
            AssertionError: with a line for each finding.
        """
        findings = self.driver.findings()["findings"] if self.adapter else []
        lines = [f"{each['code']} {each['message']} {each['advice']}" for each in findings]
        if lines:
            raise AssertionError("\n".join(["Rules were broken:", *lines]))

    def finish(self) -> None:
        """Let the last night pass, then compare the books with the sales.

        Raises:
            AssertionError: a rule is broken or the books are wrong.
        """
        self.end_day()
        self.check_findings()
        found = differences(self.pos.expected_records, self.driver.books())
        if found:
            raise AssertionError("\n".join(["The books are wrong:", *found]))


def name_encoder(error: Exception) -> bool:
    """Add what encodes records to an error of `json`; whether it is one."""
    is_json = isinstance(error, TypeError) and "Decimal is not JSON serializable" in str(error)
    if is_json:
        error.add_note(ENCODER_NOTE)
    return is_json


def source_file(adapter: Adapter) -> str:
    """The source file of an integration."""
    return str(type(adapter).push.__code__.co_filename)
