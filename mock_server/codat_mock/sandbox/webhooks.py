"""Alerts: their rules, the events that raise them, and the record of their deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final
from uuid import UUID

from msgspec import UNSET, Struct
from msgspec.structs import replace

from codat_mock.clock import format_moment
from codat_mock.domain.dataset_lifecycle import Plan
from codat_mock.domain.webhook_delivery import is_allowed, is_secret, next_try, state_after
from codat_mock.models.alerts import (
    Alert,
    AlertPayload,
    AlertRule,
    AlertRules,
    Alerts,
    DeliveryAttempt,
    Notifiers,
    StoredRule,
    VendorRule,
    VendorRuleRequest,
)
from codat_mock.models.companies import Connection, ConnectionStatus
from codat_mock.models.errors import Conflict, Malformed, NotFound, Problem
from codat_mock.sandbox.session import Session
from codat_mock.storage import AlertRow, CompanyRow, DatasetRow, Event

CLIENT_NAME: Final = "codat-mock"
# The types whose payload names the client and the connection; source: contract part 2, section F.
NAMING_CLIENT: Final = (
    "Account Categories Updated",
    "Data sync completed",
    "Sync Connection Deleted",
)
TYPE_TO_ERROR: Final = "Data Sync Status Changed To Error"  # as it is created, not as it is sent
NO_CONNECTION: Final = "00000000-0000-0000-0000-000000000000"


class Delivery(Struct, frozen=True):
    """One attempt to deliver an alert.

    Args:
        number: the alert's.
        client_id: the sandbox's id as a client, for the header `X-Codat-ClientId`.
        at: when the attempt is due, in the sandbox's time.
    """

    number: int
    at: datetime
    rule: AlertRule
    body: AlertPayload
    client_id: str


def add_rules(session: Session, asked: Sequence[AlertRule]) -> AlertRules:
    """Add rules.

    Raises:
        Malformed: alerts may not be sent to the URL of one of them.
        NotFound: there is no such company.
    """
    for rule in asked:
        check(session, rule)
        session.tables.alerts.add_rule(session.new_id(), rule)
    return rules(session)


def change_rule(session: Session, rule_id: str, asked: AlertRule) -> AlertRules:
    """Change a rule, such as its secrets.

    Args:
        session: the session.
        rule_id: the rule's.
        asked: what it becomes.

    Raises:
        Malformed: alerts may not be sent to its URL.
        NotFound: there is no such rule or company.
    """
    if rule_of(session, rule_id) is None:
        raise NotFound(f"Alert rule '{rule_id}' does not exist.")
    check(session, asked)
    session.tables.alerts.save_rule(rule_id, asked)
    return rules(session)


def check(session: Session, rule: AlertRule, url_place: str = "$.url") -> None:
    """Make sure that a rule can be followed.

    Args:
        session: the session.
        rule: what was asked for.
        url_place: the JSON path of its URL in the request.

    Raises:
        Malformed: alerts may not be sent to its URL, or a secret is none.
        NotFound: there is no such company.
    """
    if rule.url and not is_allowed(rule.url, session.settings.alert_hosts):
        message = (
            f"Alerts are not sent to '{rule.url}': only to this machine, or to hosts that"
            " the server allows by --alert-host."
        )
        raise Malformed(message, [Problem(url_place, message)])
    for place, secret in enumerate(rule.secrets):
        if not is_secret(secret):
            message = "A secret must be 'whsec_' and base64."
            raise Malformed(message, [Problem(f"$.secrets[{place}]", message)])
    if rule.company_id:
        session.company(rule.company_id)


def vendor_rules(session: Session) -> list[VendorRule]:
    """All rules, as the vendor's API answers them."""
    return [vendor_rule(stored) for stored in session.tables.alerts.rules()]


def save_vendor_rule(
    session: Session, asked: VendorRuleRequest, rule_id: str | None = None
) -> VendorRule:
    """Create a rule by the vendor's API, or change one.

    Args:
        session: the session.
        asked: the rule.
        rule_id: the rule to change; None creates one.

    Raises:
        Malformed: alerts may not be sent to its webhook.
        NotFound: there is no such rule or company.
    """
    stored = rule_of(session, rule_id) if rule_id else None
    if rule_id and stored is None:
        raise NotFound(f"Alert rule '{rule_id}' does not exist.")
    changed = AlertRule(
        type="Data Sync Status Changed to Error" if asked.type == TYPE_TO_ERROR else asked.type,
        url=asked.notifiers.webhook or "",
        company_id=asked.company_id or None,
        emails=tuple(asked.notifiers.emails or ()),
    )
    if stored:  # what only the control API knows is kept
        changed = replace(
            stored.rule,
            type=changed.type,
            url=changed.url,
            company_id=changed.company_id,
            emails=changed.emails,
        )
    check(session, changed, "$.notifiers.webhook")
    if stored:
        session.tables.alerts.save_rule(stored.rule_id, changed)
        return vendor_rule(StoredRule(stored.rule_id, changed))
    new_id = session.new_id()
    session.tables.alerts.add_rule(new_id, changed)
    return vendor_rule(StoredRule(new_id, changed))


