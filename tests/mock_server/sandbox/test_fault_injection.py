"""Every fault, seen by a plain client through a real socket."""

from __future__ import annotations

import json
import re
import shlex
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Thread
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from in_process import run
from loopback_tls import TLS

from codat_mock.cli.fault import EXAMPLES
from codat_mock.cli.main import main
from codat_mock.clock import machine_seconds, parse_moment
from codat_mock.http.server import Server
from codat_mock.http.worker_threads import MAX_THREADS
from codat_mock.models.errors import NotFound
from codat_mock.models.faults import Delay, Elapse, Refuse
from codat_mock.sandbox import SandboxRegistry, companies, fault_injection
from codat_mock.sandbox.session import Session

FAULTS = "/_mock/faults"
ORDER = {"id": "A-1", "createdDate": "2022-03-21T07:00:00Z", "totalAmount": 85}
MORE = MAX_THREADS + 8  # requests than there are threads
COMPANIES = "/meta/companies"


def plan(client: httpx.Client, kind: str, **properties: Any) -> None:
    answer = client.put(FAULTS, json={"faults": [{"kind": kind} | properties]})
    assert answer.status_code == 200, answer.text


def counts(client: httpx.Client) -> list[tuple[int, int]]:
    return [(each["seen"], each["hits"]) for each in client.get(FAULTS).json()["faults"]]


@pytest.fixture
def company(live: httpx.Client) -> str:
    return str(live.post("/meta/companies/sync", json={"name": "Café"}).json()["id"])


@pytest.fixture
def push(company: str) -> str:
    return f"/data/companies/{company}/sync/commerce-orders"


def findings(client: httpx.Client) -> list[str]:
    found = client.get("/_mock/findings").json()["findings"]
    # Nothing is configured here, and nobody waits: these are others' tests.
    return [each["code"] for each in found if each["code"] not in ("S06", "S11", "T04")]


def datasets(client: httpx.Client, company: str) -> int:
    return int(client.get(f"/companies/{company}/data/history").json()["totalResults"])


@contextmanager
def fresh(client: httpx.Client) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=client.base_url, headers=client.headers, timeout=20, verify=TLS
    ) as other:
        yield other


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 502, 503, 504, 599])
def test_a_refused_push_is_not_carried_out(live, company, push, status):
    plan(live, "refuse", status=status, retryAfter=7, operation="push-orders")
    answer = live.post(push, json={"orders": [ORDER]})
    assert answer.status_code == answer.json()["statusCode"] == status
    assert answer.headers["Retry-After"] == "7"
    assert datasets(live, company) == 0
    assert findings(live) == []


@pytest.mark.parametrize(
    ("by", "error"), [("close", httpx.RemoteProtocolError), ("reset", httpx.ReadError)]
)
def test_a_push_is_carried_out_and_its_answer_lost(live, company, push, by, error):
    plan(live, "lose", by=by, operation="push-orders", at=[1])
    with pytest.raises(error):
        live.post(push, json={"orders": [ORDER]})
    assert datasets(live, company) == 1
    assert live.post(push, json={"orders": [ORDER]}).status_code == 200
    assert findings(live) == []
    assert live.post(push, json={"orders": [ORDER]}).status_code == 200
    assert findings(live) == ["S03"]
    assert counts(live) == [(3, 1)]


def test_a_gateway_may_answer_instead(live, company, push):
    plan(live, "lose", by="bad-gateway", operation="push-orders", at=[1])
    assert live.post(push, json={"orders": [ORDER]}).status_code == 502
    assert datasets(live, company) == 1
    live.post(push, json={"orders": [ORDER]})
    assert findings(live) == []


def test_an_answer_may_hang_until_the_client_goes(live, company, push):
    plan(live, "lose", by="hang", operation="push-orders", at=[1])
    with fresh(live) as client, pytest.raises(httpx.ReadTimeout):
        client.post(push, json={"orders": [ORDER]}, timeout=0.2)
    assert datasets(live, company) == 1
    live.post(push, json={"orders": [ORDER]})
    assert findings(live) == []


def test_more_answers_may_hang_than_there_are_threads(start_server, auth):
    server: Server = start_server()
    with httpx.Client(base_url=server.address, headers=auth("k"), timeout=20) as client:
        client.get(COMPANIES)
        plan(client, "lose", by="hang", operation="list-companies")
        address = server.address.removeprefix("http://").split(":")
        key = auth("k")["Authorization"]
        asked = f"GET {COMPANIES} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {key}\r\n\r\n"
        hanging = []
        for _ in range(MORE):
            connection = socket.create_connection((address[0], int(address[1])), timeout=20)
            connection.sendall(asked.encode())
            hanging.append(connection)
        while counts(client) != [(MORE, MORE)]:
            pass
        assert client.get("/_mock/health").status_code == 200
        began = machine_seconds()
        server.stop()
    for connection in hanging:
        assert connection.recv(1) == b""
        connection.close()
    assert machine_seconds() - began < 4


