"""`codat-mock serve`: its options, its signals, its socket and its ticker."""

import json
import signal
import socket
import sqlite3
import threading
from threading import Thread

import httpx
import pytest

from codat_mock.http.server import Server, address_of, listen
from codat_mock.sandbox import SandboxRegistry

BAD = [
    ("--port", "CODAT_MOCK_PORT", "65536"),
    ("--port", "CODAT_MOCK_PORT", "-1"),
    ("--port", "CODAT_MOCK_PORT", "http"),
    ("--port-file", "CODAT_MOCK_PORT_FILE", "."),
    ("--port-file", "CODAT_MOCK_PORT_FILE", "no such directory/port"),
    ("--host", "CODAT_MOCK_HOST", "no.such.host.invalid"),
    ("--host", "CODAT_MOCK_HOST", "256.1.1.1"),
    ("--db", "CODAT_MOCK_DB", "."),
    ("--start-at", "CODAT_MOCK_START_AT", "yesterday"),
    ("--start-at", "CODAT_MOCK_START_AT", "9999-12-31T23:59:59Z"),
    ("--start-at", "CODAT_MOCK_START_AT", "0001-01-01"),
    ("--speed", "CODAT_MOCK_SPEED", "fast"),
    ("--speed", "CODAT_MOCK_SPEED", "x0"),
    ("--speed", "CODAT_MOCK_SPEED", "xnan"),
    ("--seed", "CODAT_MOCK_SEED", "one"),
    ("--concurrent-pushes", "CODAT_MOCK_CONCURRENT_PUSHES", "drop"),
]


@pytest.fixture(params=["option", "variable"])
def refused(request, command):
    """Start with a bad value, as an option or as a variable; give the one line that says why."""

    def start(option, variable, value):
        if request.param == "option":
            process = command("serve", option, value, CODAT_MOCK_PORT="0")
        else:
            process = command("serve", **({"CODAT_MOCK_PORT": "0"} | {variable: value}))
        out, error = process.communicate(timeout=20)
        assert (process.returncode, out) == (2, ""), (out, error)
        assert "Traceback" not in error
        (line,) = error.splitlines()
        assert line.startswith("codat-mock serve: ")
        return line

    return start


@pytest.mark.parametrize(("option", "variable", "value"), BAD)
def test_a_bad_value_is_refused_in_one_line(refused, option, variable, value):
    assert value in refused(option, variable, value)


def test_a_port_in_use_is_refused(refused):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert f"127.0.0.1:{port}" in refused("--port", "CODAT_MOCK_PORT", port)


def test_every_option_can_be_set_in_the_environment(serve, tmp_path, auth):
    served = serve(
        CODAT_MOCK_DB=str(tmp_path / "shop.db"),
        CODAT_MOCK_API_KEY="test-key other-key",
        CODAT_MOCK_START_AT="2030-01-02T03:04:05Z",
        CODAT_MOCK_SPEED="frozen",
        CODAT_MOCK_SEED="7",
        CODAT_MOCK_HOST="127.0.0.2",
        CODAT_MOCK_CONCURRENT_PUSHES="miss",
    )
    assert served.http.base_url.host == "127.0.0.2"
    reading = served.http.get("/_mock/clock").json()
    assert reading == {"now": "2030-01-02T03:04:05Z", "mode": "frozen", "nextEvent": None}
    path = "/meta/companies/sync"
    known = served.http.post(path, json={"name": "x"}, headers=auth("other-key"))
    unknown = served.http.post(path, json={"name": "x"}, headers=auth("nobody's"))
    assert (known.status_code, unknown.status_code) == (200, 401)
    assert (tmp_path / "shop.db").exists()


def test_an_option_overrides_its_variable(serve):
    served = serve("--speed", "x60", CODAT_MOCK_SPEED="frozen")
    assert served.http.get("/_mock/clock").json()["mode"] == "x60"


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_server_and_removes_its_port_file(serve, signum):
    served = serve()
    assert served.port_file.read_text() == f"{served.http.base_url.port}\n"
    assert served.end(signum) == 0
    assert not served.port_file.exists()
    assert not list(served.port_file.parent.glob("*.partial"))
    out, error = served.process.communicate()
    assert out == ""
    assert error == ""


