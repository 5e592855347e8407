"""The mock of a test session: one that it starts, or one that is running."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from codat_mock.cli.secret import TOKEN_VARIABLE
from codat_mock.control_client import TIMEOUT_SECONDS
from codat_mock.http.server import Server, address_of, listen
from codat_mock.rules.rule_settings import RuleSetting
from codat_mock.sandbox import SandboxRegistry, Settings
from codat_mock.testing.routing import DirectClient, DirectTransport, DirectWSGITransport


@dataclass(frozen=True, slots=True)
class Mock:
    """A mock that tests can reach.

    Args:
        url: its URL.
        http: a client of its control API.
        is_own: whether this session has started it, and uses it alone.
        control_token: what its control API requires; None for nothing.
    """

    url: str
    http: httpx.Client
    is_own: bool
    control_token: str | None = None


@contextmanager
def own_mock(rules: Mapping[str, RuleSetting]) -> Iterator[Mock]:
    """A mock on a free port, in a thread.

    Args:
        rules: the configuration of rules, by code.
    """
    listener = listen("127.0.0.1", 0)
    address = address_of(listener)
    # A frozen clock: nothing falls due in the sandboxes that tests leave behind.
    settings = Settings(speed=0, rules=rules, address=address)
    # The control API is called in process: a test may make the socket unreachable by a fault, or
    # mock all HTTP clients.
    with Server(SandboxRegistry(settings), listener) as server:
        transport = DirectWSGITransport(app=server.app)
        with DirectClient(base_url=address, transport=transport) as http:
            yield Mock(address, http, is_own=True)


@contextmanager
def running_mock(url: str) -> Iterator[Mock]:
    """A mock that is running, and that others may use as well.

    `CODAT_MOCK_CONTROL_TOKEN` is its control token, where it has one.
    """
    address = url.rstrip("/")
    # A proxy of the environment could not reach this machine.
    http = DirectClient(
        base_url=address, transport=DirectTransport(), timeout=TIMEOUT_SECONDS, trust_env=False
    )
    with http:
        yield Mock(address, http, is_own=False, control_token=os.environ.get(TOKEN_VARIABLE))