def test_a_delayed_answer_comes_late(live, push):
    plan(live, "delay", seconds=0.2, operation="push-orders")
    began = machine_seconds()
    assert live.post(push, json={"orders": [ORDER]}).json()["data"] == {"orders": [ORDER]}
    assert machine_seconds() - began >= 0.2


def test_a_client_that_does_not_wait_for_a_delayed_answer_may_repeat_its_push(live, company, push):
    plan(live, "delay", seconds=30, operation="push-orders", at=[1])
    with fresh(live) as client, pytest.raises(httpx.ReadTimeout):
        client.post(push, json={"orders": [ORDER]}, timeout=0.2)
    assert datasets(live, company) == 1  # by now the server has noticed that the client is gone
    live.post(push, json={"orders": [ORDER]})
    assert findings(live) == []


@pytest.mark.parametrize("spread", [{"between": [0.0, 0.05]}, {"mean": 0.02}])
def test_delays_may_be_drawn(live, push, spread):
    plan(live, "delay", operation="push-orders", **spread)
    assert live.post(push, json={}).status_code == 200


def test_answers_are_delayed_beside_each_other(live):
    plan(live, "delay", seconds=0.3, operation="list-companies")
    statuses: list[int] = []

    def ask() -> None:
        with fresh(live) as client:
            statuses.append(client.get(COMPANIES).status_code)

    began = machine_seconds()
    asking = [Thread(target=ask) for _ in range(MORE)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert statuses == [200] * MORE
    assert machine_seconds() - began < 10  # one after the other they would take fourteen


def test_a_slow_answer_trickles_and_is_whole(live):
    whole = live.get(COMPANIES)
    plan(live, "slow", bytesPerSecond=2000, operation="list-companies")
    began = machine_seconds()
    with live.stream("GET", COMPANIES) as answer:
        body = b"".join(answer.iter_raw())
    size = len(body) + 200  # and the head
    assert body == whole.content
    assert machine_seconds() - began >= size / 2000 * 0.8


@pytest.mark.parametrize("how", ["truncated", "wrong-json", "wrong-type"])
def test_a_spoilt_answer_cannot_be_read(live, company, push, how):
    plan(live, "spoil", how=how, operation="push-orders", at=[1])
    answer = live.post(push, json={"orders": [ORDER]})
    assert answer.status_code == 200
    if how == "truncated":
        with pytest.raises(json.JSONDecodeError):
            answer.json()
    elif how == "wrong-json":
        assert "datasetId" not in answer.json()
    else:
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert datasets(live, company) == 1
    live.post(push, json={"orders": [ORDER]})
    assert findings(live) == []


def test_nobody_answers_for_a_while(live, company, push):
    plan(live, "unreachable", seconds=0.5, operation="push-orders", at=[1])
    with pytest.raises(httpx.ReadError):
        live.post(push, json={"orders": [ORDER]})
    began = machine_seconds()
    refused = 0
    while True:
        try:
            answer = live.get(COMPANIES)
            break
        except httpx.ConnectError:
            refused += 1
    assert refused
    assert 0.3 < machine_seconds() - began < 5
    assert answer.json()["totalResults"] == 1
    assert datasets(live, company) == 0
    assert live.post(push, json={"orders": [ORDER]}).status_code == 200


def test_a_server_that_is_not_reachable_can_be_stopped(start_server, auth):
    server: Server = start_server()
    with httpx.Client(base_url=server.address, headers=auth("k")) as client:
        plan(client, "unreachable", seconds=600)
        with pytest.raises(httpx.TransportError):
            client.get(COMPANIES)
        with pytest.raises(httpx.ConnectError):
            client.get(COMPANIES)


def test_maintenance_ends_in_the_sandboxs_time(live, push):
    plan(live, "maintenance", seconds=90)
    live.post("/_mock/clock/advance", json={"seconds": 30.5})
    answer = live.post(push, json={})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "60"
    live.post("/_mock/clock/advance", json={"seconds": 60})
    assert live.post(push, json={}).status_code == 200
    assert counts(live) == [(1, 1)]


def test_faults_hit_by_operation_company_and_position(live, company, push):
    other = live.post("/meta/companies/sync", json={"name": "Bar"}).json()["id"]
    plan(live, "refuse", operation="push-orders", companyId=company, at=[2, 3])
    assert live.post(push.replace("orders", "payments"), json={}).status_code == 200
    assert live.post(push.replace(company, other), json={}).status_code == 200
    assert [live.post(push, json={}).status_code for _ in range(4)] == [200, 500, 500, 200]
    assert counts(live) == [(4, 2)]


def test_of_several_faults_the_first_hits(live):
    live.put(FAULTS, json={"faults": [{"kind": "refuse", "at": [2]}]})
    live.post(FAULTS, json={"faults": [{"kind": "refuse", "status": 503}]})
    assert [live.get(COMPANIES).status_code for _ in range(3)] == [503, 500, 503]
    assert counts(live) == [(3, 1), (3, 2)]


def test_time_elapses_before_a_request_is_carried_out(live, push):
    plan(live, "elapse", seconds=90, operation="push-orders", at=[2])
    begun = parse_moment(live.get("/_mock/clock").json()["now"])
    waits = []
    for _ in range(3):
        live.post(push, json={})
        waits.append((parse_moment(live.get("/_mock/clock").json()["now"]) - begun).seconds)
    assert waits == [0, 90, 90]
    assert counts(live) == [(3, 1)]


def test_time_elapses_beside_another_fault_and_what_falls_due_in_it_happens(live, push):
    plan(live, "elapse", seconds=5400, operation="push-orders")
    live.post(FAULTS, json={"faults": [{"kind": "maintenance", "seconds": 3600}]})
    live.post(FAULTS, json={"faults": [{"kind": "refuse", "status": 418}]})
    assert live.get(COMPANIES).status_code == 503
    assert live.post(push, json={}).status_code == 418
    assert counts(live) == [(1, 1), (1, 1), (2, 1)]


def test_time_elapses_no_further_than_the_calendar_goes(live):
    plan(live, "elapse", seconds=86_400, operation="list-companies")
    live.post("/_mock/clock/set", json={"to": "9999-12-29T12:00:00Z"})
    assert [live.get(COMPANIES).status_code for _ in range(3)] == [200, 200, 200]
    assert live.get("/_mock/clock").json()["now"] == "9999-12-30T00:00:00Z"


def test_other_sandboxes_and_the_control_api_are_not_hit(live, auth):
    plan(live, "refuse")
    assert live.get(COMPANIES, headers=auth("other")).status_code == 200
    assert live.get("/_mock/clock").status_code == 200
    assert live.get(COMPANIES).status_code == 500
    assert live.delete(FAULTS).json() == {"faults": []}
    assert live.get(COMPANIES).status_code == 200


def test_a_reset_forgets_faults(live):
    plan(live, "refuse")
    live.post("/_mock/reset")
    assert live.get(COMPANIES).status_code == 200


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"kind": "refuse", "operation": "push-order"}, "the nearest is 'push-orders'"),
        ({"kind": "explode"}, "Invalid value 'explode'"),
        ({"kind": "refuse", "status": 200}, ">= 400"),
        ({"kind": "delay"}, "one of 'seconds', 'between' and 'mean'"),
        ({"kind": "delay", "seconds": 1, "mean": 2}, "one of 'seconds', 'between' and 'mean'"),
        ({"kind": "delay", "between": [2, 1]}, "The least is more than the most"),
        ({"kind": "lose", "how": "close"}, "unknown field how"),
        ({"kind": "refuse", "at": [0]}, ">= 1"),
    ],
)
def test_what_makes_no_sense_is_refused(live, fault, message):
    answer = live.put(FAULTS, json={"faults": [fault]})
    assert answer.status_code == 400
    assert message in answer.json()["detail"]
    assert answer.json()["problems"][0]["path"].startswith("$.faults[0]")


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"kind": "lose", "by": "reset"}, 502),
        ({"kind": "unreachable"}, 502),
        ({"kind": "delay", "seconds": 3000}, 200),
        ({"kind": "slow"}, 200),
    ],
)
def test_in_process_an_answer_is_a_502_or_comes_at_once(http, fault, status):
    http.put(FAULTS, json={"faults": [fault]})
    assert http.get(COMPANIES).status_code == status


