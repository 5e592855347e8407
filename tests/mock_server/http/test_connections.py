"""Connections: very many idle ones lock nobody out."""

from __future__ import annotations

import json
import resource
import socket
from contextlib import ExitStack
from pathlib import Path
from threading import Event

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

    def late(*arguments):
        begun.set()
        assert is_gone.wait(20)
        return receive(*arguments)

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
