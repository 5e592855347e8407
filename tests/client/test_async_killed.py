"""The asynchronous client, killed at every await and every commit, and started again."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import closing, suppress
from datetime import timedelta
from functools import partial
from itertools import count, product
from pathlib import Path
from typing import Any

import httpx
import pytest
from client_mock import HOST, NOON, MockCompany
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codat_mock.sandbox.pushes import forget_answer
from codat_push import AsyncPushClient, Ledger, RequestError

ORDERS = "commerce-orders"
STAGE = MockCompany()  # every process of the merchant is played beside it, in a sandbox of its own
NUMBERS = count()
FAULTS = ["none", "unreachable", "lost", "acted-502", "500", "garbled"]


class Killed(BaseException):
    """The process has died: nothing catches this."""


class Step:
    """An await that really suspends, so that the task can be abandoned there."""

    def __await__(self) -> Generator[None, None, None]:
        yield


class Wire(httpx.AsyncBaseTransport):
    """The in-process mock, suspending on either side of a request, with faults as planned."""

    def __init__(self, here: MockCompany, plan: Iterator[str]) -> None:
        self.here = here
        self.plan = plan
        self.latest = b"{}"  # the answer to the request that is the latest

    def lose(self) -> None:
        """Let the mock know that nobody knows what the latest answer said."""
        answer = json.loads(self.latest)
        if isinstance(answer, dict) and "datasetId" in answer:
            with self.here.sandbox.session() as session:
                forget_answer(session, self.here.company, answer["datasetId"])

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.latest = b"{}"
        await Step()
        fault = next(self.plan, "none")
        if fault == "unreachable":
            raise httpx.ConnectError("no route", request=request)
        if fault == "500":
            return httpx.Response(500, json={"error": "oops"})
        plain = httpx.Request(
            request.method, request.url, headers=request.headers, content=await request.aread()
        )
        response = self.here.wire.handle_request(plain)
        content = self.latest = response.read()
        await Step()
        if fault in ("lost", "acted-502", "garbled"):
            self.lose()
        if fault == "lost":
            raise httpx.ReadError("connection reset", request=request)
        if fault == "acted-502":
            return httpx.Response(502, text="<html>Bad gateway</html>")
        if fault == "garbled":
            content = content[:-5]
        body = Body(content)
        return httpx.Response(response.status_code, headers=response.headers, stream=body)


class Body(httpx.AsyncByteStream):
    """An answer's body, suspending before it is read and before it is closed."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    async def __aiter__(self) -> Any:
        await Step()
        yield self.content

    async def aclose(self) -> None:
        await Step()


class ClientProcess:
    """One process: it has a ledger on the file, and runs until it ends or has taken its steps.

    Args:
        steps: after how many awaits and commits it is killed; None: never.
    """

    def __init__(
        self, here: MockCompany, path: Path, steps: int | None, plan: Iterator[str]
    ) -> None:
        self.here = here
        self.path = path
        self.left = steps
        self.plan = plan
        self.taken = 0

    def step(self) -> None:
        self.taken += 1
        if self.left is not None and self.taken > self.left:
            raise Killed

    def run(self, work: Callable[[Ledger, AsyncPushClient], Coroutine[Any, Any, None]]) -> bool:
        """Whether it finished."""
        with closing(Ledger(self.path, max_records=2, clock=self.here.clock)) as ledger:
            self.make_mortal(ledger)
            wire = Wire(self.here, self.plan)
            http = httpx.AsyncClient(transport=wire)
            client = AsyncPushClient(self.here.key, HOST, http, clock=Suspending(self.here))
            task = work(ledger, client)
            try:
                while True:
                    task.send(None)
                    self.step()
            except StopIteration:
                return True
            except Killed:
                wire.lose()
                return False
            finally:
                ledger.close()  # which commits nothing: a killed process tidies nothing up
                with suppress(Exception, Killed):
                    task.close()

    def make_mortal(self, ledger: Ledger) -> None:
        """Make a step of every commit, before it is carried out; one without a transaction too."""
        database = ledger.store.database
        database.run("PRAGMA synchronous = OFF")  # it is the process that dies, not the machine
        run = database.run

        def fused_run(statement: str, *values: Any) -> Any:
            if statement == "COMMIT" or not database._depth:
                self.step()
            return run(statement, *values)

        database.run = fused_run  # type: ignore[method-assign]  # the seam for dying there