def test_the_same_seed_draws_the_same_delays(start_server):
    def drawn() -> list[float]:
        sandbox = start_server(seed=5).registry.sandbox("one")
        run(sandbox, fault_injection.plan, [Delay(mean=3.0)])
        hits = [run(sandbox, fault_injection.meet, "push-orders", None) for _ in range(5)]
        return [hit.effect.delay_seconds for hit in hits if hit]

    first = drawn()
    assert first == drawn()
    assert len(set(first)) == 5


def test_the_command_plans_lists_and_clears(start_server: Callable[..., Server]):
    options = ["--url", start_server().address, "--api-key", "test-key"]

    def run(*arguments: str) -> str:
        ran = CliRunner().invoke(main, ["fault", *arguments, *options])
        return f"{ran.exit_code} {ran.output}"

    printed = run("add", "lose", "--by", "hang", "--operation", "push-orders", "--at", "2")
    assert printed == "0 0 of 0 hit: lose by=hang operation=push-orders at=[2]\n"
    assert run("list") == printed
    assert "nearest is 'push-orders'" in run("add", "slow", "--operation", "push-order")
    assert run("clear") == "0 No faults planned.\n"


@pytest.mark.parametrize("line", re.findall(r"^  codat-mock (.*)", EXAMPLES, re.M))
def test_every_example_of_the_help_works(start_server: Callable[..., Server], line: str):
    variables = {"CODAT_MOCK_URL": start_server().address, "CODAT_MOCK_API_KEY": "k"}
    ran = CliRunner().invoke(main, shlex.split(line), env=variables)
    assert ran.exit_code == 0, ran.output


