"""Alerts: the rules that ask for them, and what is known of each.

Source: contract section 8.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from codat_mock.models.commerce import Wire
from codat_mock.models.values import MomentText

RuleType = Literal[
    "Data sync completed",
    "Dataset data changed",
    "Data Sync Status Changed to Error",
    "DataConnectionStatusChanged",
    "New company synchronised",
    "Sync Connection Deleted",
]
AlertState = Literal["pending", "delivered", "failed"]
Secret = Annotated[str, Meta(pattern="^whsec_[A-Za-z0-9+/]+={0,2}$")]


class AlertRule(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """What is to be told to whom.

    Args:
        url: where alerts are posted.
        company_id: of which company, None for any.
        authorization: the value of that header, `Basic …` or `Bearer …`.
        secrets: what alerts are signed with, each `whsec_` and base64; while a secret is changed,
            the new one and the old.
        copies: how often each alert is delivered, to rehearse duplicates.
        overtaken_seconds: how much later every other alert is sent, beginning with the first, so
            that the next one overtakes it.
    """

    type: RuleType
    url: str
    company_id: str | None = None
    authorization: Annotated[str, Meta(pattern="^(Basic|Bearer) [!-~]+$")] | None = None
    secrets: tuple[Secret, ...] = ()
    copies: Annotated[int, Meta(ge=1, le=10)] = 1
    overtaken_seconds: Annotated[float, Meta(ge=0, le=3600)] = 0


class StoredRule(Wire, omit_defaults=False):
    """A rule with its id."""

    rule_id: str
    rule: AlertRule


class AlertRules(Wire, omit_defaults=False):
    """All rules."""

    rules: list[StoredRule]


class Message(Struct, rename="pascal"):
    """The body of an alert."""

    company_id: str
    client_id: str
    client_name: str
    data_connection_id: str | None
    rule_id: str
    rule_type: RuleType
    alert_id: str
    message: str
    data: dict[str, Any]


class Attempt(Wire, omit_defaults=False):
    """One try to deliver an alert.

    Args:
        at: when it was due, in the sandbox's time.
        status: what the receiver answered, None where it did not.
        error: why it did not.
    """

    at: MomentText
    status: int | None
    error: str = ""


class Alert(Wire, omit_defaults=False):
    """An alert, and what became of it.

    Args:
        raised: when what it tells of happened.
        next_try: when it is tried next, None where it is not any more.
        attempts: all tries so far.
    """

    alert_id: str
    rule_id: str
    state: AlertState
    raised: MomentText
    next_try: MomentText | None
    attempts: list[Attempt]
    body: Message


class Alerts(Wire, omit_defaults=False):
    """All alerts of a sandbox.

    Args:
        is_settled: whether every try that was due until now has been made.
    """

    alerts: list[Alert]
    is_settled: bool
