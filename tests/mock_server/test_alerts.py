"""Alerts: when they are raised, how they are delivered, and that nothing waits for them."""

from __future__ import annotations

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codat_mock.alerts import INTERVALS, RETRIABLE, WITHIN, is_allowed, next_try, state_after
from codat_mock.clock import machine_seconds
from codat_mock.sandbox import courier
from codat_scenarios.stage import Stage

START = datetime(2022, 3, 21, 8, tzinfo=UTC)
RULES = "/_mock/alerts/rules"
FINAL = [400, 401, 403, 404, 409, 410, 418, 421, 500, 501, 505, 521, 523]
ORDER = {"id": "A-1", "createdDate": "2022-03-21T07:00:00Z", "totalAmount": 85}
SECRET, OLD_SECRET = ("whsec_" + b64encode(each * 24).decode() for each in (b"n", b"o"))


@dataclass
class Receiver:
    """A receiver of alerts, which answers as it is told, the last answer for ever."""

    url: str = ""
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=lambda: [(200, {})])
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    may_answer: Event = field(default_factory=Event)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, _, body in self.got]


@contextmanager
def receiving() -> Iterator[Receiver]:
    told = Receiver()
    told.may_answer.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            told.got.append((self.path, headers, body))
            told.may_answer.wait(20)
            status, more = told.answers.pop(0) if len(told.answers) > 1 else told.answers[0]
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        told.url = f"http://127.0.0.1:{server.server_port}/hook"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield told
        told.may_answer.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def company(live: httpx.Client) -> str:
    return str(live.post("/meta/companies/sync", json={"name": "Café"}).json()["id"])


def add_rule(client: httpx.Client, receiver: Receiver, **more: Any) -> str:
    rule = {"type": "Data sync completed", "url": receiver.url} | more
    answer = client.post(RULES, json=rule)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["rules"][-1]["ruleId"])


def push(client: httpx.Client, company: str, *records: Any) -> str:
    path = f"/data/companies/{company}/sync/commerce-orders"
    return str(client.post(path, json={"orders": records}).json()["datasetId"])


def settle(client: httpx.Client, **duration: float) -> list[dict[str, Any]]:
    """Move the clock, and wait until every try that is due has been made."""
    if duration:
        client.post("/_mock/clock/advance", json=duration).raise_for_status()
    deadline = machine_seconds() + 20
    while machine_seconds() < deadline:
        told = client.get("/_mock/alerts").json()
        if told["isSettled"]:
            return list(told["alerts"])
    raise AssertionError("alerts do not settle")


def seconds_of(alert: dict[str, Any]) -> list[float]:
    moments = [datetime.fromisoformat(attempt["at"]) for attempt in alert["attempts"]]
    return [(moment - moments[0]).total_seconds() for moment in moments]


def test_an_alert_tells_what_is_published(live, company, receiver):
    rule_id = add_rule(live, receiver, authorization="Bearer abc")
    dataset = push(live, company, ORDER)
    settle(live, seconds=7.7)
    assert receiver.got == []
    [alert] = settle(live, seconds=0.1)
    [(path, headers, body)] = receiver.got
    assert path == "/hook"
    assert headers["authorization"] == "Bearer abc"
    assert headers["content-type"] == "application/json"
    connection = live.get(f"/companies/{company}").json()["dataConnections"][0]["id"]
    assert json.loads(body) == {
        "CompanyId": company,
        "ClientId": headers["x-codat-clientid"],
        "ClientName": "codat-mock",
        "DataConnectionId": connection,
        "RuleId": rule_id,
        "RuleType": "Data sync completed",
        "AlertId": alert["alertId"],
        "Message": "commerce-orders of Café has been synchronised.",
        "Data": {"dataType": "commerce-orders", "datasetId": dataset},
    }
    assert alert["state"] == "delivered"
    assert alert["raised"] == "2022-03-21T08:00:07.7788Z"


def types(client: httpx.Client, receiver: Receiver, **duration: float) -> list[str]:
    settle(client, **duration)
    return [body["RuleType"] for body in receiver.bodies]


def add_all_rules(client: httpx.Client, receiver: Receiver) -> None:
    for kind in (
        "Data sync completed",
        "Dataset data changed",
        "Data Sync Status Changed to Error",
        "DataConnectionStatusChanged",
        "New company synchronised",
        "Sync Connection Deleted",
    ):
        add_rule(client, receiver, type=kind)


