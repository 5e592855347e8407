"""The mock that a session of tests talks to: one beside the tests, or one that is running."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from codat_mock.control_client import PATIENCE_SECONDS
from codat_mock.http.server import Server, address_of, listen
from codat_mock.rules.rule_settings import RuleSetting
from codat_mock.sandbox import SandboxRegistry, Settings


@dataclass(frozen=True, slots=True)
class Mock:
    """A mock that tests can reach.

    Args:
        url: where.
        http: a client of its control API.
        is_own: whether it is there for these tests alone.
    """

    url: str
    http: httpx.Client
    is_own: bool


@contextmanager
def own_mock(rules: Mapping[str, RuleSetting]) -> Iterator[Mock]:
    """A mock on a free port, in a thread.

    Args:
        rules: what is chosen about rules, by code.
    """
    listener = listen("127.0.0.1", 0)
    address = address_of(listener)
    # What tests leave behind stands still: nobody has to look whether something falls due in it.
    settings = Settings(speed=0, rules=rules, address=address)
    # The control API is asked in process: a test may have planned that the socket is not to be
    # reached, or may have other mocks between its HTTP clients and any socket.
    with Server(SandboxRegistry(settings), listener) as server:
        transport = httpx.WSGITransport(app=server.app)
        with httpx.Client(base_url=address, transport=transport) as http:
            yield Mock(address, http, is_own=True)


@contextmanager
def running_mock(url: str) -> Iterator[Mock]:
    """A mock that runs elsewhere, and is there for others as well."""
    address = url.rstrip("/")
    # A proxy of the environment would not reach this machine.
    with httpx.Client(base_url=address, timeout=PATIENCE_SECONDS, trust_env=False) as http:
        yield Mock(address, http, is_own=False)
