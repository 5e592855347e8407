"""Alerts: how they are delivered, signed and tried again, and that nothing waits for them."""

from __future__ import annotations

import asyncio
import hmac
import json
from base64 import b64decode, b64encode
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from webhook_receiver import (
    RULES,
    Receiver,
    add_rule,
    push,
    receiving,
    seconds_of,
    settle,
    trickling,
)

from codat_mock.clock import machine_seconds
from codat_mock.domain.webhook_delivery import INTERVALS, RETRIABLE, WITHIN, next_try, state_after
from codat_mock.models.alerts import AlertPayload, AlertRule
from codat_mock.sandbox import webhook_sender
from codat_mock.sandbox.internal_errors import InternalErrors
from codat_mock.sandbox.webhooks import Delivery

START = datetime(2022, 3, 21, 8, tzinfo=UTC)
SECRET, OLD_SECRET = ("whsec_" + b64encode(each * 24).decode() for each in (b"n", b"o"))


@pytest.mark.parametrize("status", [408, 503])
def test_a_retriable_code_is_tried_again_at_most_three_times(live, company, receiver, status):
    receiver.answers = [(status, {})]
    add_rule(live, receiver)
    push(live, company)
    [alert] = settle(live, minutes=3)
    assert seconds_of(alert) == [0, 15, 45, 105]
    assert [attempt["status"] for attempt in alert["attempts"]] == [status] * 4
    assert (alert["state"], alert["nextTry"]) == ("failed", None)
    assert len(receiver.got) == 4
    assert len({body for _, _, body in receiver.got}) == 1


def test_with_a_frozen_clock_two_minutes_of_retries_take_seconds(live, company, receiver):
    add_rule(live, receiver)
    push(live, company)
    settle(live, seconds=8)  # what is loaded for the first alert does not count
    receiver.answers = [(503, {})]
    for _ in range(10):
        push(live, company)
    began = machine_seconds()
    alerts = settle(live, minutes=3)
    seconds = machine_seconds() - began
    tries = sum(len(alert["attempts"]) for alert in alerts[1:])
    print(f"{tries} tries over two minutes took {seconds * 1000:.0f} ms")
    assert (tries, len(receiver.got)) == (40, 41)
    assert seconds < 20  # on a machine that does much else


@pytest.mark.parametrize("status", [400, 500])
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


def test_a_receiver_whose_retry_after_is_too_long_is_given_up(live, company, receiver):
    receiver.answers = [(503, {"Retry-After": "121"})]
    add_rule(live, receiver)
    push(live, company)
    [alert] = settle(live, minutes=5)
    assert (alert["state"], seconds_of(alert)) == ("failed", [0])


def test_no_answer_is_retried_too(live, company, receiver, monkeypatch):
    monkeypatch.setattr(webhook_sender, "TIMEOUT_SECONDS", 0.1)
    receiver.may_answer.clear()
    add_rule(live, receiver)
    push(live, company)
    [alert] = settle(live, minutes=3)
    assert [attempt["status"] for attempt in alert["attempts"]] == [None] * 4
    assert alert["attempts"][0]["error"] == "No answer within 0.1 seconds."


def test_an_answer_that_trickles_is_given_up_as_one_that_does_not_come(live, company, monkeypatch):
    monkeypatch.setattr(webhook_sender, "TIMEOUT_SECONDS", 0.3)
    with trickling() as receiver:
        add_rule(live, receiver)
        push(live, company)
        [alert] = settle(live, minutes=3)
    assert [attempt["error"] for attempt in alert["attempts"]] == [
        "No answer within 0.3 seconds."
    ] * 4


def test_redirects_have_one_time_limit_together(live, company, receiver, monkeypatch):
    monkeypatch.setattr(webhook_sender, "TIMEOUT_SECONDS", 0.5)
    with trickling() as second:
        receiver.answers = [(307, {"Location": second.url})]
        add_rule(live, receiver)
        push(live, company)
        [alert] = settle(live, seconds=8)
    assert alert["attempts"][0]["error"] == "No answer within 0.5 seconds."


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
    assert attempt["error"] == "It redirects to http://192.0.2.1/, which is not allowed."


def test_a_redirect_in_a_circle_ends(live, company, receiver):
    receiver.answers = [(307, {"Location": receiver.url})]
    add_rule(live, receiver)
    push(live, company)
    [alert] = settle(live, minutes=3)
    assert alert["state"] == "failed"
    assert len(receiver.got) == webhook_sender.MAX_REDIRECTS + 1


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


def test_a_running_clock_delivers_by_itself(start_server, auth, receiver):
    server = start_server(speed=1000)
    with httpx.Client(base_url=server.address, headers=auth("k")) as client:
        company = client.post("/meta/companies/sync", json={"name": "Café"}).json()["id"]
        add_rule(client, receiver)
        push(client, company)
        deadline = machine_seconds() + 20
        while not receiver.got:
            assert machine_seconds() < deadline


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


@pytest.mark.parametrize("secret", ["whsec_A", "whsec_AAAAA", "whsec_AAA=A"])
def test_a_secret_that_cannot_sign_is_refused_with_its_place(live, receiver, secret):
    rule = {"type": "Data sync completed", "url": receiver.url, "secrets": [SECRET, secret]}
    answer = live.post(RULES, json=rule)
    assert answer.status_code == 400
    assert "secret" in answer.json()["detail"].lower()
    assert live.get(RULES).json()["rules"] == []


