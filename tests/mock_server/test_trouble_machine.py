"""A random mix of faults, outcomes, alerts and moves of the clock leaves the mock whole.

Hypothesis drives the application as a client would; a naive model knows what was accepted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from codat_mock.app import create_app
from codat_mock.clock import machine_seconds
from codat_mock.sandbox import Settings, World
from codat_mock.sandbox.outcomes import DATASET_ENDS, SYNC_ENDS
from codat_scenarios.stage import Stage

START = datetime(2022, 3, 21, 8, tzinfo=UTC)
KEY = {"Authorization": "Basic a2V5"}
FAULTS = st.sampled_from(
    [
        {"kind": "refuse", "status": 503, "operation": "push-orders"},
        {"kind": "refuse", "status": 400, "at": [2]},
        {"kind": "lose", "by": "reset", "operation": "push-orders", "at": [1, 3]},
        {"kind": "lose", "by": "bad-gateway"},
        {"kind": "spoil", "how": "truncated", "operation": "push-orders"},
        {"kind": "spoil", "how": "wrong-json", "at": [2]},
        {"kind": "delay", "mean": 1},
        {"kind": "slow"},
        {"kind": "unreachable", "at": [1]},
        {"kind": "maintenance", "seconds": 60},
    ]
)
BEFORE_ACTING = ("refuse", "unreachable", "maintenance")


@dataclass
class Plan:
    """A fault as the model counts it."""

    fault: dict[str, Any]
    planned: float
    seen: int = 0
    hits: int = 0


class TroubleMachine(RuleBasedStateMachine):
    """Pushes an order at a time, and plans trouble for it."""

    @initialize()
    def begin(self) -> None:
        self.world = World(Settings(start_at=START, speed=0))
        transport = httpx.WSGITransport(app=create_app(self.world))
        self.http = httpx.Client(base_url="http://127.0.0.1:4620", headers=KEY, transport=transport)
        self.stage = Stage(self.http, "key")
        self.stage.create_company("Café")
        self.stage.link_accounting()
        self.stage.configure(START)
        self.path = f"/data/companies/{self.stage.company_id}/sync/commerce-orders"
        self.http.post(
            "/_mock/alerts/rules",
            json={"type": "Data sync completed", "url": "http://127.0.0.1:1/"},
        )
        self.now = 0.0
        self.faults: list[Plan] = []
        self.outcomes: list[str] = []
        self.syncs_planned = 0
        self.ends: list[tuple[float, str]] = []
        self.pushed = 0

    def meet(self, operation: str) -> str | None:
        met = None
        for plan in self.faults:
            fault = plan.fault
            is_over = fault["kind"] == "maintenance" and self.now >= plan.planned + 60
            if fault.get("operation", operation) != operation or is_over:
                continue
            plan.seen += 1
            if met is None and plan.seen in fault.get("at", [plan.seen]):
                plan.hits += 1
                met = fault["kind"]
        return met

    @rule(fault=FAULTS)
    def plan_a_fault(self, fault: dict[str, Any]) -> None:
        assert self.http.post("/_mock/faults", json={"faults": [fault]}).status_code == 200
        self.faults.append(Plan(fault, self.now))

    @rule()
    def clear_faults(self) -> None:
        self.http.delete("/_mock/faults")
        self.faults = []

    @rule(end=st.sampled_from(DATASET_ENDS), count=st.integers(1, 3))
    def plan_datasets(self, end: str, count: int) -> None:
        wanted = {"target": "dataset", "outcome": end, "count": count, "profile": "realistic"}
        assert self.http.post("/_mock/outcomes", json=wanted).status_code == 200
        self.outcomes += [end] * count

    @rule(end=st.sampled_from(sorted(SYNC_ENDS)))
    def plan_a_sync(self, end: str) -> None:
        wanted = {"target": "sync", "outcome": end}
        assert self.http.post("/_mock/outcomes", json=wanted).status_code == 200

    @rule(is_repeated=st.booleans())
    def push(self, is_repeated: bool) -> None:
        """Push a new order; where the answer cannot be read, once more if so drawn."""
        self.pushed += 1
        order = {"id": f"A-{self.pushed}", "createdDate": "2022-03-21T09:00:00Z", "totalAmount": 5}
        for _ in range(2):
            met = self.meet("push-orders")
            answer = self.http.post(self.path, json={"orders": [order]})
            if met not in BEFORE_ACTING:
                self.ends.append((self.now, self.outcomes.pop(0) if self.outcomes else "Complete"))
            if met in (None, "delay", "slow"):
                assert answer.json()["data"] == {"orders": [order]}
                return
            assert answer.is_error or met == "spoil"
            if not is_repeated:
                return

    @rule(seconds=st.sampled_from([1, 5, 8, 30, 90, 40_000]))
    def move_the_clock(self, seconds: int) -> None:
        moved = self.http.post("/_mock/clock/advance", json={"seconds": seconds})
        assert moved.status_code == 200
        self.now += seconds

    @invariant()
    def every_dataset_is_there_once_and_goes_its_planned_way(self) -> None:
        found = self.world.sandbox(self.world.names()[0]).datasets(self.stage.company_id)
        assert len(found) == len(self.ends)
        for dataset, (pushed, end) in zip(reversed(found), self.ends, strict=True):
            if self.now - pushed >= 7.7788:
                assert dataset.status == end
                assert dataset.completed
            elif self.now == pushed:
                assert dataset.status == "Queued"

    @invariant()
    def faults_are_counted(self) -> None:
        told = self.http.get("/_mock/faults").json()["faults"]
        counted = [(each["seen"], each["hits"]) for each in told]
        assert counted == [(plan.seen, plan.hits) for plan in self.faults]

    @invariant()
    def nothing_of_it_is_the_integrations_mistake(self) -> None:
        assert self.http.get("/_mock/findings").json()["findings"] == []

    def teardown(self) -> None:
        """Every end raised its alert once, and each was tried as published."""
        if not hasattr(self, "world"):
            return
        self.http.post("/_mock/clock/advance", json={"minutes": 5})
        deadline = machine_seconds() + 20
        while not (told := self.http.get("/_mock/alerts").json())["isSettled"]:
            assert machine_seconds() < deadline
        assert len(told["alerts"]) == [end for _, end in self.ends].count("Complete")
        assert all(len(alert["attempts"]) == 4 for alert in told["alerts"])
        self.http.close()
        self.world.close()


TroubleMachine.TestCase.settings = settings(max_examples=20, stateful_step_count=20, deadline=None)
TestTroubleMachine = TroubleMachine.TestCase