def test_every_rule_type_is_fired_when_it_happens(live, set_stage, receiver):
    add_all_rules(live, receiver)
    stage: Stage = set_stage(live)
    assert types(live, receiver) == ["DataConnectionStatusChanged"]
    push(live, stage.company_id)
    assert types(live, receiver, seconds=8)[1:] == ["Data sync completed"]
    push(live, stage.company_id, ORDER)
    assert types(live, receiver, seconds=8)[2:] == ["Data sync completed", "Dataset data changed"]
    push(live, stage.company_id, {"totalAmount": 1})
    assert types(live, receiver, seconds=8)[4:] == ["Data Sync Status Changed to Error"]
    assert receiver.bodies[-1]["Data"]["datasetStatus"] == "ValidationError"
    for kind in ("payments", "transactions"):
        live.post(f"/data/companies/{stage.company_id}/sync/commerce-{kind}", json={})
    assert types(live, receiver, hours=20)[5:] == [
        *["Data sync completed"] * 2,
        "New company synchronised",
    ]
    assert types(live, receiver, days=2)[8:] == []
    live.post(f"/_mock/companies/{stage.company_id}/delete-connection").raise_for_status()
    assert types(live, receiver)[8:] == ["Sync Connection Deleted", "DataConnectionStatusChanged"]
    assert receiver.bodies[-1]["Data"] | {"dataConnectionId": ""} == {
        "dataConnectionId": "",
        "newStatus": "Unlinked",
        "oldStatus": "Linked",
        "platformKey": "lqai",
    }


def test_after_a_deletion_the_next_sync_fails_and_none_follows(live, set_stage):
    stage: Stage = set_stage(live)
    path = f"/_mock/companies/{stage.company_id}/delete-connection"
    assert live.post(path).status_code == 200
    assert live.post(path).status_code == 409
    dataset = push(live, stage.company_id, ORDER)
    live.post("/_mock/clock/advance", json={"days": 4})
    history = live.get(f"/companies/{stage.company_id}/data/history/{dataset}").json()
    assert history["status"] == "AuthError"
    listed = live.get(f"/companies/{stage.company_id}/sync/commerce/syncs/list/status").json()
    assert [sync["syncStatusCode"] for sync in listed] == [4040]


@pytest.mark.parametrize("status", sorted(RETRIABLE))
def test_a_retriable_code_is_tried_again_at_most_three_times(live, company, receiver, status):
    receiver.answers = [(status, {})]
    add_rule(live, receiver)
    push(live, company)
    began = machine_seconds()
    [alert] = settle(live, minutes=3)
    assert machine_seconds() - began < 10  # two minutes of the sandbox's
    assert seconds_of(alert) == [0, 15, 45, 105]
    assert [attempt["status"] for attempt in alert["attempts"]] == [status] * 4
    assert (alert["state"], alert["nextTry"]) == ("failed", None)
    assert len(receiver.got) == 4
    assert len({body for _, _, body in receiver.got}) == 1


@pytest.mark.parametrize("status", FINAL)
def test_any_other_code_is_given_up_at_once(live, company, receiver, status):
    receiver.answers = [(status, {})]
    add_rule(live, receiver)
    push(live, company)
    [alert] = settle(live, minutes=3)
    assert alert["state"] == "failed"
    assert len(receiver.got) == 1


def test_a_retry_waits_for_its_moment_and_may_succeed(live, company, receiver):
    receiver.answers = [(503, {}), (204, {})]
    add_rule(live, receiver)
    push(live, company)
    [alert] = settle(live, seconds=10)
    assert (alert["state"], alert["nextTry"]) == ("pending", "2022-03-21T08:00:22.7788Z")
    assert len(receiver.got) == 1
    assert live.get("/_mock/clock").json()["nextEvent"] == alert["nextTry"]
    live.post("/_mock/clock/advance-to-next-event")
    [alert] = settle(live)
    assert (alert["state"], seconds_of(alert)) == ("delivered", [0, 15])


@pytest.mark.parametrize(
    "retry_after", ["40", format_datetime(START + timedelta(seconds=47, hours=0), usegmt=True)]
)
def test_retry_after_is_honoured(live, company, receiver, retry_after):
    receiver.answers = [(429, {"Retry-After": retry_after}), (200, {})]
    add_rule(live, receiver)
    push(live, company)
    [alert] = settle(live, minutes=3)
    assert alert["state"] == "delivered"
    assert seconds_of(alert)[1] == pytest.approx(40, abs=1)


