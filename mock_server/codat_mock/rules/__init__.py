"""The rulebook: one function a rule, in the file of its section."""

from codat_mock.rules import books, deleting, reconciling, sending, talking, updating
from codat_mock.rules.registry import BrokenRules, Rule, rule, rulebook
from codat_mock.rules.subjects import Evidence

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
