"""Alerts: raised when something happens that a rule asks for, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final
from uuid import UUID

from msgspec import Struct

from codat_mock.alerts import is_allowed, next_try, state_after
from codat_mock.clock import format_moment
from codat_mock.lifecycle import Plan
from codat_mock.records.alerts import (
    Alert,
    AlertRule,
    AlertRules,
    Alerts,
    Attempt,
    Message,
    StoredRule,
)
from codat_mock.records.companies import Connection, ConnectionStatus
from codat_mock.records.errors import Conflict, Malformed, Problem, Unknown
from codat_mock.sandbox.turn import Turn
from codat_mock.store import AlertRow, CompanyRow, DatasetRow, Happening

CLIENT_NAME: Final = "codat-mock"


class Errand(Struct, frozen=True):
    """One try to deliver an alert.

    Args:
        number: the alert's.
        at: when the try is due, in the sandbox's time.
    """

    number: int
    at: datetime
    rule: AlertRule
    body: Message


def add_rules(turn: Turn, wanted: Sequence[AlertRule]) -> AlertRules:
    """Add rules.

    Raises:
        Malformed: alerts may not be sent to where one of them says.
        Unknown: there is no such company.
    """
    for rule in wanted:
        check(turn, rule)
        turn.shelf.alerts.add_rule(turn.new_id(), rule)
    return rules(turn)


def change_rule(turn: Turn, rule_id: str, wanted: AlertRule) -> AlertRules:
    """Change a rule, such as its secrets.

    Raises:
        Malformed: alerts may not be sent to where it says.
        Unknown: there is no such rule or company.
    """
    if rule_of(turn, rule_id) is None:
        raise Unknown(f"Alert rule '{rule_id}' does not exist.")
    check(turn, wanted)
    turn.shelf.alerts.save_rule(rule_id, wanted)
    return rules(turn)


def check(turn: Turn, rule: AlertRule) -> None:
    """Make sure that a rule can be kept."""
    if not is_allowed(rule.url, turn.settings.alert_hosts):
        told = (
            f"Alerts are not sent to '{rule.url}': only to this machine, or to hosts that"
            " the server allows by --alert-host."
        )
        raise Malformed(told, [Problem("$.url", told)])
    if rule.company_id:
        turn.company(rule.company_id)


def rules(turn: Turn) -> AlertRules:
    """All rules."""
    return AlertRules(turn.shelf.alerts.rules())


def rule_of(turn: Turn, rule_id: str) -> StoredRule | None:
    """The rule of that id."""
    return next((each for each in turn.shelf.alerts.rules() if each.rule_id == rule_id), None)


def remove_rule(turn: Turn, rule_id: str) -> AlertRules:
    """Forget a rule; what is still to be tried for it is given up.

    Raises:
        Unknown: there is no such rule.
    """
    if rule_of(turn, rule_id) is None:
        raise Unknown(f"Alert rule '{rule_id}' does not exist.")
    turn.shelf.alerts.remove_rule(rule_id)
    return rules(turn)


def clear_rules(turn: Turn) -> AlertRules:
    """Forget all rules."""
    for stored in turn.shelf.alerts.rules():
        turn.shelf.alerts.remove_rule(stored.rule_id)
    return rules(turn)


def expect_end(turn: Turn, row: CompanyRow, dataset: DatasetRow, *, is_changed: bool) -> None:
    """Note what a dataset's end will tell, when it comes.

    Args:
        turn: the turn of the push.
        row: the company.
        dataset: its dataset.
        is_changed: whether it brings anything that was not known.
    """
    plan: Plan = dataset.plan
    if plan.is_stuck:
        return
    data = {"dataType": dataset.data_type, "datasetId": dataset.id}
    of = (row.company.id, dataset.connection_id)
    happenings = []
    if plan.outcome == "Complete":
        told = f"{dataset.data_type} of {row.company.name} has been synchronised."
        happenings.append(Happening("Data sync completed", *of, told, data))
        if is_changed:
            told = f"{dataset.data_type} of {row.company.name} has changed."
            happenings.append(Happening("Dataset data changed", *of, told, data))
    elif plan.outcome.endswith("Error"):
        told = f"{dataset.data_type} of {row.company.name} ended in {plan.outcome}."
        failed = {**data, "datasetStatus": plan.outcome}
        happenings.append(Happening("Data Sync Status Changed to Error", *of, told, failed))
    for happening in happenings:
        turn.shelf.alerts.expect(dataset.ends, happening)


def tell_status(
    turn: Turn, company_id: str, connection: Connection, status: ConnectionStatus
) -> None:
    """Note that a connection changes its status now."""
    if connection.status == status:
        return
    data = {
        "dataConnectionId": connection.id,
        "newStatus": status,
        "oldStatus": connection.status,
        "platformKey": connection.integration_key,
    }
    told = f"The connection to {connection.platform_name} is {status} now."
    happening = Happening("DataConnectionStatusChanged", company_id, connection.id, told, data)
    turn.shelf.alerts.expect(turn.now, happening)


def tell_first_sync(turn: Turn, row: CompanyRow) -> None:
    """Note that a company was synchronised for the first time."""
    told = f"{row.company.name} has been synchronised for the first time."
    happening = Happening("New company synchronised", row.company.id, None, told, {})
    turn.shelf.alerts.expect(turn.now, happening)


def tell_deletion(turn: Turn, row: CompanyRow, connection: Connection) -> None:
    """Note that a merchant has deleted the sync connection."""
    told = f"The sync connection of {row.company.name} was deleted by the merchant."
    happening = Happening("Sync Connection Deleted", row.company.id, connection.id, told, {})
    turn.shelf.alerts.expect(turn.now, happening)


def run_due(turn: Turn) -> None:
    """Raise the alerts for what has happened until now, in order, each at its own moment."""
    for moment, happening in turn.shelf.alerts.happened(turn.now):
        for stored in turn.shelf.alerts.rules():
            rule = stored.rule
            if rule.type == happening.type and rule.company_id in (None, happening.company_id):
                raise_alert(turn.at(moment), stored, happening)


def raise_alert(turn: Turn, stored: StoredRule, happening: Happening) -> None:
    """Raise an alert, as often as its rule wants copies of it."""
    earlier = turn.shelf.alerts.of_rule(stored.rule_id) // stored.rule.copies
    due = turn.now
    if earlier % 2 == 0:
        due += timedelta(seconds=stored.rule.overtaken_seconds)
    body = Message(
        company_id=happening.company_id,
        client_id=client_id(turn),
        client_name=CLIENT_NAME,
        data_connection_id=happening.connection_id,
        rule_id=stored.rule_id,
        rule_type=happening.type,
        alert_id=turn.new_id(),
        message=happening.message,
        data=happening.data,
    )
    for _ in range(stored.rule.copies):
        turn.shelf.alerts.add(AlertRow(stored.rule_id, turn.now, due, body, first=due))


def client_id(turn: Turn) -> str:
    """The id of the sandbox as a client of the service."""
    source = f"{turn.settings.seed}/{turn.shelf.row.name}/client".encode()
    return str(UUID(bytes=blake2b(source, digest_size=16).digest(), version=4))


def alerts(turn: Turn) -> Alerts:
    """All alerts with what became of them."""
    told = [
        Alert(
            alert_id=row.body.alert_id,
            rule_id=row.rule,
            state=row.state,
            raised=format_moment(row.raised),
            next_try=format_moment(row.due) if row.due else None,
            attempts=row.attempts,
            body=row.body,
        )
        for row in turn.shelf.alerts.all()
    ]
    return Alerts(told, is_settled=turn.shelf.alerts.due(turn.now) is None)


def resend(turn: Turn, alert_id: str) -> Alerts:
    """Deliver an alert once more, from the beginning.

    Raises:
        Unknown: there is no such alert.
        Conflict: its rule, which says where it is sent, has been removed.
    """
    found = [row for row in turn.shelf.alerts.all() if row.body.alert_id == alert_id]
    if not found:
        raise Unknown(f"Alert '{alert_id}' does not exist.")
    row = found[0]
    if rule_of(turn, row.rule) is None:
        raise Conflict(f"Alert '{alert_id}' cannot be sent: its rule has been removed.")
    row.state, row.tries, row.first, row.due = "pending", 0, turn.now, turn.now
    turn.shelf.alerts.save(row)
    return alerts(turn)


def errand(turn: Turn) -> Errand | None:
    """The try that is due first."""
    row = turn.shelf.alerts.due(turn.now)
    if row is None or row.due is None:
        return None
    stored = rule_of(turn, row.rule)
    if stored is None:
        raise LookupError(row.rule)
    return Errand(row.number, row.due, stored.rule, row.body)


def note(turn: Turn, done: Errand, status: int | None, error: str, retry_after: str | None) -> None:
    """Note what came of a try, and plan the next."""
    row = turn.shelf.alerts.find(done.number)
    if row is None or row.due != done.at:  # the rules were cleared, or it is being sent again
        return
    row.tries += 1
    row.attempts.append(Attempt(format_moment(done.at), status, error))
    row.state, row.due = state_after(status), None
    if row.state == "delivered":
        note_told(turn, row.body)
    if row.state == "pending":
        row.due = next_try(row.first, row.tries, done.at, retry_after)
        row.state = "pending" if row.due else "failed"
    turn.shelf.alerts.save(row)


def note_told(turn: Turn, body: Message) -> None:
    """Note that the end of a dataset has been told, if that is what the alert is about."""
    company = turn.shelf.companies.find(body.company_id)
    dataset_id = body.data.get("datasetId")
    if company and dataset_id:
        turn.shelf.datasets.mark_told(company.number, dataset_id)
