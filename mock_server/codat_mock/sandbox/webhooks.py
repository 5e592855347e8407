"""Alerts: raised when something happens that a rule asks for, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final
from uuid import UUID

from msgspec import Struct

from codat_mock.clock import format_moment
from codat_mock.domain.dataset_lifecycle import Plan
from codat_mock.domain.webhook_delivery import is_allowed, next_try, state_after
from codat_mock.models.alerts import (
    Alert,
    AlertPayload,
    AlertRule,
    AlertRules,
    Alerts,
    DeliveryAttempt,
    StoredRule,
)
from codat_mock.models.companies import Connection, ConnectionStatus
from codat_mock.models.errors import Conflict, Malformed, NotFound, Problem
from codat_mock.sandbox.session import Session
from codat_mock.storage import AlertRow, CompanyRow, DatasetRow, Event

CLIENT_NAME: Final = "codat-mock"


class Delivery(Struct, frozen=True):
    """One try to deliver an alert.

    Args:
        number: the alert's.
        at: when the try is due, in the sandbox's time.
    """

    number: int
    at: datetime
    rule: AlertRule
    body: AlertPayload


def add_rules(session: Session, wanted: Sequence[AlertRule]) -> AlertRules:
    """Add rules.

    Raises:
        Malformed: alerts may not be sent to where one of them says.
        Unknown: there is no such company.
    """
    for rule in wanted:
        check(session, rule)
        session.tables.alerts.add_rule(session.new_id(), rule)
    return rules(session)


def change_rule(session: Session, rule_id: str, wanted: AlertRule) -> AlertRules:
    """Change a rule, such as its secrets.

    Raises:
        Malformed: alerts may not be sent to where it says.
        Unknown: there is no such rule or company.
    """
    if rule_of(session, rule_id) is None:
        raise NotFound(f"Alert rule '{rule_id}' does not exist.")
    check(session, wanted)
    session.tables.alerts.save_rule(rule_id, wanted)
    return rules(session)


def check(session: Session, rule: AlertRule) -> None:
    """Make sure that a rule can be kept."""
    if not is_allowed(rule.url, session.settings.alert_hosts):
        told = (
            f"Alerts are not sent to '{rule.url}': only to this machine, or to hosts that"
            " the server allows by --alert-host."
        )
        raise Malformed(told, [Problem("$.url", told)])
    if rule.company_id:
        session.company(rule.company_id)


def rules(session: Session) -> AlertRules:
    """All rules."""
    return AlertRules(session.tables.alerts.rules())


def rule_of(session: Session, rule_id: str) -> StoredRule | None:
    """The rule of that id."""
    return next((each for each in session.tables.alerts.rules() if each.rule_id == rule_id), None)


def remove_rule(session: Session, rule_id: str) -> AlertRules:
    """Forget a rule; what is still to be tried for it is given up.

    Raises:
        Unknown: there is no such rule.
    """
    if rule_of(session, rule_id) is None:
        raise NotFound(f"Alert rule '{rule_id}' does not exist.")
    session.tables.alerts.remove_rule(rule_id)
    return rules(session)


def clear_rules(session: Session) -> AlertRules:
    """Forget all rules."""
    for stored in session.tables.alerts.rules():
        session.tables.alerts.remove_rule(stored.rule_id)
    return rules(session)


def expect_end(session: Session, row: CompanyRow, dataset: DatasetRow, *, is_changed: bool) -> None:
    """Note what a dataset's end will tell, when it comes.

    Args:
        session: the turn of the push.
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
        happenings.append(Event("Data sync completed", *of, told, data))
        if is_changed:
            told = f"{dataset.data_type} of {row.company.name} has changed."
            happenings.append(Event("Dataset data changed", *of, told, data))
    elif plan.outcome.endswith("Error"):
        told = f"{dataset.data_type} of {row.company.name} ended in {plan.outcome}."
        failed = {**data, "datasetStatus": plan.outcome}
        happenings.append(Event("Data Sync Status Changed to Error", *of, told, failed))
    for happening in happenings:
        session.tables.alerts.expect(dataset.ends, happening)


