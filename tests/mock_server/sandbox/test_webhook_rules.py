"""Rules that ask for alerts: where they may send to, how they are kept, and sending again."""

from __future__ import annotations

import httpx
import pytest
from webhook_receiver import RULES, add_rule, push, settle

from codat_mock.domain.webhook_delivery import is_allowed
from codat_mock.models.alerts import AlertRule


@pytest.mark.parametrize("url", ["http://example.com/", "http://192.0.2.1/", "file:///etc/hosts"])
def test_rules_send_to_this_machine_only(live, url):
    answer = live.post(RULES, json={"type": "Data sync completed", "url": url})
    assert answer.status_code == 400
    assert answer.json()["problems"][0]["path"] == "$.url"


def test_hosts_are_allowed_by_name():
    assert is_allowed("https://Hooks.example.com/x", ["hooks.example.com"])
    assert not is_allowed("https://hooks.example.com.evil.org/", ["hooks.example.com"])
    assert not is_allowed("http://127.0.0.1@192.0.2.1/", [])
    assert not is_allowed("http://[", [])
    assert is_allowed("http://[::1]:8080/", [])


def test_every_sandbox_has_the_rules_of_its_server(start_server, auth, receiver):
    rule = AlertRule(type="Data sync completed", url=receiver.url)
    server = start_server(alert_rules=(rule,))
    with httpx.Client(base_url=server.address, headers=auth("k")) as client:
        company = client.post("/meta/companies/sync", json={"name": "Café"}).json()["id"]
        push(client, company)
        settle(client, seconds=8)
    assert len(receiver.got) == 1


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


def test_an_alert_that_is_sent_again_is_retried_as_a_new_one(live, company, receiver):
    receiver.answers = [(500, {}), (503, {}), (503, {}), (503, {}), (200, {})]
    add_rule(live, receiver)
    push(live, company)
    [alert] = settle(live, minutes=10)  # over two minutes after its first try
    assert live.post(f"/_mock/alerts/{alert['alertId']}/resend").status_code == 200
    [alert] = settle(live, minutes=10)
    assert alert["state"] == "delivered"
    assert [attempt["status"] for attempt in alert["attempts"]] == [500, 503, 503, 503, 200]


def test_what_has_no_rule_any_more_cannot_be_sent_again(live, company, receiver):
    rule_id = add_rule(live, receiver)
    push(live, company)
    [alert] = settle(live, minutes=1)
    kept = add_rule(live, receiver)
    assert live.delete(f"{RULES}/none").status_code == 404
    [left] = live.delete(f"{RULES}/{rule_id}").json()["rules"]
    assert left["ruleId"] == kept
    refused = live.post(f"/_mock/alerts/{alert['alertId']}/resend")
    assert refused.status_code == 409
    assert "its rule has been removed" in refused.json()["detail"]
    push(live, company)
    assert [each["ruleId"] for each in settle(live, minutes=1)] == [rule_id, kept]


def test_removing_a_rule_gives_up_what_is_to_be_tried_for_it_alone(live, company, receiver):
    receiver.answers = [(503, {})]
    removed, kept = add_rule(live, receiver), add_rule(live, receiver)
    push(live, company)
    settle(live, seconds=8)
    live.delete(f"{RULES}/{removed}")
    states = {alert["ruleId"]: alert["state"] for alert in settle(live)}
    assert states == {removed: "failed", kept: "pending"}


def test_without_its_rule_an_alert_is_not_tried_any_more(live, company, receiver):
    receiver.answers = [(503, {})]
    add_rule(live, receiver)
    push(live, company)
    settle(live, seconds=8)
    assert live.delete(RULES).json() == {"rules": []}
    [alert] = settle(live, minutes=3)
    assert alert["state"] == "failed"
    assert len(receiver.got) == 1
