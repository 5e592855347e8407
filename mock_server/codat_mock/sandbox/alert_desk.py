"""Alerts, as verbs of the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from codat_mock.records.alerts import AlertRule, AlertRules, Alerts
from codat_mock.sandbox import alerting
from codat_mock.sandbox.turn import Turn


class AlertDesk:
    """The verbs of alerts; each is one turn, and raises what its function names.

    Args:
        begin: begins a turn of the sandbox.
    """

    def __init__(self, begin: Callable[[], AbstractContextManager[Turn]]) -> None:
        self._turn = begin

    def add_rules(self, wanted: Sequence[AlertRule]) -> AlertRules:
        """Ask for alerts."""
        with self._turn() as turn:
            return alerting.add_rules(turn, wanted)

    def change_rule(self, rule_id: str, wanted: AlertRule) -> AlertRules:
        """Change a rule, such as its secrets."""
        with self._turn() as turn:
            return alerting.change_rule(turn, rule_id, wanted)

    def rules(self) -> AlertRules:
        """All rules."""
        with self._turn() as turn:
            return alerting.rules(turn)

    def remove_rule(self, rule_id: str) -> AlertRules:
        """Forget a rule."""
        with self._turn() as turn:
            return alerting.remove_rule(turn, rule_id)

    def clear_rules(self) -> AlertRules:
        """Forget all rules."""
        with self._turn() as turn:
            return alerting.clear_rules(turn)

    def alerts(self) -> Alerts:
        """All alerts with what became of them."""
        with self._turn() as turn:
            return alerting.alerts(turn)

    def resend(self, alert_id: str) -> Alerts:
        """Deliver an alert once more."""
        with self._turn() as turn:
            return alerting.resend(turn, alert_id)