def tell_status(
    session: Session, company_id: str, connection: Connection, status: ConnectionStatus
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
    happening = Event("DataConnectionStatusChanged", company_id, connection.id, told, data)
    session.tables.alerts.expect(session.now, happening)


def tell_first_sync(session: Session, row: CompanyRow) -> None:
    """Note that a company was synchronised for the first time."""
    told = f"{row.company.name} has been synchronised for the first time."
    happening = Event("New company synchronised", row.company.id, None, told, {})
    session.tables.alerts.expect(session.now, happening)


def tell_deletion(session: Session, row: CompanyRow, connection: Connection) -> None:
    """Note that a merchant has deleted the sync connection."""
    told = f"The sync connection of {row.company.name} was deleted by the merchant."
    happening = Event("Sync Connection Deleted", row.company.id, connection.id, told, {})
    session.tables.alerts.expect(session.now, happening)


def run_due(session: Session) -> None:
    """Raise the alerts for what has happened until now, in order, each at its own moment."""
    for moment, happening in session.tables.alerts.happened(session.now):
        for stored in session.tables.alerts.rules():
            rule = stored.rule
            if rule.type == happening.type and rule.company_id in (None, happening.company_id):
                raise_alert(session.at(moment), stored, happening)


def raise_alert(session: Session, stored: StoredRule, happening: Event) -> None:
    """Raise an alert, as often as its rule wants copies of it."""
    earlier = session.tables.alerts.of_rule(stored.rule_id) // stored.rule.copies
    due = session.now
    if earlier % 2 == 0:
        due += timedelta(seconds=stored.rule.overtaken_seconds)
    body = AlertPayload(
        company_id=happening.company_id,
        client_id=client_id(session),
        client_name=CLIENT_NAME,
        data_connection_id=happening.connection_id,
        rule_id=stored.rule_id,
        rule_type=happening.type,
        alert_id=session.new_id(),
        message=happening.message,
        data=happening.data,
    )
    for _ in range(stored.rule.copies):
        session.tables.alerts.add(AlertRow(stored.rule_id, session.now, due, body, first=due))


def client_id(session: Session) -> str:
    """The id of the sandbox as a client of the service."""
    source = f"{session.settings.seed}/{session.tables.row.name}/client".encode()
    return str(UUID(bytes=blake2b(source, digest_size=16).digest(), version=4))


def alerts(session: Session) -> Alerts:
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
        for row in session.tables.alerts.all()
    ]
    return Alerts(told, is_settled=session.tables.alerts.due(session.now) is None)


def resend(session: Session, alert_id: str) -> Alerts:
    """Deliver an alert once more, from the beginning.

    Raises:
        Unknown: there is no such alert.
        Conflict: its rule, which says where it is sent, has been removed.
    """
    found = [row for row in session.tables.alerts.all() if row.body.alert_id == alert_id]
    if not found:
        raise NotFound(f"Alert '{alert_id}' does not exist.")
    row = found[0]
    if rule_of(session, row.rule) is None:
        raise Conflict(f"Alert '{alert_id}' cannot be sent: its rule has been removed.")
    row.state, row.tries, row.first, row.due = "pending", 0, session.now, session.now
    session.tables.alerts.save(row)
    return alerts(session)


def errand(session: Session) -> Delivery | None:
    """The try that is due first."""
    row = session.tables.alerts.due(session.now)
    if row is None or row.due is None:
        return None
    stored = rule_of(session, row.rule)
    if stored is None:
        raise LookupError(row.rule)
    return Delivery(row.number, row.due, stored.rule, row.body)


def note(
    session: Session, done: Delivery, status: int | None, error: str, retry_after: str | None
) -> None:
    """Note what came of a try, and plan the next."""
    row = session.tables.alerts.find(done.number)
    if row is None or row.due != done.at:  # the rules were cleared, or it is being sent again
        return
    row.tries += 1
    row.attempts.append(DeliveryAttempt(format_moment(done.at), status, error))
    row.state, row.due = state_after(status), None
    if row.state == "delivered":
        note_told(session, row.body)
    if row.state == "pending":
        row.due = next_try(row.first, row.tries, done.at, retry_after)
        row.state = "pending" if row.due else "failed"
    session.tables.alerts.save(row)


def note_told(session: Session, body: AlertPayload) -> None:
    """Note that the end of a dataset has been told, if that is what the alert is about."""
    company = session.tables.companies.find(body.company_id)
    dataset_id = body.data.get("datasetId")
    if company and dataset_id:
        session.tables.datasets.mark_told(company.number, dataset_id)
