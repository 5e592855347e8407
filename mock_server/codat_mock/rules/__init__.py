"""The rulebook: one function a rule, in the file of its section."""

from codat_mock.rules import deleting, sending, updating
from codat_mock.rules.registry import Evidence, Rule, rule, rulebook

__all__ = ["Evidence", "Rule", "deleting", "rule", "rulebook", "sending", "updating"]
