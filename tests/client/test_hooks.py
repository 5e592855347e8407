"""What a program observes for its metrics, and a hook that fails."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from client_mock import HOST, KEY, NOON, FakeClock, MockCompany

from codat_push import (
    AsyncPushClient,
    DatasetEnd,
    Outbox,
    PushClient,
    RequestEnd,
    ServerError,
    Unreachable,
)

ORDERS = "commerce-orders"
ORDER = {"id": "a", "totalAmount": 1, "createdDate": NOON}


class SlowService:
    """A service that takes two seconds to fail."""

    def __init__(self) -> None:
        self.clock = FakeClock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.clock.sleep(2.0)
        if request.method == "POST":
            raise httpx.ConnectError("no route", request=request)
        return httpx.Response(500)


def test_each_request_is_observed_with_its_operation_time_and_error() -> None:
    service, seen = SlowService(), list[RequestEnd]()
    http = httpx.Client(transport=httpx.MockTransport(service))
    client = PushClient(KEY, HOST, http, clock=service.clock, on_request=seen.append)
    with pytest.raises(Unreachable):
        client.push("c", ORDERS, [ORDER])
    with pytest.raises(ServerError) as caught:
        client.dataset("d", "x")
    assert [(end.operation, end.company, end.seconds) for end in seen] == [
        ("push", "c", 2.0),
        ("dataset", "d", 2.0),
    ]
    assert type(seen[0].error) is Unreachable
    assert seen[1].error is caught.value


def test_so_is_each_of_the_asynchronous_client() -> None:
    service, seen = SlowService(), list[RequestEnd]()
    http = httpx.AsyncClient(transport=httpx.MockTransport(service))
    client = AsyncPushClient(KEY, HOST, http, clock=service.clock, on_request=seen.append)
    with pytest.raises(ServerError):
        asyncio.run(client.dataset("d", "x"))
    assert [(end.operation, end.company, end.seconds) for end in seen] == [("dataset", "d", 2.0)]


def test_a_request_that_is_cancelled_is_not_reported_as_a_success() -> None:
    def interrupt(_request: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt

    seen = list[RequestEnd]()
    http = httpx.Client(transport=httpx.MockTransport(interrupt))
    client = PushClient(KEY, HOST, http, clock=FakeClock(), on_request=seen.append)
    with pytest.raises(KeyboardInterrupt):
        client.push("c", ORDERS, [ORDER])
    assert seen == []


def test_each_dataset_of_an_outbox_is_observed(here: MockCompany, tmp_path: Path) -> None:
    seen: list[DatasetEnd] = []
    path = tmp_path / "outbox.db"
    with Outbox(path, here.client, clock=here.clock, on_dataset=seen.append) as outbox:
        outbox.record(here.company, ORDERS, ORDER)
        while (pause := outbox.run_once()) is not None:
            here.clock.sleep(pause)
    assert seen == [DatasetEnd(here.company, ORDERS, 1, "Complete")]


def test_a_hook_that_fails_is_logged_and_stops_nothing(
    here: MockCompany, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_event: object) -> None:
        raise ZeroDivisionError

    http = httpx.Client(transport=here.wire)
    client = PushClient(here.key, HOST, http, clock=here.clock, on_request=fail)
    with Outbox(tmp_path / "o.db", client, clock=here.clock, on_dataset=fail) as outbox:
        outbox.record(here.company, ORDERS, ORDER)
        while (pause := outbox.run_once()) is not None:
            here.clock.sleep(pause)
        assert outbox.status().last_error is None
    assert here.pushes == 1
    names = {record.name for record in caplog.records}
    # Beside the mock's own, which another test may have left on.
    assert names - {"codat_mock.access"} == {"codat_push.hooks"}
