"""Alerts: when they are raised, and what they contain."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from click.testing import CliRunner
from msgspec import UNSET
from msgspec.structs import replace
from webhook_receiver import ORDER, Receiver, add_rule, push, settle

from codat_mock.cli.main import main
from codat_mock.clock import MICROSECOND
from codat_mock.domain.dataset_lifecycle import Plan, end_of, make_plan
from codat_mock.models.alerts import AlertRule, Notifiers, VendorRuleRequest
from codat_mock.models.errors import Conflict, Malformed, NotFound
from codat_mock.rules.contexts import Request
from codat_mock.sandbox import Sandbox, SandboxRegistry, clock_control, companies
from codat_mock.sandbox.webhooks import (
    TYPE_TO_ERROR,
    Delivery,
    add_rules,
    alerts,
    change_rule,
    clear_rules,
    client_id,
    expect_end,
    is_first,
    next_delivery,
    raise_alerts,
    record,
    record_status,
    remove_rule,
    resend,
    save_vendor_rule,
    vendor_rules,
)
from codat_mock.storage import DatasetRow
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


@pytest.mark.parametrize("copies", [1, 2])
def test_every_other_alert_is_overtaken_from_the_first_on(registry, copies):
    sandbox = sandbox_with_alert(registry, copies=copies, overtaken_seconds=60)
    with sandbox.session() as session:
        for _ in range(3):
            raise_alerts(session, Event("Dataset data changed", "c", None, "m", {}))
        found = session.tables.alerts.all()
    waits = [(each.due - START).total_seconds() for each in found]
    assert waits == [wait for wait in (60, 0, 60, 0) for _ in range(copies)]
    assert len({each.body.alert_id for each in found}) == 4
    assert all((each.raised, each.first) == (START, each.due) for each in found)


@pytest.mark.parametrize(
    ("outcome", "stuck_in", "is_changed", "types"),
    [
        ("Complete", None, False, ["Data sync completed"]),
        ("Complete", None, True, ["Data sync completed", "Dataset data changed"]),
        ("MapError", None, True, ["Data Sync Status Changed to Error"]),
        ("NotSupported", None, True, []),
        ("Complete", "Mapping", True, []),
    ],
)
def test_the_end_of_a_dataset_is_an_event_at_its_moment(
    registry, outcome, stuck_in, is_changed, types
):
    with registry.sandbox("k").session() as session:
        row = session.company(companies.create(session, "Café").id)
        plan = make_plan(outcome, "", [1] * 5, stuck_in=stuck_in)
        dataset = dataset_of(plan, "d")
        expect_end(session, row, dataset, is_changed=is_changed)
        happened = session.tables.alerts.happened(dataset.ends - MICROSECOND)
        assert happened == []
        ended = session.tables.alerts.happened(dataset.ends)
    assert [event.type for _, event in ended] == types
    assert {moment for moment, _ in ended} == ({dataset.ends} if types else set())


def dataset_of(plan: Plan, name: str, seconds: float = 0) -> DatasetRow:
    """A dataset pushed so many seconds after the start."""
    requested = START + timedelta(seconds=seconds)
    return DatasetRow(
        name, "con", data_type="commerce-orders", requested=requested,
        ends=end_of(plan, requested), plan=plan, request=Request(1, "", "POST", "/"),
    )  # fmt: skip


def test_the_first_dataset_to_complete_is_the_first_sync_of_its_company(registry):
    with registry.sandbox("k").session() as session:
        row = session.company(companies.create(session, "Café").id)
        other = session.company(companies.create(session, "Bar").id)
        for number, plan, name, seconds in (
            (row.number, make_plan("MapError", durations=[0] * 5), "failed", 0),
            (row.number, make_plan(stuck_in="Mapping"), "stuck", 0),
            (row.number, make_plan(durations=[2] * 5), "long", 0),
            (row.number, make_plan(durations=[1] * 5), "first", 1),
            (row.number, make_plan(durations=[1] * 5), "same moment", 1),
            (other.number, make_plan(durations=[0] * 5), "of another", 0),
        ):
            session.tables.datasets.add(number, dataset_of(plan, name, seconds), b"{}")

        def firsts(company_id: str) -> list[str]:
            names = ("failed", "stuck", "long", "first", "same moment", "of another")
            events = [
                Event("Data sync completed", company_id, None, "", {"datasetId": name})
                for name in names
            ]
            return [each.data["datasetId"] for each in events if is_first(session, each)]

        add_rules(session, [AlertRule(type="Data sync completed", url="")])
        assert firsts(row.company.id) == []  # nobody asks for it
        add_rules(session, [AlertRule(type="New company synchronised", url="")])
        assert firsts(row.company.id) == ["first"]
        assert firsts("unknown") == []


def test_a_status_that_does_not_change_is_no_event(registry):
    with registry.sandbox("k").session() as session:
        row = session.company(companies.create(session, "Café").id)
        [commerce] = row.company.data_connections
        record_status(session, row.company.id, commerce, commerce.status)
        assert session.tables.alerts.happened(session.now) == []
        record_status(session, row.company.id, commerce, "Unlinked")
        [(moment, event)] = session.tables.alerts.happened(session.now)
        assert (moment, event.data["newStatus"]) == (START, "Unlinked")


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"url": "http://example.com"}, "$.url"),
        ({"url": ""}, None),
        ({"url": "http://localhost", "secrets": ("whsec_YQ==", "whsec_YQ==")}, None),
        ({"url": "", "secrets": ("whsec_YQ==", "whsec_a")}, "$.secrets[1]"),
    ],
)
def test_a_rule_that_cannot_be_followed_is_refused_by_its_place(registry, given, problem):
    rule = AlertRule(type="Data sync completed", **given)
    with registry.sandbox("k").session() as session:
        [added] = add_rules(session, [AlertRule(type="Data sync completed", url="")]).rules
        for attempt in (
            lambda: add_rules(session, [rule]),
            lambda: change_rule(session, added.rule_id, rule),
        ):
            if problem is None:
                assert attempt().rules[-1].rule == rule
                continue
            with pytest.raises(Malformed) as caught:
                attempt()
            assert [each.path for each in caught.value.problems] == [problem]
        with pytest.raises(NotFound):
            change_rule(session, "unknown", rule)
        with pytest.raises(NotFound):
            add_rules(session, [AlertRule(type="Data sync completed", url="", company_id="x")])


def test_rules_are_removed_one_by_one_or_all(registry):
    with registry.sandbox("k").session() as session:
        asked = [AlertRule(type="Data sync completed", url="") for _ in range(3)]
        first, second, third = (each.rule_id for each in add_rules(session, asked).rules)
        assert [each.rule_id for each in remove_rule(session, second).rules] == [first, third]
        with pytest.raises(NotFound):
            remove_rule(session, second)
        assert clear_rules(session).rules == []


def test_a_rule_of_the_vendors_api_keeps_what_only_the_control_api_knows(registry):
    with registry.sandbox("k").session() as session:
        notifiers = Notifiers(emails=["a@b"], webhook="http://localhost/1")
        asked = VendorRuleRequest(type=TYPE_TO_ERROR, notifiers=notifiers)
        made = save_vendor_rule(session, asked)
        assert (made.type, made.company_id, made.notifiers) == (TYPE_TO_ERROR, UNSET, notifiers)
        [stored] = session.tables.alerts.rules()
        assert stored.rule.type == "Data Sync Status Changed to Error"
        session.tables.alerts.save_rule(made.id, replace(stored.rule, copies=3))
        company = companies.create(session, "Café").id
        changed = save_vendor_rule(
            session,
            VendorRuleRequest(
                type="Data sync completed", company_id=company, notifiers=Notifiers()
            ),
            made.id,
        )
        assert (changed.id, changed.type, changed.company_id) == (
            made.id,
            "Data sync completed",
            company,
        )
        assert changed.notifiers == Notifiers(emails=UNSET, webhook=UNSET)
        [rule] = [each.rule for each in session.tables.alerts.rules()]
        assert (rule.copies, rule.url, rule.emails, rule.company_id) == (3, "", (), company)
        assert vendor_rules(session) == [changed]
        with pytest.raises(NotFound):
            save_vendor_rule(session, asked, "unknown")


@pytest.mark.parametrize(
    ("status", "state", "is_alerted", "next_seconds"),
    [(200, "delivered", True, None), (503, "pending", False, 15), (400, "failed", False, None)],
)
def test_a_delivery_ends_an_alert_or_plans_the_next_try(
    registry, status, state, is_alerted, next_seconds
):
    with registry.sandbox("k").session() as session:
        row = session.company(companies.create(session, "Café").id)
        session.tables.datasets.add(row.number, dataset_of(make_plan(), "d"), b"{}")
        add_rules(session, [AlertRule(type="Data sync completed", url="http://localhost")])
        event = Event("Data sync completed", row.company.id, "con", "", {"datasetId": "d"})
        raise_alerts(session, event)
        assert not alerts(session).is_settled
        delivery = next_delivery(session)
        assert delivery is not None
        assert delivery.at == START
        record(session, delivery, status, "", None)
        [alert] = alerts(session).alerts
        assert alert.state == state
        assert alert.next_try == (
            None if next_seconds is None else f"2022-03-21T08:00:{next_seconds}Z"
        )
        assert [each.status for each in alert.attempts] == [status]
        assert session.tables.datasets.find(row.number, "d").is_alerted == is_alerted
        assert alerts(session).is_settled
        assert next_delivery(session) is None


def test_a_sandbox_has_an_id_as_a_client_which_is_a_uuid_like_those_of_its_records(registry):
    found = []
    for name in ("a", "b"):
        with registry.sandbox(name).session() as session:
            found += [client_id(session), session.new_id()]
            assert client_id(session) == found[-2]
    assert [UUID(each).version for each in found] == [4] * 4
    assert len({*found}) == 4