class Suspending:
    """The sandbox's time, whose pauses suspend the task before and after."""

    def __init__(self, here: MockCompany) -> None:
        self.now = here.clock.now
        self.monotonic = here.clock.monotonic
        self.sleep = here.clock.sleep
        self.wait = here.clock.wait
        self.limit_async = here.clock.limit_async

    async def sleep_async(self, seconds: float) -> None:
        await Step()
        self.sleep(seconds)
        await Step()


def sale(number: int, total: int, version: int = 0) -> dict[str, Any]:
    return {
        "id": f"order-{number}",
        "currency": "GBP",
        "totalAmount": total,
        "createdDate": NOON + timedelta(seconds=number),
        "sourceModifiedDate": NOON + timedelta(minutes=version),
    }


SNAPSHOTS = [
    [sale(1, 10), sale(2, 20)],
    [sale(1, 11, version=1), sale(3, 30)],  # one edited, one new, one gone
]


async def live(
    here: MockCompany, snapshot: list[Any], ledger: Ledger, client: AsyncPushClient
) -> None:
    """Push one snapshot, after finishing what an earlier run left open."""
    await client.resume(ledger, here.company)
    for chunk in ledger.changes(here.company, ORDERS, snapshot, snapshot=True, allow_deletes=1.0):
        await client.deliver(ledger, chunk)


def plan(deaths: list[int | None], faults: list[str]) -> list[int]:
    """Push both snapshots, dying as planned; returns the steps of each run that did not die."""
    here = MockCompany(key=f"key-{next(NUMBERS)}", beside=STAGE)
    for kind, named in (("payments", "Cash"), ("transactions", "Transfer")):
        record = {"id": "x", "createdDate": NOON, "type": named}
        here.client.push(here.company, f"commerce-{kind}", [record])
    plan, dying, steps = iter(faults), iter(deaths), []
    with tempfile.TemporaryDirectory() as folder:
        for snapshot in SNAPSHOTS:
            for _ in range(len(deaths) + len(faults) + 1):
                process = ClientProcess(here, Path(folder) / "ledger.db", next(dying, None), plan)
                try:
                    ended = process.run(partial(live, here, snapshot))
                except RequestError:
                    here.clock.sleep(5)
                    continue
                if ended:
                    steps.append(process.taken)
                    break
            else:
                raise AssertionError("it never came to its end")
    here.clock.sleep(60)
    assert here.client.sync_now(here.company).is_successful
    check(here)
    return steps


def check(here: MockCompany) -> None:
    """No finding, nothing doubled, nothing lost, nothing stale."""
    assert here.findings == []
    books = here.driver.books()
    records = [r for document in books["documents"] for r in document["records"]]
    booked = [r for r in records if r["dataType"] == ORDERS]
    assert max(Counter(r["key"] for r in booked).values()) == 1
    assert {r["key"]: r["amount"] for r in booked} == {
        record["id"]: record["totalAmount"] for record in SNAPSHOTS[-1]
    }


@pytest.mark.long
def test_a_process_killed_at_any_one_await_or_commit_neither_loses_nor_doubles() -> None:
    first, second = plan([], [])
    assert min(first, second) > 50
    for step in range(first):
        plan([step], [])
    for step in range(second):
        plan([None, step], [])


@pytest.mark.long
def test_nor_does_one_killed_around_two_posts_of_which_the_first_never_arrived() -> None:
    for first, second in product(range(69, 72), range(68, 74)):
        plan([first, None, second], [])


@pytest.mark.long
@given(
    deaths=st.lists(st.none() | st.integers(0, 150), max_size=5),
    faults=st.lists(st.sampled_from(FAULTS), max_size=5),
)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_nor_does_one_killed_repeatedly_among_faults(
    deaths: list[int | None], faults: list[str]
) -> None:
    plan(deaths, faults)