def vendor_rule(stored: StoredRule) -> VendorRule:
    """A rule as the vendor's API answers it."""
    rule = stored.rule
    return VendorRule(
        id=stored.rule_id,
        company_id=rule.company_id or UNSET,
        type=TYPE_TO_ERROR if rule.type == "Data Sync Status Changed to Error" else rule.type,
        notifiers=Notifiers(
            emails=list(rule.emails) if rule.emails else UNSET, webhook=rule.url or UNSET
        ),
    )


def rules(session: Session) -> AlertRules:
    """All rules."""
    return AlertRules(session.tables.alerts.rules())


def rule_of(session: Session, rule_id: str) -> StoredRule | None:
    """The rule of that id."""
    return next((each for each in session.tables.alerts.rules() if each.rule_id == rule_id), None)


def remove_rule(session: Session, rule_id: str) -> AlertRules:
    """Delete a rule, and give up its pending deliveries.

    Raises:
        NotFound: there is no such rule.
    """
    if rule_of(session, rule_id) is None:
        raise NotFound(f"Alert rule '{rule_id}' does not exist.")
    session.tables.alerts.remove_rule(rule_id)
    return rules(session)


def clear_rules(session: Session) -> AlertRules:
    """Delete all rules."""
    for stored in session.tables.alerts.rules():
        session.tables.alerts.remove_rule(stored.rule_id)
    return rules(session)


def expect_end(session: Session, row: CompanyRow, dataset: DatasetRow, *, is_changed: bool) -> None:
    """Plan the events of a dataset's end.

    Args:
        session: the session of the push.
        row: the company.
        dataset: its dataset.
        is_changed: whether it brings anything new.
    """
    plan: Plan = dataset.plan
    if plan.is_stuck:
        return
    data = {"dataType": dataset.data_type, "datasetId": dataset.id}
    of = (row.company.id, dataset.connection_id)
    events = []
    if plan.outcome == "Complete":
        message = f"Data sync of type {dataset.data_type} completed for company {row.company.id}"
        events.append(Event("Data sync completed", *of, message, data))
        if is_changed:
            message = (
                f"Data has changed for dataset type {dataset.data_type}, company {row.company.id}"
            )
            events.append(Event("Dataset data changed", *of, message, data))
    elif plan.outcome.endswith("Error"):
        message = (  # the vendor's ends in a space
            f"ERROR: syncing {dataset.data_type} triggered a {plan.outcome} notification at"
            f" {format_moment(dataset.ends)} "
        )
        failed = {**data, "datasetStatus": plan.outcome}
        events.append(Event("Data Sync Status Changed to Error", *of, message, failed))
    for event in events:
        session.tables.alerts.expect(dataset.ends, event)


def record_status(
    session: Session, company_id: str, connection: Connection, status: ConnectionStatus
) -> None:
    """Record that a connection changes its status now.

    Args:
        session: the session.
        company_id: the company's id.
        connection: as it is before.
        status: the new one.
    """
    if connection.status == status:
        return
    data = {
        "dataConnectionId": connection.id,
        "newStatus": status,
        "oldStatus": connection.status,
        "platformKey": connection.integration_key,
    }
    message = (
        f"Data connection for {connection.platform_name} status changed from"
        f" {connection.status} to {status}"
    )
    event = Event("DataConnectionStatusChanged", company_id, connection.id, message, data)
    session.tables.alerts.expect(session.now, event)


def record_deletion(session: Session, row: CompanyRow) -> None:
    """Record that a merchant has deleted the sync connection."""
    message = f"Sync connection for company {row.company.id} deleted"
    event = Event("Sync Connection Deleted", row.company.id, NO_CONNECTION, message, {})
    session.tables.alerts.expect(session.now, event)


