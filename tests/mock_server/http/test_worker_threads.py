"""A client that sends many requests at once takes turns with the others."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from threading import Event
from typing import Any

import pytest

from codat_mock.clock import machine_seconds
from codat_mock.http import worker_threads
from codat_mock.http.server import Server, listen
from codat_mock.sandbox import SandboxRegistry

PATIENCE_SECONDS = 20.0
MANY = 20


def get(path: str, *, is_last: bool) -> bytes:
    connection = "Connection: close\r\n" if is_last else ""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{connection}\r\n".encode()


def test_requests_that_are_sent_at_once_hold_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_threads, "MAX_THREADS", 1)
    order: list[str] = []
    has_begun, others_wait = Event(), Event()

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        order.append(environ["PATH_INFO"])
        has_begun.set()
        others_wait.wait(PATIENCE_SECONDS)
        start_response("200 OK", [("Content-Length", "0")])
        return []

    registry = SandboxRegistry()
    with Server(registry, listen("127.0.0.1", 0), instead=app) as server:
        address = ("127.0.0.1", int(server.address.rpartition(":")[2]))
        with (
            socket.create_connection(address, PATIENCE_SECONDS) as many,
            socket.create_connection(address, PATIENCE_SECONDS) as other,
        ):
            many.sendall(b"".join(get(f"/{n}", is_last=n == MANY) for n in range(1, MANY + 1)))
            assert has_begun.wait(PATIENCE_SECONDS)
            other.sendall(get("/other", is_last=True))
            until = machine_seconds() + PATIENCE_SECONDS
            while not server._http.task_dispatcher.queue:  # until it waits for the only thread
                assert machine_seconds() < until
            others_wait.set()
            assert other.recv(100).startswith(b"HTTP/1.1 200")
            answers = b"".join(iter(lambda: many.recv(1 << 16), b""))
    assert answers.count(b"HTTP/1.1 200") == MANY
    assert order.index("/other") == 1
    assert [each for each in order if each != "/other"] == [f"/{n}" for n in range(1, MANY + 1)]
