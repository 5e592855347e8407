"""A sandbox: one integration's own world, seen by nobody else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from datetime import datetime, timedelta
from random import Random
from typing import Any

from codat_mock.clock import Clock, format_moment, machine_seconds
from codat_mock.configuration.integrations import Integration
from codat_mock.records.companies import Company, Connection, ConnectionStatus
from codat_mock.records.configuration import Configuration
from codat_mock.records.datasets import DatasetHistory, DataType
from codat_mock.records.declarations import Declaration
from codat_mock.records.errors import Malformed
from codat_mock.records.journal import Caused
from codat_mock.records.preferences import Locale, VisibleAccounts
from codat_mock.records.pushes import read_push
from codat_mock.records.syncs import SyncSummary
from codat_mock.rules.judging import Finding, Verdicts
from codat_mock.rules.subjects import Request
from codat_mock.sandbox import (
    alerting,
    bookkeeping,
    companies,
    connections,
    declaring,
    flow,
    histories,
    outcomes,
    preferring,
    pushing,
    rehearsing,
    summaries,
    syncing,
    timekeeping,
    verdicts,
)
from codat_mock.sandbox.alert_desk import AlertDesk
from codat_mock.sandbox.bookkeeping import Books
from codat_mock.sandbox.courier import Courier
from codat_mock.sandbox.declaring import Comparisons, DeclaredCounts
from codat_mock.sandbox.failures import Failures
from codat_mock.sandbox.journal_desk import JournalDesk
from codat_mock.sandbox.merchant import Merchant
from codat_mock.sandbox.preferring import Texts
from codat_mock.sandbox.pushing import Arrival
from codat_mock.sandbox.quotas import Quotas, Standing
from codat_mock.sandbox.settings import Settings
from codat_mock.sandbox.timekeeping import ClockReading
from codat_mock.sandbox.traffic import Traffic
from codat_mock.sandbox.trouble import Trouble
from codat_mock.sandbox.turn import Turn
from codat_mock.sandbox.verdicts import ChosenRules, Probe
from codat_mock.store import Store


class Sandbox:
    """One sandbox's verbs; each is one turn: one moment, one transaction.

    Args:
        store: where its state is kept.
        name: what it is known by among the server's sandboxes.
        settings: what it starts from.
        failures: where faults of the mock are noted.

    Every verb raises what the function of its module names, mostly `Unknown` where a company,
    connection or dataset of that id does not exist.
    """

    def __init__(self, store: Store, name: str, settings: Settings, failures: Failures) -> None:
        self.name = name
        self._store = store
        self._settings = settings
        self._traffic = Traffic()
        # What ids of answers are made from: not kept, so that a refusal needs no writing.
        self.chance = Random(f"{settings.seed}/{name}")  # noqa: S311  (nothing secret)
        self.merchant = Merchant(self._turn)
        self.trouble = Trouble(self._turn)
        self.quotas = Quotas()
        self.alerts = AlertDesk(self._turn)
        self._courier = Courier(self._turn, settings.alert_hosts, failures)
        self._caused: dict[int, list[Caused]] = {}
        with self._turn() as turn:
            self.is_running = turn.shelf.row.clock.speed > 0  # a sandbox keeps its clock's speed
            self.journal = JournalDesk(self._turn, turn.shelf.row.requests)
            if not turn.shelf.row.minted:  # a new one
                alerting.add_rules(turn, settings.alert_rules)

    @contextmanager
    def _turn(self) -> Iterator[Turn]:
        # A few of the syncs that are due go into each transaction: other sandboxes need not wait
        # for a year of them, and a verb here sees the sandbox only once none is left.
        is_done = False
        while not is_done:
            with self._transaction() as turn:
                is_done = not syncing.run_due(turn)
                if is_done:
                    alerting.run_due(turn)
                    yield turn
                    alerting.run_due(turn)
                    is_alert_due = turn.shelf.alerts.due(turn.now) is not None
        if is_alert_due:
            self._courier.wake()

    @contextmanager
    def _transaction(self) -> Iterator[Turn]:
        with self._store.transaction():
            fresh = Clock.starting(self._settings.start_at, self._settings.speed)
            shelf = self._store.shelf(self.name, fresh)
            before = copy(shelf.row)
            yield Turn(shelf, shelf.row.clock.now(), self._settings, self._caused)
            if shelf.row != before:  # a turn that only looks writes nothing
                self._store.sandboxes.save(shelf.row)

    def close(self) -> None:
        """End what goes on by itself."""
        self.journal.close()
        self._courier.stop()

    def arrive(
        self, method: str, path: str, caller: str = "", number: int | None = None
    ) -> Request:
        """Note when a request of the integration came, and its number, a new one if it has none."""
        with self._turn() as turn:
            given = self.journal.number() if number is None else number
            return Request(given, format_moment(turn.now), method, path, caller)

    def spend(self, address: str, *, is_entered: bool) -> Standing:
        """Count a request against the published limits."""
        with self._turn() as turn:
            rows = turn.shelf.companies.all()
            connected = sum(companies.linked(row, "Commerce") is not None for row in rows)
            return self.quotas.spend(turn.now, connected, address, is_entered=is_entered)

    def settle(self) -> None:
        """Do what has fallen due."""
        with self._turn():
            pass

    def create_company(self, name: str, company_id: str | None = None) -> Company:
        """Make a company that has its commerce connection already."""
        with self._turn() as turn:
            return companies.create(turn, name, company_id=company_id)

    def add_company(self, name: str, company_id: str | None = None) -> Company:
        """Make a company that has no connection yet."""
        with self._turn() as turn:
            return companies.create(turn, name, is_connected=False, company_id=company_id)

    def companies(self) -> list[Company]:
        """All companies."""
        with self._turn() as turn:
            return companies.all_companies(turn)

    def company(self, company_id: str) -> Company:
        """One company, with its connections."""
        with self._turn() as turn:
            return companies.company(turn, company_id)

    def integrations(self) -> list[Integration]:
        """The platforms that a company can be connected to."""
        with self._turn() as turn:
            return connections.integrations(turn)

    def integration(self, key: str) -> Integration:
        """One of them, by its key or id."""
        with self._turn():
            return connections.integration(key)

    def connect(self, company_id: str, integration: str) -> Connection:
        """Add a connection, by the integration's key or id; it waits for the merchant."""
        with self._turn() as turn:
            return connections.connect(turn, company_id, integration)

    def update_connection(
        self, company_id: str, connection_id: str, status: ConnectionStatus
    ) -> Connection:
        """Set a connection's status."""
        with self._turn() as turn:
            return connections.update_connection(turn, company_id, connection_id, status)

    def authorise(self, company_id: str, connection_id: str | None = None) -> Company:
        """Do the merchant's part: link what waits for authorisation."""
        with self._turn() as turn:
            return connections.authorise(turn, company_id, connection_id)

    def delete_connection(self, company_id: str) -> Company:
        """Do as a merchant who deletes the sync connection."""
        with self._turn() as turn:
            return connections.delete_sync_connection(turn, company_id)

    def configuration(self, company_id: str) -> Configuration:
        """A company's options and selections."""
        with self._turn() as turn:
            return companies.configuration(turn, company_id)

    def configure(self, company_id: str, wanted: Configuration) -> Configuration:
        """Store a company's configuration."""
        with self._turn() as turn:
            return companies.configure(turn, company_id, wanted)

    def push(
        self,
        company_id: str,
        data_type: DataType,
        body: bytes,
        request: Request,
        arrived: float | None = None,
        answered: float | None = None,
        dataset_id: str | None = None,
    ) -> str:
        """Judge and store a push; gives the id of its dataset.

        Args:
            company_id: whose records they are.
            data_type: of what kind they are.
            body: JSON, as it came.
            request: which request of the sandbox it is.
            arrived: when its first byte came, in seconds of `machine_seconds`; None for now.
            answered: when its answer was there, where it is one that has happened already.
            dataset_id: of the dataset that is made; None for one of ours.

        Raises:
            Malformed: the body cannot be read; every wrong place is named.
        """
        began = machine_seconds() if arrived is None else arrived
        passage_of = self._traffic.passage(company_id, data_type, request, began, answered)
        with passage_of as passage:
            try:
                records, refusal = read_push(data_type, body), None
            except Malformed as error:
                records, refusal = [], error
            with self._turn() as turn:
                overlaps = self._traffic.overlaps(passage, company_id, data_type)
                arrival = Arrival(company_id, data_type, request, overlaps, dataset_id)
                if refusal is None:
                    return pushing.accept(turn, arrival, records, body)
                pushing.refuse(turn, arrival, refusal, body)
            raise refusal

    def forget_answer(self, company_id: str, dataset_id: str) -> None:
        """Note that the answer to a push did not reach the integration."""
        with self._turn() as turn:
            pushing.forget_answer(turn, company_id, dataset_id)

    def dataset(self, company_id: str, dataset_id: str) -> DatasetHistory:
        """A dataset as it stands now."""
        with self._turn() as turn:
            return histories.history(turn, company_id, dataset_id)

    def datasets(self, company_id: str) -> list[DatasetHistory]:
        """A company's datasets as they stand now, the latest first."""
        with self._turn() as turn:
            return histories.histories(turn, company_id)

    def sync_latest(
        self, company_id: str, sync_to: datetime | None = None, request: Request | None = None
    ) -> SyncSummary:
        """Run a sync now."""
        with self._turn() as turn:
            return syncing.run_latest(turn, company_id, sync_to, request)

    def sync_status(self, company_id: str) -> SyncSummary:
        """The latest sync."""
        with self._turn() as turn:
            return summaries.latest(turn, company_id)

    def sync_historic(
        self,
        company_id: str,
        start: datetime,
        finish: datetime,
        request: Request | None = None,
    ) -> SyncSummary:
        """Run a sync of a given range."""
        with self._turn() as turn:
            return syncing.run_historic(turn, company_id, start, finish, request)

    def syncs(self, company_id: str) -> list[SyncSummary]:
        """A company's syncs, the latest first."""
        with self._turn() as turn:
            return summaries.all_syncs(turn, company_id)

    def last_successful_sync(self, company_id: str) -> SyncSummary:
        """The latest sync that succeeded."""
        with self._turn() as turn:
            return summaries.last_successful(turn, company_id)

    def sync(self, company_id: str, sync_id: str) -> SyncSummary:
        """One sync."""
        with self._turn() as turn:
            return summaries.sync(turn, company_id, sync_id)

    def start_flow(
        self,
        commerce_key: str,
        accounting_key: str,
        merchant: str | None = None,
        redirect_url: str | None = None,
    ) -> str:
        """Begin a Sync Flow; gives the URL for the merchant's browser."""
        with self._turn() as turn:
            return flow.start(turn, commerce_key, accounting_key, merchant, redirect_url)

    def texts(self, locale: Locale) -> Texts:
        """The texts that are preferred in the Sync Flow."""
        with self._turn() as turn:
            return preferring.texts(turn, locale)

    def change_texts(self, locale: Locale, changed: Texts) -> Texts:
        """Change some of the texts that are preferred in the Sync Flow."""
        with self._turn() as turn:
            return preferring.change_texts(turn, locale, changed)

    def visible_accounts(self, client_id: str, platform_key: str) -> VisibleAccounts:
        """The accounts that are preferred to be shown in the Sync Flow."""
        with self._turn() as turn:
            return preferring.visible_accounts(turn, client_id, platform_key)

    def show_accounts(self, platform_key: str, wanted: VisibleAccounts) -> VisibleAccounts:
        """Prefer the accounts that are shown in the Sync Flow."""
        with self._turn() as turn:
            return preferring.show_accounts(turn, platform_key, wanted)

    def clock(self) -> ClockReading:
        """The sandbox's time."""
        with self._turn() as turn:
            return timekeeping.read(turn)

    def set_clock(self, moment: datetime) -> ClockReading:
        """Set the sandbox's time."""
        with self._turn() as turn:
            timekeeping.move_to(turn, moment)
        return self.clock()

    def set_pace(self, durations: tuple[float, ...]) -> None:
        """Choose how many seconds datasets spend in each step, instead of what the server says."""
        with self._turn() as turn:
            outcomes.set_pace(turn, durations)

    def advance(self, duration: timedelta) -> ClockReading:
        """Move the sandbox's time forward."""
        with self._turn() as turn:
            timekeeping.move_by(turn, duration)
        return self.clock()

    def advance_to_next_event(self) -> ClockReading:
        """Move the sandbox's time to where something happens next."""
        with self._turn() as turn:
            timekeeping.move_to_next_event(turn)
        return self.clock()

    def prepare(self, name: str, accounting: str, company_id: str | None = None) -> Company:
        """Make a company that is ready to be pushed to."""
        with self._turn() as turn:
            return rehearsing.prepare(turn, name, accounting, company_id)

    def close_day(self) -> ClockReading:
        """Let time pass until all datasets have ended, and then past every company's next sync."""
        for moment_of in rehearsing.DAY_END:
            with self._turn() as turn:
                timekeeping.move_to(turn, moment_of(turn))
        return self.clock()

    def findings(self) -> Verdicts:
        """What the rules found."""
        with self._turn() as turn:
            return verdicts.verdicts(turn)

    def choose_rules(self, wanted: Mapping[str, Any]) -> ChosenRules:
        """Choose which rules judge, how severely and by which thresholds."""
        with self._turn() as turn:
            return verdicts.choose(turn, wanted)

    def chosen_rules(self) -> ChosenRules:
        """What is chosen about rules."""
        with self._turn() as turn:
            return verdicts.chosen_rules(turn)

    def take_probe(self, probe: Probe) -> list[Finding]:
        """Judge what a decoupling probe has measured."""
        with self._turn() as turn:
            return verdicts.take_probe(turn, probe)

    def books(self, company_id: str | None = None) -> Books:
        """What stands in the accounting software."""
        with self._turn() as turn:
            return bookkeeping.books(turn, company_id)

    def declare(
        self, company_id: str, told: Sequence[Declaration], *, anew: bool
    ) -> DeclaredCounts:
        """Note what a merchant really has."""
        with self._turn() as turn:
            return declaring.declare(turn, company_id, told, anew=anew)

    def compare_books(self, company_id: str | None = None) -> Comparisons:
        """The books beside what the merchants really have."""
        with self._turn() as turn:
            return declaring.comparisons(turn, company_id)
