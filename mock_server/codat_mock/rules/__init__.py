"""The rulebook: one function a rule, in the file of its section."""

from codat_mock.rules import books, deleting, reconciling, sending, talking, updating
from codat_mock.rules.contexts import Evidence
from codat_mock.rules.registry import BrokenRules, Rule, rule, rulebook

__all__ = [
    "BrokenRules",
    "Evidence",
    "Rule",
    "books",
    "deleting",
    "reconciling",
    "rule",
    "rulebook",
    "sending",
    "talking",
    "updating",
]
