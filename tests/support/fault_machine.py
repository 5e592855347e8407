"""A state machine of faults, outcomes, alerts and moves of the clock, in process or on a socket.

Hypothesis drives the mock as a client would; a naive model knows what was accepted.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any

import httpx
import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from in_process import run
from webhook_receiver import Receiver, seconds_of, settle

from codat_mock.clock import machine_seconds
from codat_mock.domain.planned_ends import DATASET_ENDS, SYNC_ENDS
from codat_mock.http.server import Server
from codat_mock.sandbox import SandboxRegistry, dataset_views, planned_outcomes, sync_views
from codat_scenarios.sandbox_driver import SandboxDriver

START = datetime(2022, 3, 21, 8, tzinfo=UTC)
ENDS_AFTER = 7.7788  # seconds, as planned below
COUNTED: list[dict[str, Any]] = [
    {"kind": "refuse", "status": 503, "operation": "push-orders"},
    {"kind": "refuse", "status": 400, "at": [2]},
    {"kind": "lose", "by": "reset", "operation": "push-orders", "at": [1, 3]},
    {"kind": "lose", "by": "bad-gateway"},
    {"kind": "spoil", "how": "truncated", "operation": "push-orders"},
    {"kind": "spoil", "how": "wrong-json", "at": [2]},
    {"kind": "unreachable", "seconds": 0.05, "at": [1]},
    {"kind": "maintenance", "seconds": 60},
]
IN_PROCESS = [*COUNTED, {"kind": "delay", "mean": 1}, {"kind": "slow"}]
# The client of these leaves before it has the answer.
ENDLESS: list[dict[str, Any]] = [
    {"kind": "lose", "by": "hang", "at": [1]},
    {"kind": "delay", "seconds": 30, "at": [1, 2]},
    {"kind": "slow", "bytesPerSecond": 1, "operation": "push-orders", "at": [1]},
]
ON_A_SOCKET = [
    *COUNTED,
    *ENDLESS,
    {"kind": "lose", "by": "close", "at": [1]},
    {"kind": "delay", "between": [0, 0.01]},
    {"kind": "slow", "bytesPerSecond": 100_000},
]
BEFORE_ACTING = ("refuse", "unreachable", "maintenance")
PATIENCE_SECONDS = 0.1
LIMIT_SECONDS = 20.0
# As much of it as the suite plays; bugs that are planted must be found within that.
PLAYED = settings(max_examples=50, stateful_step_count=20, deadline=None)
KEY = "test-key"


# The machine pushes orders alone, when it likes, of one morning; it waits for no end and for no
# Retry-After, looks at no dataset, and leaves what has failed.
# Its orders are equal but for their ids.
NUMBERS = count()  # of the examples
HEEDLESS = {"R01", "S06", "S08", "S09", "S13", "S14", "S18", "T04", "T05"}


@dataclass
class Plan:
    """A fault as the model counts it."""

    fault: dict[str, Any]
    planned: float
    seen: int = 0
    hits: int = 0


def machine_for(
    http: httpx.Client, registry: SandboxRegistry, receiver: Receiver, server: Server | None = None
) -> type[RuleBasedStateMachine]:
    """The machine for a mock, in process where no server is given."""
    parts = {"http": http, "registry": registry, "receiver": receiver, "server": server}
    return type("DrivenMachine", (FaultMachine,), parts)


class FaultMachine(RuleBasedStateMachine):
    """Pushes an order at a time, and plans faults for it.

    Attributes:
        http: a client of the mock.
        registry: the mock's.
        receiver: where alerts come in.
        server: what is driven on a socket; None in process.
    """

    http: httpx.Client
    registry: SandboxRegistry
    receiver: Receiver
    server: Server | None

    @initialize()
    def set_up(self) -> None:
        self.http.post("/_mock/reset")
        self.driver = SandboxDriver(self.http, KEY)
        self.driver.create_company("Café")
        self.driver.link_accounting()
        self.driver.configure(START)
        self.path = f"/data/companies/{self.driver.company_id}/sync/commerce-orders"
        self.sandbox = self.registry.sandbox(self.registry.names()[0])
        # The sandbox before may still be sending an alert.
        self.receiver.path = f"/{next(NUMBERS)}"
        self.receiver.got, self.receiver.answered = [], []
        self.receiver.answers = [(200, {})]
        url = httpx.URL(self.receiver.url).join(self.receiver.path)
        self.driver.add_alert_rule("Data sync completed", str(url))
        self.now = 0.0
        self.faults: list[Plan] = []
        self.outcomes: list[str] = []
        self.syncs: list[int] = []
        self.synced = 0
        self.ends: list[tuple[float, str]] = []
        self.pushed = 0

    def meet(self, operation: str) -> dict[str, Any] | None:
        met = None
        for plan in self.faults:
            fault = plan.fault
            is_over = fault["kind"] == "maintenance" and self.now >= plan.planned + 60
            if fault.get("operation", operation) != operation or is_over:
                continue
            plan.seen += 1
            if met is None and plan.seen in fault.get("at", [plan.seen]):
                plan.hits += 1
                met = fault
        return met

    @rule(number=st.integers(0, 99))
    def plan_a_fault(self, number: int) -> None:
        known = ON_A_SOCKET if self.server else IN_PROCESS
        fault = known[number % len(known)]
        self.driver.call("POST", "/_mock/faults", {"faults": [fault]})
        self.faults.append(Plan(fault, self.now))

    @rule()
    def clear_faults(self) -> None:
        self.driver.call("DELETE", "/_mock/faults")
        self.faults = []

    @rule(end=st.sampled_from(DATASET_ENDS), count=st.integers(1, 3))
    def plan_datasets(self, end: str, count: int) -> None:
        self.driver.plan_outcome("dataset", end, count=count, profile="realistic")
        self.outcomes += [end] * count

    @rule(end=st.sampled_from(sorted(SYNC_ENDS)))
    def plan_a_sync(self, end: str) -> None:
        self.driver.plan_outcome("sync", end)
        self.syncs.append(SYNC_ENDS[end])

    @rule(is_repeated=st.booleans())
    def push(self, is_repeated: bool) -> None:
        """Push a new order; where the answer cannot be read, once more if so drawn."""
        self.pushed += 1
        order = {"id": f"A-{self.pushed}", "createdDate": "2022-03-21T09:00:00Z", "totalAmount": 5}
        for _ in range(1 + is_repeated):
            met = self.meet("push-orders")
            if met is None or met["kind"] not in BEFORE_ACTING:
                self.ends.append((self.now, self.outcomes.pop(0) if self.outcomes else "Complete"))
            if self.is_read(order, met):
                return

    @rule(number=st.integers(0, 99))
    def push_into_trouble(self, number: int) -> None:
        """Push a new order into one fault and no other, and once more where that is needed."""
        self.clear_faults()
        self.plan_a_fault(number)
        self.push(is_repeated=True)

    def is_read(self, order: dict[str, Any], met: dict[str, Any] | None) -> bool:
        """Push; returns whether the answer can be read."""
        timeout = PATIENCE_SECONDS if self.server and met in ENDLESS else LIMIT_SECONDS
        try:
            answer = self.http.post(self.path, json={"orders": [order]}, timeout=timeout)
        except httpx.TransportError:
            assert self.server
            assert met
            assert met in ENDLESS or met["kind"] in ("lose", "unreachable")
            self.wait_until_idle(self.server)
            return False
        kind = met["kind"] if met else ""
        if kind in ("", "delay", "slow"):
            assert data_of(answer) == {"orders": [order]}
            return True
        in_words = {"maintenance": 503, "spoil": 200}
        assert answer.status_code == (met or {}).get("status", in_words.get(kind, 502))
        return False

    def wait_until_idle(self, server: Server) -> None:
        """Wait until the server has done all it was asked, and noticed who is gone."""
        deadline = machine_seconds() + LIMIT_SECONDS
        while any(each.requests or each.held for each in [*server._http.active_channels.values()]):
            assert machine_seconds() < deadline
        self.driver.wait_for_server()

    @rule(seconds=st.sampled_from([1, 5, 8, 30, 90, 40_000]))
    def move_the_clock(self, seconds: int) -> None:
        self.driver.advance(seconds=seconds)
        self.now += seconds

    @rule(statuses=st.lists(st.sampled_from([404, 429, 503]), min_size=1, max_size=5))
    def receive(self, statuses: list[int]) -> None:
        """The receiver is going to answer so, and then 200."""
        settle(self.http)
        self.receiver.answers = [(status, {}) for status in [*statuses, 200]]

    @invariant()
    def every_dataset_is_there_once_and_goes_its_planned_way(self) -> None:
        found = run(self.sandbox, dataset_views.histories, self.driver.company_id)
        assert len(found) == len(self.ends)
        for dataset, (pushed, end) in zip(reversed(found), self.ends, strict=True):
            if self.now - pushed >= ENDS_AFTER:
                assert dataset.status == end
                assert dataset.completed
            elif self.now == pushed:
                assert dataset.status == "Queued"

    @invariant()
    def every_sync_ends_as_planned_and_uses_its_plan_up(self) -> None:
        found = run(self.sandbox, sync_views.all_syncs, self.driver.company_id)
        for sync in found[::-1][self.synced :]:
            planned = self.syncs.pop(0) if self.syncs else 2000
            # Of nothing to write nothing is refused.
            natural = (2000, 2040, 4040, 5120) if planned in (2000, 5130) else ()
            assert sync.sync_status_code in (planned, *natural)
        self.synced = len(found)
        left = run(self.sandbox, planned_outcomes.planned).outcomes
        assert [SYNC_ENDS[each.outcome] for each in left if each.target == "sync"] == self.syncs

    @invariant()
    def faults_are_counted(self) -> None:
        planned = self.driver.call("GET", "/_mock/faults")["faults"]
        counted = [(each["seen"], each["hits"]) for each in planned]
        assert counted == [(plan.seen, plan.hits) for plan in self.faults]

    @invariant()
    def nothing_else_is_the_integrations_mistake(self) -> None:
        found = {finding["code"] for finding in self.driver.findings()["findings"]}
        assert found <= HEEDLESS

    def teardown(self) -> None:
        """Every end raised its alert once, and each was tried as published."""
        if sys.exc_info()[0] is not None:  # something has failed already
            return
        self.check_alerts(settle(self.http, minutes=5))

    def check_alerts(self, alerts: list[dict[str, Any]]) -> None:
        """Hold the log against the model, and against what the receiver got."""
        complete = [end for _, end in self.ends].count("Complete")
        ids = {alert["body"]["Data"]["datasetId"] for alert in alerts}
        assert (len(alerts), len(ids)) == (complete, complete)
        got: dict[str, list[int]] = defaultdict(list)
        for body, status in zip(self.receiver.bodies, self.receiver.answered, strict=True):
            got[body["AlertId"]].append(status)
        for alert in alerts:
            statuses = [attempt["status"] for attempt in alert["attempts"]]
            assert got.pop(alert["alertId"]) == statuses
            assert seconds_of(alert) == [0, 15, 45, 105][: len(statuses)]
            assert {*statuses[:-1]} <= {429, 503}
            if statuses[-1] == 200:
                assert alert["state"] == "delivered"
            else:
                assert (alert["state"], statuses[-1] == 404 or len(statuses) == 4) == (
                    "failed",
                    True,
                )
        assert not got


def data_of(answer: httpx.Response) -> Any:
    """What a push is answered; None where it cannot be read."""
    try:
        return answer.json().get("data")
    except ValueError:
        return None
