"""Servers to test, in process, on a real socket, and as a process of their own.

All three are driven by an `httpx.Client` that carries the API key `KEY`, so that a test can be
moved from one to the other by the fixture it asks for.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from select import select
from typing import Any

import httpx
import pytest
from flask import Flask
from loopback_tls import TLS
from webhook_receiver import Receiver, receiving

from codat_mock.http.app import create_app
from codat_mock.http.server import Server, listen
from codat_mock.sandbox import SandboxRegistry, Settings
from codat_scenarios.sandbox_driver import SandboxDriver

KEY = "test-key"
START = datetime(2022, 3, 21, 8, tzinfo=UTC)
PATIENCE_SECONDS = 20.0


def basic(key: str) -> dict[str, str]:
    """The Authorization header for an API key."""
    return {"Authorization": f"Basic {b64encode(key.encode()).decode()}"}


def client_of(address: str, transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """A client with the API key."""
    return httpx.Client(
        base_url=address,
        headers=basic(KEY),
        timeout=PATIENCE_SECONDS,
        transport=transport,
        verify=TLS,
    )


@pytest.fixture
def auth() -> Callable[[str], dict[str, str]]:
    """Make the Authorization header for an API key."""
    return basic


@pytest.fixture
def registry() -> Iterator[SandboxRegistry]:
    """A registry in memory whose clocks show 2022-03-21T08:00Z until they are moved."""
    made = SandboxRegistry(Settings(start_at=START, speed=0))
    yield made
    made.close()


@pytest.fixture
def app(registry: SandboxRegistry) -> Flask:
    """The WSGI application that serves the registry."""
    return create_app(registry)


@pytest.fixture
def http(app: Flask) -> Iterator[httpx.Client]:
    """A client of the application, in process."""
    with client_of("http://127.0.0.1:4620", httpx.WSGITransport(app=app)) as client:
        yield client


@pytest.fixture
def driver(http: httpx.Client) -> SandboxDriver:
    """A company on the application, its accounting linked and its mapping configured."""
    return set_up(http)


def set_up(client: httpx.Client, key: str = KEY) -> SandboxDriver:
    """A configured company of that key's sandbox."""
    made = SandboxDriver(client, key)
    made.create_company("Bean There")
    made.link_accounting()
    made.configure(START)
    return made


@pytest.fixture
def set_stage() -> Callable[..., SandboxDriver]:
    """Make a configured company with a client, in the sandbox of a key."""
    return set_up


@pytest.fixture
def start_server() -> Iterator[Callable[..., Server]]:
    """Start servers on free ports; arguments are those of `Settings`, frozen by default."""
    with ExitStack() as running:

        def start(**settings: Any) -> Server:
            given = Settings(**({"start_at": START, "speed": 0} | settings))
            return running.enter_context(Server(SandboxRegistry(given), listen("127.0.0.1", 0)))

        yield start


@pytest.fixture
def live(start_server: Callable[..., Server]) -> Iterator[httpx.Client]:
    """A client of a server on a real socket."""
    with client_of(start_server().address) as client:
        yield client


@pytest.fixture
def company(live: httpx.Client) -> str:
    """A company on the real socket, connected to nothing but commerce."""
    return str(live.post("/meta/companies/sync", json={"name": "Café"}).json()["id"])


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of alerts."""
    with receiving() as made:
        yield made


@dataclass
class Served:
    """A `codat-mock serve` of its own process, with a client of it."""

    process: subprocess.Popen[str]
    http: httpx.Client
    port_file: Path

    def end(self, signum: int = signal.SIGTERM) -> int:
        """Send it a signal, and give its exit code."""
        self.process.send_signal(signum)
        return self.process.wait(PATIENCE_SECONDS)


Command = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Command]:
    """Start `codat-mock` with arguments and `CODAT_MOCK_…` variables, in a directory of its own."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str, **variables: str) -> subprocess.Popen[str]:
        kept = {name: value for name, value in os.environ.items() if "CODAT_MOCK" not in name}
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name("codat-mock")), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=kept | variables,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def serve(command: Command, tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Start `codat-mock serve` on a free port, with more arguments, and wait until it is ready."""
    with ExitStack() as clients:

        def start(*arguments: str, **variables: str) -> Served:
            port_file = tmp_path / f"port-{len(list(tmp_path.iterdir()))}"
            # Nobody reads the log of these servers, which would fill its pipe.
            variables = {"CODAT_MOCK_LOG": "quiet"} | variables
            process = command(
                "serve", "--port", "0", "--port-file", str(port_file), *arguments, **variables
            )
            assert process.stdout
            # The address is printed once the port is bound, and nothing if that fails.
            assert select([process.stdout], [], [], PATIENCE_SECONDS)[0], "it prints no address"
            line = process.stdout.readline()
            assert line, process.stderr and process.stderr.read()
            http = clients.enter_context(client_of(line.split()[3]))
            assert http.get("/_mock/health").json()["status"] == "ready"
            return Served(process, http, port_file)

        yield start
