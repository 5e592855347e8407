"""Hypothesis drives a sandbox (no HTTP) beside a naive model of what the guide says."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from in_process import company_books, push, run

from codat_mock.clock import format_moment
from codat_mock.configuration.suggestions import suggest
from codat_mock.domain.dataset_lifecycle import ROUTE
from codat_mock.sandbox import (
    Sandbox,
    SandboxRegistry,
    Settings,
    clock_control,
    companies,
    connections,
    dataset_views,
    evaluation,
    syncs,
)

ORDERS = "commerce-orders"
MIDNIGHT = datetime(2022, 3, 21, tzinfo=UTC)
MONDAY = datetime(2022, 3, 21, 9, tzinfo=UTC)
ZONE = ZoneInfo("Europe/London")
HOUR = 3
PROCESSING = timedelta(seconds=7.7788)
MODELLED = {"S03", "S04", "U02", "D01"}  # test_violations.py is for the others
IDS = [f"A-{number}" for number in range(6)]

encode = msgspec.json.Encoder(decimal_format="number").encode


@dataclass
class Version:
    """What the model knows of one accepted version."""

    pounds: int
    created: datetime | None
    modified: datetime | None
    ends: datetime
    is_delete: bool = False
    is_synced: bool = False
    is_fat: bool = False


@dataclass
class Model:
    """The guide, naively: versions by key, codes found, pounds in the invoices."""

    versions: dict[str, list[Version]] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)
    invoiced: int = 0
    period_start: datetime = MIDNIGHT

    def latest(self, key: str) -> Version | None:
        versions = self.versions.get(key)
        return versions[-1] if versions else None

    def sync(self, due: datetime) -> None:
        for versions in self.versions.values():
            visible = [version for version in versions if version.ends <= due]
            if not visible or visible[-1].is_delete or visible[-1].is_synced:
                continue
            newest = visible[-1]
            is_in_books = any(version.is_synced for version in visible)
            is_in_period = newest.created and self.period_start <= newest.created < due
            if is_in_books or is_in_period:
                newest.is_synced = True
                self.invoiced += newest.pounds
        self.period_start = due


def order(key: str, version: Version) -> dict[str, Any]:
    total = Decimal(version.pounds)
    line = {"quantity": 1, "taxPercentage": 20, "totalAmount": total, "totalTaxAmount": 0}
    record = {"id": key, "currency": "GBP", "totalAmount": total, "orderLineItems": [line]}
    if version.created:
        record["createdDate"] = format_moment(version.created)
    if version.modified:
        record["sourceModifiedDate"] = format_moment(version.modified)
    return record


class PushingMachine(RuleBasedStateMachine):
    """Pushes new, repeated, changed and deleted orders, and moves the clock over the nights."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.now = MONDAY
        self.datasets: dict[str, int] = {}

    @initialize()
    def begin(self) -> None:
        self.registry = SandboxRegistry(Settings(start_at=MONDAY, speed=0))
        self.sandbox: Sandbox = self.registry.sandbox("machine")
        self.company = run(self.sandbox, companies.create, "Model Café").id
        run(self.sandbox, connections.connect, self.company, "gbol")
        run(self.sandbox, connections.authorise, self.company)
        configuration = run(self.sandbox, companies.configuration, self.company)
        configuration.schedule.start_date = self.model.period_start
        configuration.schedule.time_zone, configuration.schedule.sync_hour_utc = ZONE.key, HOUR
        configured = run(self.sandbox, companies.configure, self.company, suggest(configuration))
        assert configured.configured
        for data_type in ("commerce-payments", "commerce-transactions"):
            push(self.sandbox, self.company, data_type, b"{}")

    def push(self, records: list[dict[str, Any]], expected: list[str]) -> None:
        dataset = push(self.sandbox, self.company, ORDERS, encode({"orders": records}))
        self.datasets[dataset] = 0
        self.model.found += expected

    def accept(self, key: str, version: Version) -> None:
        self.model.versions.setdefault(key, []).append(version)

    def is_synced(self, key: str) -> bool:
        return any(version.is_synced for version in self.model.versions.get(key, ()))

    def is_known(self, key: str) -> bool:
        latest = self.model.latest(key)
        return latest is not None and not latest.is_delete

    def is_restamped(self, latest: Version, version: Version) -> bool:
        same = latest.pounds == version.pounds and latest.created == version.created
        return same and latest.modified != version.modified and not latest.is_fat

    @rule(key=st.sampled_from(IDS), pounds=st.integers(1, 90), hours_ago=st.integers(0, 30))
    def push_new_or_changed(self, key: str, pounds: int, hours_ago: int) -> None:
        latest = self.model.latest(key)
        is_update = latest is not None and not latest.is_delete
        created = self.now - timedelta(hours=hours_ago)
        if is_update and latest and latest.created:
            created = latest.created
        version = Version(pounds, created, self.now, self.now + PROCESSING)
        is_stale = is_update and latest and latest.modified and latest.modified >= self.now
        is_same = is_stale and latest and latest.pounds == pounds and not latest.is_fat
        is_restamped = is_update and latest and self.is_restamped(latest, version)
        is_late = is_update and self.is_synced(key) and not is_same
        expected = ["S03"] * bool(is_same or is_restamped) + ["U02"] * bool(is_late)
        self.push([order(key, version)], expected)
        if not is_stale:
            self.accept(key, version)

    @rule(keys=st.lists(st.sampled_from(IDS), min_size=1, unique=True))
    def push_again(self, keys: list[str]) -> None:
        known = [key for key in keys if self.is_known(key)]
        latest = {key: self.model.latest(key) for key in known}
        repeated = [
            order(key, version) for key, version in latest.items() if version and not version.is_fat
        ]
        if repeated:
            self.push(repeated, ["S03"])

    @rule(key=st.sampled_from(IDS))
    def delete(self, key: str) -> None:
        self.push([{"id": key}], [])
        if self.is_known(key):
            ends = self.now + PROCESSING
            self.accept(key, Version(0, None, None, ends, is_delete=True))

    @rule(key=st.sampled_from(IDS))
    def delete_with_more_than_the_id(self, key: str) -> None:
        latest = self.model.latest(key)
        if not self.is_known(key) or latest is None or latest.is_fat:
            return
        expected = [*(["U02"] if self.is_synced(key) else []), "D01"]
        self.push([{"id": key, "isDeleted": True}], expected)
        self.accept(key, Version(0, None, None, self.now + PROCESSING, is_fat=True))

    @rule(pounds=st.integers(1, 90))
    def push_a_key_twice(self, pounds: int) -> None:
        key = f"twice-{len(self.model.versions)}"
        first = Version(pounds, self.now, self.now, self.now + PROCESSING)
        last = Version(pounds + 1, self.now, self.now, self.now + PROCESSING)
        self.push([order(key, first), order(key, last)], ["S04"])
        self.accept(key, last)

    @rule()
    def sync_now(self) -> None:
        run(self.sandbox, syncs.run_latest, self.company, None)
        self.model.sync(self.now)

    @rule(
        duration=st.one_of(
            st.integers(1, 9).map(lambda seconds: timedelta(seconds=seconds)),
            st.integers(1, 60).map(lambda hours: timedelta(hours=hours)),
        )
    )
    def move_the_clock(self, duration: timedelta) -> None:
        clock_control.advance(self.sandbox, duration)
        end = self.now + duration
        day = self.now.astimezone(ZONE).date()
        while True:
            local = datetime(day.year, day.month, day.day, HOUR, tzinfo=ZONE)
            due = local.astimezone(UTC)
            if due > end:
                break
            if due > self.now:
                self.model.sync(due)
            day += timedelta(days=1)
        self.now = end

    @invariant()
    def the_findings_are_those_of_the_model(self) -> None:
        found = (finding.code for finding in run(self.sandbox, evaluation.findings).findings)
        assert [code for code in found if code in MODELLED] == self.model.found

    @invariant()
    def the_books_hold_what_the_model_invoiced_and_balance(self) -> None:
        found = company_books(self.sandbox, self.company)
        invoices = [d.total for d in found.documents if d.kind == "Invoice"]
        assert sum(invoices) == self.model.invoiced
        balances = found.trial_balance
        assert sum(b.debit for b in balances) == sum(b.credit for b in balances)

    @invariant()
    def no_dataset_goes_back(self) -> None:
        for dataset, reached in self.datasets.items():
            step = ROUTE.index(
                run(self.sandbox, dataset_views.history, self.company, dataset).status
            )
            assert step >= reached
            self.datasets[dataset] = step

    def teardown(self) -> None:
        self.registry.close()


PushingMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestPushingMachine = PushingMachine.TestCase