def test_a_receiver_that_wants_to_wait_too_long_is_given_up(live, company, receiver):
    receiver.answers = [(503, {"Retry-After": "121"})]
    add_rule(live, receiver)
    push(live, company)
    [alert] = settle(live, minutes=5)
    assert (alert["state"], seconds_of(alert)) == ("failed", [0])


def test_no_answer_is_retried_too_and_slows_nothing(live, company, receiver, monkeypatch):
    monkeypatch.setattr(courier, "TIMEOUT_SECONDS", 0.1)
    live.post("/_mock/reset")
    company = live.post("/meta/companies/sync", json={"name": "Bar"}).json()["id"]
    receiver.may_answer.clear()
    add_rule(live, receiver)
    push(live, company)
    [alert] = settle(live, minutes=3)
    assert [attempt["status"] for attempt in alert["attempts"]] == [None] * 4
    assert "ReadTimeout" in alert["attempts"][0]["error"]


def test_nobody_there_is_retried_too(live, company):
    add_rule(live, Receiver(url="http://127.0.0.1:1/"))
    push(live, company)
    [alert] = settle(live, minutes=3)
    assert len(alert["attempts"]) == 4
    assert "ConnectError" in alert["attempts"][0]["error"]


def test_a_slow_receiver_never_slows_the_api(live, company, receiver):
    receiver.may_answer.clear()
    add_rule(live, receiver)
    push(live, company)
    live.post("/_mock/clock/advance", json={"seconds": 8})
    while not receiver.got:
        pass
    began = machine_seconds()
    for _ in range(20):
        assert live.get("/meta/companies").status_code == 200
    assert machine_seconds() - began < 5
    assert live.get("/_mock/alerts").json()["isSettled"] is False
    receiver.may_answer.set()
    [alert] = settle(live)
    assert alert["state"] == "delivered"


def test_redirects_are_followed(live, company, receiver):
    with receiving() as second:
        receiver.answers = [(307, {"Location": second.url})]
        add_rule(live, receiver)
        push(live, company)
        [alert] = settle(live, seconds=8)
        assert alert["state"] == "delivered"
        assert [body["AlertId"] for body in second.bodies] == [alert["alertId"]]


def test_no_redirect_leads_to_another_machine(live, company, receiver):
    receiver.answers = [(308, {"Location": "http://192.0.2.1/"})]
    add_rule(live, receiver)
    push(live, company)
    [alert] = settle(live, minutes=3)
    [attempt] = alert["attempts"]
    assert (alert["state"], attempt["status"]) == ("failed", 308)
    assert attempt["error"] == "It leads to http://192.0.2.1/: not allowed."


def test_a_redirect_in_a_circle_ends(live, company, receiver):
    receiver.answers = [(307, {"Location": receiver.url})]
    add_rule(live, receiver)
    push(live, company)
    [alert] = settle(live, minutes=3)
    assert alert["state"] == "failed"
    assert len(receiver.got) == courier.MOST_REDIRECTS + 1


@pytest.mark.parametrize("url", ["http://example.com/", "http://192.0.2.1/", "file:///etc/hosts"])
def test_rules_send_to_this_machine_only(live, url):
    answer = live.post(RULES, json={"type": "Data sync completed", "url": url})
    assert answer.status_code == 400
    assert answer.json()["problems"][0]["path"] == "$.url"


def test_alerts_are_signed_with_every_secret(live, company, receiver):
    rule_id = add_rule(live, receiver, secrets=[OLD_SECRET])
    rule = {"type": "Data sync completed", "url": receiver.url, "secrets": [SECRET, OLD_SECRET]}
    assert live.put(f"{RULES}/{rule_id}", json=rule).status_code == 200
    push(live, company)
    [alert] = settle(live, seconds=8)
    [(_, headers, body)] = receiver.got
    assert headers["webhook-id"] == alert["alertId"]
    moment = int((START + timedelta(seconds=7)).timestamp())
    assert headers["webhook-timestamp"] == str(moment)
    signed = f"{alert['alertId']}.{moment}.".encode() + body
    signatures = [
        b64encode(hmac.digest(b64decode(secret[6:]), signed, sha256)).decode()
        for secret in (SECRET, OLD_SECRET)
    ]
    assert headers["webhook-signature"] == " ".join(f"v1,{each}" for each in signatures)


