"""What breaks each rule once, by its code: a random mutation of a good life."""

from codat_scenarios.strategies.violations import (
    books,
    deleting,
    reconciling,
    sending,
    talking,
    updating,
)
from codat_scenarios.strategies.violations.registry import VIOLATIONS, Violation

__all__ = [
    "VIOLATIONS",
    "Violation",
    "books",
    "deleting",
    "reconciling",
    "sending",
    "talking",
    "updating",
]
