"""The rulebook: one function a rule, in the file of its section."""

from codat_mock.rules import deleting, sending, updating
from codat_mock.rules.registry import RULES, Evidence, Rule, rule

__all__ = ["RULES", "Evidence", "Rule", "deleting", "rule", "sending", "updating"]
