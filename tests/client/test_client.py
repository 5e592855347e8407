"""The verbs: what they send, what they give, and that both clients do the same."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from client_mock import HOST, KEY, NOON, FakeClock, MockCompany

from codat_push import (
    AsyncPushClient,
    BadRecord,
    Dataset,
    Ledger,
    NotFound,
    PushClient,
    WaitTimeout,
)

ORDERS = "commerce-orders"
ORDER = {"id": "a", "totalAmount": 1, "createdDate": NOON}
OTHER = {"id": "a", "createdDate": NOON}


def test_a_dataset_is_polled_at_growing_intervals_until_it_ends(here: MockCompany) -> None:
    seen: list[str] = []
    dataset = here.client.push(here.company, ORDERS, [ORDER])
    ended = here.client.wait(dataset, progress=lambda now: seen.append(now.status))
    assert ended.is_complete
    assert ended.completed == NOON + timedelta(seconds=7.7788)
    assert seen == ["Mapping", "Validating", "Complete"]
    assert here.clock.pauses == [2.0, 3.0, 4.5]
    assert here.client.dataset(here.company, dataset.id) == ended


def test_the_sync_status_is_none_before_the_first_sync_and_then_read(here: MockCompany) -> None:
    assert here.client.sync_status(here.company) is None
    for data_type, kind in (("payments", "Cash"), ("transactions", "Transfer")):
        here.client.push(here.company, f"commerce-{data_type}", [OTHER | {"type": kind}])
    here.client.wait(here.client.push(here.company, ORDERS, [ORDER]))
    ran = here.client.sync_now(here.company, NOON + timedelta(seconds=1))
    assert ran.is_successful
    assert ran.sync_date_range_utc.finish == NOON + timedelta(seconds=1)
    assert here.client.sync_status(here.company) == ran


def test_a_delete_holds_an_id_and_nothing_else(here: MockCompany) -> None:
    sent: list[bytes] = []
    client = here.connect(Noting(here.wire, sent))
    client.wait(client.push(here.company, ORDERS, [ORDER]))
    client.wait(client.delete(here.company, ORDERS, ["a", "a"]))
    assert sent[-1] == b'{"orders":[{"id":"a"}]}'
    assert here.findings == []


class Noting(httpx.BaseTransport):
    """Notes the bodies of pushes on their way."""

    def __init__(self, inner: httpx.BaseTransport, sent: list[bytes]) -> None:
        self.inner = inner
        self.sent = sent

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.sent.append(request.read())
        return self.inner.handle_request(request)


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ([ORDER, ORDER], r"\$\.orders\[1\]: 'a' is in this push twice"),
        ([{"totalAmount": 1}], r"\$\.orders\[0\]\.id: a record needs an id"),
        ([ORDER | {"closedDate": datetime(2022, 3, 21)}], r"\$\.orders\[0\]\.closedDate: 2022"),  # noqa: DTZ001  (the mistake)
        ([{"id": str(number), "totalAmount": 1} for number in range(5_000)], "5000 records"),
    ],
)
def test_a_push_that_would_break_a_rule_is_refused_before_it_is_sent(
    records: list[Any], message: str
) -> None:
    http = httpx.Client(transport=httpx.MockTransport(never))
    with pytest.raises(ValueError, match=message):
        PushClient(KEY, HOST, http).push("c", ORDERS, records)


def never(request: httpx.Request) -> httpx.Response:
    raise AssertionError(f"nothing was to be sent, not {request.url}")


@pytest.mark.parametrize("data_type", ["orders", "commerce-invoices"])
def test_a_data_type_that_cannot_be_pushed_is_named(data_type: str) -> None:
    http = httpx.Client(transport=httpx.MockTransport(never))
    with pytest.raises(ValueError, match=f"data type '{data_type}' cannot be pushed"):
        PushClient(KEY, HOST, http).push("c", data_type, [ORDER])


def test_an_empty_id_cannot_be_deleted() -> None:
    http = httpx.Client(transport=httpx.MockTransport(never))
    with pytest.raises(BadRecord, match=r"\$\.orders\[0\]\.id"):
        PushClient(KEY, HOST, http).delete("c", ORDERS, [""])


def statuses(*answers: str | httpx.Response) -> tuple[PushClient, FakeClock]:
    """A client whose service answers these statuses of a dataset, one after the other."""
    statuses = iter(answers)

    def answer(_: httpx.Request) -> httpx.Response:
        now = next(statuses)
        body = {"id": "d", "companyId": "c", "dataType": ORDERS, "status": now}
        return httpx.Response(200, json=body) if isinstance(now, str) else now

    clock = FakeClock()
    http = httpx.Client(transport=httpx.MockTransport(answer))
    return PushClient(KEY, HOST, http, clock=clock), clock


QUEUED = Dataset(id="d", company_id="c", data_type=ORDERS)
ENDS = [
    *("Complete", "FetchError", "MapError", "ValidationError", "ProcessingError", "AuthError"),
    *("InternalError", "RateLimitError", "PermissionsError", "PrerequisiteNotMet"),
    *("Cancelled", "NotSupported"),
]


@pytest.mark.parametrize("end", ENDS)
def test_waiting_stops_at_every_final_status(end: str) -> None:
    client, _ = statuses("Fetching", end)
    ended = client.wait(QUEUED)
    assert ended.status == end
    assert ended.is_complete == (end == "Complete")


@pytest.mark.parametrize(
    "state", ["Initial", "Queued", "MapQueued", "Mapping", "ProcessingQueued", "SomethingNew"]
)
def test_waiting_continues_in_every_other_status_until_the_time_is_over(state: str) -> None:
    client, clock = statuses(*[state] * 100)
    with pytest.raises(WaitTimeout, match=f"dataset d is still {state} after 60 s"):
        client.wait(QUEUED, seconds=60)
    assert clock.seconds == 60
    assert clock.pauses == sorted(clock.pauses[:-1]) + clock.pauses[-1:]
    assert min(clock.pauses) >= 1.0


def test_polls_with_transient_failures_are_repeated_after_retry_after() -> None:
    later = httpx.Response(429, headers={"Retry-After": "33"})
    client, clock = statuses("Queued", httpx.Response(503), later, "Complete")
    assert client.wait(QUEUED).is_complete
    assert clock.pauses[3] == 33.0


def test_waiting_for_an_unknown_dataset_fails_at_once() -> None:
    client, _ = statuses(httpx.Response(404))
    with pytest.raises(NotFound):
        client.wait(QUEUED)


class Bridge(httpx.AsyncBaseTransport):
    """The in-process mock for the asynchronous client."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self.inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        plain = httpx.Request(
            request.method, request.url, headers=request.headers, content=await request.aread()
        )
        answer = self.inner.handle_request(plain)
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.read())


