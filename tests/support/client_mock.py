"""A mock in this process whose clock is also the client's, so nothing ever sleeps."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from math import ceil
from threading import Event
from typing import Any

import anyio
import httpx

from codat_mock.clock import EPOCH
from codat_mock.http.app import create_app
from codat_mock.http.request_context import name_of_key
from codat_mock.sandbox import Sandbox, SandboxRegistry, Settings, clock_control
from codat_push import AsyncPushClient, PushClient
from codat_push.clock import AsyncEvent
from codat_scenarios.sandbox_driver import SandboxDriver

KEY = "key"
HOST = "http://localhost"
NOON = datetime(2022, 3, 21, 12, tzinfo=UTC)


class SandboxClock:
    """The sandbox's time; sleeping advances it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.pauses: list[float] = []

    def now(self) -> float:
        with self.sandbox.session() as session:
            return (session.now - EPOCH) / timedelta(seconds=1)

    monotonic = now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        clock_control.advance(self.sandbox, timedelta(microseconds=ceil(seconds * 1_000_000)))

    async def sleep_async(self, seconds: float) -> None:
        self.sleep(seconds)

    def limit_async(self, seconds: float) -> AbstractContextManager[float]:
        return nullcontext(seconds)  # this time stands still while a request is under way

    def wait(self, event: Event, seconds: float | None) -> None:
        event.wait(0.001)
        self.sleep(seconds or 0.0)

    async def wait_async(self, event: AsyncEvent, seconds: float) -> None:
        with anyio.move_on_after(0.001):
            await event.wait()
        self.sleep(seconds)


class FakeClock:
    """A clock that moves only when something sleeps."""

    def __init__(self, start: float = 0.0) -> None:
        self.seconds = start
        self.pauses: list[float] = []

    def now(self) -> float:
        return self.seconds

    monotonic = now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.seconds += seconds

    async def sleep_async(self, seconds: float) -> None:
        self.sleep(seconds)

    def limit_async(self, seconds: float) -> AbstractContextManager[float]:
        return nullcontext(seconds)  # this time stands still while a request is under way

    def wait(self, event: Event, seconds: float | None) -> None:
        event.wait(0.001)
        self.sleep(seconds or 0.0)

    async def wait_async(self, event: AsyncEvent, seconds: float) -> None:
        with anyio.move_on_after(0.001):
            await event.wait()
        self.sleep(seconds)


class AsyncWire(httpx.AsyncBaseTransport):
    """A blocking transport for an asynchronous client."""

    def __init__(self, transport: httpx.BaseTransport) -> None:
        self.transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        plain = httpx.Request(
            request.method, request.url, headers=request.headers, content=await request.aread()
        )
        response = self.transport.handle_request(plain)
        content = response.read()
        return httpx.Response(response.status_code, headers=response.headers, content=content)


class MockCompany:
    """One company on the mock, the client that pushes to it, and the clock they share."""

    def __init__(
        self,
        start: datetime = NOON,
        speed: float = 0.0,
        key: str = KEY,
        beside: MockCompany | None = None,
    ) -> None:
        self.key = key
        self.registry = (
            beside.registry if beside else SandboxRegistry(Settings(start_at=start, speed=speed))
        )
        self.sandbox = self.registry.sandbox(name_of_key(key))
        self.clock = SandboxClock(self.sandbox)
        self.app = beside.app if beside else create_app(self.registry)  # slow to make
        self.wire = httpx.WSGITransport(self.app)
        self.driver = SandboxDriver(httpx.Client(base_url=HOST, transport=self.wire), key)
        company = self.driver.create_company("Café")
        self.company = str(company["id"])
        self.commerce = str(company["dataConnections"][0]["id"])
        self.driver.link_accounting()
        self.driver.configure(start - timedelta(days=1))
        self.client = self.connect(self.wire)

    def connect(self, transport: httpx.BaseTransport) -> PushClient:
        return PushClient(self.key, HOST, httpx.Client(transport=transport), clock=self.clock)

    def connect_async(self, transport: httpx.BaseTransport) -> AsyncPushClient:
        http = httpx.AsyncClient(transport=AsyncWire(transport))
        return AsyncPushClient(self.key, HOST, http, clock=self.clock)

    @property
    def pushes(self) -> int:
        """How many pushes the mock has received."""
        listed = self.driver.call("GET", f"/companies/{self.company}/data/history")
        return int(listed["totalResults"])

    @property
    def findings(self) -> list[str]:
        found: list[dict[str, Any]] = self.driver.findings()["findings"]
        return [f"{finding['code']}: {finding['message']}" for finding in found]
