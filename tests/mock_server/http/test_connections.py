"""Connections: very many idle ones lock nobody out."""

from __future__ import annotations

import errno
import json
import os
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest

from codat_mock.http import server as server_module
from codat_mock.http.server import Server, listen
from codat_mock.sandbox import SandboxRegistry, pushes

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
def test_connections_that_wait_are_accepted_some_at_once():
    # Between two rounds the server looks at each connection it has: one a round would lock out.
    with ExitStack() as stack:
        server = Server(SandboxRegistry(), listen("127.0.0.1", 0))
        stack.callback(server.registry.close)
        address = httpx.URL(server.address)
        for _ in range(100):
            made = socket.create_connection((address.host, address.port), timeout=20)
            stack.enter_context(made)
        for _ in range(4):
            server._serve_once(0)
        accepted = server._http.active_channels
        assert len(accepted) == 100
        for channel in list(accepted.values()):
            channel.handle_close()
        server._http.close()


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


def push_request(company: str, record: dict[str, object]) -> bytes:
    """The bytes of a push."""
    body = json.dumps({"orders": [record]})
    key = basic_header()
    return (
        f"POST /data/companies/{company}/sync/commerce-orders HTTP/1.1\r\nHost: 127.0.0.1\r\n{key}"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def basic_header() -> str:
    """The header with the API key of the client `live`."""
    return "Authorization: Basic dGVzdC1rZXk=\r\n"


def findings(live: httpx.Client) -> list[str]:
    return [each["code"] for each in live.get("/_mock/findings").json()["findings"]]


@pytest.mark.parametrize("count", [1, 2])
def test_a_client_that_closes_only_its_own_direction_gets_its_answers(live, company, count):
    with socket.create_connection((live.base_url.host, live.base_url.port), timeout=20) as client:
        for number in range(count):
            client.sendall(push_request(company, {"id": f"A-{number}", "totalAmount": 5}))
        client.shutdown(socket.SHUT_WR)
        read = b"".join(iter(lambda: client.recv(65536), b""))  # to the end, which comes
    assert read.count(b"HTTP/1.1 200 OK") == read.count(b'"datasetId"') == count
    live.post("/_mock/clock/advance", json={"minutes": 5})
    history = live.get(f"/companies/{company}/data/history").json()["results"]
    again = live.post(
        f"/data/companies/{company}/sync/commerce-orders",
        json={"orders": [{"id": "A-0", "totalAmount": 5}]},
    )
    assert (len(history), again.status_code) == (count, 200)
    assert "S03" in findings(live)  # the answer had been received


def test_a_push_whose_client_is_gone_may_be_repeated(live, company, monkeypatch):
    receive, begun, is_gone = pushes.receive, Event(), Event()

    def late(*arguments, **more):
        begun.set()
        assert is_gone.wait(20)
        return receive(*arguments, **more)

    monkeypatch.setattr(pushes, "receive", late)
    with socket.create_connection((live.base_url.host, live.base_url.port), timeout=20) as client:
        client.sendall(push_request(company, {"id": "A-0", "totalAmount": 5}))
        assert begun.wait(20)
    is_gone.set()
    path = f"/companies/{company}/data/history"
    assert any(live.get(path).json()["results"] for _ in range(1000))  # it arrives before long
    live.post("/_mock/clock/advance", json={"minutes": 5})
    live.post(
        f"/data/companies/{company}/sync/commerce-orders",
        json={"orders": [{"id": "A-0", "totalAmount": 5}]},
    )
    assert "S03" not in findings(live)


def await_answer(client: socket.socket) -> None:
    """Wait until an answer is there, without reading it."""
    assert client.recv(1, socket.MSG_PEEK)


class Till:
    """A shop on a server of its own, one of whose tills leaves without a word.

    Args:
        server: as a fixture starts it.
    """

    def __init__(self, server: Server) -> None:
        self.server = server
        self.address = httpx.URL(server.address)
        made = self.ask("POST", "/_mock/companies", {"name": "Café"})
        self.path = f"/data/companies/{made['id']}/sync/commerce-orders"
        self.company = made["id"]

    def ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        key = {"Authorization": "Basic dGVzdC1rZXk="}
        url = f"{self.address}{path}"
        answered = httpx.request(method, url, json=body, headers=key, timeout=20)
        assert answered.status_code == 200
        value: dict[str, Any] = answered.json()
        return value

    @contextmanager
    def pushing(self, record: dict[str, object]) -> Iterator[socket.socket]:
        """A connection over which a push was sent, until the server has noticed its end."""
        with socket.create_connection((self.address.host, self.address.port), timeout=20) as client:
            mine = client.getsockname()
            client.sendall(push_request(self.company, record))
            yield client
        # Closed here, as the system does when a process dies.
        while mine in [each.addr for each in list(self.server._http.active_channels.values())]:
            self.ask("GET", "/_mock/health")

    def await_rest(self, client: socket.socket) -> None:
        """Wait until the server is done with the answer that a client has not read."""
        assert client.recv(1, socket.MSG_PEEK)
        channels = self.server._http.active_channels
        [channel] = [each for each in channels.values() if each.addr == client.getsockname()]
        while channel.is_attended:
            self.ask("GET", "/_mock/health")

    def codes_after(self, record: dict[str, object]) -> list[str]:
        """The rules that are broken once a record is pushed again."""
        self.ask("POST", "/_mock/clock/advance", {"minutes": 5})
        self.ask("POST", self.path, {"orders": [record]})
        return [each["code"] for each in self.ask("GET", "/_mock/findings")["findings"]]


@pytest.mark.parametrize("is_read", [False, True])
def test_a_push_whose_client_dies_with_the_answer_unread_may_be_repeated(start_server, is_read):
    till, order = Till(start_server()), {"id": "A-0", "totalAmount": 5}
    with till.pushing(order) as client:
        till.await_rest(client)
        if is_read:
            answer(client)
    assert ("S03" in till.codes_after(order)) is is_read


def test_a_long_answer_that_its_client_leaves_half_read_is_lost(start_server):
    till = Till(start_server())
    order = {"id": "A-0", "totalAmount": 5, "note": "x" * (24 << 20)}  # more than the system keeps
    with till.pushing(order) as client:
        assert client.recv(65536)
    assert "S03" not in till.codes_after(order)


def test_a_client_that_leaves_a_late_answer_makes_nobody_wait_for_its_sandbox(start_server):
    server = start_server()
    till = Till(server)
    till.ask("POST", "/_mock/faults", {"faults": [{"kind": "delay", "seconds": 60}]})
    [sandbox] = map(server.registry.sandbox, server.registry.names())
    with ExitStack() as stack:
        with till.pushing({"id": "A-0", "totalAmount": 5}):
            while not any(each.held for each in list(server._http.active_channels.values())):
                till.ask("GET", "/_mock/health")
            stack.enter_context(sandbox.alone())  # such as by a large push
        assert httpx.get(f"{server.address}/_mock/health").status_code == 200


SLOW_CLIENTS = 18  # more than the server has threads
BODY_BYTES = 8 << 20
MOST_GROWTH_KIB = 64 << 10


def resident_kib(pid: int) -> int:
    """The memory that a process has now."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_slow_senders_take_no_memory_and_no_threads(serve):
    served = serve()
    before = resident_kib(served.process.pid)
    head = f"POST /x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {BODY_BYTES + 1}\r\n\r\n"
    with ExitStack() as stack:
        for _ in range(SLOW_CLIENTS):
            address = (served.http.base_url.host, served.http.base_url.port)
            client = stack.enter_context(socket.create_connection(address, timeout=20))
            client.sendall(head.encode() + b" " * BODY_BYTES)
        assert served.http.get("/_mock/health").status_code == 200
        growth = resident_kib(served.process.pid) - before
    print(f"{SLOW_CLIENTS} slow senders of {BODY_BYTES >> 20} MiB: {growth >> 10} MiB more")
    assert growth < MOST_GROWTH_KIB


def test_slow_readers_hold_no_threads():
    big = [b"x" * (24 << 20), b"x"]

    def app(environ, start):
        is_big = environ["PATH_INFO"] == "/big"
        start("200 OK", [("Content-Length", str(len(big[0]) + 1 if is_big else 2))])
        return big if is_big else [b"{}"]

    with Server(SandboxRegistry(), listen("127.0.0.1", 0), instead=app) as server:
        address = httpx.URL(server.address)
        with ExitStack() as stack:
            for _ in range(SLOW_CLIENTS):
                made = socket.create_connection((address.host, address.port), timeout=20)
                client = stack.enter_context(made)
                client.sendall(b"GET /big HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            for _ in range(20):
                assert httpx.get(f"{address}/small", timeout=20).text == "{}"


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux lists descriptors")
def test_where_the_system_allows_few_descriptors_idle_clients_lock_nobody_out():
    command = Path(sys.executable).with_name("codat-mock")
    limited = ["sh", "-c", 'ulimit -n 64 && exec "$0" serve --port 0', str(command)]
    with subprocess.Popen(limited, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            assert process.stdout
            address = httpx.URL(process.stdout.readline().split()[3].decode())
            with ExitStack() as stack:
                for _ in range(100):
                    stack.enter_context(
                        socket.create_connection((address.host, address.port), timeout=20)
                    )
                for _ in range(3):
                    assert httpx.get(f"{address}/_mock/health").status_code == 200
                opened = len(list(Path(f"/proc/{process.pid}/fd").iterdir()))
                assert opened < 64
        finally:
            process.kill()
        _, errors = process.communicate()
    assert b"Traceback" not in errors


def test_a_connection_without_a_descriptor_is_one_line_in_the_log_and_taken_later(
    start_server, caplog
):
    server = start_server()
    accept, failures = server._accept_next, [errno.EMFILE, errno.ENFILE, errno.EMFILE]

    def accept_next():
        if failures:
            raise OSError(failures.pop(), "Too many open files")
        return accept()

    server._accept_next = accept_next
    assert httpx.get(f"{server.address}/_mock/health").status_code == 200
    assert failures == []
    [line] = [each.message for each in caplog.records if "descriptors" in each.message]
    assert "ulimit -n" in line


@pytest.mark.parametrize("failure", [errno.ENOSPC, errno.EMFILE])
def test_a_body_that_the_disk_cannot_take_is_a_503_until_it_can(
    live, company, monkeypatch, failure
):
    path = f"/data/companies/{company}/sync/commerce-orders"
    body = {"orders": [{"id": "A-1", "note": "x" * 4_000_000}]}

    def no_file(*_: object, **__: object) -> None:
        raise OSError(failure, os.strerror(failure))

    with monkeypatch.context() as patch:
        patch.setattr("waitress.buffers.TempfileBasedBuffer.newfile", no_file)
        patch.setattr("codat_mock.http.body_buffers.SharedMemory.take", lambda *_: False)
        refused = live.post(path, json=body)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    expected = "disk full" if failure == errno.ENOSPC else "Too many open files"
    assert expected in refused.json()["error"]
    assert live.post(path, json={"orders": []}).status_code == 200
    assert live.post(path, json=body).status_code == 200
