"""A sandbox: one integration's own world, seen by nobody else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from datetime import datetime, timedelta
from random import Random
from typing import Any

from codat_mock.clock import Clock, format_moment, machine_seconds
from codat_mock.models.companies import Company, Connection, ConnectionStatus
from codat_mock.models.configuration import Configuration
from codat_mock.models.datasets import DatasetHistory, DataType
from codat_mock.models.errors import Malformed
from codat_mock.models.integrations import Integration
from codat_mock.models.merchant_records import Declaration
from codat_mock.models.pushes import read_push
from codat_mock.models.request_log import CausedFinding
from codat_mock.models.sync_flow import Locale, VisibleAccounts
from codat_mock.models.syncs import SyncSummary
from codat_mock.rules.contexts import Request
from codat_mock.rules.judge import Finding, Findings
from codat_mock.sandbox import (
    books_view,
    clock_control,
    companies,
    connections,
    dataset_views,
    evaluation,
    flow_preferences,
    ground_truth,
    link_flow,
    planned_outcomes,
    prepared_company,
    pushes,
    sync_views,
    syncs,
    webhooks,
)
from codat_mock.sandbox.alert_desk import AlertDesk
from codat_mock.sandbox.books_view import Books
from codat_mock.sandbox.clock_control import ClockReading
from codat_mock.sandbox.evaluation import Probe, RuleSettings
from codat_mock.sandbox.flow_preferences import Texts
from codat_mock.sandbox.ground_truth import Comparisons, DeclaredCounts
from codat_mock.sandbox.in_flight_pushes import InFlightPushes
from codat_mock.sandbox.internal_errors import InternalErrors
from codat_mock.sandbox.merchant import MerchantPortal
from codat_mock.sandbox.pushes import ReceivedPush
from codat_mock.sandbox.rate_limits import RateLimiter, RateLimitStatus
from codat_mock.sandbox.request_log import RequestLog
from codat_mock.sandbox.session import Session
from codat_mock.sandbox.settings import Settings
from codat_mock.sandbox.trouble import FaultInjection
from codat_mock.sandbox.webhook_sender import WebhookSender
from codat_mock.storage import Store


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

    def __init__(
        self, store: Store, name: str, settings: Settings, failures: InternalErrors
    ) -> None:
        self.name = name
        self._store = store
        self._settings = settings
        self._traffic = InFlightPushes()
        # What ids of answers are made from: not kept, so that a refusal needs no writing.
        self.chance = Random(f"{settings.seed}/{name}")  # noqa: S311  (nothing secret)
        self.merchant = MerchantPortal(self._session)
        self.trouble = FaultInjection(self._session)
        self.quotas = RateLimiter()
        self.alerts = AlertDesk(self._session)
        self._courier = WebhookSender(self._session, settings.alert_hosts, failures)
        self._caused: dict[int, list[CausedFinding]] = {}
        with self._session() as session:
            self.is_running = (
                session.tables.row.clock.speed > 0
            )  # a sandbox keeps its clock's speed
            self.journal = RequestLog(self._session, session.tables.row.requests)
            if not session.tables.row.minted:  # a new one
                webhooks.add_rules(session, settings.alert_rules)

    @contextmanager
    def _session(self) -> Iterator[Session]:
        # A few of the syncs that are due go into each transaction: other sandboxes need not wait
        # for a year of them, and a verb here sees the sandbox only once none is left.
        is_done = False
        while not is_done:
            with self._transaction() as session:
                is_done = not syncs.run_due(session)
                if is_done:
                    webhooks.run_due(session)
                    yield session
                    webhooks.run_due(session)
                    is_alert_due = session.tables.alerts.due(session.now) is not None
        if is_alert_due:
            self._courier.wake()

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        with self._store.transaction():
            fresh = Clock.starting(self._settings.start_at, self._settings.speed)
            tables = self._store.tables(self.name, fresh)
            before = copy(tables.row)
            yield Session(tables, tables.row.clock.now(), self._settings, self._caused)
            if tables.row != before:  # a turn that only looks writes nothing
                self._store.sandboxes.save(tables.row)

    def close(self) -> None:
        """End what goes on by itself."""
        self.journal.close()
        self._courier.stop()

    def arrive(
        self, method: str, path: str, caller: str = "", number: int | None = None
    ) -> Request:
        """Note when a request of the integration came, and its number, a new one if it has none."""
        with self._session() as session:
            given = self.journal.number() if number is None else number
            return Request(given, format_moment(session.now), method, path, caller)

    def spend(self, address: str, *, is_entered: bool) -> RateLimitStatus:
        """Count a request against the published limits."""
        with self._session() as session:
            rows = session.tables.companies.all()
            connected = sum(companies.linked(row, "Commerce") is not None for row in rows)
            return self.quotas.spend(session.now, connected, address, is_entered=is_entered)

    def settle(self) -> None:
        """Do what has fallen due."""
        with self._session():
            pass

    def create_company(self, name: str, company_id: str | None = None) -> Company:
        """Make a company that has its commerce connection already."""
        with self._session() as session:
            return companies.create(session, name, company_id=company_id)

    def add_company(self, name: str, company_id: str | None = None) -> Company:
        """Make a company that has no connection yet."""
        with self._session() as session:
            return companies.create(session, name, is_connected=False, company_id=company_id)

    def companies(self) -> list[Company]:
        """All companies."""
        with self._session() as session:
            return companies.all_companies(session)

    def company(self, company_id: str) -> Company:
        """One company, with its connections."""
        with self._session() as session:
            return companies.company(session, company_id)

    def integrations(self) -> list[Integration]:
        """The platforms that a company can be connected to."""
        with self._session() as session:
            return connections.integrations(session)

    def integration(self, key: str) -> Integration:
        """One of them, by its key or id."""
        with self._session():
            return connections.integration(key)

    def connect(self, company_id: str, integration: str) -> Connection:
        """Add a connection, by the integration's key or id; it waits for the merchant."""
        with self._session() as session:
            return connections.connect(session, company_id, integration)

    def update_connection(
        self, company_id: str, connection_id: str, status: ConnectionStatus
    ) -> Connection:
        """Set a connection's status."""
        with self._session() as session:
            return connections.update_connection(session, company_id, connection_id, status)

    def authorise(self, company_id: str, connection_id: str | None = None) -> Company:
        """Do the merchant's part: link what waits for authorisation."""
        with self._session() as session:
            return connections.authorise(session, company_id, connection_id)

    def delete_connection(self, company_id: str) -> Company:
        """Do as a merchant who deletes the sync connection."""
        with self._session() as session:
            return connections.delete_sync_connection(session, company_id)

    def configuration(self, company_id: str) -> Configuration:
        """A company's options and selections."""
        with self._session() as session:
            return companies.configuration(session, company_id)

    def configure(self, company_id: str, wanted: Configuration) -> Configuration:
        """Store a company's configuration."""
        with self._session() as session:
            return companies.configure(session, company_id, wanted)

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
            with self._session() as session:
                overlaps = self._traffic.overlaps(passage, company_id, data_type)
                arrival = ReceivedPush(company_id, data_type, request, overlaps, dataset_id)
                if refusal is None:
                    return pushes.accept(session, arrival, records, body)
                pushes.refuse(session, arrival, refusal, body)
            raise refusal

    def forget_answer(self, company_id: str, dataset_id: str) -> None:
        """Note that the answer to a push did not reach the integration."""
        with self._session() as session:
            pushes.forget_answer(session, company_id, dataset_id)

    def dataset(self, company_id: str, dataset_id: str) -> DatasetHistory:
        """A dataset as it stands now."""
        with self._session() as session:
            return dataset_views.history(session, company_id, dataset_id)

    def datasets(self, company_id: str) -> list[DatasetHistory]:
        """A company's datasets as they stand now, the latest first."""
        with self._session() as session:
            return dataset_views.histories(session, company_id)

    def sync_latest(
        self, company_id: str, sync_to: datetime | None = None, request: Request | None = None
    ) -> SyncSummary:
        """Run a sync now."""
        with self._session() as session:
            return syncs.run_latest(session, company_id, sync_to, request)

    def sync_status(self, company_id: str) -> SyncSummary:
        """The latest sync."""
        with self._session() as session:
            return sync_views.latest(session, company_id)

    def sync_historic(
        self,
        company_id: str,
        start: datetime,
        finish: datetime,
        request: Request | None = None,
    ) -> SyncSummary:
        """Run a sync of a given range."""
        with self._session() as session:
            return syncs.run_historic(session, company_id, start, finish, request)

    def syncs(self, company_id: str) -> list[SyncSummary]:
        """A company's syncs, the latest first."""
        with self._session() as session:
            return sync_views.all_syncs(session, company_id)

    def last_successful_sync(self, company_id: str) -> SyncSummary:
        """The latest sync that succeeded."""
        with self._session() as session:
            return sync_views.last_successful(session, company_id)

    def sync(self, company_id: str, sync_id: str) -> SyncSummary:
        """One sync."""
        with self._session() as session:
            return sync_views.sync(session, company_id, sync_id)

    def start_flow(
        self,
        commerce_key: str,
        accounting_key: str,
        merchant: str | None = None,
        redirect_url: str | None = None,
    ) -> str:
        """Begin a Sync Flow; gives the URL for the merchant's browser."""
        with self._session() as session:
            return link_flow.start(session, commerce_key, accounting_key, merchant, redirect_url)

    def texts(self, locale: Locale) -> Texts:
        """The texts that are preferred in the Sync Flow."""
        with self._session() as session:
            return flow_preferences.texts(session, locale)

    def change_texts(self, locale: Locale, changed: Texts) -> Texts:
        """Change some of the texts that are preferred in the Sync Flow."""
        with self._session() as session:
            return flow_preferences.change_texts(session, locale, changed)

    def visible_accounts(self, client_id: str, platform_key: str) -> VisibleAccounts:
        """The accounts that are preferred to be shown in the Sync Flow."""
        with self._session() as session:
            return flow_preferences.visible_accounts(session, client_id, platform_key)

    def show_accounts(self, platform_key: str, wanted: VisibleAccounts) -> VisibleAccounts:
        """Prefer the accounts that are shown in the Sync Flow."""
        with self._session() as session:
            return flow_preferences.show_accounts(session, platform_key, wanted)

    def clock(self) -> ClockReading:
        """The sandbox's time."""
        with self._session() as session:
            return clock_control.read(session)

    def set_clock(self, moment: datetime) -> ClockReading:
        """Set the sandbox's time."""
        with self._session() as session:
            clock_control.move_to(session, moment)
        return self.clock()

    def set_pace(self, durations: tuple[float, ...]) -> None:
        """Choose how many seconds datasets spend in each step, instead of what the server says."""
        with self._session() as session:
            planned_outcomes.set_pace(session, durations)

    def advance(self, duration: timedelta) -> ClockReading:
        """Move the sandbox's time forward."""
        with self._session() as session:
            clock_control.move_by(session, duration)
        return self.clock()

    def advance_to_next_event(self) -> ClockReading:
        """Move the sandbox's time to where something happens next."""
        with self._session() as session:
            clock_control.move_to_next_event(session)
        return self.clock()

    def prepare(self, name: str, accounting: str, company_id: str | None = None) -> Company:
        """Make a company that is ready to be pushed to."""
        with self._session() as session:
            return prepared_company.prepare(session, name, accounting, company_id)

    def close_day(self) -> ClockReading:
        """Let time pass until all datasets have ended, and then past every company's next sync."""
        for moment_of in prepared_company.DAY_END:
            with self._session() as session:
                clock_control.move_to(session, moment_of(session))
        return self.clock()

    def findings(self) -> Findings:
        """What the rules found."""
        with self._session() as session:
            return evaluation.verdicts(session)

    def choose_rules(self, wanted: Mapping[str, Any]) -> RuleSettings:
        """Choose which rules judge, how severely and by which thresholds."""
        with self._session() as session:
            return evaluation.choose(session, wanted)

    def chosen_rules(self) -> RuleSettings:
        """What is chosen about rules."""
        with self._session() as session:
            return evaluation.chosen_rules(session)

    def take_probe(self, probe: Probe) -> list[Finding]:
        """Judge what a decoupling probe has measured."""
        with self._session() as session:
            return evaluation.take_probe(session, probe)

    def books(self, company_id: str | None = None) -> Books:
        """What stands in the accounting software."""
        with self._session() as session:
            return books_view.books(session, company_id)

    def declare(
        self, company_id: str, told: Sequence[Declaration], *, anew: bool
    ) -> DeclaredCounts:
        """Note what a merchant really has."""
        with self._session() as session:
            return ground_truth.declare(session, company_id, told, anew=anew)

    def compare_books(self, company_id: str | None = None) -> Comparisons:
        """The books beside what the merchants really have."""
        with self._session() as session:
            return ground_truth.comparisons(session, company_id)
