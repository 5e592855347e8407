"""Alerts: when they are raised, and what they contain."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from webhook_receiver import ORDER, Receiver, add_rule, push, settle

from codat_mock.cli.main import main
from codat_mock.models.alerts import AlertRule
from codat_mock.models.errors import Conflict, NotFound
from codat_mock.sandbox import Sandbox, SandboxRegistry, clock_control
from codat_mock.sandbox.webhooks import Delivery, raise_alerts, record, resend
from codat_mock.storage.alerts import AlertRow, Event
from codat_scenarios.sandbox_driver import SandboxDriver

START = datetime(2022, 3, 21, 8, tzinfo=UTC)


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
        "Message": f"Data sync of type commerce-orders completed for company {company}",
        "Data": {"dataType": "commerce-orders", "datasetId": dataset},
    }
    assert alert["state"] == "delivered"
    assert alert["raised"] == "2022-03-21T08:00:07.7788Z"


def test_every_rule_type_is_fired_when_it_happens(live, set_stage, receiver):
    add_all_rules(live, receiver)
    driver: SandboxDriver = set_stage(live)
    assert types(live, receiver) == ["DataConnectionStatusChanged"]
    assert receiver.bodies[0]["Message"] == (
        "Data connection for Xero status changed from PendingAuth to Linked"
    )
    push(live, driver.company_id)
    assert types(live, receiver, seconds=8)[1:] == [
        "Data sync completed",
        "New company synchronised",
    ]
    first = receiver.bodies[-1]
    assert (first["Message"], first["Data"]) == (
        f"Company {driver.company_id} synced for the first time",
        {},
    )
    push(live, driver.company_id, ORDER)
    assert types(live, receiver, seconds=8)[3:] == ["Data sync completed", "Dataset data changed"]
    assert receiver.bodies[-1]["Message"] == (
        f"Data has changed for dataset type commerce-orders, company {driver.company_id}"
    )
    push(live, driver.company_id, {"totalAmount": 1})
    assert types(live, receiver, seconds=8)[5:] == ["Data Sync Status Changed to Error"]
    assert receiver.bodies[-1]["Message"] == (
        "ERROR: syncing commerce-orders triggered a ValidationError notification at"
        f" {settle(live)[-1]['raised']} "
    )
    assert receiver.bodies[-1]["Data"]["datasetStatus"] == "ValidationError"
    for kind in ("payments", "transactions"):
        live.post(f"/data/companies/{driver.company_id}/sync/commerce-{kind}", json={})
    assert types(live, receiver, hours=20)[6:] == ["Data sync completed"] * 2
    assert types(live, receiver, days=2)[8:] == []
    live.post(f"/_mock/companies/{driver.company_id}/delete-connection").raise_for_status()
    assert types(live, receiver)[8:] == ["Sync Connection Deleted", "DataConnectionStatusChanged"]
    deleted = receiver.bodies[-2]
    assert deleted["Message"] == f"Sync connection for company {driver.company_id} deleted"
    assert deleted["DataConnectionId"] == "00000000-0000-0000-0000-000000000000"
    assert receiver.bodies[-1]["Message"] == (
        "Data connection for Partner Commerce status changed from Linked to Unlinked"
    )
    for body in receiver.bodies:
        named = body["RuleType"] in ("Data sync completed", "Sync Connection Deleted")
        assert ("ClientId" in body) == ("DataConnectionId" in body) == named
        assert "Café" not in json.dumps(body, ensure_ascii=False)
    assert receiver.bodies[-1]["Data"] | {"dataConnectionId": ""} == {
        "dataConnectionId": "",
        "newStatus": "Unlinked",
        "oldStatus": "Linked",
        "platformKey": "lqai",
    }


def test_alerts_are_raised_in_the_order_of_what_they_tell_of(live, set_stage, receiver):
    driver: SandboxDriver = set_stage(live)
    add_all_rules(live, receiver)
    for profile, kind in (("slow", "orders"), ("fast", "payments"), ("realistic", "transactions")):
        durations = {"target": "dataset", "durations": [7200] * 5} if profile == "slow" else {}
        live.post("/_mock/outcomes", json={"target": "dataset", "profile": profile} | durations)
        live.post(f"/data/companies/{driver.company_id}/sync/commerce-{kind}", json={})
    alerts = settle(live, days=3)
    moments = [alert["raised"] for alert in alerts]
    assert moments == sorted(moments)
    announced = [body["Data"].get("dataType", body["RuleType"]) for body in receiver.bodies]
    assert sorted(announced) == [
        "New company synchronised",
        "commerce-orders",
        "commerce-payments",
        "commerce-transactions",
    ]
    assert announced[:3] == [
        "commerce-payments",
        "New company synchronised",
        "commerce-transactions",
    ]


def test_rules_are_for_one_company_where_they_say_so(live, company, receiver):
    other = live.post("/meta/companies/sync", json={"name": "Bar"}).json()["id"]
    add_rule(live, receiver, companyId=company)
    push(live, other)
    push(live, company)
    settle(live, seconds=8)
    assert [body["CompanyId"] for body in receiver.bodies] == [company]


def test_copies_are_the_same_alert_and_some_are_overtaken(live, company, receiver):
    add_rule(live, receiver, copies=2, overtakenSeconds=60)
    first, second = push(live, company), push(live, company)
    settle(live, minutes=2)
    assert [body["Data"]["datasetId"] for body in receiver.bodies] == [second] * 2 + [first] * 2
    assert len({body["AlertId"] for body in receiver.bodies}) == 2


def test_after_a_deletion_the_next_sync_fails_and_none_follows(live, set_stage):
    driver: SandboxDriver = set_stage(live)
    path = f"/_mock/companies/{driver.company_id}/delete-connection"
    assert live.post(path).status_code == 200
    assert live.post(path).status_code == 409
    dataset = push(live, driver.company_id, ORDER)
    live.post("/_mock/clock/advance", json={"days": 4})
    history = live.get(f"/companies/{driver.company_id}/data/history/{dataset}").json()
    assert history["status"] == "AuthError"
    listed = live.get(f"/companies/{driver.company_id}/sync/commerce/syncs/list/status").json()
    assert [sync["syncStatusCode"] for sync in listed] == [4040]


def test_the_command_deletes_the_connection(live, company):
    options = ["--url", str(live.base_url), "--api-key", "test-key"]
    ran = CliRunner().invoke(main, ["delete-connection", company, *options])
    assert (ran.exit_code, ran.output) == (0, "Partner Commerce: Unlinked\n")
    again = CliRunner().invoke(main, ["delete-connection", company, *options])
    assert (again.exit_code, "no linked commerce connection" in again.output) == (2, True)


def test_a_deleted_connection_can_be_linked_again(live, set_stage):
    driver: SandboxDriver = set_stage(live)
    deleted = live.post(f"/_mock/companies/{driver.company_id}/delete-connection").json()
    commerce = deleted["dataConnections"][0]["id"]
    latest = f"/companies/{driver.company_id}/sync/commerce/latest"
    assert live.post(latest).json()["syncStatusCode"] == 4040
    path = f"/companies/{driver.company_id}/connections/{commerce}"
    assert live.patch(path, json={"status": "Linked"}).status_code == 200
    assert live.post(latest).json()["syncStatusCode"] == 2040


def sandbox_with_alert(registry: SandboxRegistry, **given: Any) -> Sandbox:
    """A sandbox whose only rule has raised an alert about an event, sent by nobody."""
    sandbox = registry.sandbox("k")
    with sandbox.session() as session:
        rule = AlertRule(type="Dataset data changed", url="http://127.0.0.1:9", **given)
        session.tables.alerts.add_rule("r", rule)
        raise_alerts(session, Event("Dataset data changed", "c", None, "m", {}))
    return sandbox


def refuse(sandbox: Sandbox, at: datetime) -> AlertRow:
    """Let the delivery that is due at a moment fail, as for a receiver that is down."""
    with sandbox.session() as session:
        row = session.tables.alerts.all()[0]
        assert row.due == at
        stored = session.tables.alerts.rules()[0].rule
        record(session, Delivery(row.number, at, stored, row.body, "client"), 503, "", None)
        return session.tables.alerts.all()[0]


def test_an_alert_that_is_sent_again_has_all_its_retries_again(registry):
    sandbox = sandbox_with_alert(registry)
    began = START
    for _ in range(2):
        for seconds in (0, 15, 45, 105):
            row = refuse(sandbox, began + timedelta(seconds=seconds))
        assert (row.state, row.due) == ("failed", None)
        began += timedelta(hours=1)
        clock_control.set_to(sandbox, began)
        with sandbox.session() as session:
            resend(session, row.body.alert_id)
            row = session.tables.alerts.all()[0]
        assert (row.state, row.tries, row.due) == ("pending", 0, began)


def test_an_alert_of_a_rule_that_is_gone_cannot_be_sent_again(registry):
    sandbox = sandbox_with_alert(registry)
    with sandbox.session() as session:
        row = session.tables.alerts.all()[0]
        session.tables.alerts.remove_rule("r")
        with pytest.raises(Conflict):
            resend(session, row.body.alert_id)
        with pytest.raises(NotFound):
            resend(session, "unknown")


def test_a_delivery_that_is_over_changes_nothing(registry):
    sandbox = sandbox_with_alert(registry)
    with sandbox.session() as session:
        row = session.tables.alerts.all()[0]
        stored = session.tables.alerts.rules()[0].rule
        for number, at in ((99, START), (row.number, START + timedelta(seconds=1))):
            record(session, Delivery(number, at, stored, row.body, "client"), 200, "", None)
        assert session.tables.alerts.all() == [row]


@pytest.mark.parametrize(
    ("given", "due_after"),
    [({}, [0]), ({"copies": 2, "overtaken_seconds": 60}, [60, 60]), ({"company_id": "c"}, [0]),
     ({"company_id": "other"}, [])],
)  # fmt: skip
def test_an_alert_is_raised_in_copies_for_its_company(registry, given, due_after):
    sandbox = sandbox_with_alert(registry, **given)
    with sandbox.session() as session:
        found = session.tables.alerts.all()
    assert [(each.due - START).total_seconds() for each in found] == due_after
