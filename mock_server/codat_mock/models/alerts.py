"""Alerts: the rules that trigger them, their payloads and their deliveries.

Source: contract section 8.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from codat_mock.models.commerce import Wire
from codat_mock.models.values import MomentText

RuleType = Literal[
    "Data sync completed",
    "Dataset data changed",
    "Data Sync Status Changed to Error",
    "DataConnectionStatusChanged",
    "New company synchronised",
    "Sync Connection Deleted",
    # Rules of these may be created; nothing in Sync for Commerce raises them.
    "Account Categories Updated",
    "Push Operation Status Changed()",
    "Push Operation Timed Out",
]
AlertState = Literal["pending", "delivered", "failed"]
Secret = Annotated[str, Meta(pattern="^whsec_[A-Za-z0-9+/]+={0,2}$")]


class AlertRule(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """A subscription: which alerts are sent to which URL.

    Args:
        url: the receiver; empty for a rule that only sends mail, which the mock does not.
        company_id: only alerts of this company; None for every company.
        authorization: value of the `Authorization` header, `Basic …` or `Bearer …`.
        secrets: signing secrets, each `whsec_` and base64; during a rotation the new and the old.
        emails: kept and answered; no mail is sent.
        copies: deliveries of each alert, to test how a receiver handles duplicates.
        overtaken_seconds: delay of every other alert, starting with the first, so that the next
            one arrives before it.
    """

    type: RuleType
    url: str
    company_id: str | None = None
    authorization: Annotated[str, Meta(pattern="^(Basic|Bearer) [!-~]+$")] | None = None
    secrets: tuple[Secret, ...] = ()
    emails: tuple[str, ...] = ()
    copies: Annotated[int, Meta(ge=1, le=10)] = 1
    overtaken_seconds: Annotated[float, Meta(ge=0, le=3600)] = 0


class StoredRule(Wire, omit_defaults=False):
    """A rule with its id."""

    rule_id: str
    rule: AlertRule


class AlertRules(Wire, omit_defaults=False):
    """All rules."""

    rules: list[StoredRule]


class AlertPayload(Struct, rename="pascal", kw_only=True):
    """The body of the webhook request.

    The client and the connection are named for some types of rule only. Source: contract part 2,
    section F.
    """

    company_id: str
    client_id: str | UnsetType = UNSET
    client_name: str | UnsetType = UNSET
    data_connection_id: str | UnsetType | None = UNSET
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


class Notifiers(Wire):
    """Where a rule of the vendor's API sends its alerts."""

    emails: list[str] | UnsetType | None = UNSET
    webhook: str | UnsetType | None = UNSET


class VendorRuleRequest(Wire, kw_only=True):
    """The body that creates or changes a rule of the vendor's API.

    Source: contract part 2, section F; the type of a failed dataset is sent with "to", and created
    with "To".
    """

    company_id: str | UnsetType | None = UNSET
    type: RuleType | Literal["Data Sync Status Changed To Error"]
    notifiers: Notifiers


class VendorRule(Wire, kw_only=True):
    """A rule as the vendor's API answers it."""

    id: str
    company_id: str | UnsetType = UNSET
    type: RuleType | Literal["Data Sync Status Changed To Error"]
    notifiers: Notifiers