def test_the_asynchronous_client_does_the_same(here: MockCompany) -> None:
    async def work() -> None:
        http = httpx.AsyncClient(transport=Bridge(here.wire))
        async with http, AsyncPushClient(KEY, HOST, http, clock=here.clock) as client:
            ledger = Ledger(":memory:", max_records=1)
            await client.resume(ledger, here.company)
            for chunk in ledger.changes(here.company, ORDERS, [ORDER, ORDER | {"id": "b"}]):
                assert (await client.deliver(ledger, chunk)).is_complete
            dataset = await client.delete(here.company, ORDERS, ["b"])
            ended = await client.wait(dataset)
            assert await client.dataset(here.company, dataset.id) == ended
            for data_type, kind in (("payments", "Cash"), ("transactions", "Transfer")):
                record = OTHER | {"type": kind}
                pushed = await client.push(here.company, f"commerce-{data_type}", [record])
                await client.wait(pushed)
            assert (await client.sync_now(here.company)).is_successful
            assert await client.sync_status(here.company) is not None
            with pytest.raises(NotFound):
                await client.dataset(here.company, "none")

    asyncio.run(work())
    assert here.findings == []


def verbs(kind: type) -> dict[str, str]:
    public = {name: item for name, item in vars(kind).items() if not name.startswith("_")}
    return {name: str(inspect.signature(item)) for name, item in public.items()}


def test_both_clients_have_the_same_methods_with_the_same_arguments() -> None:
    assert verbs(PushClient) == verbs(AsyncPushClient)


class Interrupted(httpx.SyncByteStream):
    def __init__(self, closed: Callable[[], None]) -> None:
        self._closed = closed

    def __iter__(self) -> Iterator[bytes]:
        yield b"{"
        raise httpx.ReadError("reset")

    def close(self) -> None:
        self._closed()


def test_a_connection_is_released_even_if_its_answer_breaks_off() -> None:
    closed: list[bool] = []
    stream = Interrupted(lambda: closed.append(True))
    transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=stream))
    client = PushClient(KEY, HOST, httpx.Client(transport=transport), clock=FakeClock())
    with pytest.raises(Exception, match="reset"):
        client.dataset("c", "d")
    assert closed


@pytest.mark.parametrize("is_given", [True, False])
def test_a_client_closes_only_the_http_client_that_it_has_made(is_given: bool) -> None:
    with PushClient(KEY, HOST, httpx.Client() if is_given else None) as client:
        assert not client._http.is_closed
    assert client._http.is_closed is not is_given

    async def work() -> None:
        http = httpx.AsyncClient() if is_given else None
        async with AsyncPushClient(KEY, HOST, http) as other:
            assert not other._http.is_closed
        assert other._http.is_closed is not is_given

    asyncio.run(work())


@pytest.mark.parametrize("kind", ["blocking", "asynchronous"])
def test_a_dataset_that_is_read_again_at_once_is_waited_for(kind: str) -> None:
    clock = FakeClock()
    wire = httpx.MockTransport(lambda _: httpx.Response(200, json={"id": "d", "status": "Mapping"}))

    async def work() -> None:
        client = AsyncPushClient(KEY, HOST, httpx.AsyncClient(transport=wire), clock=clock)
        for _ in range(2):
            await client.dataset("c", "d")

    if kind == "blocking":
        client = PushClient(KEY, HOST, httpx.Client(transport=wire), clock=clock)
        for _ in range(2):
            client.dataset("c", "d")
    else:
        asyncio.run(work())
    assert clock.pauses == [1.0]
