"""Alerts: the rules that trigger them, their payloads and their deliveries.

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
    """A subscription: which alerts are sent to which URL.

    Args:
        url: the receiver.
        company_id: only alerts of this company; None for every company.
        authorization: value of the `Authorization` header, `Basic …` or `Bearer …`.
        secrets: signing secrets, each `whsec_` and base64; during a rotation the new and the old.
        copies: deliveries of each alert, to test how a receiver handles duplicates.
        overtaken_seconds: delay of every other alert, starting with the first, so that the next
            one arrives before it.
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


class AlertPayload(Struct, rename="pascal"):
    """The body of the webhook request."""

    company_id: str
    client_id: str
    client_name: str
    data_connection_id: str | None
    rule_id: str
    rule_type: RuleType
    alert_id: str
    message: str
    data: dict[str, Any]


class DeliveryAttempt(Wire, omit_defaults=False):
    """One attempt to deliver an alert.

    Args:
        at: when it was due, in the sandbox's time.
        status: the receiver's HTTP status, None without an answer.
        error: why there was no answer.
    """

    at: MomentText
    status: int | None
    error: str = ""


class Alert(Wire, omit_defaults=False):
    """An alert and its deliveries.

    Args:
        raised: when its event happened.
        next_try: when the next attempt is due, None after the last.
        attempts: all attempts so far.
    """

    alert_id: str
    rule_id: str
    state: AlertState
    raised: MomentText
    next_try: MomentText | None
    attempts: list[DeliveryAttempt]
    body: AlertPayload


class Alerts(Wire, omit_defaults=False):
    """All alerts of a sandbox.

    Args:
        is_settled: whether every attempt due until now has been made.
    """

    alerts: list[Alert]
    is_settled: bool