def test_copies_are_the_same_alert_and_some_are_overtaken(live, company, receiver):
    add_rule(live, receiver, copies=2, overtakenSeconds=60)
    first, second = push(live, company), push(live, company)
    settle(live, minutes=2)
    assert [body["Data"]["datasetId"] for body in receiver.bodies] == [second] * 2 + [first] * 2
    assert len({body["AlertId"] for body in receiver.bodies}) == 2


def test_an_alert_can_be_sent_again(live, company, receiver):
    receiver.answers = [(500, {}), (200, {})]
    add_rule(live, receiver)
    push(live, company)
    [alert] = settle(live, minutes=1)
    assert alert["state"] == "failed"
    assert live.post(f"/_mock/alerts/{alert['alertId']}/resend").status_code == 200
    [alert] = settle(live)
    assert alert["state"] == "delivered"
    assert [attempt["status"] for attempt in alert["attempts"]] == [500, 200]
    assert live.post("/_mock/alerts/none/resend").status_code == 404


def test_rules_are_for_one_company_where_they_say_so(live, company, receiver):
    other = live.post("/meta/companies/sync", json={"name": "Bar"}).json()["id"]
    add_rule(live, receiver, companyId=company)
    push(live, other)
    push(live, company)
    settle(live, seconds=8)
    assert [body["CompanyId"] for body in receiver.bodies] == [company]


def test_without_its_rule_an_alert_is_not_tried_any_more(live, company, receiver):
    receiver.answers = [(503, {})]
    add_rule(live, receiver)
    push(live, company)
    settle(live, seconds=8)
    assert live.delete(RULES).json() == {"rules": []}
    [alert] = settle(live, minutes=3)
    assert alert["state"] == "failed"
    assert len(receiver.got) == 1


def test_a_running_clock_delivers_by_itself(start_server, auth, receiver):
    server = start_server(speed=1000)
    with httpx.Client(base_url=server.address, headers=auth("k")) as client:
        company = client.post("/meta/companies/sync", json={"name": "Café"}).json()["id"]
        add_rule(client, receiver)
        push(client, company)
        deadline = machine_seconds() + 20
        while not receiver.got:
            assert machine_seconds() < deadline


def test_serve_reads_rules_from_a_file(serve, command, receiver, tmp_path):
    path = tmp_path / "rules.json"
    path.write_text(json.dumps([{"type": "Data sync completed", "url": receiver.url}]))
    served = serve("--speed", "frozen", "--alert-rules", str(path))
    company = served.http.post("/meta/companies/sync", json={"name": "Café"}).json()["id"]
    push(served.http, company)
    settle(served.http, seconds=8)
    assert len(receiver.got) == 1
    path.write_text(json.dumps([{"type": "Data sync completed", "url": "http://example.com"}]))
    refused = command("serve", "--port", "0", "--alert-rules", str(path))
    assert refused.wait(20) == 2
    assert "allow it by --alert-host" in refused.stderr.read()


def test_hosts_are_allowed_by_name():
    assert is_allowed("https://Hooks.example.com/x", ["hooks.example.com"])
    assert not is_allowed("https://hooks.example.com.evil.org/", ["hooks.example.com"])
    assert not is_allowed("http://127.0.0.1@192.0.2.1/", [])
    assert not is_allowed("http://[", [])
    assert is_allowed("http://[::1]:8080/", [])


@given(st.integers(100, 599))
def test_a_code_delivers_retries_or_ends(status):
    expected = "delivered" if status // 100 == 2 else "failed"
    assert state_after(status) == ("pending" if status in RETRIABLE else expected)


@given(st.lists(st.none() | st.integers(0, 200).map(str) | st.text(max_size=9), max_size=9))
def test_there_are_never_more_than_three_retries_nor_any_after_two_minutes(asked):
    tried: datetime | None = START
    moments = []
    for tries, retry_after in enumerate(asked, 1):
        if tried is None:
            break
        moments.append(tried)
        tried = next_try(START, tries, tried, retry_after)
    assert len(moments) <= 4
    assert moments == sorted(moments)
    assert all(moment - START <= WITHIN for moment in moments)


def test_intervals_grow_to_at_most_a_minute():
    assert list(INTERVALS) == sorted(INTERVALS)
    assert INTERVALS[-1] <= timedelta(seconds=60)
