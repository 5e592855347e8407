"""Alerts, as verbs of the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from codat_mock.models.alerts import AlertRule, AlertRules, Alerts
from codat_mock.sandbox import webhooks
from codat_mock.sandbox.session import Session


class AlertDesk:
    """The verbs of alerts; each is one turn, and raises what its function names.

    Args:
        begin: begins a turn of the sandbox.
    """

    def __init__(self, begin: Callable[[], AbstractContextManager[Session]]) -> None:
        self._session = begin

    def add_rules(self, wanted: Sequence[AlertRule]) -> AlertRules:
        """Ask for alerts."""
        with self._session() as session:
            return webhooks.add_rules(session, wanted)

    def change_rule(self, rule_id: str, wanted: AlertRule) -> AlertRules:
        """Change a rule, such as its secrets."""
        with self._session() as session:
            return webhooks.change_rule(session, rule_id, wanted)

    def rules(self) -> AlertRules:
        """All rules."""
        with self._session() as session:
            return webhooks.rules(session)

    def remove_rule(self, rule_id: str) -> AlertRules:
        """Forget a rule."""
        with self._session() as session:
            return webhooks.remove_rule(session, rule_id)

    def clear_rules(self) -> AlertRules:
        """Forget all rules."""
        with self._session() as session:
            return webhooks.clear_rules(session)

    def alerts(self) -> Alerts:
        """All alerts with what became of them."""
        with self._session() as session:
            return webhooks.alerts(session)

    def resend(self, alert_id: str) -> Alerts:
        """Deliver an alert once more."""
        with self._session() as session:
            return webhooks.resend(session, alert_id)