def run_due(session: Session) -> None:
    """Raise the alerts for what has happened until now, in order, each at its own moment."""
    for moment, event in session.tables.alerts.happened(session.now):
        raise_alerts(session.at(moment), event)
        if event.type == "Data sync completed" and is_first(session.at(moment), event):
            message = f"Company {event.company_id} synced for the first time"
            first = Event("New company synchronised", event.company_id, None, message, {})
            raise_alerts(session.at(moment), first)


def raise_alerts(session: Session, event: Event) -> None:
    """Raise an alert for each rule that subscribes to an event."""
    for stored in session.tables.alerts.rules():
        rule = stored.rule
        applies = rule.type == event.type and rule.company_id in (None, event.company_id)
        if applies and rule.url:
            raise_alert(session, stored, event)


def is_first(session: Session, completed: Event) -> bool:
    """Whether a dataset is the first of its company that completes.

    Looked up only while a rule asks for it, since it reads all datasets of the company.
    """
    kind = "New company synchronised"
    if all(stored.rule.type != kind for stored in session.tables.alerts.rules()):
        return False
    row = session.tables.companies.find(completed.company_id)
    if row is None:
        return False
    ends = [
        (dataset.ends, dataset.number, dataset.id)
        for dataset in session.tables.datasets.all(row.number)
        if dataset.plan.outcome == "Complete" and not dataset.plan.is_stuck
    ]
    return bool(ends) and min(ends)[2] == completed.data["datasetId"]


def raise_alert(session: Session, stored: StoredRule, event: Event) -> None:
    """Raise an alert, in as many copies as its rule asks for.

    Args:
        session: the session.
        stored: the rule that asks for it.
        event: what happened.
    """
    earlier = session.tables.alerts.of_rule(stored.rule_id) // stored.rule.copies
    due = session.now
    if earlier % 2 == 0:
        due += timedelta(seconds=stored.rule.overtaken_seconds)
    names_client = event.type in NAMING_CLIENT
    body = AlertPayload(
        company_id=event.company_id,
        client_id=client_id(session) if names_client else UNSET,
        client_name=CLIENT_NAME if names_client else UNSET,
        data_connection_id=event.connection_id or UNSET if names_client else UNSET,
        rule_id=stored.rule_id,
        rule_type=event.type,
        alert_id=session.new_id(),
        message=event.message,
        data=event.data,
    )
    for _ in range(stored.rule.copies):
        session.tables.alerts.add(AlertRow(stored.rule_id, session.now, due, body, first=due))


def client_id(session: Session) -> str:
    """The id of the sandbox as a client of the service."""
    source = f"{session.settings.seed}/{session.tables.row.name}/client".encode()
    return str(UUID(bytes=blake2b(source, digest_size=16).digest(), version=4))


def alerts(session: Session) -> Alerts:
    """All alerts with their deliveries."""
    found = [
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
    return Alerts(found, is_settled=session.tables.alerts.due(session.now) is None)


def resend(session: Session, alert_id: str) -> Alerts:
    """Deliver an alert once more, with all its retries.

    Raises:
        NotFound: there is no such alert.
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


def next_delivery(session: Session) -> Delivery | None:
    """The delivery that is due first."""
    row = session.tables.alerts.due(session.now)
    if row is None or row.due is None:
        return None
    stored = rule_of(session, row.rule)
    if stored is None:
        raise LookupError(row.rule)
    return Delivery(row.number, row.due, stored.rule, row.body, client_id(session))


def record(
    session: Session, done: Delivery, status: int | None, error: str, retry_after: str | None
) -> None:
    """Record the result of a delivery, and plan the next one where it may be retried.

    Args:
        session: the session.
        done: the delivery that was made.
        status: the receiver's answer, None where there was none.
        error: why there was none, or why it does not count.
        retry_after: the value of the answer's `Retry-After`.

    Source: contract section 8.
    """
    row = session.tables.alerts.find(done.number)
    if row is None or row.due != done.at:  # the rules were cleared, or it is being sent again
        return
    row.tries += 1
    row.attempts.append(DeliveryAttempt(format_moment(done.at), status, error))
    row.state, row.due = state_after(status), None
    if row.state == "delivered":
        mark_notified(session, row.body)
    if row.state == "pending":
        row.due = next_try(row.first, row.tries, done.at, retry_after)
        row.state = "pending" if row.due else "failed"
    session.tables.alerts.save(row)


def mark_notified(session: Session, body: AlertPayload) -> None:
    """Mark a dataset whose end this alert has delivered."""
    company = session.tables.companies.find(body.company_id)
    dataset_id = body.data.get("datasetId")
    if company and dataset_id:
        session.tables.datasets.mark_alerted(company.number, dataset_id)
