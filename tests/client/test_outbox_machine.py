"""Ledger and outbox against the mock: random sales, edits, deletes, faults, syncs and deaths."""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import anyio
import httpx
import pytest
from client_mock import NOON, MockCompany
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
    run_state_machine_as_test,
)

from codat_mock.sandbox.pushes import forget_answer
from codat_push import AsyncOutbox, Outbox, OutboxStatus, Refusal

ORDERS = "commerce-orders"
FAULTS = ["none", "unreachable", "lost", "acted-502", "429", "503", "500", "garbled"]
FAULTS += ["reset", "late-40", "late-100", "late-250", "naive", "naive"]
FAULTS += ["cancelled", "acted-cancelled"]
ENDS = ["Cancelled", "ProcessingError", "InternalError"]  # of datasets; none blames a record
JSON = {"Content-Type": "application/json"}
MOST_ROUNDS = 500  # of a worker, until it has read whatever is overdue
LONGEST_UNREAD_SECONDS = 240.0  # rule S13 allows five minutes after a dataset's end


class Killed(BaseException):
    """The process has died: nothing catches this."""


class Interrupted(BaseException):
    """A request is cancelled, as by Ctrl-C or by the cancellation of a task; the process lives."""


class KillSwitch:
    """Kills the process at its n-th step: a statement, or either end of a request."""

    def __init__(self) -> None:
        self.left: int | None = None

    def step(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise Killed


class FaultyTransport(httpx.BaseTransport):
    """The transport to the service: it fails as planned and checks the requests of the client."""

    def __init__(self, here: MockCompany, kill_switch: KillSwitch) -> None:
        self.here = here
        self.kill_switch = kill_switch
        self.plan: list[str] = []
        self.suspended_until = 0.0
        self.polled: dict[str, float] = {}
        self.held: list[tuple[float, httpx.Request]] = []  # pushes that arrive later, and when
        self.sleep = here.clock.sleep
        here.clock.sleep = self.sleep_and_deliver  # type: ignore[method-assign]
        self.unread: dict[str, float] = {}  # when each dataset was pushed whose end was not read
        self.unheard: Counter[str] = Counter()  # reads of a dataset whose answers were lost
        self.failures = 0  # of the next datasets, as planned
        self.failed: set[str] = set()  # ids in datasets that fail, and in no later push

    @property
    def is_overdue(self) -> bool:
        """Whether a worker that never rests would have read the end of a dataset by now.

        A push that arrives after the sync of its period would be missed; no client can help that.
        """
        now = self.here.clock.now()
        return bool(self.held) or any(
            now - pushed >= LONGEST_UNREAD_SECONDS for pushed in self.unread.values()
        )

    def sleep_and_deliver(self, seconds: float) -> None:
        """Let time pass, and late pushes arrive on the way."""
        until = self.here.clock.now() + seconds
        while due := min(self.held, key=lambda held: held[0], default=None):
            if due[0] > until:
                break
            self.held.remove(due)
            self.sleep(max(0.0, due[0] - self.here.clock.now()))
            response = self.here.wire.handle_request(due[1])
            response.read()
            self._note(due[1], response)
            self._lose(response)
        self.sleep(max(0.0, until - self.here.clock.now()))

    def _lose(self, response: httpx.Response) -> None:
        """Let the mock know that the answer to a push did not reach the client."""
        if response.is_success and "datasetId" in (answer := response.json()):
            with self.here.sandbox.session() as session:
                forget_answer(session, self.here.company, answer["datasetId"])

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.kill_switch.step()
        self._watch(request)
        fault = self.plan.pop(0) if self.plan else "none"
        if fault == "unreachable":
            raise httpx.ConnectError("no route", request=request)
        if fault in ("429", "503"):
            self.suspended_until = self.here.clock.now() + 45
            return httpx.Response(int(fault), headers={"Retry-After": "45"}, text="later")
        if fault == "500":
            return httpx.Response(500, json={"error": "oops", "correlationId": "c-1"})
        if fault == "cancelled":
            raise Interrupted
        if fault == "reset":
            raise httpx.WriteError("connection reset", request=request)
        if fault.startswith("late-") and "/sync/commerce-" in request.url.path:
            self.held.append((self.here.clock.now() + float(fault[5:]), request))
            self.here.clock.sleep(30.0)
            raise httpx.ReadTimeout("timed out", request=request)
        response = self.here.wire.handle_request(request)
        response.read()
        self._note(request, response)
        self.kill_switch.step()
        if fault == "naive":
            content = re.sub(rb'(:\d\d(\.\d+)?)Z"', rb'\1"', response.content)
            return httpx.Response(response.status_code, headers=JSON, content=content)
        if fault in ("lost", "acted-502", "acted-cancelled", "garbled") or "late-" in fault:
            self.unheard[request.url.path.rpartition("/")[2]] += 1
            self._lose(response)
        if fault == "acted-cancelled":
            raise Interrupted
        if fault == "lost" or fault.startswith("late-"):
            raise httpx.ReadError("connection reset", request=request)
        if fault == "acted-502":
            return httpx.Response(502, text="<html>Bad gateway</html>")
        if fault == "garbled" and response.is_success:
            return httpx.Response(200, headers=response.headers, content=response.content[:-5])
        return response

    def _watch(self, request: httpx.Request) -> None:
        now = self.here.clock.now()
        assert now >= self.suspended_until, "rule T04"
        path = request.url.path
        if "/pull/history/" in path:
            assert now - self.polled.get(path, 0.0) >= 1.0, "rule T06"
            self.polled[path] = now

    def _note(self, request: httpx.Request, response: httpx.Response) -> None:
        """Note the datasets whose end no answer has contained yet, whether or not it was lost."""
        if not response.is_success:
            return
        answer = response.json()
        if "datasetId" in answer:
            self.unread[answer["datasetId"]] = self.here.clock.now()
            ids = {record["id"] for record in json.loads(request.content)["orders"]}
            self.failed = self.failed | ids if self.failures else self.failed - ids
            self.failures = max(0, self.failures - 1)
        elif "/history" in request.url.path:
            for dataset in answer.get("results", [answer]):
                if "completed" in dataset:  # a cancelled one is neither completed nor errored
                    self.unread.pop(dataset["id"], None)


class OutboxMachine(RuleBasedStateMachine):
    """A café whose till records into an outbox that dies again and again."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.here = MockCompany()
        self.kill_switch = KillSwitch()
        self.transport = FaultyTransport(self.here, self.kill_switch)
        self.rng = Random(7)  # noqa: S311  (jitter, nothing secret)
        self.truth: dict[str, Decimal] = {}
        self.created: dict[str, datetime] = {}
        self.count = 0
        self.edits = 0
        self.deaths = 0
        other = {"id": "x", "createdDate": NOON}
        others = {
            "orders": [],
            "payments": [other | {"type": "Cash"}],
            "transactions": [other | {"type": "Transfer"}],
        }
        # No sync but those asked for: a nightly one could find the worker resting (rule S13).
        self.here.driver.configure(NOON - timedelta(days=1), "Monthly")
        for kind, records in others.items():  # a sync needs every type (rule R01)
            client, company = self.here.client, self.here.company
            client.wait(client.push(company, f"commerce-{kind}", records))
        self.outbox = self.open()

    def make_outbox(self, path: Path, transport: FaultyTransport) -> Outbox:
        return Outbox(path, self.here.connect(transport), clock=self.here.clock, rng=self.rng)

    def open(self) -> Outbox:
        outbox = self.make_outbox(Path(self.folder.name) / "outbox.db", self.transport)
        database = outbox._ledger.store.database
        run, run_many = database.run, database.run_many

        def killable_run(statement: str, *values: Any) -> Any:
            self.kill_switch.step()
            return run(statement, *values)

        def killable_run_many(statement: str, rows: Any) -> None:
            self.kill_switch.step()
            run_many(statement, rows)

        database.run = killable_run  # type: ignore[method-assign]  # to die at a statement
        database.run_many = killable_run_many  # type: ignore[method-assign]  # likewise
        return outbox

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.here.clock.now(), UTC)

    @contextmanager
    def may_die(self, steps: int | None) -> Iterator[None]:
        """The process may die at one of its steps inside."""
        self.kill_switch.left = steps
        try:
            yield
        except Killed:
            self.kill_switch.left = None
            self.deaths += 1
            self.transport.suspended_until = 0.0  # it may have died before it noted that
            self.outbox.close()  # commits nothing: the file is as a killed process leaves it
            self.outbox = self.open()
        finally:
            self.kill_switch.left = None

    lives = st.none() | st.integers(0, 60)

    @rule(total=st.integers(1, 99), steps=lives)
    def sell(self, total: int, steps: int | None) -> None:
        self.count += 1
        self._record(f"order-{self.count}", Decimal(total), steps)

    @precondition(lambda self: self.truth)
    @rule(data=st.data(), total=st.integers(1, 99), steps=lives)
    def edit(self, data: st.DataObject, total: int, steps: int | None) -> None:
        self._record(data.draw(st.sampled_from(sorted(self.truth))), Decimal(total), steps)

    @precondition(lambda self: self.truth)
    @rule(data=st.data(), steps=lives)
    def delete(self, data: st.DataObject, steps: int | None) -> None:
        identity = data.draw(st.sampled_from(sorted(self.truth)))
        del self.truth[identity]
        with self.may_die(steps):
            self.outbox.delete(self.here.company, ORDERS, identity)
            return
        self.outbox.delete(self.here.company, ORDERS, identity)

    def _record(self, identity: str, total: Decimal, steps: int | None) -> None:
        """Record a sale; a till that died records it again."""
        self.truth[identity] = total
        self.edits += 1
        record = {
            "id": identity,
            "currency": "GBP",
            "totalAmount": total,
            "createdDate": self.created.setdefault(identity, self.now),
            "sourceModifiedDate": NOON + timedelta(seconds=self.edits),
        }
        with self.may_die(steps):
            self.outbox.record(self.here.company, ORDERS, record)
            return
        self.outbox.record(self.here.company, ORDERS, record)

    @rule(
        rounds=st.integers(1, 4),
        faults=st.lists(st.sampled_from(FAULTS), max_size=4),
        steps=lives,
    )
    def work(self, rounds: int, faults: Sequence[str], steps: int | None) -> None:
        self.transport.plan = [*faults]
        with self.may_die(steps):
            for _ in range(rounds):
                with suppress(Interrupted):
                    self.here.clock.sleep(self.outbox.run_once() or 0.0)

    @rule(end=st.sampled_from(ENDS))
    def fail_next_dataset(self, end: str) -> None:
        self.here.driver.plan_outcome("dataset", end)
        self.transport.failures += 1

    @rule(minutes=st.integers(1, 10))
    def pass_time(self, minutes: int) -> None:
        self.here.clock.sleep(60.0 * minutes)

    @rule()
    def sync(self) -> None:
        """Sync at any moment of an outbox whose worker runs, however long it backs off.

        What failed is pushed again by then, or rule S14 is broken; unless it was deleted before it
        was ever accepted, so that there is nothing to push.
        """
        self.transport.plan = []
        for _ in range(MOST_ROUNDS):
            if not self.transport.is_overdue and not self.has_failed:
                break
            self.here.clock.sleep(self.outbox.run_once() or 1.0)
        assert not self.transport.is_overdue, "the worker never reads the end of a dataset"
        assert not self.has_failed, "the worker never pushes again what failed"
        self.here.clock.sleep(10)  # a push that is under way at a sync is rule S09's matter
        self.here.client.sync_now(self.here.company)

    @property
    def has_failed(self) -> bool:
        """Whether anything failed that has to be pushed again."""
        return bool(self.transport.failed) and self.outbox.status().depth > 0

    def teardown(self) -> None:
        try:
            self.transport.plan = []
            self.drain()
            self.here.clock.sleep(10)
            self.here.client.sync_now(self.here.company)
            self.check()
        finally:
            self.outbox.close()
            self.folder.cleanup()

    def drain(self) -> None:
        for _ in range(200):
            pause = self.outbox.run_once()
            if pause is None:
                break
            self.here.clock.sleep(pause)
        assert self.outbox.status().depth == 0
        assert self.outbox.status().age is None

    def is_excused(self, finding: str) -> bool:
        """Whether the service cannot know what excuses the client.

        It may push a record no more that failed and was deleted before it was ever accepted. It may
        read a dataset more than the three times of rule T08 because answers were lost.
        """
        if finding.startswith("S14: "):
            return not self.truth.keys() & set(re.findall(r"order-\d+", finding))
        dataset_id = finding.removesuffix(".").split()[-1]
        return finding.startswith("T08: ") and self.transport.unheard[dataset_id] + self.deaths > 3

    def check(self) -> None:
        """No finding; nothing lost, doubled or stale but what had to be refused."""
        assert [each for each in self.here.findings if not self.is_excused(each)] == []
        books = self.here.driver.books()
        records = [r for document in books["documents"] for r in document["records"]]
        booked = [r for r in records if r["dataType"] == ORDERS]
        assert not [key for key, count in Counter(r["key"] for r in booked).items() if count > 1]
        amounts = {r["key"]: Decimal(str(r["amount"])) for r in booked}
        assert books["missed"] == []
        refused = {refusal.id for refusal in self.outbox.refusals()}
        for key in (self.truth.keys() | amounts.keys()) - refused:
            assert amounts.get(key) == self.truth.get(key), key


@pytest.mark.parametrize("most", [12, pytest.param(60, marks=pytest.mark.long)])
def test_an_outbox_loses_doubles_and_breaks_nothing(most: int) -> None:
    run_state_machine_as_test(
        OutboxMachine,
        settings=settings(
            max_examples=most,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )


class Blocking:
    """An asynchronous outbox, each method called in an event loop of its own."""

    def __init__(self, outbox: AsyncOutbox) -> None:
        self._ledger = outbox._ledger
        self.outbox = outbox

    def record(self, company: str, data_type: str, record: Any) -> None:
        anyio.run(self.outbox.record, company, data_type, record)

    def delete(self, company: str, data_type: str, identity: str) -> None:
        anyio.run(self.outbox.delete, company, data_type, identity)

    def run_once(self) -> float | None:
        self.outbox.__dict__.pop("_working", None)  # of the loop before
        return anyio.run(self.outbox.run_once)

    def status(self) -> OutboxStatus:
        return anyio.run(self.outbox.status)

    def refusals(self) -> list[Refusal]:
        return [*anyio.run(self.outbox.refusals)]

    def close(self) -> None:
        self.outbox.close()


class AsyncOutboxMachine(OutboxMachine):
    """The café of the blocking outbox, with an asynchronous one."""

    def make_outbox(self, path: Path, transport: FaultyTransport) -> Any:
        client = self.here.connect_async(transport)
        return Blocking(AsyncOutbox(path, client, clock=self.here.clock, rng=self.rng))


def test_an_asynchronous_outbox_loses_doubles_and_breaks_nothing() -> None:
    run_state_machine_as_test(
        AsyncOutboxMachine,
        settings=settings(
            max_examples=10,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