def test_many_signals_stop_the_server_once(serve):
    served = serve()
    for _ in range(50):
        served.process.send_signal(signal.SIGINT)
        served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(20) == 0
    assert "Traceback" not in served.process.communicate()[1]


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_started_answer_is_completed(serve, signum):
    served = serve()
    company = served.http.post("/meta/companies/sync", json={"name": "x"}).json()["id"]
    path = f"/data/companies/{company}/sync/commerce-orders"
    body = json.dumps({"orders": [{"id": f"{n}", "orderNumber": "x" * 9000} for n in range(1000)]})
    answers = []

    with served.http.stream("POST", path, content=body) as answer:
        served.process.send_signal(signum)
        answers.append((answer.status_code, len(answer.read())))
    assert served.process.wait(20) == 0
    assert answers == [(200, len(f'{{"data":{body},"datasetId":"{company}"}}'))]


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_busy_server_stops_cleanly_and_keeps_what_it_acknowledged(serve, tmp_path, signum):
    path = tmp_path / "shop.db"
    served = serve("--db", str(path))
    company = served.http.post("/meta/companies/sync", json={"name": "x"}).json()["id"]
    acknowledged, broken = [], []

    def push_on(worker):
        with httpx.Client(base_url=served.http.base_url, headers=served.http.headers) as client:
            for number in range(10_000):
                body = {"orders": [{"id": f"{worker}-{number}"}]}
                url = f"/data/companies/{company}/sync/commerce-orders"
                try:
                    answer = client.post(url, json=body)
                except httpx.TransportError:
                    return
                if answer.status_code != 200:
                    broken.append(answer.text)
                    return
                acknowledged.append(answer.json()["datasetId"])
                if len(acknowledged) == 40:
                    served.process.send_signal(signum)

    workers = [Thread(target=push_on, args=(worker,)) for worker in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert served.process.wait(20) == 0
    assert "Traceback" not in served.process.communicate()[1]
    db = sqlite3.connect(path)
    kept = {id_ for (id_,) in db.execute("SELECT id FROM datasets")}
    db.close()
    assert set(acknowledged) <= kept
    assert broken == []


def test_only_loopback_is_bound_by_default(serve):
    served = serve()
    port = served.http.base_url.port
    bound = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(table) as lines:  # noqa: PTH123  (no file of ours)
            bound += [line.split()[1] for line in lines if line.split()[3] == "0A"]
    mine = [address for address in bound if address.endswith(f":{port:04X}")]
    assert mine == [f"0100007F:{port:04X}"]


def test_time_passes_and_syncs_run_without_a_request(serve, set_stage, tmp_path):
    path = tmp_path / "shop.db"
    served = serve("--db", str(path), "--speed", "x100000", "--start-at", "2022-03-21T08:00:00Z")
    set_stage(served.http)
    db = sqlite3.connect(path)
    deadline = threading.Event()
    timer = threading.Timer(20, deadline.set)
    timer.start()
    syncs = 0
    while syncs < 3 and not deadline.is_set():
        (syncs,) = db.execute("SELECT count(*) FROM syncs").fetchone()
    timer.cancel()
    db.close()
    assert syncs >= 3


def test_a_stopped_server_leaves_no_thread_and_no_socket():

    before = set(threading.enumerate())
    for _ in range(3):
        with Server(SandboxRegistry(), listen("127.0.0.1", 0)) as server:
            port = int(server.address.rpartition(":")[2])
            assert httpx.get(f"{server.address}/_mock/health").status_code == 200
        server.stop()  # once more, which does nothing
        with socket.create_server(("127.0.0.1", port), reuse_port=False):
            pass
    left = [thread for thread in set(threading.enumerate()) - before if thread.is_alive()]
    assert left == []


def test_addresses_are_printed_as_they_are_reached():
    for host, shown in (("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::1", "[::1]")):  # noqa: S104
        with listen(host, 0) as bound:
            assert address_of(bound) == f"http://{shown}:{bound.getsockname()[1]}"


def test_a_body_of_more_than_a_gibibyte_is_refused_before_it_is_sent(live):
    with socket.create_connection((live.base_url.host, live.base_url.port)) as line:
        line.sendall(
            b"POST /meta/companies/sync HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Length: 1073741825\r\n\r\n" + b"x" * 1000
        )
        line.settimeout(20)
        assert line.recv(100).startswith(b"HTTP/1.1 413 ")
    assert live.get("/_mock/health").status_code == 200


def test_a_chunked_push_is_accepted(live, set_stage):
    path = f"/data/companies/{set_stage(live).company_id}/sync/commerce-orders"
    answer = live.post(path, content=iter([b'{"orders":', b'[{"id":"x"}', b"]}"]))
    assert answer.json()["data"] == {"orders": [{"id": "x"}]}
