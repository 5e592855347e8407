"""Connections: very many idle ones lock nobody out."""

from __future__ import annotations

import resource
import socket
from contextlib import ExitStack

import httpx
import pytest

from codat_mock.http import server as server_module

REQUEST = b"GET /_mock/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.fixture
def many_descriptors():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8000), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def idle(address: httpx.URL, stack: ExitStack) -> socket.socket:
    """A client that had one answer, and keeps its connection without using it."""
    made = stack.enter_context(socket.create_connection((address.host, address.port), timeout=20))
    made.sendall(REQUEST)
    assert answer(made).startswith(b"HTTP/1.1 200")
    return made


def answer(connection: socket.socket) -> bytes:
    """The whole of an answer, which comes in pieces."""
    read = b""
    while not read.endswith(b"}"):
        piece = connection.recv(65536)
        assert piece, "the connection was closed"
        read += piece
    return read


@pytest.mark.usefixtures("many_descriptors")
def test_a_thousand_idle_clients_lock_nobody_out(live):
    with ExitStack() as stack:
        clients = [idle(live.base_url, stack) for _ in range(1000)]
        assert live.get("/_mock/health").status_code == 200
        clients[0].sendall(REQUEST)  # and none of them was turned away
        assert answer(clients[0])


@pytest.mark.usefixtures("many_descriptors")
def test_beyond_the_limit_the_longest_idle_connections_are_closed(start_server, monkeypatch):
    monkeypatch.setattr(server_module, "MAX_CONNECTIONS", 60)
    monkeypatch.setattr(server_module, "SPARE_CONNECTIONS", 20)
    address = httpx.URL(start_server().address)
    with ExitStack() as stack:
        clients = [idle(address, stack) for _ in range(150)]
        assert httpx.get(f"{address}/_mock/health").status_code == 200
        assert clients[0].recv(65536) == b""
        clients[-1].sendall(REQUEST)
        assert answer(clients[-1]).startswith(b"HTTP/1.1 200")