@pytest.mark.parametrize("location", ["http://xn--a/", "http://[", "http://127.0.0.1:99999/", "//"])
def test_a_redirect_to_what_is_no_url_ends_one_delivery_and_no_other(
    live, company, receiver, location
):
    receiver.answers = [(307, {"Location": location}), (200, {})]
    add_rule(live, receiver)
    push(live, company)
    settle(live, minutes=3)
    push(live, company)
    alerts = settle(live, minutes=3)
    assert alerts[-1]["state"] == "delivered"
    assert alerts[0]["state"] in ("failed", "delivered")
    assert live.get("/_mock/report").json()["failures"] == []


def test_an_error_of_the_sender_is_a_fault_of_the_mock_and_the_next_alert_is_sent(
    live, company, receiver, monkeypatch
):
    add_rule(live, receiver)
    with monkeypatch.context() as patch:
        patch.setattr(webhook_sender, "to_http", lambda _: 1 / 0)
        push(live, company)
        settle(live, minutes=3)
    push(live, company)
    assert settle(live, minutes=3)[-1]["state"] == "delivered"
    [*failures] = live.get("/_mock/report").json()["failures"]
    assert failures
    assert all("ZeroDivisionError" in failure for failure in failures)


def delivery(url: str = "http://localhost/0", **given: object) -> Delivery:
    body = AlertPayload(
        company_id="c", rule_id="r", rule_type="Dataset data changed", alert_id="a", message="m",
        data={},
    )  # fmt: skip
    rule = AlertRule(type="Dataset data changed", url=url, **given)
    return Delivery(1, START, rule, body, "client")


def sent(answer, url: str = "http://localhost/0") -> tuple[webhook_sender.Outcome, list[str], list]:
    """What comes of a delivery where every request gets that answer, and the requests' URLs."""
    asked: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return answer(request)

    failures = InternalErrors()
    sender = webhook_sender.WebhookSender(nullcontext, ["hooks.example"], failures)

    async def deliver() -> webhook_sender.Outcome:
        async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as client:
            return await sender._deliver(client, delivery(url))

    return asyncio.run(deliver()), asked, failures.all()


def test_a_sender_rests_once_nothing_is_due_or_its_sandbox_is_closed(registry):
    sandbox = registry.sandbox("k")
    sender = webhook_sender.WebhookSender(sandbox.session, [], InternalErrors())
    with asyncio.Runner() as loop:
        client = httpx.AsyncClient()
        assert not sender._do_next(loop, client)
        registry.reset("k")
        assert not sender._do_next(loop, client)
        loop.run(client.aclose())


def test_a_sender_that_is_stopped_ends_its_thread(registry):
    sender = webhook_sender.WebhookSender(registry.sandbox("k").session, [], InternalErrors())
    sender.wake()
    thread = sender._thread
    assert thread is not None
    sender.stop()
    thread.join(20)
    assert not thread.is_alive()
    sender.wake()
    assert sender._thread is thread


@pytest.mark.parametrize(("count", "status"), [(0, 200), (5, 200), (6, 307)])
def test_five_redirects_are_followed_and_no_more(count, status):
    def answer(request: httpx.Request) -> httpx.Response:
        place = int(request.url.path[1:])
        if place == count:
            return httpx.Response(200, headers={"Retry-After": "7"})
        return httpx.Response(307, headers={"Location": f"/{place + 1}"})

    outcome, asked, _ = sent(answer)
    assert len(asked) == min(count, 5) + 1
    if status == 200:
        assert outcome == (200, "", "7")
    else:
        assert outcome == (307, "Too many redirects, the last to http://localhost/6.", None)


@pytest.mark.parametrize(
    ("location", "is_followed"),
    [("http://hooks.example/1", True), ("http://other.example/?token=x", False)],
)
def test_a_redirect_leads_to_allowed_hosts_alone(location, is_followed):
    outcome, asked, _ = sent(
        lambda request: httpx.Response(
            *((204,) if "1" in request.url.path else (302,)), headers={"Location": location}
        )
    )
    assert len(asked) == 1 + is_followed
    if not is_followed:
        shown = "http://other.example/?token=removed"
        assert outcome == (302, f"It redirects to {shown}, which is not allowed.", None)


@pytest.mark.parametrize(
    ("error", "words", "is_fault"),
    [
        (httpx.ConnectError("nobody"), "ConnectError: nobody", False),
        (ValueError("no URL"), "ValueError: no URL", False),
        (KeyError("ours"), "codat-mock failed: KeyError", True),
    ],
)
def test_why_a_delivery_has_no_answer_and_whose_fault_it_is(error, words, is_fault):
    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    outcome, _, faults = sent(fail, "http://localhost/?token=x")
    assert outcome == (None, words, None)
    assert len(faults) == is_fault
    assert all("to http://localhost/?token=removed" in fault for fault in faults)


def test_a_delivery_may_take_ten_seconds():
    assert webhook_sender.TIMEOUT_SECONDS == 10


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, set()),
        ({"authorization": "Bearer abc"}, {"authorization"}),
        ({"secrets": (SECRET,)}, {"webhook-id", "webhook-timestamp", "webhook-signature"}),
    ],
)
def test_a_request_has_the_headers_that_its_rule_asks_for(given, names):
    request = webhook_sender.to_http(delivery(**given))
    assert request.method == "POST"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["X-Codat-ClientId"] == "client"
    known = {"authorization", "webhook-id", "webhook-timestamp", "webhook-signature"}
    assert {*request.headers} & known == names
    assert json.loads(request.content)["AlertId"] == "a"