@pytest.fixture
def session(registry: SandboxRegistry) -> Iterator[Session]:
    with registry.sandbox("k").session() as opened:
        yield opened


def seen_and_hits(session: Session) -> list[tuple[int, int]]:
    return [(each.seen, each.hits) for each in fault_injection.planned(session).faults]


def test_a_fault_hits_at_its_positions_among_the_requests_it_is_for(session):
    company = companies.create(session, "Café").id
    fault_injection.plan(
        session,
        [
            Refuse(status=500, operation="push-orders", at=(2, 4)),
            Refuse(status=501, company_id=company, at=(3,)),
            Refuse(status=502, operation="get-company"),
        ],
    )
    met = []
    for operation, company_id in (
        ("push-orders", company), ("push-orders", None), ("push-orders", company),
        ("push-orders", company), ("get-company", company), ("list-companies", None),
    ):  # fmt: skip
        hit = fault_injection.meet(session, operation, company_id)
        met.append(hit and hit.effect.refusal.status)
    assert met == [None, 500, None, 500, 502, None]
    # The third counts the request that the first one hits, and is passed over.
    assert seen_and_hits(session) == [(4, 2), (4, 0), (1, 1)]
    assert fault_injection.meet(session, "push-orders", None) is None
    assert fault_injection.clear(session).faults == []
    assert fault_injection.meet(session, "get-company", company) is None


def test_of_several_faults_at_one_request_the_first_planned_hits_and_all_count(session):
    fault_injection.plan(session, [Refuse(status=status) for status in (501, 502)])
    hit = fault_injection.meet(session, "x", None)
    assert hit is not None
    assert hit.effect.refusal is not None
    assert (hit.effect.refusal.status, hit.at) == (501, session.now)
    assert seen_and_hits(session) == [(1, 1), (1, 0)]


def test_time_that_elapses_is_added_up_and_passes_before_another_fault(session):
    fault_injection.plan(
        session, [Refuse(status=503), Elapse(seconds=5), Elapse(seconds=7, at=(2,))]
    )
    start = session.now
    for seconds, hits in ((5, [1, 1, 0]), (12, [2, 2, 1])):
        hit = fault_injection.meet(session, "x", None)
        assert hit is not None
        assert hit.at == start + timedelta(seconds=seconds)
        assert session.tables.row.clock.now() == start + timedelta(seconds=seconds)
        assert [each for _, each in seen_and_hits(session)] == hits
    only = fault_injection.plan(session, [Elapse(seconds=1)], replaces=True)
    assert [each.seen for each in only.faults] == [0]
    assert fault_injection.meet(session, "x", None) is None


def test_a_fault_of_an_unknown_company_is_not_planned(session):
    fault_injection.plan(session, [Refuse(status=503)])
    with pytest.raises(NotFound):
        fault_injection.plan(session, [Refuse(status=501, company_id="unknown")])
    assert len(fault_injection.planned(session).faults) == 1
    more = fault_injection.plan(session, [Refuse(status=501), Refuse(status=502)])
    assert [each.number for each in more.faults] == [1, 2, 3]
